import { isIPv6 } from 'node:net';
import { isDigit, isWord } from '../characters.ts';
import { hasCueBefore, type Recogniser } from './recogniser.ts';

const DOT_SIGN = 46;
const OPEN_SQUARE = 91;
const OPEN_ROUND = 40;
const SPACE = 32;
const COLON = 58;
const DOT = String.raw`(?:\.|\[\.\]|\(\.\)|[ ]?\[dot\][ ]?)`;
const OCTET = '(25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const IPV4 = new RegExp(`${OCTET}${DOT}${OCTET}${DOT}${OCTET}${DOT}${OCTET}(?![\\p{L}\\d_]|\\.\\d|-\\d)`, 'uy');
const VERSION_CUE =
  /(?:\bv|version|release|\brev\.?|§|section|chapter|chapitre|article|clause|annexe?|build|firmware|kernel|driver|[a-z]\/|\bpoint) ?:? ?$/i;
const IP_CUE =
  /(?:\bip\b|adresse|address|host|serveur|server|\bfrom ?$|client|\bping|dns|gateway|passerelle|remote|connect|ssh)/i;
/** Addresses of no one: this host, all hosts, masks. */
const NOBODY = /^(?:127\.|0\.0\.0\.0$|255\.)/;
const IPV6_TEXT = /[0-9A-Fa-f:]{1,40}:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]{2,45}/y;

export const ip: Recogniser = {
  name: 'ip',
  type: 'IP',
  finds: 'IPv4 addresses (also as 203[.]0[.]113[.]9) and IPv6 addresses, short forms too',
  checks: 'RFC 791, RFC 4291; addresses of the machine itself and version numbers are left alone',
  triggers: { digits: 4, characters: ':[(' },
  maxLength: 64,
  match(text, at) {
    const sign = text.charCodeAt(at);
    if (sign === COLON) return version6(text, at);
    return sign === OPEN_SQUARE || sign === OPEN_ROUND ? defanged(text, at) : version4(text, at);
  },
};

function version4(text: string, at: number): ReturnType<Recogniser['match']> {
  // Almost every number fails here: three digits at most, then a dot or a bracket.
  let after = at + 1;
  while (after < at + 3 && isDigit(text.charCodeAt(after))) after += 1;
  const sign = text.charCodeAt(after);
  if (sign !== DOT_SIGN && sign !== OPEN_SQUARE && sign !== OPEN_ROUND && sign !== SPACE) return undefined;
  if (sign === SPACE && text.charCodeAt(after + 1) !== OPEN_SQUARE) return undefined;
  IPV4.lastIndex = at;
  const match = IPV4.exec(text);
  if (match === null || isWord(text.charCodeAt(at - 1)) || /[.-]/.test(text.charAt(at - 1))) return undefined;
  const address = match.slice(1, 5).join('.');
  if (NOBODY.test(address) || hasCueBefore(text, at, VERSION_CUE, 14)) return undefined;
  const end = at + match[0].length;
  const isSmall = match.slice(1, 5).every((octet) => Number(octet) < 20);
  // 2.4.1.3 is a section or a version more often than a machine.
  if (isSmall && !address.startsWith('10.') && !hasCueBefore(text, at, IP_CUE)) return undefined;
  return { start: at, end, score: 0.92 };
}

/** At the first `[.]` of an address: the octet before it is where the address begins. */
function defanged(text: string, at: number): ReturnType<Recogniser['match']> {
  const next = text.charCodeAt(at + 1);
  if (next !== DOT_SIGN && next !== 100) return undefined;
  const gap = text.charCodeAt(at - 1) === SPACE ? 1 : 0;
  let start = at - gap;
  while (start > at - 4 - gap && isDigit(text.charCodeAt(start - 1))) start -= 1;
  return start === at - gap ? undefined : version4(text, start);
}

function version6(text: string, at: number): ReturnType<Recogniser['match']> {
  // Once per address: at its first colon, with at most four hexadecimal digits before it and one or a colon after it.
  const next = text.charCodeAt(at + 1);
  if (next !== COLON && !isHex(next)) return undefined;
  let start = at;
  while (at - start < 5 && isHex(text.charCodeAt(start - 1))) start -= 1;
  const before = text.charCodeAt(start - 1);
  if (at - start > 4 || isWord(before) || before === COLON || (start === at && next !== COLON)) return undefined;
  IPV6_TEXT.lastIndex = start;
  const candidate = (IPV6_TEXT.exec(text)?.[0] ?? '').replace(/:$/, (end) => (text.charAt(at) === end ? end : ''));
  const address = candidate.endsWith('::') ? candidate : candidate.replace(/:$/, '');
  // Times of day fail here: eight groups, of which two may be written as IPv4, or some left out.
  if (!address.includes('::') && !/^(?:[^:]*:){6}/.test(address)) return undefined;
  const end = start + address.length;
  if (!isIPv6(address) || isWord(text.charCodeAt(end)) || address === '::1' || address === '::') return undefined;
  const groups = address.split(':').filter((group) => group !== '').length;
  // `a::b` is also how programs name things; an address has three groups, or begins in an assigned range.
  if (groups < 3 && !address.includes('.') && !/^(?:2[0-9a-f]{3}|3[0-9a-f]{3}|f[cdef][0-9a-f]{2}):/i.test(address))
    return undefined;
  if (!/\d/.test(address)) return undefined;
  return { start, end, score: 0.93 };
}

function isHex(code: number): boolean {
  return isDigit(code) || ((code | 32) >= 97 && (code | 32) <= 102);
}
