import { isWord } from '../characters.ts';
import type { Recogniser } from './recogniser.ts';

const URL_TEXT =
  /(?:https?|ftps?|wss?|sftp):\/\/[^\s<>"'`{}|\\^[\]]{3,2000}|www\.[\p{L}\p{N}-]{1,63}\.[^\s<>"'`{}|\\^[\]]{2,2000}/iuy;

export const url: Recogniser = {
  name: 'url',
  type: 'URL',
  finds: 'web addresses with a scheme or www',
  checks: 'shape of RFC 3986',
  triggers: { words: ['http', 'https', 'ftp', 'ftps', 'ws', 'wss', 'sftp', 'www'] },
  maxLength: 2010,
  match(text, at) {
    if (isWord(text.charCodeAt(at - 1))) return undefined;
    URL_TEXT.lastIndex = at;
    const match = URL_TEXT.exec(text);
    if (match === null) return undefined;
    // What ends a sentence or closes a bracket opened before it is not part of the address.
    let address = match[0].replace(/[.,;:!?*_~]+$/, '');
    if (address.endsWith(')') && !address.includes('(')) address = address.replace(/\)+[.,;:!?]*$/, '');
    if (!/[\p{L}\p{N}]/u.test(address.slice(address.indexOf(':') + 3))) return undefined;
    const hasSecrets = /[?#@]/.test(address);
    return { start: at, end: at + address.length, score: hasSecrets ? 0.9 : 0.8 };
  },
};
