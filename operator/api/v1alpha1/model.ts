// Model: weights to serve under a name. The smallest one says only where the weights are. Every field of the spec is
// enforced by the planner, the runtime or the gateway. Imports zod and the api room.
import * as z from 'zod';
import { conditionSchema } from '../conditions.ts';
import { DEFAULT_NAMESPACE, type ObjectMeta } from '../metadata.ts';
import { between, field, has, matches, not, or, self, sizeAtMost } from '../rule.ts';
import { withRules } from '../schema.ts';
import { adapterStatusSchema, adaptersSchema, endpointAdaptersSchema } from './adapters.ts';
import { MAX_REPLICAS, scalingSchema, scalingStatusSchema } from './scaling.ts';
import { sourceSchema } from './source.ts';

export const MIN_CONTEXT_TOKENS = 64;
export const MAX_CONTEXT_TOKENS = 16_777_216;
/** The policy that holds where a Model names none; it needs no object. */
export const BUILT_IN_POLICY = 'internal';
/** Longest Model name: clients type it, and Kubernetes labels hold no more. */
export const MAX_MODEL_NAME = 63;

export const POLICY_NAME_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';

export const modelSourceSchema = sourceSchema({
  path: 'spec.source',
  what: 'weights',
  bundled: 'clinical-extraction',
  description: 'The weights, and how to know that they are the right ones.',
});

const replicas = withRules(
  z.int().meta({
    description:
      'Engine processes that serve the model; 0 stops it and keeps its definition. Default: 1, or what spec.scaling says.',
  }),
  {
    holds: between(self, 0, MAX_REPLICAS),
    field: '',
    message: `spec.replicas must be between 0 and ${MAX_REPLICAS}`,
    remedy: 'write 1 for one engine process, 0 to stop the model',
  },
);

const contextTokens = withRules(
  z.int().meta({
    description:
      'Tokens that one conversation may hold, prompt and answer together. Default: what the weights allow, within the bounds of the machine.',
  }),
  {
    holds: between(self, MIN_CONTEXT_TOKENS, MAX_CONTEXT_TOKENS),
    field: '',
    message: `spec.contextTokens must be between ${MIN_CONTEXT_TOKENS} and ${MAX_CONTEXT_TOKENS}`,
    remedy: 'write for example 4096, or leave the field out',
  },
);

const policyName = withRules(
  z
    .string()
    .max(253)
    .meta({ description: `Name of a PrivacyPolicy, or ${BUILT_IN_POLICY} for the built-in one.` }),
  {
    holds: matches(self, POLICY_NAME_PATTERN),
    field: '',
    message: 'spec.privacy.policy must be the name of a PrivacyPolicy',
    remedy: `write a name in lower-case letters, digits, dashes and dots, such as ${BUILT_IN_POLICY}`,
  },
);

const spec = z
  .strictObject({
    source: modelSourceSchema,
    replicas: replicas.optional(),
    scaling: scalingSchema
      .optional()
      .meta({ description: 'Replicas by the number of requests, instead of a fixed one.' }),
    contextTokens: contextTokens.optional(),
    adapters: adaptersSchema.optional(),
    privacy: z
      .strictObject({ policy: policyName })
      .optional()
      .meta({
        description: `What callers' personal data becomes before the model sees it. Default: policy ${BUILT_IN_POLICY}.`,
      }),
  })
  .meta({ description: 'What is wanted.' });

export const modelSpecSchema = withRules(spec, {
  holds: or(not(has('replicas')), not(has('scaling'))),
  field: 'replicas',
  message: 'spec.replicas and spec.scaling must not both be set',
  remedy: 'remove spec.replicas to let the requests decide, or spec.scaling to fix the number',
});

const bytes = z.int().optional();

