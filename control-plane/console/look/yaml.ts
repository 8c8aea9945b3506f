// YAML of plain data, written by the library that also reads it on the server.

import { stringify } from 'yaml';

export function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0 });
}
