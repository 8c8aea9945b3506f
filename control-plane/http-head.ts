// What is wrong with the head of a request that Node's parser lets pass: heads that two programs in a row may read in
// two ways (RFC 9112, 11.2, request smuggling). Both listeners refuse them before anything else. Pure; imports errors.

import { type AppError, fail } from './errors.ts';

export interface RequestHead {
  readonly httpVersion: string;
  /** The request target, as it came. */
  readonly url?: string | undefined;
  /** Names and values in turn, as they came (`IncomingMessage.rawHeaders`). */
  readonly rawHeaders: readonly string[];
}

/** Fields of which there is one: Node takes the first, others the last. */
const SINGLE: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'transfer-encoding',
]);

/** Longest name in SINGLE: longer ones need no look. */
const LONGEST = 17;

/** The reason to refuse the request, or undefined. */
export function headProblem({ httpVersion, url = '/', rawHeaders }: RequestHead): AppError | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    return fail('invalid_field', { detail: 'This is not an HTTP/1.1 request.', remedy: 'Send one.' });
  // The other forms are for proxies, and whose host counts there is another question with two answers.
  if (!url.startsWith('/'))
    return fail('invalid_field', { detail: 'The target of the request is not a path.', remedy: 'Send a path.' });
  let seen = '';
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const raw = rawHeaders[at] ?? '';
    if (raw.length > LONGEST) continue;
    const name = raw.toLowerCase();
    if (!SINGLE.has(name)) continue;
    if (seen.includes(`${name} `))
      return fail('invalid_field', {
        param: name,
        detail: `The header ${name} is given more than once.`,
        remedy: 'Give it once: which one counts is otherwise anybody’s guess.',
      });
    seen += `${name} `;
    if (name === 'transfer-encoding' && rawHeaders[at + 1]?.trim().toLowerCase() !== 'chunked')
      return fail('unsupported_media_type', {
        param: name,
        detail: 'No transfer encoding but chunked is read.',
        remedy: 'Send the body as it is.',
      });
  }
  if (httpVersion === '1.1' && !seen.includes('host '))
    return fail('invalid_field', { param: 'host', detail: 'The header host is missing.', remedy: 'Give it.' });
  return undefined;
}
