// PrivacyPolicy: what personal data in a request becomes before a model sees it. Imports zod and the api room.
import * as z from 'zod';
import type { ObjectMeta } from '../metadata.ts';
import { between, equals, field, has, not, oneOf, or, self } from '../rule.ts';
import { withRules } from '../schema.ts';
import { BUILT_IN_POLICY } from './model.ts';

/** From the mildest to the strictest. */
export const ACTIONS = ['allow', 'pseudonymise', 'mask', 'block'] as const;
export type PolicyAction = (typeof ACTIONS)[number];

/** What a surrogate may still tell the model. */
export const KEPT_FEATURES = ['gender', 'year'] as const;

/** The entity types that detectors report; a test compares them with the detectors' own list. */
export const POLICY_ENTITIES = [
  'PERSON',
  'LOCATION',
  'ORGANIZATION',
  'ADDRESS',
  'DATE_OF_BIRTH',
  'EMAIL',
  'PHONE',
  'IBAN',
  'CARD',
  'IP',
  'URL',
  'SECRET',
  'PLATE',
  'FR_NIR',
  'FR_SIREN',
  'FR_SIRET',
  'FR_VAT',
  'FR_TAX',
  'FR_RPPS',
  'SURROGATE',
] as const;
export type PolicyEntity = (typeof POLICY_ENTITIES)[number];

const remedyActions =
  'write allow (leave as it is), pseudonymise (surrogate, restored in the answer), mask (type only) or block (refuse the request)';

function actionSchema(path: string, description: string) {
  return withRules(z.string().max(32).meta({ description }) as unknown as z.ZodType<PolicyAction>, {
    holds: oneOf(self, ACTIONS),
    field: '',
    message: `${path} must be one of ${ACTIONS.join(', ')}`,
    remedy: remedyActions,
  });
}

type EntityShape = { [K in PolicyEntity]: z.ZodOptional<z.ZodType<PolicyAction>> };

const entityShape = Object.fromEntries(
  POLICY_ENTITIES.map((type) => [type, actionSchema(`spec.entities.${type}`, `What becomes of ${type}.`).optional()]),
) as EntityShape;

const entities = withRules(
  z.strictObject(entityShape).meta({ description: 'Action by type of entity; what is not named takes the default.' }),
  {
    holds: or(not(has('SURROGATE')), not(equals(field('SURROGATE'), 'allow'))),
    field: 'SURROGATE',
    message: 'spec.entities.SURROGATE must not be allow',
    remedy: 'leave it out: text that only looks like a surrogate would otherwise be restored as if it were one',
  },
);

const keptFeature = withRules(z.string().max(32).meta({}) as unknown as z.ZodType<(typeof KEPT_FEATURES)[number]>, {
  holds: oneOf(self, KEPT_FEATURES),
  field: '',
  message: `spec.keep may only hold ${KEPT_FEATURES.join(', ')}`,
  remedy: 'write gender to keep the gender of a person in its surrogate, year to keep the year of a date of birth',
});

const keep = z
  .array(keptFeature)
  .max(16)
  .refine((items) => new Set(items).size === items.length, {
    error: 'spec.keep must not name a feature twice',
    params: { remedy: 'remove the second mention' },
  })
  .meta({
    description: 'What a surrogate still tells the model: gender of a person, year of a date of birth.',
    'x-kubernetes-list-type': 'set',
  })
  .default([]);

const minScore = withRules(
  z.number().meta({
    description: 'Findings below this confidence (0 to 1) are left as they are. 0 acts on every finding.',
  }),
  {
    holds: between(self, 0, 1, 'double'),
    field: '',
    message: 'spec.minScore must be between 0 and 1',
    remedy: 'write 0.5 for the usual confidence, 0 to act on every finding',
  },
).default(0.5);

export const privacyPolicySpecSchema = z
  .strictObject({
    default: actionSchema('spec.default', 'Action for every type of entity that is not named.').default('pseudonymise'),
    entities: entities.optional(),
    keep,
    minScore,
  })
  .meta({ description: 'What is wanted.' });

export type PrivacyPolicySpec = z.infer<typeof privacyPolicySpecSchema>;

export const privacyPolicyStatusSchema = z
  .strictObject({
    observedGeneration: z.int().meta({ description: 'Generation that this speaks about; 0 is the built-in policy.' }),
    hash: z.string().max(71).meta({ description: 'Hash of its rules alone, as audit records bear it.' }),
    applied: z
      .string()
      .max(21)
      .meta({ description: 'How many of the gateways that run answer under this generation, such as 2/2.' }),
  })
  .meta({ description: 'Where it holds; written by the product.' });

export type PrivacyPolicyStatus = z.infer<typeof privacyPolicyStatusSchema>;

export interface PrivacyPolicy {
  readonly apiVersion: 'intramuros.dev/v1alpha1';
  readonly kind: 'PrivacyPolicy';
  readonly metadata: ObjectMeta;
  readonly spec: PrivacyPolicySpec;
  readonly status?: PrivacyPolicyStatus;
}

export const PRIVACY_POLICY_KIND = {
  kind: 'PrivacyPolicy',
  plural: 'privacypolicies',
  singular: 'privacypolicy',
  shortNames: ['pp'],
  scope: 'Cluster',
  description: 'What personal data in a request becomes before a model sees it.',
  spec: privacyPolicySpecSchema,
  status: privacyPolicyStatusSchema,
  rules: [
    {
      holds: not(equals(field('metadata.name'), BUILT_IN_POLICY)),
      field: 'metadata.name',
      message: `metadata.name must not be ${BUILT_IN_POLICY}, the name of the built-in policy`,
      remedy: 'choose another name, and name it in spec.privacy.policy of the Models that it is for',
    },
  ],
  printerColumns: [
    { name: 'Default', type: 'string', jsonPath: '.spec.default' },
    { name: 'Keep', type: 'string', jsonPath: '.spec.keep' },
    { name: 'Min-Score', type: 'number', jsonPath: '.spec.minScore' },
    { name: 'Applied', type: 'string', jsonPath: '.status.applied' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
} as const;
