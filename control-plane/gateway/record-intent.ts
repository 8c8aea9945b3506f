// No record, no answer: the intent is durable before the first byte goes upstream. When the log cannot be written the
// request ends here with `audit_unavailable`.

import type { AuditLog } from '../audit/audit-log.ts';
import type { Replica } from './catalog.ts';
import { actorOf, advance, type Recorded, type RecordedFacts, type Redacted } from './exchange.ts';

export async function recordIntent(
  redacted: Redacted,
  replica: Replica,
  attempt: number,
  audit: Pick<AuditLog, 'append' | 'digest'>,
): Promise<Recorded> {
  const { caller, target, parsed, body, inspection, redactionCounts, dataClass } = redacted;
  const promised = redacted.promised.receipt;
  // Used up: should this record fail, it may be written later all the same, and no other may bear its receipt.
  redacted.promised.receipt = undefined;
  const receipt = await audit.append({
    ...(promised === undefined ? {} : { receipt: promised }),
    kind: 'intent',
    tenant: caller.tenant,
    actor: actorOf(caller),
    action: parsed.endpoint,
    attempt,
    dataClass,
    model: {
      name: target.model.name,
      generation: target.model.generation,
      ...(target.model.weightsDigest === undefined ? {} : { digest: target.model.weightsDigest }),
      ...(target.adapter === undefined
        ? {}
        : { adapter: { name: target.adapter.name, digest: target.adapter.digest } }),
    },
    target: { kind: 'local', revision: replica.revision },
    policy: { name: target.policy.sources.join('+'), hash: target.policy.hash },
    recognisers: inspection.recognisers,
    redactions: redactionCounts,
    request: {
      digest: audit.digest(body),
      texts: textDigests(inspection.fields, audit),
      bytes: body.length,
      messages: messageCount(parsed.body['messages']),
    },
  });
  return advance<'Recorded', RecordedFacts>({ ...redacted, receipt, attempt, replica });
}

/** Enough to find a text again with the digest key; the first and the last ones of a long history. */
const MAX_TEXT_DIGESTS = 16;

function textDigests(fields: readonly { text: string }[], audit: Pick<AuditLog, 'digest'>): string[] {
  const texts = fields.map(({ text }) => text).filter((text) => text.length >= 16);
  const kept =
    texts.length <= MAX_TEXT_DIGESTS
      ? texts
      : [...texts.slice(0, MAX_TEXT_DIGESTS / 2), ...texts.slice(-MAX_TEXT_DIGESTS / 2)];
  return kept.map((text) => audit.digest(text));
}

function messageCount(messages: unknown): number {
  return Array.isArray(messages) ? messages.length : 1;
}
