// Valid and invalid resources as data; those of tenants stand in a file of their own.

import { type InvalidCase, refused, type ValidCase } from './resource-case.ts';
import { BAD_TENANTS, TENANTS } from './tenant-resources.ts';

const apiVersion = 'intramuros.dev/v1alpha1';
const source = { uri: 'file:///weights/a.gguf' };
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

function model(spec: unknown, metadata: unknown = { name: 'a' }): unknown {
  return { apiVersion, kind: 'Model', metadata, spec };
}

function policy(spec: unknown, metadata: unknown = { name: 'strict' }): unknown {
  return { apiVersion, kind: 'PrivacyPolicy', metadata, spec };
}

const adapter = { name: 'a', source };
const adapters = (...list: readonly unknown[]) => model({ source, adapters: list });
const scaling = (given: object) => model({ source, scaling: given });
const office = { from: '08:00', to: '18:30', timeZone: 'Europe/Paris', min: 1, max: 4 };
const schedules = (...list: readonly object[]) =>
  scaling({ max: 4, schedules: list.map((one) => ({ ...office, ...one })) });
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
  {
    name: 'a full adapter',
    resource: adapters({ name: 'letters.v2', source: { uri: 'bundled://discharge-letter', digest }, scale: 0.5 }),
  },
  { name: 'two adapters', resource: adapters(adapter, { ...adapter, name: 'b' }) },
  { name: 'no adapters', resource: adapters() },
  { name: 'the weakest adapter', resource: adapters({ ...adapter, scale: 0.01 }) },
  { name: 'the strongest adapter', resource: adapters({ ...adapter, scale: 10 }) },
  { name: 'scaling as it comes', resource: scaling({}) },
  {
    name: 'full scaling',
    resource: scaling({
      min: 1,
      max: 16,
      target: 8,
      idleSeconds: 60,
      schedules: [{ ...office, days: ['Mon', 'Fri'] }, office],
      coldStart: { maxQueued: 0, maxWaitSeconds: 3600 },
    }),
  },
  { name: 'as many replicas at least as at most', resource: scaling({ min: 4, max: 4 }) },
  { name: 'a schedule over midnight', resource: schedules({ from: '22:00', to: '06:00' }) },
  { name: 'a schedule in universal time', resource: schedules({ timeZone: 'UTC' }) },
  { name: 'a time zone of three parts', resource: schedules({ timeZone: 'America/Argentina/Buenos_Aires' }) },
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
  ...TENANTS,
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
  ['a name with two dots', 'a..b'],
  ['a name with an underscore', 'a_b'],
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
  ...BAD_URIS.map(([name, bad, says]) => refused(name, uri(bad), 'spec.source.uri', says, 'rule')),
  // The envelope.
  refused(
    'no apiVersion',
    { kind: 'Model', metadata: { name: 'a' }, spec: { source } },
    'apiVersion',
    apiVersion,
    'metadata',
  ),
  refused(
    'an apiVersion of another group',
    { apiVersion: 'apps/v1', kind: 'Model', metadata: { name: 'a' }, spec: { source } },
    'apiVersion',
    apiVersion,
    'metadata',
  ),
  refused(
    'an apiVersion of another time',
    { apiVersion: 'intramuros.dev/v9', kind: 'Model', metadata: { name: 'a' }, spec: { source } },
    'apiVersion',
    apiVersion,
    'metadata',
  ),
  refused('no kind', { apiVersion, metadata: { name: 'a' }, spec: { source } }, 'kind', 'Model', 'metadata'),
  refused(
    'an unknown kind',
    { apiVersion, kind: 'Modell', metadata: { name: 'a' }, spec: { source } },
    'kind',
    'Model',
    'metadata',
  ),
  refused(
    'a kind that is a name of Object',
    { apiVersion, kind: 'constructor', metadata: { name: 'a' }, spec: { source } },
    'kind',
    'Model',
    'metadata',
  ),
  refused('a list in place of a resource', [model({ source })], '', 'must be an object', 'metadata'),
  { name: 'a text in place of a resource', resource: 'Model', field: '', says: 'must be an object', by: 'metadata' },
  refused(
    'an unknown field at the top',
    { ...(model({ source }) as object), specs: {} },
    'specs',
    'remove it',
    'unknown field',
  ),
  // Metadata.
  refused('no metadata', { apiVersion, kind: 'Model', spec: { source } }, 'metadata', 'name', 'metadata'),
  { name: 'no name', resource: model({ source }, {}), field: 'metadata.name', says: 'required', by: 'metadata' },
  refused('a name that is a number', model({ source }, { name: 7 }), 'metadata.name', 'a string', 'metadata'),
  refused(
    'a name of 64 characters',
    model({ source }, { name: 'a'.repeat(64) }),
    'metadata.name',
    'at most 63',
    'rule',
  ),
  refused(
    'a namespace with a dot',
    model({ source }, { name: 'a', namespace: 'a.b' }),
    'metadata.namespace',
    'at most 63',
    'metadata',
  ),
  refused(
    'a label that is a number',
    model({ source }, { name: 'a', labels: { tier: 1 } }),
    'metadata.labels.tier',
    'a string',
    'metadata',
  ),
  refused(
    'a label that is a sentence',
    model({ source }, { name: 'a', labels: { why: 'because we need it' } }),
    'metadata.labels',
    'annotations',
    'metadata',
  ),
  refused(
    'an unknown field of metadata',
    model({ source }, { name: 'a', label: {} }),
    'metadata.label',
    'labels',
    'unknown field',
  ),
  // The spec of a Model.
  refused('no spec', { apiVersion, kind: 'Model', metadata: { name: 'a' } }, 'spec', 'source', 'schema'),
  { name: 'a spec that is a text', resource: model('file:///a.gguf'), field: 'spec', says: 'an object', by: 'schema' },
  { name: 'an empty spec', resource: model({}), field: 'spec.source', says: 'required', by: 'schema' },
  { name: 'a null source', resource: model({ source: null }), field: 'spec.source', says: 'required', by: 'schema' },
  refused('a source that is a text', model({ source: 'file:///a.gguf' }), 'spec.source', 'an object', 'schema'),
  refused('an unknown field of the spec', model({ source, replica: 1 }), 'spec.replica', 'replicas', 'unknown field'),
  refused(
    'a field that is not enforced yet',
    model({ source, engine: 'auto' }),
    'spec.engine',
    'remove it',
    'unknown field',
  ),
  refused('a source without uri', model({ source: { digest } }), 'spec.source.uri', 'required', 'schema'),
  refused(
    'an unknown field of the source',
    model({ source: { ...source, sha256: 'x' } }),
    'spec.source.sha256',
    'digest',
    'unknown field',
  ),
  { name: 'a uri that is a number', resource: uri(7), field: 'spec.source.uri', says: 'a string', by: 'schema' },
  { name: 'an empty uri', resource: uri(''), field: 'spec.source.uri', says: URI_RULE, by: 'rule' },
  { name: 'a bare path', resource: uri('/weights/a.gguf'), field: 'spec.source.uri', says: URI_RULE, by: 'rule' },
  { name: 'a uri without a path', resource: uri('file://'), field: 'spec.source.uri', says: URI_RULE, by: 'rule' },
  { name: 'a uri of the root', resource: uri('file:///'), field: 'spec.source.uri', says: URI_RULE, by: 'rule' },
  refused(
    'a uri longer than any path',
    uri(`file:///${'a'.repeat(2050)}`),
    'spec.source.uri',
    'at most 2048',
    'schema',
  ),
  refused(
    'both replicas and scaling',
    model({ source, replicas: 1, scaling: {} }),
    'spec.replicas',
    'not both',
    'rule',
  ),
  refused('more replicas at least than at most', scaling({ min: 3, max: 2 }), 'spec.scaling', 'lower', 'rule'),
  refused('scaling to never any', scaling({ max: 0 }), 'spec.scaling.max', 'spec.replicas: 0', 'rule'),
  refused('scaling beyond 16', scaling({ max: 17 }), 'spec.scaling.max', 'between 1 and 16', 'rule'),
  refused('fewer replicas than none', scaling({ min: -1 }), 'spec.scaling.min', 'between 0 and 16', 'rule'),
  refused('a target of no request', scaling({ target: 0 }), 'spec.scaling.target', 'such as 4', 'rule'),
  refused('no idle time', scaling({ idleSeconds: 0 }), 'spec.scaling.idleSeconds', 'between 1', 'rule'),
  refused(
    'a queue too long',
    scaling({ coldStart: { maxQueued: 10_001 } }),
    'spec.scaling.coldStart.maxQueued',
    'between 0 and 10000',
    'rule',
  ),
  refused(
    'no time to wait',
    scaling({ coldStart: { maxWaitSeconds: 0 } }),
    'spec.scaling.coldStart.maxWaitSeconds',
    'between 1 and 3600',
    'rule',
  ),
  refused('an hour that is none', schedules({ from: '24:00' }), 'spec.scaling.schedules[0].from', '08:00', 'rule'),
  refused('an hour of one digit', schedules({ to: '8:00' }), 'spec.scaling.schedules[0].to', '08:00', 'rule'),
  refused(
    'an offset for a time zone',
    schedules({ timeZone: '+02:00' }),
    'spec.scaling.schedules[0].timeZone',
    'Europe/Paris',
    'rule',
  ),
  refused('a schedule upside down', schedules({ min: 5, max: 4 }), 'spec.scaling.schedules[0]', 'raise max', 'rule'),
  refused('a day that is none', schedules({ days: ['Lundi'] }), 'spec.scaling.schedules[0].days[0]', '', 'schema'),
  refused('an unknown field of scaling', scaling({ maximum: 2 }), 'spec.scaling.maximum', 'max', 'unknown field'),
  refused('replicas below 0', model({ source, replicas: -1 }), 'spec.replicas', 'between 0 and 16', 'rule'),
  refused('too many replicas', model({ source, replicas: 17 }), 'spec.replicas', 'between 0 and 16', 'rule'),
  refused('half a replica', model({ source, replicas: 1.5 }), 'spec.replicas', 'an integer', 'schema'),
  refused('replicas as a text', model({ source, replicas: '2' }), 'spec.replicas', 'an integer', 'schema'),
  refused(
    'a context below the smallest',
    model({ source, contextTokens: 63 }),
    'spec.contextTokens',
    'between 64',
    'rule',
  ),
  refused(
    'a context beyond all bounds',
    model({ source, contextTokens: 1e9 }),
    'spec.contextTokens',
    'between 64',
    'rule',
  ),
  refused(
    'a context as a list',
    model({ source, contextTokens: [4096] }),
    'spec.contextTokens',
    'an integer',
    'schema',
  ),
  refused('an adapter without a source', adapters({ name: 'a' }), 'spec.adapters[0].source', 'required', 'schema'),
  refused('an adapter without a name', adapters({ source }), 'spec.adapters[0].name', 'required', 'schema'),
  refused('an adapter named twice', adapters(adapter, adapter), 'spec.adapters', 'another name', 'rule'),
  refused(
    'an adapter whose name holds a colon',
    adapters({ ...adapter, name: 'a:b' }),
    'spec.adapters[0].name',
    'discharge-letter',
    'rule',
  ),
  refused(
    'an adapter in capitals',
    adapters({ ...adapter, name: 'Letters' }),
    'spec.adapters[0].name',
    'lower-case',
    'rule',
  ),
  refused(
    'an adapter of no strength',
    adapters({ ...adapter, scale: 0 }),
    'spec.adapters[0].scale',
    'between 0.01 and 10',
    'rule',
  ),
  refused(
    'an adapter from the web',
    adapters({ ...adapter, source: { uri: 'https://example.org/a.gguf' } }),
    'spec.adapters[0].source.uri',
    URI_RULE,
    'rule',
  ),
  refused(
    'an adapter with a digest of another kind',
    adapters({ ...adapter, source: { ...source, digest: 'md5:0' } }),
    'spec.adapters[0].source.digest',
    'sha256:',
    'rule',
  ),
  refused(
    'more adapters than a process takes',
    adapters(...Array.from({ length: 17 }, (_, at) => ({ ...adapter, name: `a${at}` }))),
    'spec.adapters',
    '16',
    'schema',
  ),
  refused('adapters as an object', model({ source, adapters: adapter }), 'spec.adapters', 'array', 'schema'),
  refused(
    'an unknown field of an adapter',
    adapters({ ...adapter, strength: 1 }),
    'spec.adapters[0].strength',
    'scale',
    'unknown field',
  ),
  refused('privacy without a policy', model({ source, privacy: {} }), 'spec.privacy.policy', 'required', 'schema'),
  refused(
    'an unknown field of privacy',
    model({ source, privacy: { policy: 'a', mode: 'off' } }),
    'spec.privacy.mode',
    'policy',
    'unknown field',
  ),
  refused(
    'a policy that is no name',
    model({ source, privacy: { policy: 'Strict Policy' } }),
    'spec.privacy.policy',
    'lower-case',
    'rule',
  ),
  refused('an empty policy', model({ source, privacy: { policy: '' } }), 'spec.privacy.policy', 'lower-case', 'rule'),
  // The spec of a PrivacyPolicy.
  refused(
    'a policy without spec',
    { apiVersion, kind: 'PrivacyPolicy', metadata: { name: 'strict' } },
    'spec',
    'spec: {}',
    'schema',
  ),
  refused(
    'a policy in a namespace',
    policy({}, { name: 'strict', namespace: 'default' }),
    'metadata.namespace',
    'remove metadata.namespace',
    'metadata',
  ),
  refused(
    'a policy by the name of the built-in one',
    policy({}, { name: 'internal' }),
    'metadata.name',
    'another name',
    'rule',
  ),
  refused('an unknown default action', policy({ default: 'redact' }), 'spec.default', 'pseudonymise', 'rule'),
  refused('an unknown action', policy({ entities: { PERSON: 'hide' } }), 'spec.entities.PERSON', 'mask', 'rule'),
  refused('an action in capitals', policy({ entities: { PERSON: 'MASK' } }), 'spec.entities.PERSON', 'mask', 'rule'),
  refused(
    'an unknown entity',
    policy({ entities: { PASSPORT: 'mask' } }),
    'spec.entities.PASSPORT',
    'PERSON',
    'unknown field',
  ),
  refused('entities as a list', policy({ entities: ['PERSON'] }), 'spec.entities', 'an object', 'schema'),
  refused(
    'text that looks like a surrogate let through',
    policy({ entities: { SURROGATE: 'allow' } }),
    'spec.entities.SURROGATE',
    'leave it out',
    'rule',
  ),
  refused('an unknown feature to keep', policy({ keep: ['age'] }), 'spec.keep[0]', 'gender', 'rule'),
  refused('a feature kept twice', policy({ keep: ['year', 'year'] }), 'spec.keep', 'twice', 'schema'),
  refused('a feature that is not in a list', policy({ keep: 'year' }), 'spec.keep', 'array', 'schema'),
  refused('a threshold below 0', policy({ minScore: -0.1 }), 'spec.minScore', 'between 0 and 1', 'rule'),
  refused('a threshold in percent', policy({ minScore: 50 }), 'spec.minScore', 'between 0 and 1', 'rule'),
  refused('a threshold as a text', policy({ minScore: '0.5' }), 'spec.minScore', 'a number', 'schema'),
  refused(
    'a direction that is not enforced yet',
    policy({ response: {} }),
    'spec.response',
    'remove it',
    'unknown field',
  ),
  ...BAD_TENANTS,
];
