// A new key: what it is for, of which tenant, and what it may do. A wrong value is told at its field, in the words of the
// API, which is the only one that knows the rules.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem } from '../../data/api.ts';
import { createKey, type PresentedNewKey, type WantedKey } from '../../data/keys.ts';
import { CLASSES } from '../../data/playground.ts';
import { resourcesQuery } from '../../data/resources.ts';
import { useSession } from '../../data/session.ts';
import { ConfirmDialog } from '../../look/confirm-dialog.tsx';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { KEYS_WORDS } from './words.ts';

const DAY_MS = 86_400_000;
const TEXTS = ['name', 'models', 'days', 'requestsPerMinute', 'tokensPerMinute'] as const;
/** Field of the form for a field of the API. */
const FIELD_OF: Readonly<Record<string, string>> = { expiresAt: 'days' };

type Draft = Readonly<Record<(typeof TEXTS)[number] | 'tenant' | 'dataClass', string>>;

export interface NewKeyDialogProps {
  readonly tenant: string | undefined;
  readonly onMade: (key: PresentedNewKey) => void;
  readonly onClose: () => void;
}

export function NewKeyDialog({ tenant, onMade, onClose }: NewKeyDialogProps) {
  const words = useWords(KEYS_WORDS);
  const [draft, setDraft] = useState<Draft>({
    ...{ name: '', models: '', days: '', requestsPerMinute: '', tokensPerMinute: '' },
    ...{ tenant: tenant ?? 'default', dataClass: 'internal' },
  });
  const [problem, setProblem] = useState<ApiProblem>();
  const set = (field: keyof Draft) => (value: string) => setDraft({ ...draft, [field]: value });
  const faultOf = (field: string) => {
    const param = problem?.facts.param?.split(/[.[]/, 1)[0] ?? '';
    if (problem === undefined || (FIELD_OF[param] ?? param) !== field) return undefined;
    return `${problem.facts.detail} ${problem.facts.remedy ?? ''}`;
  };
  const make = async () => {
    try {
      onMade(await createKey(wantedOf(draft)));
    } catch (error) {
      if (error instanceof ApiProblem) setProblem(error);
      throw error;
    }
  };
  return (
    <ConfirmDialog title={words.newTitle} confirm={words.createNow} onConfirm={make} onClose={onClose}>
      <div className="stack">
        {TEXTS.map((field) => (
          <Field key={field} label={words.fields[field]} hint={words.hints[field]} fault={faultOf(field)}>
            {(ids) => (
              <input
                {...ids}
                autoComplete="off"
                spellCheck={false}
                inputMode={field === 'name' || field === 'models' ? 'text' : 'numeric'}
                value={draft[field]}
                onChange={({ target }) => set(field)(target.value)}
              />
            )}
          </Field>
        ))}
        <Choices draft={draft} faultOf={faultOf} onChange={set} />
      </div>
    </ConfirmDialog>
  );
}

interface ChoicesProps {
  readonly draft: Draft;
  readonly faultOf: (field: string) => string | undefined;
  readonly onChange: (field: keyof Draft) => (value: string) => void;
}

function Choices({ draft, faultOf, onChange }: ChoicesProps) {
  const words = useWords(KEYS_WORDS);
  const { tenant: own } = useSession();
  const tenants = useQuery(resourcesQuery('Tenant'));
  const names = own === null ? ['default', ...(tenants.data ?? []).map(({ metadata }) => metadata.name)] : [own];
  return (
    <>
      <Field label={words.columns.tenant} hint={words.hints.tenant} fault={faultOf('tenant')}>
        {(ids) => (
          <select {...ids} value={draft.tenant} onChange={({ target }) => onChange('tenant')(target.value)}>
            {[...new Set(names)].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </Field>
      <Field label={words.columns.dataClass} hint={words.hints.dataClass} fault={faultOf('dataClass')}>
        {(ids) => (
          <select {...ids} value={draft.dataClass} onChange={({ target }) => onChange('dataClass')(target.value)}>
            {CLASSES.map((name) => (
              <option key={name} value={name}>
                {words.classes[name]}
              </option>
            ))}
          </select>
        )}
      </Field>
    </>
  );
}

function wantedOf(draft: Draft): WantedKey {
  const days = draft.days.trim();
  return {
    name: draft.name.trim(),
    tenant: draft.tenant,
    dataClass: draft.dataClass,
    models: draft.models.split(/[\s,]+/).filter((name) => name !== ''),
    expiresAt: days === '' ? undefined : momentIn(Number(days)),
    requestsPerMinute: countOf(draft.requestsPerMinute),
    tokensPerMinute: countOf(draft.tokensPerMinute),
  };
}

/** What is no number of days is sent as it is no moment, and comes back as the API's own word about it. */
function momentIn(days: number): string {
  const at = new Date(Date.now() + days * DAY_MS);
  return Number.isNaN(at.getTime()) ? 'not a number of days' : at.toISOString();
}

function countOf(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text);
}
