import type { Catalogue } from '../../look/language.tsx';

const number = (value: number, language: string) => value.toLocaleString(language);

export const KEYS_WORDS = {
  en: {
    title: 'Keys',
    count: (open: number, more: boolean) =>
      more
        ? `More than ${open} keys are valid`
        : open === 0
          ? 'No key is valid'
          : open === 1
            ? 'One key is valid'
            : `${open} keys are valid`,
    lead: 'Applications call the gateway with a key. It says for which tenant, for data of which class at least, and how much; every use is in the log under its name.',
    create: 'Make a key',
    empty: 'No application can call a model yet. Make a key here, or with this command:',
    tenantFilter: 'Tenant',
    everyTenant: 'every tenant',
    columns: {
      name: 'What uses it',
      tenant: 'Tenant',
      state: 'State',
      dataClass: 'Data class',
      models: 'Models',
      limits: 'A minute',
      lastUse: 'Last use',
    },
    actions: 'Actions',
    states: { valid: 'valid', ending: 'replaced, valid until', expired: 'expired', revoked: 'revoked' },
    validUntil: 'valid until',
    replacedBy: 'by',
    classes: { public: 'public', internal: 'internal', confidential: 'confidential', restricted: 'restricted' },
    allModels: 'all of its tenant',
    limits: (requests: number | null, tokens: number | null) =>
      [
        requests === null ? '' : `${number(requests, 'en-GB')} requests`,
        tokens === null ? '' : `${number(tokens, 'en-GB')} tokens`,
      ]
        .filter((part) => part !== '')
        .join(', ') || 'no limit of its own',
    neverUsed: 'never used',
    rotate: 'Replace',
    rotateOf: (name: string) => `Replace the key ${name}`,
    revoke: 'Revoke',
    revokeOf: (name: string) => `Revoke the key ${name}`,
    shown: (name: string) => `The key of ${name} is shown this once`,
    copyKey: 'Copy the key',
    newTitle: 'A new key',
    createNow: 'Make the key',
    fields: {
      name: 'What uses it',
      models: 'Models',
      days: 'Valid for how many days',
      requestsPerMinute: 'Requests a minute',
      tokensPerMinute: 'Tokens a minute',
    },
    hints: {
      name: 'Letters, digits, dots, dashes or underscores, such as discharge-letters.',
      models: 'Names with a space between them; none: all of its tenant.',
      days: 'Left empty: no end.',
      requestsPerMinute: 'Left empty: no limit of its own.',
      tokensPerMinute: 'Prompts and answers together. Left empty: no limit of its own.',
      tenant: 'Its requests count for this tenant and see its models alone.',
      dataClass: 'Its requests are treated as data of this class at least.',
    },
    overlap: 'The old key stays valid for',
    overlaps: { 0: 'no time: it ends now', 1: 'one hour', 24: 'one day', 168: 'one week' },
    rotateTitle: (name: string) => `Replace the key of ${name}`,
    rotateLead:
      'The new key has the same rights and as long a life. Put it in place while both are valid; then the old one ends by itself.',
    rotateNow: 'Make the new key',
    revokeTitle: (name: string) => `Revoke the key of ${name}`,
    revokeLead: 'Whatever uses it is refused within two seconds, on every gateway. This cannot be taken back.',
    revokeNow: (name: string) => `Revoke the key of ${name}`,
  },
  fr: {
    title: 'Clés',
    count: (open: number, more: boolean) =>
      more
        ? `Plus de ${open} clés valides`
        : open === 0
          ? 'Aucune clé valide'
          : open === 1
            ? 'Une clé valide'
            : `${open} clés valides`,
    lead: 'Les applications appellent la passerelle avec une clé. Elle dit pour quel locataire, pour des données de quelle classe au moins, et combien ; chaque usage figure au journal sous son nom.',
    create: 'Créer une clé',
    empty: 'Aucune application ne peut encore appeler de modèle. Créez une clé ici, ou avec cette commande :',
    tenantFilter: 'Locataire',
    everyTenant: 'tous les locataires',
    columns: {
      name: 'Utilisée par',
      tenant: 'Locataire',
      state: 'État',
      dataClass: 'Classe de données',
      models: 'Modèles',
      limits: 'Par minute',
      lastUse: 'Dernier usage',
    },
    actions: 'Actions',
    states: { valid: 'valide', ending: 'remplacée, valide jusqu’au', expired: 'expirée', revoked: 'révoquée' },
    validUntil: 'valide jusqu’au',
    replacedBy: 'par',
    classes: { public: 'public', internal: 'interne', confidential: 'confidentiel', restricted: 'restreint' },
    allModels: 'tous ceux du locataire',
    limits: (requests: number | null, tokens: number | null) =>
      [
        requests === null ? '' : `${number(requests, 'fr-FR')} requêtes`,
        tokens === null ? '' : `${number(tokens, 'fr-FR')} jetons`,
      ]
        .filter((part) => part !== '')
        .join(', ') || 'pas de limite propre',
    neverUsed: 'jamais utilisée',
    rotate: 'Remplacer',
    rotateOf: (name: string) => `Remplacer la clé ${name}`,
    revoke: 'Révoquer',
    revokeOf: (name: string) => `Révoquer la clé ${name}`,
    shown: (name: string) => `La clé de ${name}, affichée cette seule fois`,
    copyKey: 'Copier la clé',
    newTitle: 'Nouvelle clé',
    createNow: 'Créer la clé',
    fields: {
      name: 'Utilisée par',
      models: 'Modèles',
      days: 'Valable combien de jours',
      requestsPerMinute: 'Requêtes par minute',
      tokensPerMinute: 'Jetons par minute',
    },
    hints: {
      name: 'Lettres, chiffres, points, tirets ou tirets bas, par exemple lettres-de-sortie.',
      models: 'Des noms séparés par une espace ; aucun : tous ceux du locataire.',
      days: 'Vide : sans fin.',
      requestsPerMinute: 'Vide : pas de limite propre.',
      tokensPerMinute: 'Demandes et réponses ensemble. Vide : pas de limite propre.',
      tenant: 'Ses requêtes comptent pour ce locataire et ne voient que ses modèles.',
      dataClass: 'Ses requêtes sont traitées comme des données de cette classe au moins.',
    },
    overlap: 'L’ancienne clé reste valide',
    overlaps: { 0: 'pas du tout : elle prend fin tout de suite', 1: 'une heure', 24: 'un jour', 168: 'une semaine' },
    rotateTitle: (name: string) => `Remplacer la clé de ${name}`,
    rotateLead:
      'La nouvelle clé a les mêmes droits et la même durée. Mettez-la en place pendant que les deux sont valides ; l’ancienne prend ensuite fin d’elle-même.',
    rotateNow: 'Créer la nouvelle clé',
    revokeTitle: (name: string) => `Révoquer la clé de ${name}`,
    revokeLead: 'Ce qui l’utilise est refusé en deux secondes, sur toutes les passerelles. Rien ne peut l’annuler.',
    revokeNow: (name: string) => `Révoquer la clé de ${name}`,
  },
} satisfies Catalogue<unknown>;
