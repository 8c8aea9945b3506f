// Reads TypeScript declaration files as far as the `openai` package's request types need it: interfaces, type aliases,
// namespaces, unions, arrays, literals, imports. TypeScript 7 has no JavaScript API to ask instead. Whatever it does not
// understand is an error, not a gap. Shares no code with the tables that it judges.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type Type =
  | { readonly kind: 'scalar'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'array'; readonly of: Type }
  | { readonly kind: 'union'; readonly of: readonly Type[] }
  | { readonly kind: 'intersection'; readonly of: readonly Type[] }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, Member>; readonly index?: Type }
  | { readonly kind: 'reference'; readonly names: readonly string[]; readonly scope: Scope };

export interface Member {
  readonly type: Type;
  readonly optional: boolean;
}

/** A module or namespace: what is declared in it, and where else to look. */
export interface Scope {
  readonly types: Map<string, Type>;
  readonly namespaces: Map<string, Scope>;
  readonly imports: Map<string, { readonly file: string; readonly name: string | undefined }>;
  readonly parent: Scope | undefined;
}

const SCALARS = new Set([
  'string',
  'number',
  'boolean',
  'null',
  'undefined',
  'unknown',
  'any',
  'never',
  'void',
  'true',
  'false',
]);
const modules = new Map<string, Scope>();

/** The declarations of a file, parsed once. */
export function readDeclarations(file: string): Scope {
  let scope = modules.get(file);
  if (scope === undefined) {
    scope = newScope(undefined);
    modules.set(file, scope);
    new Parser(readFileSync(file, 'utf8'), file).statements(scope);
  }
  return scope;
}

/** Follows references until something else stands there. */
export function resolve(type: Type): Exclude<Type, { kind: 'reference' }> {
  if (type.kind !== 'reference') return type;
  const [first, ...rest] = type.names;
  if (first === undefined) throw new Error('a reference without a name');
  if (rest.length === 0) {
    const found = findType(first, type.scope);
    if (found === undefined) throw new Error(`no type named ${first}`);
    return resolve(found);
  }
  let space = findNamespace(first, type.scope);
  for (const name of rest.slice(0, -1)) space = space?.namespaces.get(name);
  const found = space?.types.get(rest.at(-1) ?? '');
  if (found === undefined) throw new Error(`no type named ${type.names.join('.')}`);
  return resolve(found);
}

function findType(name: string, scope: Scope | undefined): Type | undefined {
  for (let at = scope; at !== undefined; at = at.parent) {
    const own = at.types.get(name);
    if (own !== undefined) return own;
    const imported = at.imports.get(name);
    if (imported?.name !== undefined) return readDeclarations(imported.file).types.get(imported.name);
  }
  return undefined;
}

function findNamespace(name: string, scope: Scope | undefined): Scope | undefined {
  for (let at = scope; at !== undefined; at = at.parent) {
    const own = at.namespaces.get(name);
    if (own !== undefined) return own;
    const imported = at.imports.get(name);
    if (imported !== undefined) {
      const module = readDeclarations(imported.file);
      return imported.name === undefined ? module : module.namespaces.get(imported.name);
    }
  }
  return undefined;
}

function newScope(parent: Scope | undefined): Scope {
  return { types: new Map(), namespaces: new Map(), imports: new Map(), parent };
}