export const modelStatusSchema = z
  .strictObject({
    observedGeneration: z
      .int()
      .optional()
      .meta({ description: 'Generation of the spec that this status speaks about.' }),
    conditions: z
      .array(conditionSchema)
      .max(32)
      .optional()
      .meta({
        description:
          'SourceVerified, Fits, EngineReady, AdaptersReady (where there are any), RolloutComplete and their sum Ready.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      }),
    replicas: z.int().optional().meta({ description: 'Engine processes that exist.' }),
    readyReplicas: z.int().optional().meta({ description: 'Engine processes of the current revision that answer.' }),
    revision: z
      .string()
      .optional()
      .meta({ description: 'What the current generation asks of a process, as a short hash.' }),
    endpoints: z
      .array(
        z.strictObject({
          url: z.string().meta({ description: 'Where gateways send requests.' }),
          revision: z.string().meta({ description: 'Revision that answers there.' }),
          ready: z.boolean().meta({ description: 'Whether its last completion is recent.' }),
          slots: z.int().meta({ description: 'Requests it works on at a time.' }),
          adapters: endpointAdaptersSchema,
        }),
      )
      .max(64)
      .optional()
      .meta({
        description:
          'Engine processes that gateways may send to: of the current revision, or of the one before while that is not complete.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['url'],
      }),
    weights: z
      .strictObject({
        architecture: z.string().optional(),
        parameters: z.int().optional(),
        quantisation: z.string().optional(),
        bytes,
        digest: z.string().optional().meta({ description: 'SHA-256 of the file, once it was computed.' }),
      })
      .optional()
      .meta({ description: 'What the header of the weights says.' }),
    plan: z
      .strictObject({
        engine: z.string().optional(),
        contextTokens: z.int().optional(),
        slots: z.int().optional(),
        weightsBytes: bytes.meta({ description: 'The weights, whole: mapped from the file, all experts included.' }),
        expertBytes: bytes.meta({ description: 'Of the weights, what belongs to experts. Mixtures of experts only.' }),
        activeBytes: bytes.meta({ description: 'Weights that one token reads. Mixtures of experts only.' }),
        adaptersBytes: bytes,
        cacheBytes: bytes.meta({ description: 'Attention cache of all slots; grows with the context.' }),
        stateBytes: bytes.meta({ description: 'Recurrent state of all slots; the same for any context.' }),
        computeBytes: bytes.meta({ description: 'Scratch space of the largest batch.' }),
        programBytes: bytes.meta({ description: 'The program, its libraries and the vocabulary.' }),
        replicaBytes: bytes.meta({ description: 'Memory that one replica needs: the sum of the parts.' }),
        shortfallBytes: bytes.meta({ description: 'Memory that is missing for the replicas that do not fit.' }),
        nearestChange: z
          .strictObject({
            replicas: z.int().optional(),
            contextTokens: z.int().optional(),
            quantisation: z.string().optional(),
          })
          .optional()
          .meta({ description: 'The smallest change of the spec, or of the weights, with which it would fit.' }),
        availableBytes: bytes.meta({ description: 'Memory that was free when the replicas were admitted.' }),
      })
      .optional()
      .meta({ description: 'How the model is run, and what it needs.' }),
    adapters: adapterStatusSchema,
    adaptersReady: z.string().optional().meta({ description: 'Adapters that are ready, of those of the spec: 1/2.' }),
    scaling: scalingStatusSchema,
    answerSchema: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'JSON Schema beside the weights; applied to answers when the caller names none.' }),
  })
  .meta({ description: 'What is. Written by the controller alone.' });

export type ModelSource = z.infer<typeof modelSourceSchema>;
export type ModelSpec = z.infer<typeof modelSpecSchema>;
export type ModelStatus = z.infer<typeof modelStatusSchema>;
export type ModelEndpoint = NonNullable<ModelStatus['endpoints']>[number];

/** Replicas of a Model without spec.scaling. */
export const DEFAULT_REPLICAS = 1;

export interface Model {
  readonly apiVersion: 'intramuros.dev/v1alpha1';
  readonly kind: 'Model';
  readonly metadata: ObjectMeta;
  readonly spec: ModelSpec;
  readonly status?: ModelStatus;
}

export const MODEL_KIND = {
  kind: 'Model',
  plural: 'models',
  singular: 'model',
  shortNames: ['mdl'],
  scope: 'Namespaced',
  defaultNamespace: DEFAULT_NAMESPACE,
  description: 'Weights to serve under a name, behind the gateway.',
  spec: modelSpecSchema,
  status: modelStatusSchema,
  rules: [
    {
      holds: sizeAtMost(field('metadata.name'), MAX_MODEL_NAME),
      field: 'metadata.name',
      message: `metadata.name must have at most ${MAX_MODEL_NAME} characters`,
      remedy: 'choose a shorter name: clients type it as the model of a request',
    },
  ],
  printerColumns: [
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Replicas', type: 'integer', jsonPath: '.status.readyReplicas' },
    { name: 'Wanted', type: 'integer', jsonPath: '.status.scaling.wanted', priority: 1 },
    { name: 'Queued', type: 'integer', jsonPath: '.status.scaling.coldStart.queued', priority: 1 },
    { name: 'Architecture', type: 'string', jsonPath: '.status.weights.architecture' },
    { name: 'Adapters', type: 'string', jsonPath: '.status.adaptersReady' },
    { name: 'Policy', type: 'string', jsonPath: '.spec.privacy.policy', priority: 1 },
    { name: 'Message', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message', priority: 1 },
    { name: 'Remedy', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].remedy', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
} as const;
