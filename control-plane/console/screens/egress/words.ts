import type { Catalogue } from '../../look/language.tsx';

export const EGRESS_WORDS = {
  en: {
    title: 'What left the company',
    count: (found: number, more: boolean, month: string) => {
      if (found === 0) return more ? `Looking through ${month}` : `Nothing left in ${month}`;
      const calls = found === 1 ? 'One call' : `${found}${more ? ' or more' : ''} calls`;
      return `${calls} left in ${month}`;
    },
    lead: 'Every call to an outside service is a record with its grounds: the class of the key, the policy, what was found. This looks through the records themselves.',
    month: 'Month',
    nothing: (month: string) => `0 calls to an outside service stand in the log for ${month}.`,
    why: 'A request that a model on the company’s own machines answers names no outside service in its record.',
  },
  fr: {
    title: 'Ce qui est sorti de l’entreprise',
    count: (found: number, more: boolean, month: string) => {
      if (found === 0) return more ? `Lecture de ${month}` : `Rien n’est sorti en ${month}`;
      const calls = found === 1 ? 'Un appel' : `${found}${more ? ' appels ou plus' : ' appels'}`;
      return `${calls} vers l’extérieur en ${month}`;
    },
    lead: 'Tout appel à un service extérieur est un enregistrement avec ses motifs : la classe de la clé, la politique, ce qui fut trouvé. La recherche porte sur les enregistrements mêmes.',
    month: 'Mois',
    nothing: (month: string) => `0 appel à un service extérieur figure au journal pour ${month}.`,
    why: 'Une requête à laquelle répond un modèle sur les machines de l’entreprise ne nomme aucun service extérieur dans son enregistrement.',
  },
} satisfies Catalogue<unknown>;
