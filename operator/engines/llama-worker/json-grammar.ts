// Turns a JSON schema into a grammar (GBNF) that llama.cpp samples under, so that the answer is valid by construction.
// Own code, because the library's generator drops unknown keywords in silence: a keyword that is not enforced here is
// refused with its path. Properties come in the order of the schema. Imports: wire-error.
import { WireError } from './wire-error.ts';

type Schema = boolean | Readonly<Record<string, unknown>>;

/** Says nothing about the value; may stand anywhere. */
const ANNOTATIONS = new Set([
  'title',
  'description',
  'default',
  'examples',
  '$schema',
  '$id',
  '$comment',
  'deprecated',
  'readOnly',
  'writeOnly',
  '$defs',
  'definitions',
  'strict',
]);
const BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength', 'format'],
};
const MAX_DEPTH = 32;
const MAX_RULES = 2000;
const MAX_REPEAT = 2000;

const BASE_RULES: Readonly<Record<string, string>> = {
  space: '| " " | "\\n" [ \\t]{0,20}',
  // No control characters, no halves of surrogate pairs, nothing beyond Unicode: byte tokens could spell them.
  char: '[^"\\\\\\x7F\\x00-\\x1F\\uD800-\\uDFFF\\U00110000-\\U001FFFFF] | "\\\\" (["\\\\/bfnrt] | "u" [0-9a-fA-F]{4})',
  string: '"\\"" char* "\\""',
  integer: '"-"? ("0" | [1-9] [0-9]{0,14})',
  number: '"-"? ("0" | [1-9] [0-9]{0,14}) ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,3})?',
  boolean: '"true" | "false"',
  null: '"null"',
  value: 'object | array | string | number | boolean | null',
  member: 'string space ":" space value',
  object: '"{" space (member (space "," space member)*)? space "}"',
  array: '"[" space (value (space "," space value)*)? space "]"',
  date: '[0-9]{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | [12] [0-9] | "3" [01])',
  time: '([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{1,9})? ("Z" | [+-] ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9])',
  'date-time': 'date "T" time',
};

/** A grammar for any JSON object. */
export function jsonObjectGrammar(): string {
  return render('object', new Map());
}

/** A grammar for a schema, or for `prefix`, a value of it, `suffix`. Throws WireError `unsupported_schema`. */
export function jsonSchemaGrammar(schema: unknown, param: string, around?: { prefix: string; suffix: string }): string {
  const compiler = new Compiler(schema, param);
  const root = compiler.compile(schema, param, 0);
  const text = around === undefined ? root : `${literal(around.prefix)} space ${root} space ${literal(around.suffix)}`;
  return render(text, compiler.rules);
}

function render(root: string, rules: ReadonlyMap<string, string>): string {
  const all = [...Object.entries(BASE_RULES), ...rules].map(([name, body]) => `${name} ::= ${body}`);
  return [`root ::= ${root}`, ...all].join('\n');
}

/** A quoted grammar literal. */
function literal(text: string): string {
  return `"${Array.from(text, escapeCharacter).join('')}"`;
}

function escapeCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  const code = character.codePointAt(0) ?? 0;
  return code < 32 ? `\\x${code.toString(16).padStart(2, '0')}` : character;
}

class Compiler {
  readonly rules = new Map<string, string>();
  readonly #root: unknown;
  readonly #param: string;
  readonly #references = new Map<string, string>();
  /** References being followed since the last bracket or brace: meeting one again would never end. */
  #unguarded = new Set<string>();

  constructor(root: unknown, param: string) {
    this.#root = root;
    this.#param = param;
  }

  /** The grammar expression for a schema: a rule's name or a literal. */
  compile(schema: unknown, path: string, depth: number): string {
    if (depth > MAX_DEPTH) throw refuse(path, 'it nests deeper than 32 levels');
    if (schema === true) return 'value';
    if (!isSchema(schema)) throw refuse(path, 'a schema is an object');
    if (typeof schema === 'boolean') throw refuse(path, 'no value can satisfy it');
    if (typeof schema['$ref'] === 'string') return this.#reference(schema, path, depth);
    if ('const' in schema) return this.#enumeration([schema['const']], schema, 'const', path);
    if (Array.isArray(schema['enum'])) return this.#enumeration(schema['enum'], schema, 'enum', path);
    for (const keyword of ['anyOf', 'oneOf', 'allOf'] as const) {
      if (schema[keyword] !== undefined) return this.#choice(schema, keyword, path, depth);
    }
    const { type } = schema;
    if (Array.isArray(type)) return this.#types(schema, type, path, depth);
    return this.#typed(schema, typeName(type ?? impliedType(schema), path), path, depth);
  }

