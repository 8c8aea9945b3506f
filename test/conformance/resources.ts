// Valid and invalid resources as data: our own validation and a real API server with our CRDs must say the same of each.
// `field` and `says` are what the refusal must name; `by` is what refuses on an API server: a CEL rule of the schema
// ("rule", whose sentence is ours), the structural schema ("schema"), strict field validation ("unknown field"), or the
// API server's own checks of names ("metadata").

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

const apiVersion = 'intramuros.dev/v1alpha1';
const source = { uri: 'file:///weights/a.gguf' };
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

function model(spec: unknown, metadata: unknown = { name: 'a' }): unknown {
  return { apiVersion, kind: 'Model', metadata, spec };
}

function policy(spec: unknown, metadata: unknown = { name: 'strict' }): unknown {
  return { apiVersion, kind: 'PrivacyPolicy', metadata, spec };
}

const uri = (value: unknown) => model({ source: { uri: value } });

export const VALID: readonly ValidCase[] = [
  { name: 'the smallest Model', resource: model({ source }) },
  {
    name: 'a full Model',
    resource: model({ source: { ...source, digest }, replicas: 2, contextTokens: 4096, privacy: { policy: 'strict' } }),
  },
  {
    name: 'a Model with namespace, labels and annotations',
    resource: model({ source }, { name: 'a', namespace: 'oncology', labels: { team: 'x' }, annotations: { why: 'y' } }),
  },
  {
    name: 'a Model as `get` prints it',
    resource: {
      ...(model(
        { source, replicas: 1 },
        {
          name: 'a',
          namespace: 'default',
          uid: '0b7f4a0e-0000-4000-8000-000000000000',
          resourceVersion: '7',
          generation: 2,
          creationTimestamp: '2026-01-01T00:00:00Z',
        },
      ) as object),
      status: { readyReplicas: 1 },
    },
  },
  { name: 'a bundled model', resource: uri('bundled://clinical-extraction') },
  { name: 'a path in the models folder', resource: uri('file://a.gguf') },
  { name: 'a path in a folder of the models folder', resource: uri('file://team/a.gguf') },
  { name: 'a path with a hidden folder', resource: uri('file:///srv/.weights/a.gguf') },
  { name: 'a path with two dots inside a name', resource: uri('file:///srv/a..b/..c.gguf') },
  { name: 'a path with an encoded space', resource: uri('file:///srv/my%20weights/a.gguf') },
  { name: 'a path with letters beyond ASCII', resource: uri('file:///srv/modèles/santé.gguf') },
  { name: 'no replicas', resource: model({ source, replicas: 0 }) },
  { name: 'the most replicas', resource: model({ source, replicas: 16 }) },
  { name: 'the smallest context', resource: model({ source, contextTokens: 64 }) },
  { name: 'the largest context', resource: model({ source, contextTokens: 16_777_216 }) },
  { name: 'a null where a default holds', resource: model({ source, replicas: null, privacy: null }) },
  { name: 'a name of 63 characters', resource: model({ source }, { name: 'a'.repeat(63) }) },
  { name: 'a name with dots', resource: model({ source }, { name: 'mistral-7b.v0.3' }) },
  { name: 'the built-in policy named', resource: model({ source, privacy: { policy: 'internal' } }) },
  { name: 'the smallest policy', resource: policy({}) },
  {
    name: 'a full policy',
    resource: policy({
      default: 'mask',
      entities: { PERSON: 'pseudonymise', SECRET: 'block', URL: 'allow', FR_NIR: 'mask' },
      keep: ['gender', 'year'],
      minScore: 0.4,
    }),
  },
  { name: 'a policy that masks surrogates', resource: policy({ entities: { SURROGATE: 'mask' } }) },
  { name: 'a threshold of 0', resource: policy({ minScore: 0 }) },
  { name: 'a threshold of 1', resource: policy({ minScore: 1 }) },
  { name: 'nothing kept', resource: policy({ keep: [] }) },
];

const URI_RULE = 'file:///absolute/path.gguf';

