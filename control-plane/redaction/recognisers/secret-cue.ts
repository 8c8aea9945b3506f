import type { Recogniser } from './recogniser.ts';

const WORDS = [
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'passe',
  'mdp',
  'secret',
  'token',
  'apikey',
  'key',
  'clé',
  'cle',
  'bearer',
  'credentials',
  'identifiants',
  'pass',
];
const PASSWORD = /^(?:password|passwd|pwd|passphrase|passe|mdp|pass)$/i;
/** After the cue: the rest of its name (`_KEY`, ` d'API`), then `:` or `=` or `is`/`est`, then the value, quoted or not. */
const CUED =
  /([\p{L}]+)(?:[ _-]?(?:access|key|token|api|id|d'api|API|secrète|secrete|wifi|temporaire|provisoire|actuel|value)){0,2}["']?(?:\s?[:=]{1,2}>?\s?|\s(?:is|est|était|was|sera)\s?:?\s|[ ](?=[«"])|[ ]?(?<=[Bb]earer) )(?:(["'«\x60])[ ]?([^"'»\x60\n]{4,200}?)[ ]?["'»\x60]|([^\s"'<>«»,;(){}\x60]{4,200}))/uy;
/** What stands in a value's place in code and documentation. */
const NO_VALUE =
  /^(?:[$%<{[*]|\*+$|x{3,}|\.{3}|https?:|[\w$]+\(|(?:process|os|env|config|options?|this|self|req|args?|settings|params?|props|data|user|ctx|input|event)\b[.[]|(?:null|undefined|none|true|false|string|number|boolean|object|any|required|optional|redacted|changeme|example|your[-_].*|my[-_].*)$)/i;
const IDENTIFIER = /^[A-Za-z_$][A-Za-z_$]*(?:[.:/-][A-Za-z_$]+)*[.;:,!?]*$/;

export const secretCue: Recogniser = {
  name: 'secret-cue',
  type: 'SECRET',
  finds: 'passwords, keys and tokens after a cue (password:, mot de passe :, API_KEY=, Bearer)',
  checks: 'the value mixes letters with digits or signs; names, code and placeholders are left alone',
  triggers: { words: WORDS },
  maxLength: 300,
  match(text, at) {
    CUED.lastIndex = at;
    const match = CUED.exec(text);
    if (match === null) return undefined;
    const [whole, cue = '', , quoted, bare] = match;
    let value = quoted ?? bare ?? '';
    let end = at + whole.length - (quoted === undefined ? 0 : (/[ ]?["'»\x60]$/.exec(whole)?.[0].length ?? 1));
    if (quoted === undefined) {
      const trimmed = value.replace(/[.,;:]+$/, '');
      end -= value.length - trimmed.length;
      value = trimmed;
    }
    if (!isSecret(value, PASSWORD.test(cue))) return undefined;
    return { start: end - value.length, end, score: PASSWORD.test(cue) ? 0.9 : 0.8 };
  },
};

function isSecret(value: string, isPassword: boolean): boolean {
  if (NO_VALUE.test(value) || IDENTIFIER.test(value) || /\s/.test(value)) return false;
  // Calls, subscripts, paths and names of things with colons or dots are code and documentation.
  if (/^[\w$.]+[([]|^(?:~?\.{0,2}\/)[\w./-]*$|^[a-z]+:[a-z]/.test(value)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length;
  if (isPassword) return value.length >= 5 && (/\d/.test(value) ? kinds >= 2 || /^\d{6,}$/.test(value) : kinds >= 3);
  // Other cues ("key", "token") have all kinds of neighbours: wanted is a long value without structure.
  if (value.length < 16 || !/\d/.test(value) || !/[A-Za-z]/.test(value)) return false;
  return !/^[a-z0-9._-]*(?:\/[a-z0-9._-]*){2,}$|[()[\]{}]|^[a-z]+(?:[-_.][a-z0-9]+)+$/.test(value);
}
