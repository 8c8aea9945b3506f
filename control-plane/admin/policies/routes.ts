// Policies as people ask about them: which hold on which gateways, what they come to for a tenant and a model, and what
// one would make of a text before anybody is under it (the gateway's own detectors and redaction; nothing of the text is
// sent, recorded or kept). Imports operator/api, policy, redaction and http/.

import * as z from 'zod';
import { validateResource } from '../../../operator/api/resource.ts';
import { effectivePolicy } from '../../policy/effective-policy.ts';
import { explainRedaction } from '../../redaction/explain.ts';
import { inspect } from '../../redaction/inspect.ts';
import { redact } from '../../redaction/redact.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { ownTenant } from '../identity/own-tenant.ts';
import { type TenantApprovals, tenantsAsking } from '../proposals/second-person.ts';
import { explainedSpan } from '../redaction/explained-span.ts';
import type { ResourcePort } from '../resources/routes.ts';
import { type ComposePolicy, effectiveView, viewOf } from './effective-view.ts';
import { type GatewaySource, judgeForce, type PoliciesInForce, policiesInForce } from './policies-in-force.ts';

const MAX_TEXT_CHARS = 100_000;
/** Of no conversation: what is tried here can be confused with nothing that a model saw. */
const NONCE = 'xx';

const triedPolicy = z.object({
  problems: z.array(z.object({ field: z.string(), message: z.string(), remedy: z.string() })),
  redacted: z.string().optional().meta({ description: 'Absent where the policy is not valid, or blocks the text.' }),
  spans: z.array(explainedSpan),
});
export type TriedPolicy = z.output<typeof triedPolicy>;

export interface PolicyRouteDependencies {
  readonly resources: Pick<ResourcePort, 'list'>;
  readonly gateways: GatewaySource;
  readonly tenantApprovals: TenantApprovals;
  readonly composePolicy: ComposePolicy;
}

export function policyRoutes(dependencies: PolicyRouteDependencies): Route[] {
  const { resources, gateways, tenantApprovals, composePolicy } = dependencies;
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/policies',
      summary: 'Which policies hold, on how many of the gateways that run, and whether a change needs a second person',
      action: 'policy.read',
      answer: { description: 'As of this moment.', schema: policiesInForce },
      handle: async ({ principal }) => {
        const { items } = await resources.list('PrivacyPolicy');
        const asking = tenantsAsking('PrivacyPolicy', await tenantApprovals());
        // Someone of a tenant is told of no other.
        const own = principal?.tenant;
        const tenants = own === undefined ? [...asking] : asking.filter((name) => name === own);
        const approval = { required: asking.length > 0, tenants };
        return { json: { ...judgeForce(items, await gateways()), approval } satisfies PoliciesInForce };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/policies/effective',
      summary: 'What holds for a tenant and a model: the strictest of every policy that has a say',
      action: 'policy.read',
      query: z.strictObject({
        tenant: z.string().max(63).optional().meta({ description: 'Default: the tenant of the account, or default.' }),
        model: z.string().min(1).max(200).meta({ description: 'MODEL, or MODEL:ADAPTER.' }),
      }),
      answer: { description: 'The composed rules, each with the policy that decided.', schema: effectiveView },
      handle: async ({ query, principal }) => {
        const tenant = ownTenant(principal?.tenant, query.tenant);
        return { json: viewOf(tenant, query.model, composePolicy(tenant, query.model)) };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/v1/policies/try',
      summary: 'What a policy would make of a text',
      action: 'redaction.preview',
      body: z.strictObject({
        policy: z.looseObject({}).meta({ description: 'A PrivacyPolicy, as it would be applied.' }),
        text: z.string().max(MAX_TEXT_CHARS),
      }),
      answer: {
        description: 'The text as a model would see it, or what is wrong with the policy.',
        schema: triedPolicy,
      },
      handle: async ({ body }) => ({ json: tryPolicy(body.policy, body.text) }),
    }),
  ];
}

function tryPolicy(policy: unknown, text: string): TriedPolicy {
  const validation = validateResource(policy);
  if (!validation.ok) return { problems: [...validation.problems], spans: [] };
  if (validation.resource.kind !== 'PrivacyPolicy') return { problems: [WRONG_KIND], spans: [] };
  const { metadata, spec } = validation.resource;
  const effective = effectivePolicy([{ name: metadata.name, spec }]);
  const inspection = inspect([{ path: 'text', text }]);
  const { texts, blocked } = redact(inspection, effective, NONCE);
  const [field] = inspection.fields;
  const spans = field === undefined ? [] : explainRedaction(field, effective, texts[0] ?? '');
  return { problems: [], spans, ...(blocked.length > 0 ? {} : { redacted: texts[0] ?? '' }) };
}

const WRONG_KIND = { field: 'kind', message: 'kind must be PrivacyPolicy', remedy: 'write kind: PrivacyPolicy' };
