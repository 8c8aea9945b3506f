// Who finds what where: three groups, and for each place the action that opens it. The server decides again at every
// request; this only spares people doors that are locked.

import type { Action } from '../../admin/identity/roles.ts';
import type { Catalogue } from '../look/language.tsx';

export interface Place {
  readonly to:
    | '/'
    | '/models'
    | '/deploy'
    | '/nodes'
    | '/playground'
    | '/policies'
    | '/tenants'
    | '/keys'
    | '/accounts'
    | '/tokens'
    | '/usage'
    | '/system'
    | '/records'
    | '/log-health'
    | '/egress';
  /** Of a place that is a question to another one. */
  readonly search?: { readonly kind: string };
  readonly name: keyof typeof NAVIGATION_WORDS.en.places;
  readonly needs: Action;
}

export interface PlaceGroup {
  readonly name: 'work' | 'rules' | 'proof';
  readonly places: readonly Place[];
}

export const NAVIGATION: readonly PlaceGroup[] = [
  {
    name: 'work',
    places: [
      { to: '/', name: 'overview', needs: 'console.open' },
      { to: '/models', name: 'models', needs: 'model.read' },
      { to: '/deploy', name: 'deploy', needs: 'model.apply' },
      { to: '/nodes', name: 'nodes', needs: 'node.read' },
      { to: '/playground', name: 'playground', needs: 'playground.ask' },
      { to: '/usage', name: 'usage', needs: 'usage.read' },
      { to: '/system', name: 'system', needs: 'system.read' },
    ],
  },
  {
    name: 'rules',
    places: [
      { to: '/policies', name: 'policies', needs: 'policy.read' },
      { to: '/tenants', name: 'tenants', needs: 'tenant.read' },
      { to: '/keys', name: 'keys', needs: 'key.read' },
      { to: '/accounts', name: 'accounts', needs: 'account.read' },
      { to: '/tokens', name: 'tokens', needs: 'token.own' },
    ],
  },
  {
    name: 'proof',
    places: [
      { to: '/records', name: 'records', needs: 'log.read' },
      { to: '/records', search: { kind: 'change,read,session' }, name: 'changes', needs: 'log.search' },
      { to: '/egress', name: 'egress', needs: 'log.search' },
      { to: '/log-health', name: 'logHealth', needs: 'log.read' },
    ],
  },
];

export const NAVIGATION_WORDS = {
  en: {
    skip: 'Skip to the content',
    navigation: 'Main',
    menu: 'Menu',
    groups: { work: 'Work', rules: 'Rules', proof: 'Proof' },
    places: {
      overview: 'Overview',
      models: 'Models',
      deploy: 'Deploy',
      nodes: 'Nodes and GPUs',
      playground: 'Playground',
      usage: 'Usage',
      system: 'System',
      policies: 'Policies',
      tenants: 'Tenants',
      keys: 'Keys',
      accounts: 'Accounts',
      tokens: 'Your tokens',
      records: 'Log',
      changes: 'Changes and reads',
      egress: 'Egress',
      logHealth: 'Log health',
    },
    roles: {
      admin: 'platform admin',
      officer: 'security officer',
      auditor: 'auditor, read only',
      developer: 'developer',
      viewer: 'viewer',
    } as Readonly<Record<string, string>>,
    signOut: 'Sign out',
    live: 'live',
    notLive: 'not live: what is shown may be old',
    theme: { system: 'Light or dark: as the system', light: 'Light', dark: 'Dark' },
  },
  fr: {
    skip: 'Aller au contenu',
    navigation: 'Principale',
    menu: 'Menu',
    groups: { work: 'Travail', rules: 'Règles', proof: 'Preuve' },
    places: {
      overview: 'Vue d’ensemble',
      models: 'Modèles',
      deploy: 'Déployer',
      nodes: 'Nœuds et GPU',
      playground: 'Essai',
      usage: 'Usage',
      system: 'Système',
      policies: 'Politiques',
      tenants: 'Locataires',
      keys: 'Clés',
      accounts: 'Comptes',
      tokens: 'Vos jetons',
      records: 'Journal',
      changes: 'Changements et lectures',
      egress: 'Sorties',
      logHealth: 'Santé du journal',
    },
    roles: {
      admin: 'administration de la plateforme',
      officer: 'sécurité',
      auditor: 'audit, lecture seule',
      developer: 'développement',
      viewer: 'lecture',
    } as Readonly<Record<string, string>>,
    signOut: 'Se déconnecter',
    live: 'en direct',
    notLive: 'hors direct : l’affichage peut être ancien',
    theme: { system: 'Clair ou sombre : comme le système', light: 'Clair', dark: 'Sombre' },
  },
} satisfies Catalogue<unknown>;
