// Whether the page is as narrow as that of a phone, as tables.css has it.

import { useSyncExternalStore } from 'react';

const NARROW = '(max-width: 719px)';

export function useIsNarrow(): boolean {
  return useSyncExternalStore(follow, () => matchMedia(NARROW).matches);
}

function follow(tell: () => void): () => void {
  const query = matchMedia(NARROW);
  query.addEventListener('change', tell);
  return () => query.removeEventListener('change', tell);
}
