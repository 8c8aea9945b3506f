// Restores one answer: knows the stand-ins of this request and no others.

import { createRestorer } from '../redaction/restore.ts';
import { type AnswerRestorer, answerRestorer } from '../wire/answer.ts';
import type { Recorded } from './exchange.ts';

/** Only the texts that are JSON by the answer's format are escaped; reasoning and refusals beside it stay text. */
export function restorerFor({ parsed, answerMode, surrogates }: Recorded): AnswerRestorer {
  return answerRestorer({ ...parsed, answerMode }, (mode) => createRestorer(surrogates, mode));
}