  #rule(body: string): string {
    if (this.rules.size >= MAX_RULES) throw refuse(this.#param, 'it is too large');
    const name = `r${this.rules.size}`;
    this.rules.set(name, body);
    return name;
  }

  #reference(schema: Readonly<Record<string, unknown>>, path: string, depth: number): string {
    allow(schema, ['$ref'], path);
    const pointer = String(schema['$ref']);
    if (this.#unguarded.has(pointer)) throw refuse(`${path}.$ref`, 'it leads back to itself without an end');
    const known = this.#references.get(pointer);
    if (known !== undefined) return known;
    const target = resolvePointer(this.#root, pointer);
    if (target === undefined) throw refuse(`${path}.$ref`, 'only #, #/$defs/NAME and #/definitions/NAME resolve');
    const name = this.#rule('');
    this.#references.set(pointer, name);
    this.#unguarded.add(pointer);
    this.rules.set(name, this.compile(target, path, depth + 1));
    this.#unguarded.delete(pointer);
    return name;
  }

  #enumeration(
    values: readonly unknown[],
    schema: Readonly<Record<string, unknown>>,
    keyword: string,
    path: string,
  ): string {
    allow(schema, [keyword, 'type'], path);
    if (values.length === 0) throw refuse(`${path}.${keyword}`, 'it allows nothing');
    return this.#rule(values.map((value) => literal(JSON.stringify(value))).join(' | '));
  }

  #choice(schema: Readonly<Record<string, unknown>>, keyword: string, path: string, depth: number): string {
    allow(schema, [keyword], path);
    const branches = schema[keyword];
    if (!Array.isArray(branches) || branches.length === 0) throw refuse(`${path}.${keyword}`, 'it is an empty list');
    if (keyword === 'allOf' && branches.length > 1) throw refuse(`${path}.allOf`, 'schemas cannot be merged');
    return this.#rule(
      branches.map((branch, at) => this.compile(branch, `${path}.${keyword}[${at}]`, depth + 1)).join(' | '),
    );
  }

  #types(schema: Readonly<Record<string, unknown>>, types: readonly unknown[], path: string, depth: number): string {
    const keywords = types.flatMap((type) => BY_TYPE[String(type)] ?? []);
    allow(schema, ['type', ...keywords], path);
    const branches = types.map((type) => {
      const own = BY_TYPE[String(type)] ?? [];
      const part = Object.fromEntries(Object.entries(schema).filter(([key]) => own.includes(key)));
      return this.#typed({ ...part, type }, typeName(type, path), path, depth + 1);
    });
    return this.#rule(branches.join(' | '));
  }

  #typed(schema: Readonly<Record<string, unknown>>, type: string | undefined, path: string, depth: number): string {
    if (type === undefined) {
      allow(schema, [], path);
      return 'value';
    }
    allow(schema, ['type', ...(BY_TYPE[type] ?? [])], path);
    switch (type) {
      case 'object':
        return this.#guarded(() => this.#object(schema, path, depth));
      case 'array':
        return this.#guarded(() => this.#array(schema, path, depth));
      case 'string':
        return this.#string(schema, path);
      case 'integer':
      case 'number':
      case 'boolean':
      case 'null':
        return type;
      default:
        throw refuse(`${path}.type`, 'the types are object, array, string, number, integer, boolean and null');
    }
  }

  #guarded(compile: () => string): string {
    const unguarded = this.#unguarded;
    this.#unguarded = new Set();
    const name = compile();
    this.#unguarded = unguarded;
    return name;
  }

  #string(schema: Readonly<Record<string, unknown>>, path: string): string {
    const { format } = schema;
    const least = bound(schema, 'minLength', path) ?? 0;
    const most = bound(schema, 'maxLength', path);
    if (format !== undefined) {
      if (format !== 'date' && format !== 'time' && format !== 'date-time') {
        throw refuse(`${path}.format`, 'the formats are date, time and date-time');
      }
      return this.#rule(`"\\"" ${format} "\\""`);
    }
    if (least === 0 && most === undefined) return 'string';
    return this.#rule(`"\\"" char{${least},${most ?? ''}} "\\""`);
  }

  #array(schema: Readonly<Record<string, unknown>>, path: string, depth: number): string {
    const least = bound(schema, 'minItems', path) ?? 0;
    const most = bound(schema, 'maxItems', path);
    const prefix = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : [];
    if (most !== undefined && most < least) throw refuse(`${path}.maxItems`, 'it is less than minItems');
    const heads = prefix.map((item, at) => this.compile(item, `${path}.prefixItems[${at}]`, depth + 1));
    const closed = schema['items'] === false;
    const item = closed ? undefined : this.compile(schema['items'] ?? true, `${path}.items`, depth + 1);
    if (heads.length > 0) {
      if (item !== undefined || least !== heads.length) {
        throw refuse(`${path}.prefixItems`, 'it needs items: false and minItems equal to its length');
      }
      return this.#rule(`"[" space ${heads.join(' space "," space ')} space "]"`);
    }
    if (item === undefined || most === 0) return this.#rule('"[" space "]"');
    const more = `(space "," space ${item}){${Math.max(0, least - 1)},${most === undefined ? '' : most - 1}}`;
    const some = `${item} ${more}`;
    return this.#rule(`"[" space ${least === 0 ? `(${some})?` : some} space "]"`);
  }

  /** Members in the order of `properties`; each optional one may be left out, commas only between those present. */
  #object(schema: Readonly<Record<string, unknown>>, path: string, depth: number): string {
    const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, unknown>>);
    const required = new Set(Array.isArray(schema['required']) ? schema['required'].map(String) : []);
    for (const name of required) {
      if (!properties.some(([key]) => key === name)) throw refuse(`${path}.required`, 'it names an unlisted property');
    }
    const additional = schema['additionalProperties'];
    if (properties.length === 0) {
      if (additional === false) return this.#rule('"{" space "}"');
      if (additional === undefined || additional === true) return 'object';
      const value = this.compile(additional, `${path}.additionalProperties`, depth + 1);
      const pair = `string space ":" space ${value}`;
      return this.#rule(`"{" space (${pair} (space "," space ${pair})*)? space "}"`);
    }
    if (additional !== undefined && typeof additional !== 'boolean') {
      throw refuse(`${path}.additionalProperties`, 'beside properties it can only be true or false');
    }
    const members = properties.map(([name, property]) => ({
      text: `${literal(JSON.stringify(name))} space ":" space ${this.compile(property, `${path}.properties.${name}`, depth + 1)}`,
      required: required.has(name),
    }));
    return this.#rule(`"{" space ${this.#members(members)} space "}"`);
  }

  #members(members: readonly { text: string; required: boolean }[]): string {
    let afterOne = '';
    let first = '';
    for (const member of members.toReversed()) {
      const follow = `space "," space ${member.text}${afterOne === '' ? '' : ` ${afterOne}`}`;
      const start = `${member.text}${afterOne === '' ? '' : ` ${afterOne}`}`;
      const nextFirst = member.required ? start : first === '' ? `(${start})?` : `(${start} | ${first})`;
      const nextAfter = member.required ? follow : `(${follow}${afterOne === '' ? ')?' : ` | ${afterOne})`}`;
      first = this.#rule(nextFirst);
      afterOne = this.#rule(nextAfter);
    }
    return first;
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value));
}

