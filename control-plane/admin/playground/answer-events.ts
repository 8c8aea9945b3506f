// An answer as Server-Sent Events, as it comes. What fails before anything was sent is thrown, and becomes a problem of
// the whole request; what fails later is the last event. Imports errors.

import { toAppError } from '../../errors.ts';
import type { PlaygroundAnswer, PlaygroundProgress } from './routes.ts';

/** Pieces that come faster than they are taken go out together. */
export async function* answerEvents(
  ask: (progress: PlaygroundProgress) => Promise<Readonly<PlaygroundAnswer>>,
): AsyncGenerator<string> {
  const waiting: string[] = [];
  let wake = () => {};
  const state = { isOver: false, hasBegun: false };
  const push = (name: string, data: unknown) => {
    waiting.push(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    wake();
  };
  const answered = ask({
    sent: (sight) => push('sent', sight),
    came: (piece) => {
      if (piece.answered !== '' || piece.got !== '') push('came', piece);
    },
  }).finally(() => {
    state.isOver = true;
    wake();
  });
  answered.catch(() => {});
  while (!state.isOver || waiting.length > 0) {
    if (waiting.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    state.hasBegun = true;
    yield waiting.splice(0).join('');
  }
  try {
    push('answer', await answered);
  } catch (error) {
    if (!state.hasBegun) throw error;
    const { code, detail, remedy } = toAppError(error);
    push('problem', { code, detail, ...(remedy === undefined ? {} : { remedy }) });
  }
  yield waiting.splice(0).join('');
}
