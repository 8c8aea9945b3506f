// The words that every screen shares. French is written in French, not translated word by word.

import type { Catalogue } from './language.tsx';

export const SHARED_WORDS = {
  en: {
    loading: 'Loading',
    retry: 'Try again',
    whatToDo: 'What to do:',
    copy: 'Copy',
    copied: 'Copied',
    close: 'Close',
    cancel: 'Cancel',
    more: 'Show more',
    none: 'none',
    shownOnce: 'Copy it to where it is used: it is stored nowhere, and nobody can show it again.',
    failed: 'This could not be loaded',
    unknownPage: 'There is no such page',
    unknownPageRemedy: 'The address may be from an older version, or its last part is missing.',
    toOverview: 'Go to the overview',
    forbidden: 'Your role does not include this',
    managedBy: (manager: string) =>
      `${manager} keeps this resource: a change made here would be undone. Copy the YAML and change it there.`,
  },
  fr: {
    loading: 'Chargement',
    retry: 'Réessayer',
    whatToDo: 'Que faire :',
    copy: 'Copier',
    copied: 'Copié',
    close: 'Fermer',
    cancel: 'Annuler',
    more: 'Afficher la suite',
    none: 'aucun',
    shownOnce: 'Copiez-le là où il sert : il n’est conservé nulle part et ne pourra plus être affiché.',
    failed: 'Le chargement a échoué',
    unknownPage: 'Cette page n’existe pas',
    unknownPageRemedy: 'L’adresse vient peut-être d’une version antérieure, ou sa fin manque.',
    toOverview: 'Aller à la vue d’ensemble',
    forbidden: 'Votre rôle ne donne pas accès à cette page',
    managedBy: (manager: string) =>
      `${manager} gère cette ressource : une modification faite ici serait annulée. Copiez le YAML et modifiez-la là-bas.`,
  },
} satisfies Catalogue<unknown>;