function impliedType(schema: Readonly<Record<string, unknown>>): string | undefined {
  if ('properties' in schema || 'additionalProperties' in schema) return 'object';
  if ('items' in schema || 'prefixItems' in schema) return 'array';
  return undefined;
}

function typeName(type: unknown, path: string): string | undefined {
  if (type === undefined || typeof type === 'string') return type;
  throw refuse(`${path}.type`, 'a type is a text');
}

function allow(schema: Readonly<Record<string, unknown>>, keywords: readonly string[], path: string): void {
  for (const key of Object.keys(schema)) {
    if (!ANNOTATIONS.has(key) && !keywords.includes(key))
      throw refuse(`${path}.${key}`, 'this keyword is not enforced');
  }
}

function bound(schema: Readonly<Record<string, unknown>>, keyword: string, path: string): number | undefined {
  const value = schema[keyword];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_REPEAT) return value;
  throw refuse(`${path}.${keyword}`, `it is a whole number from 0 to ${MAX_REPEAT}`);
}

function resolvePointer(root: unknown, pointer: string): unknown {
  if (pointer === '#') return root;
  const match = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(pointer);
  if (match?.[1] === undefined || match[2] === undefined || typeof root !== 'object' || root === null) return undefined;
  const group = (root as Record<string, unknown>)[match[1]];
  if (typeof group !== 'object' || group === null) return undefined;
  return (group as Record<string, unknown>)[match[2].replaceAll('~1', '/').replaceAll('~0', '~')];
}

function refuse(path: string, why: string): WireError {
  return new WireError(400, 'unsupported_schema', `${path}: this schema cannot be enforced here: ${why}`, path);
}
