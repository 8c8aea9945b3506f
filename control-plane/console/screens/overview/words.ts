import type { Catalogue } from '../../look/language.tsx';

export const OVERVIEW_WORDS = {
  en: {
    title: (faults: number) =>
      faults === 0 ? 'Nothing needs you' : faults === 1 ? 'One thing needs you' : `${faults} things need you`,
    asked: (who: string, what: string) => `${who} asks for a second person: a change of ${what}`,
    askedLead: 'Nothing changes before somebody else approves.',
    look: 'Look at it',
    models: 'Models',
    notReady: (name: string) => `${name} is not ready`,
    seeCause: 'See the cause',
  },
  fr: {
    title: (faults: number) =>
      faults === 0 ? 'Rien ne vous attend' : faults === 1 ? 'Un point vous attend' : `${faults} points vous attendent`,
    asked: (who: string, what: string) => `${who} demande une seconde personne pour modifier ${what}`,
    askedLead: 'Rien ne change avant l’accord de quelqu’un d’autre.',
    look: 'L’examiner',
    models: 'Modèles',
    notReady: (name: string) => `${name} n’est pas prêt`,
    seeCause: 'Voir la cause',
  },
} satisfies Catalogue<unknown>;
