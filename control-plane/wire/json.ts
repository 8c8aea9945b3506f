// The JSON that crosses the wire, as types, and the small questions every other file of this room asks of it.

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}
export type JsonType = 'string' | 'number' | 'boolean' | 'null' | 'array' | 'object';

/** Levels of nesting that are read; deeper JSON is refused before anything recurses into it. */
export const MAX_DEPTH = 64;

export function jsonType(value: unknown): JsonType | undefined {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'object' ? type : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value nests deeper than `limit` containers; stops looking as soon as it does. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  const children = Array.isArray(value) ? value : Object.values(value);
  for (const child of children) if (isDeeperThan(child, limit - 1)) return true;
  return false;
}

/** `messages` + `foo` -> `messages.foo`; keys that are no plain word stand in brackets. Long keys are cut: a path is a place, not a copy. */
export function memberPath(parent: string, key: string): string {
  const shown = key.length > 64 ? `${key.slice(0, 64)}…` : key;
  if (/^[A-Za-z_$][\w$-]*…?$/.test(shown)) return parent === '' ? shown : `${parent}.${shown}`;
  return `${parent}[${JSON.stringify(shown)}]`;
}

/** `messages` + 2 -> `messages[2]`. */
export function itemPath(parent: string, index: number): string {
  return `${parent}[${index}]`;
}
