// One question through the real pipe. What comes back lives in this page and nowhere else: it is not put into the cache.

import type { PlaygroundAnswer, PlaygroundRequest } from '../../admin/playground/routes.ts';
import { change } from './api.ts';

export type { PlaygroundAnswer, PlaygroundRequest };

export const CLASSES = ['public', 'internal', 'confidential', 'restricted'] as const;
export type DataClass = (typeof CLASSES)[number];

export function isDataClass(value: unknown): value is DataClass {
  return CLASSES.some((each) => each === value);
}

/** What stands in the address; never the text. */
export interface PlaygroundSearch {
  readonly model?: string;
  readonly class?: DataClass;
}

export function ask(question: PlaygroundRequest): Promise<PlaygroundAnswer> {
  return change('POST', '/api/v1/playground', question);
}
