import type { Catalogue } from '../../look/language.tsx';

export const OVERVIEW_WORDS = {
  en: {
    title: (faults: number) =>
      faults === 0 ? 'Nothing needs you' : faults === 1 ? 'One thing needs you' : `${faults} things need you`,
    models: 'Models',
    notReady: (name: string) => `${name} is not ready`,
    seeCause: 'See the cause',
  },
  fr: {
    title: (faults: number) =>
      faults === 0 ? 'Rien ne vous attend' : faults === 1 ? 'Un point vous attend' : `${faults} points vous attendent`,
    models: 'Modèles',
    notReady: (name: string) => `${name} n’est pas prêt`,
    seeCause: 'Voir la cause',
  },
} satisfies Catalogue<unknown>;
