// Said only when it takes longer than a glance, so that nothing flickers.

import { useEffect, useState } from 'react';
import { useWords } from './language.tsx';
import { SHARED_WORDS } from './words.ts';

const UNNOTICED_MS = 300;

export function Loading() {
  const words = useWords(SHARED_WORDS);
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), UNNOTICED_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p role="status" className="soft">
      {late ? `${words.loading}…` : ''}
    </p>
  );
}
