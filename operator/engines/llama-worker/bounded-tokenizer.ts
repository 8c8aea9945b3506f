// Text to tokens, but no text that cannot fit: tokenizing runs on the thread that answers everybody, and its time grows
// faster than the text where the vocabulary has tokens of the user's own kind. No token is longer than the longest of
// the vocabulary, so a text of more bytes than the context could hold in such tokens is refused before the work.
// Imports: wire-error.
import { contextExceeded } from './wire-error.ts';

/** Throws `context_length_exceeded` for a text that has more tokens than the context, whatever they are. */
export type BoundedTokenizer = (text: string, param: string) => readonly number[];

export function createBoundedTokenizer(
  tokenize: (text: string) => readonly number[],
  longestTokenBytes: number,
  contextTokens: number,
): BoundedTokenizer {
  const mostBytes = contextTokens * Math.max(1, longestTokenBytes);
  return (text, param) => {
    const bytes = Buffer.byteLength(text);
    if (bytes > mostBytes) throw contextExceeded(Math.ceil(bytes / longestTokenBytes), contextTokens, param);
    return tokenize(text);
  };
}
