import type { Catalogue } from '../../look/language.tsx';

export const TOKENS_WORDS = {
  en: {
    title: 'Your access tokens',
    count: (count: number) =>
      count === 0
        ? 'You have no access token'
        : count === 1
          ? 'You have one access token'
          : `You have ${count} access tokens`,
    lead: 'A token does what you may do, in your name, on the command line and in scripts. It ends with your role or your password.',
    commandLine: 'On the command line',
    commandLineLead: 'This asks for your name and password, and keeps a token on that machine:',
    create: 'A token for a script',
    createNow: 'Make a token',
    nameHint: 'What uses it, such as nightly export.',
    days: 'Valid for how many days',
    daysHint: '1 to 365; half a day at most for people of a directory.',
    empty: 'None yet: make one above, or sign in on the command line.',
    columns: { name: 'Name', created: 'Made', expires: 'Valid until', lastUse: 'Last use' },
    actions: 'Actions',
    never: 'never used',
    revoke: 'Revoke',
    revokeOf: (name: string) => `Revoke the token ${name}`,
    shown: (name: string) => `The token ${name} is shown this once`,
    copyToken: 'Copy the token',
  },
  fr: {
    title: 'Vos jetons d’accès',
    count: (count: number) =>
      count === 0
        ? 'Vous n’avez aucun jeton d’accès'
        : count === 1
          ? 'Vous avez un jeton d’accès'
          : `Vous avez ${count} jetons d’accès`,
    lead: 'Un jeton fait ce que vous pouvez faire, en votre nom, en ligne de commande et dans des scripts. Il prend fin avec votre rôle ou votre mot de passe.',
    commandLine: 'En ligne de commande',
    commandLineLead: 'Cette commande demande votre nom et votre mot de passe, et garde un jeton sur cette machine :',
    create: 'Un jeton pour un script',
    createNow: 'Créer un jeton',
    nameHint: 'Ce qui l’utilise, par exemple export de nuit.',
    days: 'Valable combien de jours',
    daysHint: 'De 1 à 365 ; une demi-journée au plus pour les personnes d’un annuaire.',
    empty: 'Aucun pour l’instant : créez-en un ci-dessus, ou connectez-vous en ligne de commande.',
    columns: { name: 'Nom', created: 'Créé', expires: 'Valable jusqu’au', lastUse: 'Dernier usage' },
    actions: 'Actions',
    never: 'jamais utilisé',
    revoke: 'Révoquer',
    revokeOf: (name: string) => `Révoquer le jeton ${name}`,
    shown: (name: string) => `Le jeton ${name}, affiché cette seule fois`,
    copyToken: 'Copier le jeton',
  },
} satisfies Catalogue<unknown>;
