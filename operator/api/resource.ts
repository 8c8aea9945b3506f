// The kinds of the contract, and the one gate by which a resource comes in: validateResource. It answers what the
// Kubernetes API server would with our CRDs, in sentences that name the field and the remedy.
// Imports zod and the api room.
import * as z from 'zod';
import { API_VERSION, metadataSchema, type ObjectMeta } from './metadata.ts';
import type { Rule } from './rule.ts';
import { MODEL_KIND, type Model, type ModelStatus } from './v1alpha1/model.ts';
import { PRIVACY_POLICY_KIND, type PrivacyPolicy, type PrivacyPolicyStatus } from './v1alpha1/privacy-policy.ts';
import { TENANT_KIND, type Tenant } from './v1alpha1/tenant.ts';

/** Every kind by its name; generic code is typed by this map. */
export interface ResourceByKind {
  Model: Model;
  PrivacyPolicy: PrivacyPolicy;
  Tenant: Tenant;
}

/** Status by kind; kinds without one have `never`. */
export interface StatusByKind {
  Model: ModelStatus;
  PrivacyPolicy: PrivacyPolicyStatus;
  Tenant: never;
}

export type Kind = keyof ResourceByKind;
export type Resource = ResourceByKind[Kind];

export interface KindDefinition {
  readonly kind: Kind;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  /** Namespaced kinds: where a resource without metadata.namespace goes. */
  readonly defaultNamespace?: string;
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status?: z.ZodType;
  readonly rules: readonly Rule[];
  readonly printerColumns: readonly {
    readonly name: string;
    readonly type: string;
    readonly jsonPath: string;
    readonly priority?: number;
  }[];
}

export const KINDS: Readonly<Record<Kind, KindDefinition>> = {
  Model: MODEL_KIND,
  PrivacyPolicy: PRIVACY_POLICY_KIND,
  Tenant: TENANT_KIND,
};

export const KIND_NAMES = Object.keys(KINDS) as readonly Kind[];

/** The kind that a person means by `models`, `model`, `mdl` or `Model`. */
export function findKind(word: string): Kind | undefined {
  const wanted = word.toLowerCase();
  return KIND_NAMES.find((name) => {
    const { plural, singular, shortNames } = KINDS[name];
    return [name.toLowerCase(), plural, singular, ...shortNames].includes(wanted);
  });
}

export interface Problem {
  /** Path from the top of the resource: `spec.source.uri`. */
  readonly field: string;
  /** One sentence that names the field. */
  readonly message: string;
  /** What to write instead. */
  readonly remedy: string;
}

export type Validation =
  | { readonly ok: true; readonly resource: Resource }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Checks one parsed manifest and fills in defaults. A `status` and what the store sets in `metadata` are accepted, so
 * that what `get` prints can be applied again; `status` is dropped. Null means absent, as on the API server.
 */
export function validateResource(input: unknown): Validation {
  const pruned = pruneNulls(input);
  if (!isRecord(pruned)) return refuse('', 'a resource must be an object', 'write apiVersion, kind, metadata and spec');
  const { apiVersion, kind, metadata, spec, status: _status, ...unknown } = pruned;
  if (apiVersion === undefined)
    return refuse('apiVersion', 'apiVersion is required', `write apiVersion: ${API_VERSION}`);
  if (apiVersion !== API_VERSION) {
    return refuse('apiVersion', 'apiVersion is not one that is known here', `write apiVersion: ${API_VERSION}`);
  }
  if (kind === undefined) return refuse('kind', 'kind is required', `write one of ${KIND_NAMES.join(', ')}`);
  if (typeof kind !== 'string' || !Object.hasOwn(KINDS, kind)) {
    return refuse('kind', 'kind is not one that is known here', `write one of ${KIND_NAMES.join(', ')}`);
  }
  const definition = KINDS[kind as Kind];
  const problems = [
    ...unknownFields('', Object.keys(unknown), ['apiVersion', 'kind', 'metadata', 'spec']),
    ...scopeProblems(definition, metadata),
  ];
  const checkedMetadata = check(metadataSchema, metadata, 'metadata', 'metadata: {name: a-name}');
  const checkedSpec = check(
    definition.spec,
    spec,
    'spec',
    definition.kind === 'Model' ? 'spec: {source: {uri: "file:///absolute/path.gguf"}}' : 'spec: {}',
  );
  problems.push(...checkedMetadata.problems, ...checkedSpec.problems);
  if (problems.length > 0) return { ok: false, problems };
  const resource = assemble(definition, checkedMetadata.value as ObjectMeta, checkedSpec.value);
  const broken = definition.rules.filter((rule) => !rule.holds.evaluate(resource));
  if (broken.length > 0) {
    return { ok: false, problems: broken.map(({ field, message, remedy }) => ({ field, message, remedy })) };
  }
  return { ok: true, resource };
}

