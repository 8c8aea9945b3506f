// The first key of the log that this browser ever saw: a log that comes with another one is another log, or a forged one.
// Kept in this browser alone; the key is public.

const PLACE = 'intramuros.log-key';

export interface KnownKey {
  readonly text: string;
  /** RFC 3339. */
  readonly since: string;
}

/** What was known before this key was shown; from now on at least this one is. */
export function recallKey(shown: string, now: Date): KnownKey {
  const kept = read();
  if (kept !== undefined) return kept;
  const first = { text: shown, since: now.toISOString() };
  keep(first);
  return first;
}

/** Where the browser keeps nothing, each proof stands for itself. */
function keep(key: KnownKey): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify(key));
  } catch {
    // Storage is shut or full.
  }
}

function read(): KnownKey | undefined {
  try {
    const { text, since } = JSON.parse(localStorage.getItem(PLACE) ?? '') as Partial<KnownKey>;
    return typeof text === 'string' && typeof since === 'string' ? { text, since } : undefined;
  } catch {
    return undefined;
  }
}
