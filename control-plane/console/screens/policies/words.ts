import type { Catalogue } from '../../look/language.tsx';

export const POLICIES_WORDS = {
  en: {
    title: (count: number) =>
      count <= 1 ? 'One policy holds, the built-in one' : `${count} policies say what models may see`,
    lead: 'A policy says what personal data becomes before a model sees it. A model is under the policy that it names, or under “internal”; a tenant may name one for all it sends.',
    unknown: 'What models may see',
    create: 'Write a policy',
    empty:
      'Every model is under the built-in policy: each value becomes a surrogate and comes back. To rule otherwise, write a policy here or apply one:',
    columns: {
      name: 'Name',
      does: 'What it does',
      under: 'Holds for',
      generation: 'Generation',
      applied: 'In force',
    },
    effective: 'What holds for whom',
    waiting: 'Waiting for a second person',
    applied: (n: number, of: number) => `applied ${n}/${of}`,
    noGateway: 'no gateway runs',
    does: (action: string, exceptions: number) =>
      exceptions === 0 ? action : `${action}, with ${exceptions === 1 ? 'one exception' : `${exceptions} exceptions`}`,
    tenant: (name: string) => `all of the tenant ${name}`,
    noModel: 'nothing yet',
    andMore: (count: number) => `and ${count} more`,
    builtIn: 'built in',
  },
  fr: {
    title: (count: number) =>
      count <= 1 ? 'Une seule politique, celle d’origine' : `${count} politiques disent ce que voient les modèles`,
    lead: 'Une politique dit ce que deviennent les données personnelles avant que le modèle ne les voie. Un modèle suit la politique qu’il nomme, sinon « internal » ; un locataire peut en nommer une pour tout ce qu’il envoie.',
    unknown: 'Ce que voient les modèles',
    create: 'Écrire une politique',
    empty:
      'Tous les modèles suivent la politique d’origine : chaque valeur devient un substitut, puis revient. Pour en décider autrement, écrivez une politique ici ou appliquez-en une :',
    columns: {
      name: 'Nom',
      does: 'Effet',
      under: 'Vaut pour',
      generation: 'Génération',
      applied: 'En vigueur',
    },
    effective: 'Ce qui vaut pour qui',
    waiting: 'En attente d’une seconde personne',
    applied: (n: number, of: number) => `appliquée ${n}/${of}`,
    noGateway: 'aucune passerelle active',
    does: (action: string, exceptions: number) =>
      exceptions === 0 ? action : `${action}, avec ${exceptions === 1 ? 'une exception' : `${exceptions} exceptions`}`,
    tenant: (name: string) => `tout le locataire ${name}`,
    noModel: 'rien',
    andMore: (count: number) => `et ${count} de plus`,
    builtIn: 'd’origine',
  },
} satisfies Catalogue<unknown>;
