import { ENTITY_TYPES } from '../entities.ts';
import { readBareSurrogate, readSurrogate } from '../surrogates.ts';
import type { Recogniser } from './recogniser.ts';

export const surrogateLike: Recogniser = {
  name: 'surrogate-like',
  type: 'SURROGATE',
  finds: 'text that already looks like a surrogate, so that nobody can write one and have a value put in its place',
  checks: 'the grammar that the restorer reads',
  triggers: { characters: '<&\\', prefixes: ENTITY_TYPES },
  maxLength: 96,
  match(text, at) {
    const isBare = /^[A-Z]/.test(text.charAt(at));
    const found = isBare ? readBareSurrogate(text, at, text.charAt(at - 1), true) : readSurrogate(text, at);
    if (found === undefined || found === 'partial') return undefined;
    return { start: at, end: found.end, score: 1 };
  },
};
