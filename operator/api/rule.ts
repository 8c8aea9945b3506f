// One rule, two readings: every constraint of the contract is written once with these few words and read as CEL by the
// Kubernetes API server and as a predicate by our own validation, so that the two can never part. The words are the
// small part of CEL that the contract needs; strings are RE2 patterns that JavaScript reads the same way.
// Imports nothing.

/** An expression over `self`, the value that a rule is attached to. */
export interface Expression<T> {
  readonly cel: string;
  evaluate(self: unknown): T;
}

export interface Rule {
  readonly holds: Expression<boolean>;
  /** Path of the field at fault below the value that the rule is attached to: `''` or `minScore`. */
  readonly field: string;
  /** One sentence that names the field and what it must be. */
  readonly message: string;
  /** What to write instead. */
  readonly remedy: string;
}

/** One entry of `x-kubernetes-validations`. */
export interface ValidationEntry {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

export function toValidationEntry(rule: Rule): ValidationEntry {
  const entry = { rule: rule.holds.cel, message: `${rule.message}; ${rule.remedy}` };
  return rule.field === '' ? entry : { ...entry, fieldPath: `.${rule.field}` };
}

export const self: Expression<unknown> = { cel: 'self', evaluate: (value) => value };

/** A field below `self`; dots descend. */
export function field(path: string): Expression<unknown> {
  const names = path.split('.');
  return {
    cel: ['self', ...names].join('.'),
    evaluate: (value) =>
      names.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], value),
  };
}

/** True when the field is there. Use it before touching an optional field. */
export function has(path: string): Expression<boolean> {
  const value = field(path);
  return { cel: `has(${value.cel})`, evaluate: (at) => value.evaluate(at) !== undefined };
}

/** True when the text matches the RE2 pattern; anchor it with ^ and $. */
export function matches(text: Expression<unknown>, pattern: string): Expression<boolean> {
  const compiled = new RegExp(pattern, 'u');
  return {
    cel: `${text.cel}.matches(${quote(pattern)})`,
    evaluate: (at) => compiled.test(String(text.evaluate(at))),
  };
}

export function oneOf(value: Expression<unknown>, allowed: readonly string[]): Expression<boolean> {
  return {
    cel: `${value.cel} in [${allowed.map(quote).join(', ')}]`,
    evaluate: (at) => allowed.includes(value.evaluate(at) as string),
  };
}

/** True when the number lies in [least, most]. `double` for fields of type number, where CEL needs a decimal point. */
export function between(
  value: Expression<unknown>,
  least: number,
  most: number,
  kind: 'int' | 'double' = 'int',
): Expression<boolean> {
  const text = (bound: number) => (kind === 'double' && Number.isInteger(bound) ? `${bound}.0` : `${bound}`);
  return {
    cel: `${value.cel} >= ${text(least)} && ${value.cel} <= ${text(most)}`,
    evaluate: (at) => {
      const number = value.evaluate(at) as number;
      return number >= least && number <= most;
    },
  };
}

/** True when one number is not greater than another; both must be there, or have defaults. */
export function atMost(value: Expression<unknown>, other: Expression<unknown>): Expression<boolean> {
  return {
    cel: `${value.cel} <= ${other.cel}`,
    evaluate: (at) => (value.evaluate(at) as number) <= (other.evaluate(at) as number),
  };
}

/** True when the text has at most `most` characters. */
export function sizeAtMost(text: Expression<unknown>, most: number): Expression<boolean> {
  return {
    cel: `size(${text.cel}) <= ${most}`,
    // CEL counts code points.
    evaluate: (at) => Array.from(String(text.evaluate(at))).length <= most,
  };
}

export function equals(value: Expression<unknown>, expected: string): Expression<boolean> {
  return { cel: `${value.cel} == ${quote(expected)}`, evaluate: (at) => value.evaluate(at) === expected };
}

export function not(inner: Expression<boolean>): Expression<boolean> {
  return { cel: `!(${inner.cel})`, evaluate: (at) => !inner.evaluate(at) };
}

/** Left to right, like CEL: the right side is only looked at when the left one does not decide. */
export function or(...parts: readonly Expression<boolean>[]): Expression<boolean> {
  return {
    cel: parts.map(({ cel }) => `(${cel})`).join(' || '),
    evaluate: (at) => parts.some((part) => part.evaluate(at)),
  };
}

/** True when no two items of the list have the same value in the field. Bound the list: its cost grows squared. */
export function eachOnce(name: string): Expression<boolean> {
  return {
    cel: `self.all(one, self.exists_one(other, other.${name} == one.${name}))`,
    evaluate: (at) => {
      const values = (at as Record<string, unknown>[]).map((item) => item[name]);
      return new Set(values).size === values.length;
    },
  };
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