/** Addresses that the rule of spec.source.uri refuses: what, the address, words of the refusal. */
const BAD_URIS: readonly (readonly [name: string, uri: string, says: string])[] = [
  ['a scheme that is not served yet', 'hf://org/model', URI_RULE],
  ['a web address', 'https://example.org/a.gguf', URI_RULE],
  ['a path that climbs', 'file://../a.gguf', '.. parts'],
  ['a path that climbs in the middle', 'file:///weights/../etc/a.gguf', '.. parts'],
  ['a path that ends in a climb', 'file:///weights/..', '.. parts'],
  ['a path with a dot part', 'file:///weights/./a.gguf', '.. parts'],
  ['a path with an empty part', 'file:///weights//a.gguf', 'empty'],
  ['a path that ends in a slash', 'file:///weights/', 'empty'],
  ['a path with a space', 'file:///my weights/a.gguf', URI_RULE],
  ['a path with a line break', 'file:///weights/a.gguf\n', URI_RULE],
  ['a path with a broken encoding', 'file:///a%2.gguf', URI_RULE],
  ['a bundled model with a path', 'bundled://a/b', 'bundled://'],
];

const BAD_DIGESTS: readonly (readonly [name: string, digest: string, says: string])[] = [
  ['a digest without its algorithm', 'a'.repeat(64), 'sha256:'],
  ['a digest in capitals', digest.toUpperCase(), 'lower-case'],
  ['a digest that is too short', digest.slice(0, -1), '64'],
  ['a digest of another algorithm', `md5:${'0'.repeat(32)}`, 'sha256:'],
];

const BAD_NAMES: readonly (readonly [name: string, value: string])[] = [
  ['a name in capitals', 'Mistral'],
  ['a name with a space', 'a b'],
  ['an empty name', ''],
  ['a name that ends in a dash', 'a-'],
];

