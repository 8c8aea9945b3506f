// What a case is: our own validation and a real API server with our CRDs must say the same of each. `field` and `says` are
// what the refusal must name; `by` is what refuses on an API server: a CEL rule of the schema ("rule", whose sentence is
// ours), the structural schema ("schema"), strict field validation ("unknown field"), or the API server's own checks of
// names ("metadata").

export interface ValidCase {
  readonly name: string;
  readonly resource: unknown;
}

export interface InvalidCase {
  readonly name: string;
  readonly resource: unknown;
  readonly field: string;
  /** Words that stand in the message or the remedy. */
  readonly says: string;
  readonly by: 'rule' | 'schema' | 'unknown field' | 'metadata';
}

export function refused(
  name: string,
  resource: unknown,
  field: string,
  says: string,
  by: InvalidCase['by'],
): InvalidCase {
  return { name, resource, field, says, by };
}
