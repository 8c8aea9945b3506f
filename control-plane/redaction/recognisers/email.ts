import { isWord } from '../characters.ts';
import type { Recogniser } from './recogniser.ts';

const LOCAL = /[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}_.+'%~-]*[\p{L}\p{M}\p{N}_+-])?$/u;
const DOT = String.raw`(?:\.|[ ]?[([{][ ]?(?:\.|dot|point)[ ]?[)\]}][ ]?)`;
const LABEL = String.raw`[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,62}[\p{L}\p{M}\p{N}])?`;
const DOMAIN = new RegExp(
  String.raw`\n?(?:${LABEL}${DOT}){1,8}((?:xn--[a-z0-9-]{2,30}|\p{L}[\p{L}\p{M}]{1,23}))(?![\p{L}\p{N}_-]|\.[\p{L}\p{N}])`,
  'iuy',
);
/** `jean at example dot org`: without brackets, only when the dot is spelled out too. */
const SPELLED = new RegExp(String.raw`(?:${LABEL} dot ){1,4}(\p{L}{2,10})(?![\p{L}\p{N}])`, 'iuy');
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
    const local = LOCAL.exec(text.slice(Math.max(0, sign.start - 64), sign.start));
    if (local === null) return undefined;
    // Percent-encoded separators before the name (`?m=a%20b%40c.fr`) are not part of it.
    const start = sign.start - local[0].length;
    const end = sign.end;
    if (start > 0 && local[0].length === 64 && isWord(text.charCodeAt(start - 1))) return undefined;
    const domain = domainAt(sign.form === 'spelled' ? SPELLED : DOMAIN, text, end);
    if (domain === null || FILE_ENDINGS.test(domain[1] ?? '')) return undefined;
    // `git@host.org:group/project` is an account of a service, not of a person.
    if (local[0] === 'git') return undefined;
    return { start, end: end + domain[0].length, score: sign.form === 'plain' ? 0.97 : 0.9 };
  },
};

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
