import type { Catalogue } from '../../look/language.tsx';

export const TENANTS_WORDS = {
  en: {
    title: (count: number) =>
      count === 0 ? 'One tenant, the built-in one' : `${count} ${count === 1 ? 'tenant is' : 'tenants are'} set apart`,
    lead: 'A tenant is a part of the company: its keys see its own models, share its limits, and all that they send is under its rules.',
    create: 'Set up a tenant',
    empty:
      'Every key belongs to the tenant “default”, which sees the models of the namespace of that name. To set a department apart, set up a tenant here or apply one:',
    columns: {
      name: 'Name',
      namespaces: 'Models of',
      floor: 'Floor policy',
      leastClass: 'Data class at least',
      limits: 'A minute, at each gateway',
      approval: 'Policy changes',
      keys: 'Keys',
    },
    noFloor: 'that of the model alone',
    approvals: { none: 'by one officer', secondPerson: 'by two officers' },
    toKeys: 'its keys',
    toKeysOf: (name: string) => `its keys: ${name}`,
  },
  fr: {
    title: (count: number) =>
      count === 0
        ? 'Un seul locataire, celui d’origine'
        : `${count} ${count === 1 ? 'locataire à part' : 'locataires à part'}`,
    lead: 'Un locataire est une partie de l’entreprise : ses clés voient ses propres modèles, partagent ses limites, et tout ce qu’elles envoient suit ses règles.',
    create: 'Créer un locataire',
    empty:
      'Toutes les clés appartiennent au locataire « default », qui voit les modèles de l’espace de ce nom. Pour mettre un service à part, créez un locataire ici ou appliquez-en un :',
    columns: {
      name: 'Nom',
      namespaces: 'Modèles de',
      floor: 'Politique plancher',
      leastClass: 'Classe de données au moins',
      limits: 'Par minute, à chaque passerelle',
      approval: 'Changement de politique',
      keys: 'Clés',
    },
    noFloor: 'celle du modèle seule',
    approvals: { none: 'par une personne', secondPerson: 'par deux personnes' },
    toKeys: 'ses clés',
    toKeysOf: (name: string) => `ses clés : ${name}`,
  },
} satisfies Catalogue<unknown>;
