// French and English. A screen's words are a pair of catalogues beside it, of one type, so that none can lack a word.

import { createContext, type ReactNode, use, useEffect, useState } from 'react';

export type Language = 'en' | 'fr';
export type Catalogue<W> = Readonly<Record<Language, W>>;

const KEPT_AS = 'intramuros.language';

interface Choice {
  readonly language: Language;
  readonly choose: (language: Language) => void;
}

const LanguageContext = createContext<Choice>({ language: 'en', choose: () => {} });

export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(firstLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choose = (next: Language) => {
    localStorage.setItem(KEPT_AS, next);
    setLanguage(next);
  };
  return <LanguageContext value={{ language, choose }}>{children}</LanguageContext>;
}

export function useLanguage(): Choice {
  return use(LanguageContext);
}

export function useWords<W>(catalogue: Catalogue<W>): W {
  return catalogue[useLanguage().language];
}

function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT_AS);
  if (kept === 'en' || kept === 'fr') return kept;
  return navigator.language.toLowerCase().startsWith('fr') ? 'fr' : 'en';
}
