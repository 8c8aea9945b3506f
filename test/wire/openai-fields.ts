// Every field of the official OpenAI requests, enumerated from the type declarations of the `openai` package, and
// bodies made from them that hold a chosen value in a chosen field. Knows nothing of our tables: it judges them.
//
// A field is written as a path: `messages[]{role=user}.content[]{type=text}.text`; `.*` is any member of a free object.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Member, readDeclarations, resolve, type Type } from './declarations.ts';

export interface OfficialField {
  readonly path: string;
  /** What may stand there: `string` (free), `number`, `boolean`, `unknown`, or the literals. */
  readonly scalars: ReadonlySet<string>;
  readonly literals: ReadonlySet<string>;
}

export interface OfficialRequest {
  readonly endpoint: string;
  readonly type: Type;
}

const root = dirname(createRequire(import.meta.url).resolve('openai'));

export const OFFICIAL_REQUESTS: readonly OfficialRequest[] = [
  request('chat.completions', 'resources/chat/completions/completions.d.ts', 'ChatCompletionCreateParamsStreaming'),
  request('completions', 'resources/completions.d.ts', 'CompletionCreateParamsStreaming'),
  request('embeddings', 'resources/embeddings.d.ts', 'EmbeddingCreateParams'),
];

/** All fields of a request, nested ones too, each once. */
export function officialFields({ type }: OfficialRequest): OfficialField[] {
  const found = new Map<string, { scalars: Set<string>; literals: Set<string> }>();
  walk(type, '', (path, leaf) => {
    const field = found.get(path) ?? { scalars: new Set(), literals: new Set() };
    found.set(path, field);
    if (leaf.kind === 'literal') field.literals.add(leaf.value);
    else if (leaf.kind === 'scalar') field.scalars.add(leaf.name);
  });
  return [...found].map(([path, field]) => ({ path, ...field }));
}

/**
 * A body with `value` in the field `path`, the required fields beside it, and nothing else. `key` names the member
 * where the path goes through a free object.
 */
export function bodyWith({ type }: OfficialRequest, path: string, value: unknown, key = 'k'): unknown {
  const made = make(type, '', { path, value, key });
  if (made === undefined) throw new Error(`no body leads to ${path}`);
  return made;
}

function request(endpoint: string, file: string, name: string): OfficialRequest {
  const type = readDeclarations(join(root, file)).types.get(name);
  if (type === undefined) throw new Error(`the openai package has no type ${name}`);
  return { endpoint, type };
}

type Leaf = Extract<Type, { kind: 'scalar' | 'literal' }>;

function walk(type: Type, path: string, visit: (path: string, leaf: Leaf) => void): void {
  const resolved = resolve(type);
  switch (resolved.kind) {
    case 'scalar':
      if (resolved.name !== 'null' && resolved.name !== 'undefined') visit(path, resolved);
      return;
    case 'literal':
      visit(path, resolved);
      return;
    case 'array':
      walk(resolved.of, `${path}[]`, visit);
      return;
    case 'union':
      for (const one of resolved.of) walk(one, path, visit);
      return;
    case 'object':
    case 'intersection': {
      if (isOpenString(resolved)) {
        visit(path, { kind: 'scalar', name: 'string' });
        return;
      }
      const { members, index } = flatten(resolved);
      const tagged = path + tagOf(members);
      for (const [name, member] of members) walk(member.type, tagged === '' ? name : `${tagged}.${name}`, visit);
      if (index !== undefined) walk(index, `${tagged}.*`, visit);
    }
  }
}

/** `string & {}`: any string, written so that editors still offer the literals beside it. */
function isOpenString(type: Type): boolean {
  return type.kind === 'intersection' && type.of.some((one) => one.kind === 'scalar' && one.name === 'string');
}

function flatten(type: Type): { members: Map<string, Member>; index: Type | undefined } {
  const resolved = resolve(type);
  if (resolved.kind === 'object') return { members: new Map(resolved.members), index: resolved.index };
  if (resolved.kind !== 'intersection') throw new Error(`no object: ${resolved.kind}`);
  const members = new Map<string, Member>();
  let index: Type | undefined;
  for (const part of resolved.of) {
    const inner = flatten(part);
    for (const [name, member] of inner.members) members.set(name, member);
    index ??= inner.index;
  }
  return { members, index };
}

/** `{role=user}` for an object that says in one required literal what it is. */
function tagOf(members: ReadonlyMap<string, Member>): string {
  for (const tag of ['role', 'type']) {
    const member = members.get(tag);
    if (member === undefined || member.optional) continue;
    const type = resolve(member.type);
    if (type.kind === 'literal') return `{${tag}=${type.value}}`;
  }
  return '';
}

interface Goal {
  readonly path: string;
  readonly value: unknown;
  readonly key: string;
}

/** A value of the type; with the goal in it where the goal lies below `path`, else the smallest there is. */
function make(type: Type, path: string, goal: Goal): unknown {
  const resolved = resolve(type);
  switch (resolved.kind) {
    case 'scalar':
    case 'literal':
      if (path === goal.path) return goal.value;
      return resolved.kind === 'literal' ? resolved.value : smallest(resolved.name);
    case 'array':
      if (path !== goal.path && !leadsTo(resolved, path, goal.path) && goal.path.startsWith(`${path}[]`))
        return undefined;
      return [make(resolved.of, `${path}[]`, goal)];
    case 'union': {
      const leading = resolved.of.find((one) => leadsTo(one, path, goal.path));
      return make(leading ?? (resolved.of[0] as Type), path, goal);
    }
    case 'object':
    case 'intersection': {
      if (isOpenString(resolved)) return path === goal.path ? goal.value : 'some-model';
      const { members, index } = flatten(resolved);
      const tagged = path + tagOf(members);
      const made: Record<string, unknown> = {};
      for (const [name, member] of members) {
        const inner = tagged === '' ? name : `${tagged}.${name}`;
        if (!member.optional || leadsTo(member.type, inner, goal.path)) made[name] = make(member.type, inner, goal);
      }
      if (index !== undefined && leadsTo(index, `${tagged}.*`, goal.path))
        made[goal.key] = make(index, `${tagged}.*`, goal);
      return made;
    }
  }
}

function leadsTo(type: Type, path: string, goal: string): boolean {
  let found = false;
  walk(type, path, (leaf) => {
    found ||= leaf === goal;
  });
  return found;
}

function smallest(name: string): unknown {
  if (name === 'string') return 'x';
  if (name === 'number') return 1;
  if (name === 'boolean' || name === 'false') return false;
  if (name === 'true') return true;
  return name === 'null' ? null : 'x';
}
