// When two spellings are one value: `06 12 34 56 78` and `06.12.34.56.78`, `Zoé MARTIN` and `Zoe Martin`.
import type { EntityType } from './entities.ts';
import { fold } from './fold.ts';

/** The same for all spellings of a value. Never shown to anyone: only compared. */
export function canonicalise(type: EntityType, value: string): string {
  const folded = fold(value).text;
  switch (type) {
    case 'PERSON':
    case 'LOCATION':
    case 'ORGANIZATION':
    case 'ADDRESS':
      return stripAccents(folded)
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, ' ')
        .trim();
    case 'EMAIL':
      return folded
        .toLowerCase()
        .replace(/\s*[([{]\s*(?:at|arobase)\s*[)\]}]\s*|%40/g, '@')
        .replace(/\s*[([{]\s*(?:\.|dot|point)\s*[)\]}]\s*/g, '.')
        .replace(/\s+/g, '');
    case 'IP':
      return folded.toLowerCase().replace(/[[\](){}]|dot/g, '');
    case 'SECRET':
    case 'URL':
    case 'SURROGATE':
      return value;
    case 'DATE_OF_BIRTH':
      return stripAccents(folded)
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, '-');
    case 'PHONE':
      return folded
        .replace(/\(0\)/g, '')
        .replace(/[^0-9+]+/g, '')
        .replace(/^(?:\+|00)33/, '0')
        .replace(/^00/, '+');
    case 'IBAN':
    case 'CARD':
    case 'PLATE':
    case 'FR_NIR':
    case 'FR_SIREN':
    case 'FR_SIRET':
    case 'FR_VAT':
    case 'FR_TAX':
    case 'FR_RPPS':
      return folded.toUpperCase().replace(/[^A-Z0-9]+/g, '');
  }
}

export function stripAccents(text: string): string {
  return ASCII.test(text) ? text : text.normalize('NFD').replace(/\p{M}+/gu, '');
}

const ASCII = /^[\0-\x7f]*$/;
