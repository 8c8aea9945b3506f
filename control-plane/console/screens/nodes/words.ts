import type { Catalogue } from '../../look/language.tsx';

export const NODES_WORDS = {
  en: {
    title: (free: string, total: string) => `${free} of ${total} are free`,
    lead: 'Free is what new processes may take now; what models were promised and have not taken yet still counts as free.',
    loading: 'Nodes and GPUs',
    processors: (count: number) => `${count} processors`,
    noGpus:
      'No graphics processor: models run on the processors. A native llama-server for other hardware is named by INTRAMUROS_LLAMA_SERVER.',
    nobody: 'No model runs here. This command deploys one:',
    model: 'Model',
    replicas: 'Processes',
    each: 'Planned for each',
    all: 'In all',
    used: (used: string, total: string) => `${used} of ${total} in use`,
  },
  fr: {
    title: (free: string, total: string) => `${free} libres sur ${total}`,
    lead: 'Est libre ce que de nouveaux processus peuvent prendre à présent ; ce qui est promis à des modèles et pas encore pris compte encore comme libre.',
    loading: 'Nœuds et GPU',
    processors: (count: number) => `${count} processeurs`,
    noGpus:
      'Aucun processeur graphique : les modèles tournent sur les processeurs. Un llama-server natif pour un autre matériel se nomme par INTRAMUROS_LLAMA_SERVER.',
    nobody: 'Aucun modèle ne tourne ici. Cette commande en déploie un :',
    model: 'Modèle',
    replicas: 'Processus',
    each: 'Prévu pour chacun',
    all: 'En tout',
    used: (used: string, total: string) => `${used} utilisés sur ${total}`,
  },
} satisfies Catalogue<unknown>;
