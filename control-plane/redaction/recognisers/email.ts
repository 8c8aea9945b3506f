import { isWord } from '../characters.ts';
import type { Recogniser } from './recogniser.ts';

const DOT = String.raw`(?:\.|[ ]?[([{][ ]?(?:\.|dot|point)[ ]?[)\]}][ ]?)`;
const LABEL = String.raw`[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,62}[\p{L}\p{M}\p{N}])?`;
const DOMAIN = new RegExp(
  String.raw`\n?(?:${LABEL}${DOT}){1,8}((?:xn--[a-z0-9-]{2,30}|\p{L}[\p{L}\p{M}]{1,23}))(?![\p{L}\p{N}_-]|\.[\p{L}\p{N}])`,
  'iuy',
);
/** `jean at example dot org`: without brackets, only when the dot is spelled out too. */
const SPELLED = new RegExp(String.raw`(?:${LABEL} dot ){1,4}(\p{L}{2,10})(?![\p{L}\p{N}])`, 'iuy');
/** `arobase` is said of addresses alone; before `at` a name of an account has a digit or a dot in it: `look at example.org`. */
const ACCOUNT = /[\d._+][^ ]* at $| arobas/i;
const AT_WORD = /[ ]?[([{<][ ]?(?:at|arobase|arobas|@)[ ]?[)\]}>][ ]?/iy;
/** Names of files that carry a size (`logo@2x.png`), not of domains. */
const FILE_ENDINGS =
  /^(?:png|jpe?g|gif|svg|webp|css|s?css|js|mjs|cjs|ts|tsx|jsx|json|html?|php|txt|xml|ya?ml|lock|service|socket|target|timer|mount|local)$/i;

export const email: Recogniser = {
  name: 'email',
  type: 'EMAIL',
  finds: 'e-mail addresses, international ones too, and ones disguised with (at), [at], [.], (dot) or %40',
  checks: 'shape of RFC 5321 and RFC 6531 addresses',
  triggers: { characters: '@%', words: ['at', 'arobase', 'arobas'] },
  maxLength: 320,
  match(text, at) {
    const sign = readSign(text, at);
    if (sign === undefined) return undefined;
    const { start: signStart, end } = sign;
    const start = localStart(text, signStart);
    if (start === undefined) return undefined;
    const isAccount = sign.form !== 'spelled' || ACCOUNT.test(text.slice(start, end));
    const domain = (isAccount ? domainAt(DOMAIN, text, end) : null) ?? domainAt(SPELLED, text, end);
    if (domain === null || FILE_ENDINGS.test(domain[1] ?? '')) return undefined;
    // `git@host.org:group/project` is an account of a service, not of a person.
    if (text.slice(start, signStart) === 'git') return undefined;
    return { start, end: end + domain[0].length, score: sign.form === 'plain' ? 0.97 : 0.9 };
  },
};

/** Where the part before the sign begins; undefined if there is none, or if it is longer than RFC 5321 allows. */
function localStart(text: string, end: number): number | undefined {
  if (!isLocal(text.charCodeAt(end - 1))) return undefined;
  let start = end - 1;
  while (start > 0 && end - start <= MAX_LOCAL && isLocal(text.charCodeAt(start - 1))) start -= 1;
  if (end - start > MAX_LOCAL) return undefined;
  // It begins with a letter or a digit: what stands before is punctuation.
  while (start < end && !isWord(text.charCodeAt(start))) start += 1;
  return start === end ? undefined : start;
}

const MAX_LOCAL = 64;

function isLocal(code: number): boolean {
  return isWord(code) || code === 46 || code === 43 || code === 45 || code === 39 || code === 37 || code === 126;
}

interface Sign {
  readonly start: number;
  readonly end: number;
  readonly form: 'plain' | 'bracketed' | 'spelled';
}

function domainAt(shape: RegExp, text: string, at: number): RegExpExecArray | null {
  shape.lastIndex = at;
  return shape.exec(text);
}

function readSign(text: string, at: number): Sign | undefined {
  const code = text.charCodeAt(at);
  if (code === 37) return text.startsWith('40', at + 1) ? { start: at, end: at + 3, form: 'plain' } : undefined;
  if (code === 64) return readBracketed(text, at) ?? { start: at, end: at + 1, form: 'plain' };
  const bracketed = readBracketed(text, at);
  if (bracketed !== undefined || text.charCodeAt(at - 1) !== 32) return bracketed;
  const end = text.indexOf(' ', at) + 1;
  return end === 0 ? undefined : { start: at - 1, end, form: 'spelled' };
}

/** `(at)`, ` [at] `, `[@]`: the bracket stands at most two characters before the word. */
function readBracketed(text: string, at: number): Sign | undefined {
  for (let open = at - 1; open >= at - 2 && open >= 0; open -= 1) {
    if (!'([{<'.includes(text.charAt(open))) continue;
    const start = text.charCodeAt(open - 1) === 32 ? open - 1 : open;
    AT_WORD.lastIndex = start;
    const match = AT_WORD.exec(text);
    if (match !== null) return { start, end: start + match[0].length, form: 'bracketed' };
  }
  return undefined;
}
