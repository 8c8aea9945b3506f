import type { Catalogue } from '../../look/language.tsx';

export const EFFECTIVE_WORDS = {
  en: {
    choose: 'What holds for whom',
    title: (model: string, sources: number) =>
      sources === 1
        ? `One policy holds for ${model}`
        : `${sources} policies hold for ${model}, the strictest rule of each`,
    lead: 'A request is answered under the strictest rule of every policy that has a say. The records of such requests bear the hash below.',
    model: 'Model',
    tenant: 'Tenant',
    noneOfTenant: (tenant: string) => `The tenant ${tenant} sees no model yet.`,
    noModels: 'There is no model yet that a policy could hold for. This command deploys one:',
    columns: {
      entity: 'Kind of value',
      action: 'Rule',
      toModel: 'To the model',
      toCaller: 'Back to the caller',
      decidedBy: 'Decided by',
    },
    composed: 'Composed of',
    hash: 'Hash in the records',
    generation: (n: number) => (n === 0 ? 'built in' : `generation ${n}`),
    said: (policy: string, action: string) => `${policy} says ${action}`,
    same: 'all say the same',
    keep: { gender: 'Gender of a person', year: 'Year of a date' },
    kept: 'a surrogate still tells it',
    notKept: 'is not told',
    minScore: 'Least confidence',
    rules: 'What becomes of what',
    more: 'What else it says',
  },
  fr: {
    choose: 'Ce qui vaut pour qui',
    title: (model: string, sources: number) =>
      sources === 1
        ? `Une politique vaut pour ${model}`
        : `${sources} politiques valent ensemble pour ${model}, la plus stricte l’emporte`,
    lead: 'Une requête suit la règle la plus stricte de toutes les politiques qui ont leur mot à dire. Les inscriptions au journal portent l’empreinte ci-dessous.',
    model: 'Modèle',
    tenant: 'Locataire',
    noneOfTenant: (tenant: string) => `Le locataire ${tenant} ne voit encore aucun modèle.`,
    noModels: 'Aucun modèle pour l’instant auquel une politique s’appliquerait. Cette commande en déploie un :',
    columns: {
      entity: 'Nature de la valeur',
      action: 'Règle',
      toModel: 'Vers le modèle',
      toCaller: 'Vers l’appelant',
      decidedBy: 'Décidé par',
    },
    composed: 'Composée de',
    hash: 'Empreinte au journal',
    generation: (n: number) => (n === 0 ? 'd’origine' : `génération ${n}`),
    said: (policy: string, action: string) => `${policy} dit ${action}`,
    same: 'toutes disent de même',
    keep: { gender: 'Genre d’une personne', year: 'Année d’une date' },
    kept: 'le substitut le dit encore',
    notKept: 'n’est pas dit',
    minScore: 'Confiance minimale',
    rules: 'Ce que devient quoi',
    more: 'Ce qu’elle dit d’autre',
  },
} satisfies Catalogue<unknown>;