const TOKEN =
  /\s+|\/\*[\s\S]*?\*\/|\/\/[^\n]*|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[A-Za-z_$#][\w$]*|-?\d[\d_.]*|=>|\.\.\.|[\s\S])/g;

class Parser {
  readonly #tokens: string[];
  readonly #file: string;
  #at = 0;

  constructor(source: string, file: string) {
    this.#tokens = [...source.matchAll(TOKEN)].flatMap(([, token]) => (token === undefined ? [] : [token]));
    this.#file = file;
  }

  statements(scope: Scope): void {
    while (this.#at < this.#tokens.length && this.#peek() !== '}') this.#statement(scope);
  }

  #statement(scope: Scope): void {
    while (this.#peek() === 'export' || this.#peek() === 'declare') {
      this.#at += 1;
      if (this.#peek() === '{') {
        this.#skipPast(';');
        return;
      }
    }
    const first = this.#peek();
    if (first === 'import') this.#import(scope);
    else if (first === 'interface') this.#interface(scope);
    else if (first === 'namespace') this.#namespace(scope);
    else if (first === 'type') this.#alias(scope);
    else if (first === 'class' || first === 'abstract') this.#skipBlock();
    else this.#skipPast(';');
  }

  #import(scope: Scope): void {
    this.#take('import');
    if (this.#peek() === 'type') this.#at += 1;
    const names: [string, string | undefined][] = [];
    if (this.#peek() === '*') {
      this.#at += 2;
      names.push([this.#next(), undefined]);
    } else if (this.#peek() === '{') {
      this.#at += 1;
      while (this.#peek() !== '}') {
        if (this.#peek() === 'type') this.#at += 1;
        const name = this.#next();
        let local = name;
        if (this.#peek() === 'as') {
          this.#at += 1;
          local = this.#next();
        }
        names.push([local, name]);
        if (this.#peek() === ',') this.#at += 1;
      }
      this.#take('}');
    }
    if (this.#peek() === 'from') {
      this.#at += 1;
      const file = join(dirname(this.#file), unquote(this.#next()).replace(/\.m?js$/, '.d.ts'));
      for (const [local, name] of names) scope.imports.set(local, { file, name });
    }
    this.#skipPast(';');
  }

  #interface(scope: Scope): void {
    this.#take('interface');
    const name = this.#next();
    if (this.#peek() === '<') this.#skipAngles();
    const bases: Type[] = [];
    if (this.#peek() === 'extends') {
      do {
        this.#at += 1;
        bases.push(this.#primary(scope));
      } while (this.#peek() === ',');
    }
    const own = this.#object(scope);
    scope.types.set(name, bases.length === 0 ? own : { kind: 'intersection', of: [...bases, own] });
  }

  #namespace(scope: Scope): void {
    this.#take('namespace');
    const name = this.#next();
    const inner = scope.namespaces.get(name) ?? newScope(scope);
    scope.namespaces.set(name, inner);
    this.#take('{');
    this.statements(inner);
    this.#take('}');
  }

  #alias(scope: Scope): void {
    this.#take('type');
    const name = this.#next();
    if (this.#peek() === '<') {
      // Generic aliases are the library's own tools, never a request.
      this.#skipPast(';');
      return;
    }
    this.#take('=');
    try {
      scope.types.set(name, this.#type(scope));
      this.#take(';');
    } catch {
      // An alias in words that no request type uses: whoever refers to it gets "no type named".
      this.#skipPast(';');
    }
  }

  #type(scope: Scope): Type {
    if (this.#peek() === '|') this.#at += 1;
    const of = [this.#intersection(scope)];
    while (this.#peek() === '|') {
      this.#at += 1;
      of.push(this.#intersection(scope));
    }
    return of.length === 1 ? (of[0] as Type) : { kind: 'union', of };
  }

  #intersection(scope: Scope): Type {
    const of = [this.#primary(scope)];
    while (this.#peek() === '&') {
      this.#at += 1;
      of.push(this.#primary(scope));
    }
    return of.length === 1 ? (of[0] as Type) : { kind: 'intersection', of };
  }

  #primary(scope: Scope): Type {
    let type = this.#atom(scope);
    while (this.#peek() === '[' && this.#tokens[this.#at + 1] === ']') {
      this.#at += 2;
      type = { kind: 'array', of: type };
    }
    return type;
  }

  #atom(scope: Scope): Type {
    const token = this.#peek();
    if (token === '{') return this.#object(scope);
    if (token === '(') {
      this.#at += 1;
      const inner = this.#type(scope);
      this.#take(')');
      return inner;
    }
    this.#at += 1;
    if (/^['"]/.test(token)) return { kind: 'literal', value: unquote(token) };
    if (/^-?\d/.test(token)) return { kind: 'scalar', name: 'number' };
    if (SCALARS.has(token)) return { kind: 'scalar', name: token };
    if (!/^[A-Za-z_$]/.test(token)) throw new Error(`${this.#file}: cannot read the type at "${token}"`);
    const names = [token];
    while (this.#peek() === '.') {
      this.#at += 1;
      names.push(this.#next());
    }
    if (this.#peek() !== '<') return { kind: 'reference', names, scope };
    if (token !== 'Array') {
      // The library's own tools; a request type that used one would fail in `resolve`.
      this.#skipAngles();
      return { kind: 'reference', names: [`${names.join('.')}<>`], scope };
    }
    this.#take('<');
    const of = this.#type(scope);
    this.#take('>');
    return { kind: 'array', of };
  }

  #object(scope: Scope): Type {
    this.#take('{');
    const members = new Map<string, Member>();
    let index: Type | undefined;
    while (this.#peek() !== '}') {
      if (this.#peek() === 'readonly') this.#at += 1;
      if (this.#peek() === '[') {
        while (this.#next() !== ']');
        this.#take(':');
        index = this.#type(scope);
      } else {
        const name = unquote(this.#next());
        const optional = this.#peek() === '?';
        if (optional) this.#at += 1;
        this.#take(':');
        members.set(name, { type: this.#type(scope), optional });
      }
      this.#take(';');
    }
    this.#take('}');
    return index === undefined ? { kind: 'object', members } : { kind: 'object', members, index };
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  #next(): string {
    this.#at += 1;
    return this.#tokens[this.#at - 1] ?? '';
  }

  #take(token: string): void {
    if (this.#next() !== token) {
      const near = this.#tokens.slice(Math.max(0, this.#at - 6), this.#at + 3).join(' ');
      throw new Error(`${this.#file}: expected "${token}" near "${near}"`);
    }
  }

  /** Past the next `token` that is not inside braces. */
  #skipPast(token: string): void {
    for (let depth = 0; this.#at < this.#tokens.length; ) {
      const next = this.#next();
      if (next === '{') depth += 1;
      else if (next === '}') depth -= 1;
      else if (next === token && depth <= 0) return;
    }
  }

  #skipBlock(): void {
    while (this.#next() !== '{');
    for (let depth = 1; depth > 0 && this.#at < this.#tokens.length; ) {
      const next = this.#next();
      if (next === '{') depth += 1;
      else if (next === '}') depth -= 1;
    }
  }

  #skipAngles(): void {
    for (let depth = 0; ; ) {
      const next = this.#next();
      if (next === '<') depth += 1;
      else if (next === '>') depth -= 1;
      if (depth === 0) return;
    }
  }
}

function unquote(token: string): string {
  return /^['"]/.test(token) ? token.slice(1, -1) : token;
}
