// What an operator should know for as long as it is so: told in the log at each start, and on the screen System.
// Imports the configuration's types.

import { type Config, isLoopback } from '../config.ts';

export interface StandingWarning {
  readonly code: 'plain_http' | 'evaluation_database';
  readonly message: string;
  readonly remedy: string;
}

export function standingWarnings(config: Pick<Config, 'host' | 'tls' | 'databaseUrl'>): readonly StandingWarning[] {
  const warnings: StandingWarning[] = [];
  if (config.tls === undefined && !isLoopback(config.host)) {
    warnings.push({
      code: 'plain_http',
      message: `Both listeners speak plain HTTP on ${config.host}: whoever shares that network reads keys and passwords`,
      remedy: 'Let only the proxy that speaks TLS reach them, or set INTRAMUROS_TLS_CERT and INTRAMUROS_TLS_KEY.',
    });
  }
  if (config.databaseUrl === undefined && !isLoopback(config.host)) {
    warnings.push({
      code: 'evaluation_database',
      message: 'The embedded database, made for evaluation, holds what other machines write',
      remedy: 'Set DATABASE_URL to a PostgreSQL that is backed up.',
    });
  }
  return warnings;
}
