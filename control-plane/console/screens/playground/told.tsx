// Why there is no answer: in a sentence, with the code that an application gets, and when to ask again.

import { useEffect, useState } from 'react';
import type { PlaygroundAnswer } from '../../data/playground.ts';
import { useWords } from '../../look/language.tsx';
import { Failure, Notice } from '../../look/notice.tsx';
import { PLAYGROUND_WORDS } from './words.ts';

export interface ToldProps {
  readonly error: unknown;
  readonly refusal: PlaygroundAnswer['refusal'];
  readonly onAgain: () => void;
}

/** Asked again, the same text would be refused again. */
const FINAL: ReadonlySet<string> = new Set(['content_blocked', 'context_length_exceeded', 'unsupported_parameter']);

export function Told({ error, refusal, onAgain }: ToldProps) {
  const words = useWords(PLAYGROUND_WORDS);
  if (error !== undefined) return <Failure error={error} retry={onAgain} />;
  if (refusal === undefined) return null;
  const { code, message, retryAfterS } = refusal;
  return (
    <Notice
      urgency="attention"
      title={words.refusals[code] ?? words.failed}
      action={FINAL.has(code) ? null : <Again key={message} afterS={retryAfterS ?? 0} onAgain={onAgain} />}
    >
      {message} <code>{code}</code>
    </Notice>
  );
}

/** Counts down what the gateway asks for, then may be pressed. */
function Again({ afterS, onAgain }: { readonly afterS: number; readonly onAgain: () => void }) {
  const words = useWords(PLAYGROUND_WORDS);
  const [left, setLeft] = useState(afterS);
  useEffect(() => {
    if (left <= 0) return undefined;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return (
    <button type="button" disabled={left > 0} onClick={onAgain}>
      {left > 0 ? words.againIn(left) : words.again}
    </button>
  );
}
