// How the same value is written: groups and separators as people type them, and the adversarial ways that hide a value from a
// program but not from a reader.
import type { Random } from './random.ts';

const PLAIN_SEPARATORS = [' ', '.', '-', ''];
const ODD_SPACES = ['\u00a0', '\u202f', '\u2009'];

/** Groups joined by one separator, as people do. */
export const joinPlainly = (random: Random, groups: readonly string[]): string =>
  groups.join(random.pick(PLAIN_SEPARATORS));

/** The same by an adversary or a typesetter: odd spaces, invisible characters, other digits, digit by digit. */
export function joinOddly(random: Random, groups: readonly string[]): string {
  const compact = groups.join('');
  return random.pick([
    () => groups.join(random.pick(ODD_SPACES)),
    () => groups.join(random.pick(ODD_SPACES)),
    () => fullWidth(groups.join(' ')),
    () => groups.map(withInvisible).join(' '),
    () => groups.join('\u200b'),
    () => withInvisible(compact),
    () => (/^\d+$/.test(compact) ? Array.from(compact).join(' ') : groups.join('\u2011')),
    () => groups.join('\u2013'),
    () => groups.join('/'),
  ])();
}

export const fullWidth = (text: string): string =>
  text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0));

function withInvisible(text: string): string {
  const middle = Math.max(1, text.length >> 1);
  return `${text.slice(0, middle)}\u200b${text.slice(middle)}`;
}

/** An e-mail address in disguise. */
export function disguiseEmail(random: Random, address: string): string {
  const [local = '', domain = ''] = address.split('@');
  return random.pick([
    () => `${local}(at)${domain}`,
    () => `${local} [at] ${domain.replaceAll('.', ' [dot] ')}`,
    () => `${local} [at] ${domain.replaceAll('.', ' [point] ')}`,
    () => `${local}[at]${domain.replaceAll('.', '[.]')}`,
    () => `${local}@${domain.replaceAll('.', '[.]')}`,
    () => `${local} (arobase) ${domain}`,
    () => `${local} at ${domain.replaceAll('.', ' dot ')}`,
    () => `${local}%40${domain}`,
    () => `${local}\uff20${domain}`,
    () => `${local}@\u200d${domain}`,
    () => `${withInvisible(local)}@${domain}`,
    () => `${local}@\n${domain}`,
    () => fullWidth(address),
    () => `${local.replace('e', '\u0435').replace('a', '\u0430')}@${domain}`,
    () => `${local.normalize('NFD')}@${domain}`,
  ])();
}

export const defangIp = (random: Random, address: string): string =>
  random.pick([
    address.replaceAll('.', '[.]'),
    address.replaceAll('.', '(.)'),
    fullWidth(address),
    address.replace('.', '\u200b.'),
  ]);
