import type { Catalogue } from '../../look/language.tsx';

/** How many name it. */
interface Under {
  readonly models: number;
  readonly tenants: number;
}

export const POLICY_WORDS = {
  en: {
    title: (name: string, { models, tenants }: Under) => {
      const parts = [
        ...(tenants === 0 ? [] : [tenants === 1 ? 'one tenant' : `${tenants} tenants`]),
        ...(models === 0 ? [] : [models === 1 ? 'one model' : `${models} models`]),
      ];
      return parts.length === 0 ? `${name} holds for nothing yet` : `${name} holds for ${parts.join(' and ')}`;
    },
    fresh: 'Write a policy',
    changed: (name: string) => `${name}, changed and not applied`,
    builtIn: 'The built-in policy cannot be changed. Copy its YAML to begin another.',
    save: 'Apply',
    saving: 'Applying…',
    saveTitle: (name: string) => `Apply ${name}?`,
    saveLead: 'It holds from the next request on, on every gateway. The change is on the record under your name.',
    applied: (name: string) => `${name} is applied and on the record.`,
    undo: 'Undo the changes',
    remove: 'Delete',
    propose: 'Propose',
    proposeTitle: (name: string) => `Propose this change of ${name}?`,
    proposeLead: (tenants: string) =>
      `A tenant asks that a second person approves (${tenants}): nothing changes before another officer does. Both names go on the record.`,
    someTenant: 'not yours',
    exists: (name: string) => `There is a policy ${name} already: open it to change it, or choose another name.`,
    reason: 'Why, for whoever approves',
    reasonHint: 'Kept with the proposal, not in the log. No personal data.',
    removeTitle: (name: string) => `Delete ${name}?`,
    removeLead: ({ models, tenants }: Under): string =>
      models + tenants === 0
        ? 'Nothing is under it.'
        : 'Requests of what is under it will be refused until that names another policy.',
    removeNow: (name: string) => `Delete ${name}`,
    removePropose: (name: string) => `Propose to delete ${name}`,
    moved: (name: string) => `${name} was changed by somebody else while you wrote`,
    movedLead: 'What you wrote stands on an older state, and would undo that change.',
    take: 'Take what holds now',
    asked: (who: string) => `${who} proposed a change of this policy`,
    askedLead: 'It waits for a second person.',
    look: 'Look at it',
    force: (generation: number, n: number, of: number) => `Generation ${generation}, applied ${n}/${of}`,
    noGateway: (generation: number) => `Generation ${generation}; no gateway runs that could apply it`,
    by: (who: string) => `by ${who}`,
    approvedBy: (who: string) => `approved by ${who}`,
    fromTo: (from: string, to: string, stricter: boolean) =>
      `${from} → ${to}: ${stricter ? 'stricter' : 'lets more through'}`,
    andMore: (count: number) => `and ${count} more`,
    features: { gender: 'the gender of a person', year: 'the year of a date' } as Readonly<Record<string, string>>,
    nowKept: (feature: string) => `A surrogate now tells ${feature}`,
    noLongerKept: (feature: string) => `A surrogate no longer tells ${feature}`,
    scoreFromTo: (from: number, to: number) =>
      `Least confidence ${from} → ${to}: ${to > from ? 'more findings are left as they are' : 'more findings are acted on'}`,
    sameRules: 'No rule changes.',
    keep: 'What a surrogate still tells',
    keeps: { gender: 'gender of a person', year: 'year of a date of birth' },
    rules: 'What becomes of what',
    columns: { entity: 'Kind of value', action: 'Action', toModel: 'To the model', toCaller: 'Back to the caller' },
    from: 'From',
    default: 'Everything else',
    byDefault: (action: string) => `default (${action})`,
    minScore: 'Least confidence, 0 to 1',
    minScoreHint: 'Findings below it are left as they are.',
    yaml: 'The same as YAML',
    yamlHint: 'Edits here show in the table, and the other way round.',
    try: 'Try a text',
    tryHint: 'It is kept nowhere. Use invented values.',
    seen: 'A model would see',
    blocked: 'Nothing: the request would be refused.',
    waiting: 'Write a text to see what this policy makes of it.',
    recogniser: (name: string, score: string) => `Recogniser ${name}, confidence ${score}.`,
    history: 'What it said before',
    generation: (n: number) => `Generation ${n}`,
    current: 'holds now',
    compare: 'Compare',
    change: (from: number, to: number) => `From generation ${from} to ${to}`,
    goBack: (n: number) => `Take generation ${n} up again`,
  },
  fr: {
    title: (name: string, { models, tenants }: Under) => {
      const parts = [
        ...(tenants === 0 ? [] : [tenants === 1 ? 'un locataire' : `${tenants} locataires`]),
        ...(models === 0 ? [] : [models === 1 ? 'un modèle' : `${models} modèles`]),
      ];
      return parts.length === 0 ? `${name} ne vaut encore pour rien` : `${name} vaut pour ${parts.join(' et ')}`;
    },
    fresh: 'Écrire une politique',
    changed: (name: string) => `${name}, modifiée et pas encore appliquée`,
    builtIn: 'La politique d’origine ne se modifie pas. Copiez son YAML pour en commencer une autre.',
    save: 'Appliquer',
    saving: 'Application…',
    saveTitle: (name: string) => `Appliquer ${name} ?`,
    saveLead:
      'Elle vaut dès la prochaine requête, sur chaque passerelle. La modification est inscrite au journal à votre nom.',
    applied: (name: string) => `${name} est appliquée et inscrite au journal.`,
    undo: 'Annuler les modifications',
    remove: 'Supprimer',
    propose: 'Proposer',
    proposeTitle: (name: string) => `Proposer cette modification de ${name} ?`,
    proposeLead: (tenants: string) =>
      `Un locataire demande l’accord d’une seconde personne (${tenants}) : rien ne change avant celui d’un autre membre de la sécurité. Les deux noms sont inscrits au journal.`,
    someTenant: 'un autre que le vôtre',
    exists: (name: string) =>
      `Il y a déjà une politique ${name} : ouvrez-la pour la modifier, ou choisissez un autre nom.`,
    reason: 'Pourquoi, pour qui approuvera',
    reasonHint: 'Conservé avec la proposition, pas au journal. Pas de données personnelles.',
    removeTitle: (name: string) => `Supprimer ${name} ?`,
    removeLead: ({ models, tenants }: Under): string =>
      models + tenants === 0
        ? 'Rien ne la suit.'
        : 'Les requêtes de ce qui la suit seront refusées tant qu’une autre politique n’y est pas nommée.',
    removeNow: (name: string) => `Supprimer ${name}`,
    removePropose: (name: string) => `Proposer de supprimer ${name}`,
    moved: (name: string) => `${name} a été modifiée par quelqu’un d’autre pendant que vous écriviez`,
    movedLead: 'Votre texte part d’un état antérieur et annulerait cette modification.',
    take: 'Reprendre ce qui vaut maintenant',
    asked: (who: string) => `${who} a proposé une modification de cette politique`,
    askedLead: 'Elle attend une seconde personne.',
    look: 'L’examiner',
    force: (generation: number, n: number, of: number) => `Génération ${generation}, appliquée ${n}/${of}`,
    noGateway: (generation: number) => `Génération ${generation} ; aucune passerelle active pour l’appliquer`,
    by: (who: string) => `par ${who}`,
    approvedBy: (who: string) => `approuvée par ${who}`,
    fromTo: (from: string, to: string, stricter: boolean) =>
      `${from} → ${to} : ${stricter ? 'plus strict' : 'en laisse passer davantage'}`,
    andMore: (count: number) => `et ${count} de plus`,
    features: { gender: 'le genre d’une personne', year: 'l’année d’une date' } as Readonly<Record<string, string>>,
    nowKept: (feature: string) => `Un substitut dit désormais ${feature}`,
    noLongerKept: (feature: string) => `Un substitut ne dit plus ${feature}`,
    scoreFromTo: (from: number, to: number) =>
      `Confiance minimale ${from} → ${to} : ${to > from ? 'davantage de valeurs restent telles quelles' : 'davantage de valeurs sont traitées'}`,
    sameRules: 'Aucune règle ne change.',
    keep: 'Ce qu’un substitut dit encore',
    keeps: { gender: 'genre d’une personne', year: 'année d’une date de naissance' },
    rules: 'Ce que devient quoi',
    columns: {
      entity: 'Nature de la valeur',
      action: 'Action',
      toModel: 'Vers le modèle',
      toCaller: 'Vers l’appelant',
    },
    from: 'Selon',
    default: 'Tout le reste',
    byDefault: (action: string) => `par défaut (${action})`,
    minScore: 'Confiance minimale, de 0 à 1',
    minScoreHint: 'Ce qui est moins sûr reste tel quel.',
    yaml: 'La même chose en YAML',
    yamlHint: 'Ce qui est modifié ici se voit dans le tableau, et inversement.',
    try: 'Essayer un texte',
    tryHint: 'Il n’est conservé nulle part. Prenez des valeurs inventées.',
    seen: 'Un modèle verrait',
    blocked: 'Rien : la requête serait refusée.',
    waiting: 'Écrivez un texte pour voir ce que cette politique en fait.',
    recogniser: (name: string, score: string) => `Détecteur ${name}, confiance ${score}.`,
    history: 'Ce qu’elle disait avant',
    generation: (n: number) => `Génération ${n}`,
    current: 'en vigueur',
    compare: 'Comparer',
    change: (from: number, to: number) => `De la génération ${from} à la génération ${to}`,
    goBack: (n: number) => `Reprendre la génération ${n}`,
  },
} satisfies Catalogue<unknown>;
