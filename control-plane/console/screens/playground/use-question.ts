// One question at a time: asked, its answer as it comes, stopped, or asked again. Nothing of it outlives the page.

import { useEffect, useRef, useState } from 'react';
import { ask, type ComingAnswer, type PlaygroundAnswer, type PlaygroundRequest } from '../../data/playground.ts';

interface Asked {
  /** Counts questions, so that each begins on panes of its own. */
  readonly number: number;
  readonly question?: PlaygroundRequest;
  readonly coming?: ComingAnswer | undefined;
  readonly answer?: PlaygroundAnswer;
  readonly error?: unknown;
  readonly isPending: boolean;
}

export function useQuestion() {
  const [asked, setAsked] = useState<Asked>({ number: 0, isPending: false });
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const put = async (question: PlaygroundRequest) => {
    running.current?.abort();
    const stop = new AbortController();
    running.current = stop;
    const number = asked.number + 1;
    const tell = (change: Partial<Asked>) => {
      if (running.current === stop) setAsked((before) => ({ ...before, ...change }));
    };
    setAsked({ number, question, isPending: true });
    try {
      const answer = await ask(question, (coming) => tell({ coming }), stop.signal);
      tell({ answer, isPending: false });
    } catch (error) {
      tell(stop.signal.aborted ? { isPending: false } : { error, isPending: false });
    }
  };
  const clear = () => {
    running.current?.abort();
    running.current = undefined;
    setAsked(({ number }) => ({ number: number + 1, isPending: false }));
  };
  return { ...asked, ask: put, clear };
}
