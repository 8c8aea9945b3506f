// Tenant: a part of the company whose keys, models and limits are its own, and the rules that hold for all it sends.
// Two of its fields are the admin's (namespaces, limits), three the officer's (policy, entitlements, policyApproval).
// Imports zod and the api room.
import * as z from 'zod';
import type { ObjectMeta } from '../metadata.ts';
import { between, equals, field, matches, not, oneOf, self } from '../rule.ts';
import { withRules } from '../schema.ts';
import { POLICY_NAME_PATTERN } from './model.ts';

export const POLICY_APPROVALS = ['none', 'secondPerson'] as const;
/** From the mildest to the strictest; a test compares them with the gateway's own list. */
export const TENANT_CLASSES = ['public', 'internal', 'confidential', 'restricted'] as const;
export type TenantClass = (typeof TENANT_CLASSES)[number];
/** Fields of the spec that decide about data: whoever runs the platform does not change them. */
export const TENANT_RULES = ['policy', 'entitlements', 'policyApproval'] as const;

const NAMESPACE_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';
const MODEL_PATTERN = '^[a-z0-9]([-.a-z0-9]*[a-z0-9])?(:[a-z0-9]([-.a-z0-9]*[a-z0-9])?)?$';
const MAX_REQUESTS = 10_000_000;
const MAX_TOKENS = 1_000_000_000;

const unique = (path: string) => ({
  check: (items: readonly string[]) => new Set(items).size === items.length,
  error: { error: `${path} must not name one twice`, params: { remedy: 'remove the second mention' } },
});
const namespacesOnce = unique('spec.namespaces');
const modelsOnce = unique('spec.entitlements.models');

const namespaces = z
  .array(
    withRules(z.string().max(63), {
      holds: matches(self, NAMESPACE_PATTERN),
      field: '',
      message: 'spec.namespaces may only hold names of namespaces',
      remedy: 'write lower-case letters, digits and dashes, such as cardiology',
    }),
  )
  .min(1)
  .max(32)
  .refine(namespacesOnce.check, namespacesOnce.error)
  .meta({
    description:
      'Whose Models its keys may ask for; of two Models of one name, that of the first namespace. Default: the namespace of its own name.',
    'x-kubernetes-list-type': 'set',
  });

const policy = withRules(
  z
    .string()
    .max(253)
    .meta({ description: 'Name of a PrivacyPolicy that holds for all its requests, beside that of the Model.' }),
  {
    holds: matches(self, POLICY_NAME_PATTERN),
    field: '',
    message: 'spec.policy must be the name of a PrivacyPolicy',
    remedy: 'write a name in lower-case letters, digits, dashes and dots, or leave the field out',
  },
);

const limit = (name: string, most: number, description: string) =>
  withRules(z.int().meta({ description }), {
    holds: between(self, 1, most),
    field: '',
    message: `spec.${name} must be between 1 and ${most}`,
    remedy: 'write for example 600, or leave the field out for no limit of the tenant',
  });

const entitlements = z
  .strictObject({
    models: z
      .array(
        withRules(z.string().max(127), {
          holds: matches(self, MODEL_PATTERN),
          field: '',
          message: 'spec.entitlements.models may only hold names of Models',
          remedy: 'write a name such as mistral-contracts, or MODEL:ADAPTER for one adapter alone',
        }),
      )
      .max(256)
      .refine(modelsOnce.check, modelsOnce.error)
      .optional()
      .meta({
        description:
          'The only Models that it may ask for; MODEL stands for its adapters too. Default: all of its namespaces.',
        'x-kubernetes-list-type': 'set',
      }),
    leastClass: withRules(
      z.string().max(32).meta({
        description:
          'The mildest class of data that its keys may be made for; requests of older keys are raised to it. public is what lets a request leave for a central provider.',
      }) as unknown as z.ZodType<TenantClass>,
      {
        holds: oneOf(self, TENANT_CLASSES),
        field: '',
        message: `spec.entitlements.leastClass must be one of ${TENANT_CLASSES.join(', ')}`,
        remedy: 'write internal, the default, unless its requests may leave the company',
      },
    ).default('internal'),
  })
  .meta({ description: 'What it may use.' });

const policyApproval = withRules(
  z.string().max(32).meta({
    description: 'none, or secondPerson: a policy changes only when a second officer approves.',
  }) as unknown as z.ZodType<(typeof POLICY_APPROVALS)[number]>,
  {
    holds: oneOf(self, POLICY_APPROVALS),
    field: '',
    message: `spec.policyApproval must be one of ${POLICY_APPROVALS.join(', ')}`,
    remedy: 'write secondPerson to have every change of a policy approved by a second officer',
  },
).default('none');

export const tenantSpecSchema = z
  .strictObject({
    namespaces: namespaces.optional(),
    policy: policy.optional(),
    requestsPerMinute: limit(
      'requestsPerMinute',
      MAX_REQUESTS,
      'Requests a minute of all its keys together, at each gateway.',
    ).optional(),
    tokensPerMinute: limit(
      'tokensPerMinute',
      MAX_TOKENS,
      'Tokens a minute, prompts and answers, of all its keys together, at each gateway; counted when an answer ends.',
    ).optional(),
    entitlements: entitlements.optional(),
    policyApproval,
  })
  .meta({ description: 'What is wanted.' });

export type TenantSpec = z.infer<typeof tenantSpecSchema>;

export interface Tenant {
  readonly apiVersion: 'intramuros.dev/v1alpha1';
  readonly kind: 'Tenant';
  readonly metadata: ObjectMeta;
  readonly spec: TenantSpec;
}

export const TENANT_KIND = {
  kind: 'Tenant',
  plural: 'tenants',
  singular: 'tenant',
  shortNames: ['tn'],
  scope: 'Cluster',
  description: 'A part of the company: its models, its limits, and the rules for all that it sends.',
  spec: tenantSpecSchema,
  rules: [
    {
      holds: matches(field('metadata.name'), NAMESPACE_PATTERN),
      field: 'metadata.name',
      message: 'metadata.name of a Tenant must be lower-case letters, digits and dashes',
      remedy: 'write a name such as cardiology: its Models stand in the namespace of this name',
    },
    {
      holds: not(equals(field('metadata.name'), 'unknown')),
      field: 'metadata.name',
      message: 'metadata.name must not be unknown, the word of records whose tenant is not known',
      remedy: 'choose another name',
    },
  ],
  printerColumns: [
    { name: 'Policy', type: 'string', jsonPath: '.spec.policy' },
    { name: 'Requests/min', type: 'integer', jsonPath: '.spec.requestsPerMinute' },
    { name: 'Tokens/min', type: 'integer', jsonPath: '.spec.tokensPerMinute' },
    { name: 'Approval', type: 'string', jsonPath: '.spec.policyApproval' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
} as const;
