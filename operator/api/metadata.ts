// Names and the parts of a resource that every kind shares, as Kubernetes defines them. Imports zod.
import * as z from 'zod';

export const GROUP = 'intramuros.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;
export const DEFAULT_NAMESPACE = 'default';

export interface ObjectMeta {
  readonly name: string;
  /** Absent for cluster-scoped kinds. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Set by the store, as are the ones below. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** Counts changes of the spec, from 1. */
  readonly generation?: number;
  /** RFC 3339, UTC, whole seconds. */
  readonly creationTimestamp?: string;
}

/** Where a resource stands: the key of every look-up. `namespace` is absent for cluster-scoped kinds. */
export interface ResourceKey {
  readonly namespace?: string;
  readonly name: string;
}

/** `namespace/name`, or `name` for cluster-scoped kinds; the reverse of `parseKey`. */
export function formatKey({ namespace, name }: ResourceKey): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

export function parseKey(key: string): ResourceKey {
  const slash = key.indexOf('/');
  return slash === -1 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const nameRemedy = 'use lower-case letters, digits, dashes and dots, beginning and ending with a letter or digit';

const name = z.string().refine((value) => value.length <= 253 && DNS_SUBDOMAIN.test(value), {
  error: 'metadata.name is not a valid name',
  params: { remedy: nameRemedy },
});

const namespace = z.string().refine((value) => value.length <= 63 && DNS_LABEL.test(value), {
  error: 'metadata.namespace is not a valid name',
  params: { remedy: 'use at most 63 lower-case letters, digits and dashes' },
});

const texts = z.record(z.string(), z.string());

const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

const labels = texts.refine(
  (given) => Object.entries(given).every(([key, value]) => LABEL_KEY.test(key) && LABEL_VALUE.test(value)),
  {
    error: 'metadata.labels holds a name or value that is not allowed',
    params: {
      remedy:
        'use at most 63 letters, digits, dashes, dots and underscores; longer texts belong in metadata.annotations',
    },
  },
);

/** What a person may write under metadata. What the store sets is accepted, so that `get -o yaml` can be applied again. */
export const metadataSchema = z.strictObject({
  name,
  namespace: namespace.optional(),
  labels: labels.optional(),
  annotations: texts.optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  creationTimestamp: z.string().optional(),
  managedFields: z.unknown().optional(),
});
