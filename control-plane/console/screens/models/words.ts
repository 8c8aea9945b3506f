import type { Catalogue } from '../../look/language.tsx';

export const MODELS_WORDS = {
  en: {
    title: (ready: number, all: number) =>
      all === 0
        ? 'No model yet'
        : ready === all
          ? `${all === 1 ? 'One model' : `${all} models`}, ready`
          : `${ready} of ${all} models are ready`,
    empty: 'A model is a file of weights under a name that applications ask for. This command deploys one:',
    columns: { name: 'Name', state: 'State', replicas: 'Replicas', policy: 'Policy', weights: 'Weights' },
    states: { ready: 'Ready', starting: 'Starting', stopped: 'Stopped', failed: 'Not ready' },
    replicas: (ready: number, wanted: number) => `${ready} of ${wanted}`,
  },
  fr: {
    title: (ready: number, all: number) =>
      all === 0
        ? 'Aucun modèle pour l’instant'
        : ready === all
          ? all === 1
            ? 'Un modèle, prêt'
            : `${all} modèles, tous prêts`
          : `${ready} modèles prêts sur ${all}`,
    empty:
      'Un modèle est un fichier de poids sous un nom que demandent les applications. Cette commande en déploie un :',
    columns: { name: 'Nom', state: 'État', replicas: 'Réplicas', policy: 'Politique', weights: 'Poids' },
    states: { ready: 'Prêt', starting: 'Démarre', stopped: 'Arrêté', failed: 'Pas prêt' },
    replicas: (ready: number, wanted: number) => `${ready} sur ${wanted}`,
  },
} satisfies Catalogue<unknown>;
