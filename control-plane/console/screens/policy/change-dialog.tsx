// The last question before a policy changes: what exactly changes, and either that it holds at once, or that it waits for
// a second person, with a word for them.

import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { PrivacyPolicy } from '../../../../operator/api/v1alpha1/privacy-policy.ts';
import { type NewProposal, type PoliciesInForce, propose } from '../../data/policies.ts';
import { applyResource, deleteResource } from '../../data/resources.ts';
import { ConfirmDialog } from '../../look/confirm-dialog.tsx';
import { Diff } from '../../look/diff.tsx';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { yamlOf } from '../../look/resource-yaml.tsx';
import type { ResourceDraft } from '../deploy/draft.ts';
import { ChangeSummary } from './change-summary.tsx';
import { POLICY_WORDS } from './words.ts';

export interface AskedChange {
  readonly verb: 'apply' | 'remove';
  /** Undefined: it is new. */
  readonly base: PrivacyPolicy | undefined;
  readonly draft: ResourceDraft;
  readonly yaml: string;
  /** What is under it: models that name it, and tenants whose floor it is. */
  readonly under: { readonly models: number; readonly tenants: number };
}

export interface ChangeDialogProps {
  readonly asked: AskedChange;
  readonly approval: PoliciesInForce['approval'];
  readonly onApplied: (policy: PrivacyPolicy) => void;
  readonly onClose: () => void;
}

export function ChangeDialog({ asked, approval, onApplied, onClose }: ChangeDialogProps) {
  const words = useWords(POLICY_WORDS);
  const [reason, setReason] = useState('');
  const { verb, base, draft, yaml, under } = asked;
  const name = base?.metadata.name ?? nameOf(draft);
  const run = useChange(asked, { name, reason, required: approval.required, onApplied });
  const removes = verb === 'remove';
  return (
    <ConfirmDialog
      title={(removes ? words.removeTitle : approval.required ? words.proposeTitle : words.saveTitle)(name)}
      confirm={confirmOf(words, name, { removes, required: approval.required })}
      danger={removes}
      onConfirm={run}
      onClose={onClose}
    >
      {removes ? <p>{words.removeLead(under)}</p> : null}
      {approval.required ? (
        <p>{words.proposeLead(approval.tenants.join(', ') || words.someTenant)}</p>
      ) : removes ? null : (
        <p>{words.saveLead}</p>
      )}
      <ChangeSummary before={base?.spec} after={removes ? undefined : draft['spec']} />
      <Diff
        before={base === undefined ? '' : yamlOf(base)}
        after={removes ? '' : yaml}
        label={removes ? words.removeTitle(name) : words.saveTitle(name)}
      />
      {approval.required ? (
        <Field label={words.reason} hint={words.reasonHint}>
          {(ids) => (
            <input {...ids} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
          )}
        </Field>
      ) : null}
    </ConfirmDialog>
  );
}

interface ChangeContext {
  readonly name: string;
  readonly reason: string;
  readonly required: boolean;
  readonly onApplied: (policy: PrivacyPolicy) => void;
}

function useChange({ verb, base, draft }: AskedChange, { name, reason, required, onApplied }: ChangeContext) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    if (required) {
      const what = verb === 'remove' ? { remove: { kind: 'PrivacyPolicy', name } } : { resource: draft };
      const asked: NewProposal = { ...what, reason, baseGeneration: base?.metadata.generation ?? 0 };
      const { id } = await propose(asked);
      await client.invalidateQueries({ queryKey: ['policies'] });
      return navigate({ to: '/proposals/$id', params: { id } });
    }
    if (verb === 'remove') {
      await deleteResource('PrivacyPolicy', { name });
      await navigate({ to: '/policies' });
      client.removeQueries({ queryKey: ['policies', '', name] });
      return client.invalidateQueries({ queryKey: ['policies'] });
    }
    const applied = await applyResource('PrivacyPolicy', pinned(draft, base));
    client.setQueryData(['policies', '', applied.metadata.name], applied);
    onApplied(applied);
    await client.invalidateQueries({ queryKey: ['policies'] });
    return navigate({ to: '/policies/$name', params: { name: applied.metadata.name } });
  };
}

/** Only onto what was seen: a change of somebody else's in between is not undone unseen. */
function pinned(draft: ResourceDraft, base: PrivacyPolicy | undefined): PrivacyPolicy {
  const policy = draft as unknown as PrivacyPolicy;
  const resourceVersion = base?.metadata.resourceVersion;
  return resourceVersion === undefined || policy.metadata.name !== base?.metadata.name
    ? policy
    : { ...policy, metadata: { ...policy.metadata, resourceVersion } };
}

interface Verb {
  readonly removes: boolean;
  readonly required: boolean;
}

function confirmOf(words: (typeof POLICY_WORDS)['en'], name: string, { removes, required }: Verb): string {
  if (removes) return (required ? words.removePropose : words.removeNow)(name);
  return required ? words.propose : words.save;
}

export function nameOf(draft: ResourceDraft): string {
  const { metadata } = draft as { readonly metadata?: { readonly name?: unknown } };
  return typeof metadata?.name === 'string' ? metadata.name : '';
}
