// Times with their offset: an auditor in another zone reads the same instant.

import { useLanguage } from './language.tsx';

export function Time({ at, seconds = true }: { readonly at: string | Date; readonly seconds?: boolean }) {
  const { language } = useLanguage();
  const date = typeof at === 'string' ? new Date(at) : at;
  return <time dateTime={date.toISOString()}>{formatTime(date, language, seconds)}</time>;
}

const TIME = { hour: '2-digit', minute: '2-digit' } as const;
const DAY = { day: 'numeric', month: 'short', year: 'numeric' } as const;
/** Made once: a long list tells hundreds of times a second. */
const FORMATS = {
  day: { en: new Intl.DateTimeFormat('en-GB', DAY), fr: new Intl.DateTimeFormat('fr-FR', DAY) },
  minutes: new Intl.DateTimeFormat('en-GB', TIME),
  seconds: new Intl.DateTimeFormat('en-GB', { ...TIME, second: '2-digit' }),
} as const;

/** `25 Nov 2026 08:02:14 +01:00` */
export function formatTime(date: Date, language: 'en' | 'fr', seconds = true): string {
  const time = (seconds ? FORMATS.seconds : FORMATS.minutes).format(date);
  return `${FORMATS.day[language].format(date)} ${time} ${offsetOf(date)}`;
}

function offsetOf(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
