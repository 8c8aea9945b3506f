// Times with their offset: an auditor in another zone reads the same instant.

import { useLanguage } from './language.tsx';

export function Time({ at, seconds = true }: { readonly at: string | Date; readonly seconds?: boolean }) {
  const { language } = useLanguage();
  const date = typeof at === 'string' ? new Date(at) : at;
  return <time dateTime={date.toISOString()}>{formatTime(date, language, seconds)}</time>;
}

/** `25 Nov 2026 08:02:14 +01:00` */
export function formatTime(date: Date, language: 'en' | 'fr', seconds = true): string {
  const day = date.toLocaleDateString(language === 'fr' ? 'fr-FR' : 'en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
  const time = date.toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' } : {}),
  });
  return `${day} ${time} ${offsetOf(date)}`;
}

function offsetOf(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
