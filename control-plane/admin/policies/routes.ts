// Trying a policy on a text before anybody is under it: the same detectors and the same redaction as the gateway's,
// nothing sent, recorded or kept. Imports operator/api, policy, redaction and http/.

import * as z from 'zod';
import { validateResource } from '../../../operator/api/resource.ts';
import { effectivePolicy } from '../../policy/effective-policy.ts';
import { explainRedaction } from '../../redaction/explain.ts';
import { inspect } from '../../redaction/inspect.ts';
import { redact } from '../../redaction/redact.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { explainedSpan } from '../redaction/explained-span.ts';

const MAX_TEXT_CHARS = 100_000;
/** Of no conversation: what is tried here can be confused with nothing that a model saw. */
const NONCE = 'xx';

const triedPolicy = z.object({
  problems: z.array(z.object({ field: z.string(), message: z.string(), remedy: z.string() })),
  redacted: z.string().optional().meta({ description: 'Absent where the policy is not valid, or blocks the text.' }),
  spans: z.array(explainedSpan),
});
export type TriedPolicy = z.output<typeof triedPolicy>;

export function policyRoutes(): Route[] {
  return [
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
