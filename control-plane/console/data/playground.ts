// One question through the real pipe, and its answer as it comes. What comes back lives in this page and nowhere else: it
// is not put into the cache.

import type { PlaygroundAnswer, PlaygroundProgress, PlaygroundRequest } from '../../admin/playground/routes.ts';
import { ApiProblem, changeEvents, type ProblemFacts } from './api.ts';

export type { PlaygroundAnswer, PlaygroundRequest };

export const CLASSES = ['public', 'internal', 'confidential', 'restricted'] as const;
export type DataClass = (typeof CLASSES)[number];

export function isDataClass(value: unknown): value is DataClass {
  return CLASSES.some((each) => each === value);
}

/** What stands in the address; never the text. */
export interface PlaygroundSearch {
  readonly tenant?: string;
  readonly model?: string;
  readonly class?: DataClass;
}

type Sight = Parameters<PlaygroundProgress['sent']>[0];
type Piece = Parameters<PlaygroundProgress['came']>[0];

/** What there is of an answer that still comes. */
export interface ComingAnswer extends Sight {
  readonly answered: string;
  readonly got: string;
}

/** @throws ApiProblem where there is no answer at all. */
export async function ask(
  question: PlaygroundRequest,
  onComing: (coming: ComingAnswer) => void,
  signal: AbortSignal,
): Promise<PlaygroundAnswer> {
  let coming: ComingAnswer | undefined;
  for await (const { name, data } of changeEvents('/api/v1/playground/stream', question, signal)) {
    if (name === 'answer') return data as PlaygroundAnswer;
    if (name === 'problem')
      throw new ApiProblem({ status: 500, title: 'No answer', ...(data as Omit<ProblemFacts, 'status' | 'title'>) });
    if (name === 'sent') coming = { ...(data as Sight), answered: '', got: '' };
    else if (name === 'came' && coming !== undefined) {
      const piece = data as Piece;
      coming = { ...coming, answered: coming.answered + piece.answered, got: coming.got + piece.got };
    }
    if (coming !== undefined) onComing(coming);
  }
  throw new ApiProblem({
    ...{ status: 0, code: 'unreachable', title: 'Unreachable' },
    detail: 'The answer broke off on its way to this page.',
    remedy: 'Ask again; the record of this question is in the log.',
  });
}