function assemble(definition: KindDefinition, metadata: ObjectMeta, spec: unknown): Resource {
  const { managedFields: _managed, ...kept } = metadata as ObjectMeta & { managedFields?: unknown };
  const placed =
    definition.defaultNamespace === undefined
      ? kept
      : { ...kept, namespace: kept.namespace ?? definition.defaultNamespace };
  return { apiVersion: API_VERSION, kind: definition.kind, metadata: placed, spec } as Resource;
}

function scopeProblems(definition: KindDefinition, metadata: unknown): Problem[] {
  if (definition.scope === 'Namespaced' || !isRecord(metadata) || metadata['namespace'] === undefined) return [];
  return [
    {
      field: 'metadata.namespace',
      message: `metadata.namespace must be absent: a ${definition.kind} belongs to no namespace`,
      remedy: 'remove metadata.namespace',
    },
  ];
}

function check(
  schema: z.ZodType,
  value: unknown,
  path: string,
  example: string,
): { value?: unknown; problems: Problem[] } {
  if (value === undefined)
    return { problems: [{ field: path, message: `${path} is required`, remedy: `write ${example}` }] };
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data, problems: [] };
  return { problems: result.error.issues.flatMap((issue) => toProblems(issue, value, path, schema)) };
}

function toProblems(issue: z.core.$ZodIssue, value: unknown, root: string, schema: z.ZodType): Problem[] {
  const field = pathText(root, issue.path);
  if (issue.code === 'unrecognized_keys') return unknownFields(field, issue.keys, fieldsAt(schema, issue.path));
  if (issue.code === 'invalid_type') return [wrongType(field, issue, valueAt(value, issue.path), schema)];
  if (issue.code === 'too_big') {
    return [{ field, message: `${field} is too long`, remedy: `shorten ${field} to at most ${String(issue.maximum)}` }];
  }
  const remedy = issue.code === 'custom' ? (issue.params as { remedy?: string } | undefined)?.remedy : undefined;
  const message = issue.code === 'custom' ? issue.message : `${field} has a wrong value`;
  return [{ field, message, remedy: remedy ?? 'see docs/reference/resources.md' }];
}

function wrongType(field: string, issue: z.core.$ZodIssueInvalidType, given: unknown, schema: z.ZodType): Problem {
  const wanted = article(isInteger(schemaAt(schema, issue.path)) ? 'integer' : issue.expected);
  if (given === undefined) return { field, message: `${field} is required`, remedy: `add ${field}, ${wanted}` };
  return { field, message: `${field} must be ${wanted}, not ${describe(given)}`, remedy: `write ${wanted}` };
}

function unknownFields(at: string, keys: readonly string[], known: readonly string[]): Problem[] {
  return keys.map((key) => {
    const field = at === '' ? key : `${at}.${key}`;
    return {
      field,
      message: `${field} is not a known field`,
      remedy: `remove it; the fields here are ${known.join(', ')}`,
    };
  });
}

/** Names of the fields of the object that stands at `path` in the schema. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const at = schemaAt(schema, path);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): unknown {
  let at: unknown = unwrap(schema);
  for (const step of path) {
    if (at instanceof z.ZodObject) at = unwrap(at.shape[String(step)]);
    else if (at instanceof z.ZodArray) at = unwrap(at.element);
  }
  return at;
}

function isInteger(schema: unknown): boolean {
  return schema instanceof z.ZodNumber && schema.isInt;
}

function unwrap(schema: unknown): unknown {
  let at = schema;
  while (at instanceof z.ZodOptional || at instanceof z.ZodDefault) at = at.unwrap();
  return at;
}

function pathText(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}.${String(step)}`),
    root,
  );
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step], value);
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a fraction';
  return article(typeof value);
}

function refuse(field: string, message: string, remedy: string): Validation {
  return { ok: false, problems: [{ field, message, remedy }] };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pruneNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruneNulls);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, pruneNulls(inner)] as const])),
  );
}
