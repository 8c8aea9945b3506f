// Bytes and counts as people read them, in the reader's language.

import type { Language } from './language.tsx';

const UNITS: Readonly<Record<Language, readonly string[]>> = {
  en: ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'],
  fr: ['octets', 'Kio', 'Mio', 'Gio', 'Tio'],
};

/** `1.4 GiB`, `1,4 Gio`. */
export function formatBytes(bytes: number, language: Language): string {
  const power = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  const digits = power === 0 || value >= 100 ? 0 : 1;
  return `${formatNumber(value, language, digits)} ${UNITS[language][power]}`;
}

export function formatNumber(value: number, language: Language, digits = 0): string {
  return value.toLocaleString(language === 'fr' ? 'fr-FR' : 'en-GB', { maximumFractionDigits: digits });
}