export const INVALID: readonly InvalidCase[] = [
  ...BAD_DIGESTS.map(([name, bad, says]) => ({
    name,
    resource: model({ source: { ...source, digest: bad } }),
    field: 'spec.source.digest',
    says,
    by: 'rule' as const,
  })),
  ...BAD_NAMES.map(([name, bad]) => ({
    name,
    resource: model({ source }, { name: bad }),
    field: 'metadata.name',
    says: 'lower-case',
    by: 'metadata' as const,
  })),
  ...BAD_URIS.map(([name, bad, says]) => ({
    name,
    resource: uri(bad),
    field: 'spec.source.uri',
    says,
    by: 'rule' as const,
  })),
  // The envelope.
  {
    name: 'no apiVersion',
    resource: { kind: 'Model', metadata: { name: 'a' }, spec: { source } },
    field: 'apiVersion',
    says: apiVersion,
    by: 'metadata',
  },
  {
    name: 'an apiVersion of another group',
    resource: { apiVersion: 'apps/v1', kind: 'Model', metadata: { name: 'a' }, spec: { source } },
    field: 'apiVersion',
    says: apiVersion,
    by: 'metadata',
  },
  {
    name: 'an apiVersion of another time',
    resource: { apiVersion: 'intramuros.dev/v9', kind: 'Model', metadata: { name: 'a' }, spec: { source } },
    field: 'apiVersion',
    says: apiVersion,
    by: 'metadata',
  },
  {
    name: 'no kind',
    resource: { apiVersion, metadata: { name: 'a' }, spec: { source } },
    field: 'kind',
    says: 'Model',
    by: 'metadata',
  },
  {
    name: 'an unknown kind',
    resource: { apiVersion, kind: 'Modell', metadata: { name: 'a' }, spec: { source } },
    field: 'kind',
    says: 'Model',
    by: 'metadata',
  },
  {
    name: 'a kind that is a name of Object',
    resource: { apiVersion, kind: 'constructor', metadata: { name: 'a' }, spec: { source } },
    field: 'kind',
    says: 'Model',
    by: 'metadata',
  },
  {
    name: 'a list in place of a resource',
    resource: [model({ source })],
    field: '',
    says: 'must be an object',
    by: 'metadata',
  },
  { name: 'a text in place of a resource', resource: 'Model', field: '', says: 'must be an object', by: 'metadata' },
  {
    name: 'an unknown field at the top',
    resource: { ...(model({ source }) as object), specs: {} },
    field: 'specs',
    says: 'remove it',
    by: 'unknown field',
  },
  // Metadata.
  {
    name: 'no metadata',
    resource: { apiVersion, kind: 'Model', spec: { source } },
    field: 'metadata',
    says: 'name',
    by: 'metadata',
  },
  { name: 'no name', resource: model({ source }, {}), field: 'metadata.name', says: 'required', by: 'metadata' },
  {
    name: 'a name that is a number',
    resource: model({ source }, { name: 7 }),
    field: 'metadata.name',
    says: 'a string',
    by: 'metadata',
  },
  {
    name: 'a name of 64 characters',
    resource: model({ source }, { name: 'a'.repeat(64) }),
    field: 'metadata.name',
    says: 'at most 63',
    by: 'rule',
  },
  {
    name: 'a namespace with a dot',
    resource: model({ source }, { name: 'a', namespace: 'a.b' }),
    field: 'metadata.namespace',
    says: 'at most 63',
    by: 'metadata',
  },
  {
    name: 'a label that is a number',
    resource: model({ source }, { name: 'a', labels: { tier: 1 } }),
    field: 'metadata.labels.tier',
    says: 'a string',
    by: 'metadata',
  },
  {
    name: 'an unknown field of metadata',
    resource: model({ source }, { name: 'a', label: {} }),
    field: 'metadata.label',
    says: 'labels',
    by: 'unknown field',
  },
  // The spec of a Model.
  {
    name: 'no spec',
    resource: { apiVersion, kind: 'Model', metadata: { name: 'a' } },
    field: 'spec',
    says: 'source',
    by: 'schema',
  },
  { name: 'a spec that is a text', resource: model('file:///a.gguf'), field: 'spec', says: 'an object', by: 'schema' },
  { name: 'an empty spec', resource: model({}), field: 'spec.source', says: 'required', by: 'schema' },
  { name: 'a null source', resource: model({ source: null }), field: 'spec.source', says: 'required', by: 'schema' },
  {
    name: 'a source that is a text',
    resource: model({ source: 'file:///a.gguf' }),
    field: 'spec.source',
    says: 'an object',
    by: 'schema',
  },
  {
    name: 'an unknown field of the spec',
    resource: model({ source, replica: 1 }),
    field: 'spec.replica',
    says: 'replicas',
    by: 'unknown field',
  },
  {
    name: 'a field that is not enforced yet',
    resource: model({ source, engine: 'auto' }),
    field: 'spec.engine',
    says: 'remove it',
    by: 'unknown field',
  },
  {
    name: 'a source without uri',
    resource: model({ source: { digest } }),
    field: 'spec.source.uri',
    says: 'required',
    by: 'schema',
  },
  {
    name: 'an unknown field of the source',
    resource: model({ source: { ...source, sha256: 'x' } }),
    field: 'spec.source.sha256',
    says: 'digest',
    by: 'unknown field',
  },
  { name: 'a uri that is a number', resource: uri(7), field: 'spec.source.uri', says: 'a string', by: 'schema' },
  { name: 'an empty uri', resource: uri(''), field: 'spec.source.uri', says: URI_RULE, by: 'rule' },
  { name: 'a bare path', resource: uri('/weights/a.gguf'), field: 'spec.source.uri', says: URI_RULE, by: 'rule' },
  { name: 'a uri without a path', resource: uri('file://'), field: 'spec.source.uri', says: URI_RULE, by: 'rule' },
  { name: 'a uri of the root', resource: uri('file:///'), field: 'spec.source.uri', says: URI_RULE, by: 'rule' },
  {
    name: 'a uri longer than any path',
    resource: uri(`file:///${'a'.repeat(2050)}`),
    field: 'spec.source.uri',
    says: 'at most 2048',
    by: 'schema',
  },
  {
    name: 'replicas below 0',
    resource: model({ source, replicas: -1 }),
    field: 'spec.replicas',
    says: 'between 0 and 16',
    by: 'rule',
  },
  {
    name: 'too many replicas',
    resource: model({ source, replicas: 17 }),
    field: 'spec.replicas',
    says: 'between 0 and 16',
    by: 'rule',
  },
  {
    name: 'half a replica',
    resource: model({ source, replicas: 1.5 }),
    field: 'spec.replicas',
    says: 'an integer',
    by: 'schema',
  },
  {
    name: 'replicas as a text',
    resource: model({ source, replicas: '2' }),
    field: 'spec.replicas',
    says: 'an integer',
    by: 'schema',
  },
  {
    name: 'a context below the smallest',
    resource: model({ source, contextTokens: 63 }),
    field: 'spec.contextTokens',
    says: 'between 64',
    by: 'rule',
  },
  {
    name: 'a context beyond all bounds',
    resource: model({ source, contextTokens: 1e9 }),
    field: 'spec.contextTokens',
    says: 'between 64',
    by: 'rule',
  },
  {
    name: 'a context as a list',
    resource: model({ source, contextTokens: [4096] }),
    field: 'spec.contextTokens',
    says: 'an integer',
    by: 'schema',
  },
  {
    name: 'privacy without a policy',
    resource: model({ source, privacy: {} }),
    field: 'spec.privacy.policy',
    says: 'required',
    by: 'schema',
  },
  {
    name: 'an unknown field of privacy',
    resource: model({ source, privacy: { policy: 'a', mode: 'off' } }),
    field: 'spec.privacy.mode',
    says: 'policy',
    by: 'unknown field',
  },
  {
    name: 'a policy that is no name',
    resource: model({ source, privacy: { policy: 'Strict Policy' } }),
    field: 'spec.privacy.policy',
    says: 'lower-case',
    by: 'rule',
  },
  {
    name: 'an empty policy',
    resource: model({ source, privacy: { policy: '' } }),
    field: 'spec.privacy.policy',
    says: 'lower-case',
    by: 'rule',
  },
  // The spec of a PrivacyPolicy.
  {
    name: 'a policy without spec',
    resource: { apiVersion, kind: 'PrivacyPolicy', metadata: { name: 'strict' } },
    field: 'spec',
    says: 'spec: {}',
    by: 'schema',
  },
  {
    name: 'a policy in a namespace',
    resource: policy({}, { name: 'strict', namespace: 'default' }),
    field: 'metadata.namespace',
    says: 'remove metadata.namespace',
    by: 'metadata',
  },
  {
    name: 'a policy by the name of the built-in one',
    resource: policy({}, { name: 'internal' }),
    field: 'metadata.name',
    says: 'another name',
    by: 'rule',
  },
  {
    name: 'an unknown default action',
    resource: policy({ default: 'redact' }),
    field: 'spec.default',
    says: 'pseudonymise',
    by: 'rule',
  },
  {
    name: 'an unknown action',
    resource: policy({ entities: { PERSON: 'hide' } }),
    field: 'spec.entities.PERSON',
    says: 'mask',
    by: 'rule',
  },
  {
    name: 'an action in capitals',
    resource: policy({ entities: { PERSON: 'MASK' } }),
    field: 'spec.entities.PERSON',
    says: 'mask',
    by: 'rule',
  },
  {
    name: 'an unknown entity',
    resource: policy({ entities: { PASSPORT: 'mask' } }),
    field: 'spec.entities.PASSPORT',
    says: 'PERSON',
    by: 'unknown field',
  },
  {
    name: 'entities as a list',
    resource: policy({ entities: ['PERSON'] }),
    field: 'spec.entities',
    says: 'an object',
    by: 'schema',
  },
  {
    name: 'text that looks like a surrogate let through',
    resource: policy({ entities: { SURROGATE: 'allow' } }),
    field: 'spec.entities.SURROGATE',
    says: 'leave it out',
    by: 'rule',
  },
  {
    name: 'an unknown feature to keep',
    resource: policy({ keep: ['age'] }),
    field: 'spec.keep[0]',
    says: 'gender',
    by: 'rule',
  },
  {
    name: 'a feature kept twice',
    resource: policy({ keep: ['year', 'year'] }),
    field: 'spec.keep',
    says: 'twice',
    by: 'schema',
  },
  {
    name: 'a feature that is not in a list',
    resource: policy({ keep: 'year' }),
    field: 'spec.keep',
    says: 'array',
    by: 'schema',
  },
  {
    name: 'a threshold below 0',
    resource: policy({ minScore: -0.1 }),
    field: 'spec.minScore',
    says: 'between 0 and 1',
    by: 'rule',
  },
  {
    name: 'a threshold in percent',
    resource: policy({ minScore: 50 }),
    field: 'spec.minScore',
    says: 'between 0 and 1',
    by: 'rule',
  },
  {
    name: 'a threshold as a text',
    resource: policy({ minScore: '0.5' }),
    field: 'spec.minScore',
    says: 'a number',
    by: 'schema',
  },
  {
    name: 'a direction that is not enforced yet',
    resource: policy({ response: {} }),
    field: 'spec.response',
    says: 'remove it',
    by: 'unknown field',
  },
];
