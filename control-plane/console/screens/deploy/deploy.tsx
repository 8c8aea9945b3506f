// Deploying: a form and its YAML side by side, and the plan before the click: what it needs, whether that is free, and
// the nearest change with which it would be.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Model } from '../../../../operator/api/v1alpha1/model.ts';
import { modelsQuery } from '../../data/models.ts';
import { planQuery } from '../../data/plan.ts';
import { applyResource, resourcesQuery } from '../../data/resources.ts';
import { CopyButton } from '../../look/copy-button.tsx';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { Failure, Notice } from '../../look/notice.tsx';
import { Screen } from '../../look/screen.tsx';
import { useSettled } from '../../look/use-settled.ts';
import {
  FIRST_DRAFT,
  fieldsOf,
  type ModelFields,
  type ResourceDraft,
  readYaml,
  withField,
  yamlOfDraft,
} from './draft.ts';
import { PlanPanel } from './plan-panel.tsx';
import { DEPLOY_WORDS } from './words.ts';
import './deploy.css';

/** Typing stops for this long before the plan is asked for. */
const TYPING_MS = 350;

export function Deploy() {
  const words = useWords(DEPLOY_WORDS);
  const navigate = useNavigate();
  const client = useQueryClient();
  const [draft, setDraft] = useState<ResourceDraft>(FIRST_DRAFT);
  const [yaml, setYaml] = useState(() => yamlOfDraft(FIRST_DRAFT));
  const [fault, setFault] = useState<string>();
  const planned = useSettled(draft, TYPING_MS);
  const plan = useQuery(planQuery(planned));
  const change = (next: ResourceDraft) => {
    setDraft(next);
    setYaml(yamlOfDraft(next));
    setFault(undefined);
  };
  const editYaml = (text: string) => {
    setYaml(text);
    const read = readYaml(text);
    setFault(read.ok ? undefined : read.fault);
    if (read.ok) setDraft(read.draft);
  };
  const deployment = useMutation({
    mutationFn: () => applyResource('Model', draft as unknown as Model),
    onSuccess: async ({ metadata: { name, namespace = 'default' } }) => {
      await client.invalidateQueries({ queryKey: ['models'] });
      await navigate({ to: '/models/$namespace/$name', params: { namespace, name } });
    },
  });
  const sound = fault === undefined && plan.data?.problems.length === 0;
  const problems = plan.data?.problems ?? [];
  return (
    <Screen
      title={words.title}
      actions={
        <>
          <CopyButton text={yaml} label="YAML" />
          <button
            type="button"
            className="main"
            disabled={!sound || deployment.isPending}
            onClick={() => deployment.mutate()}
          >
            {words.deploy}
          </button>
        </>
      }
    >
      {deployment.isError ? <Failure error={deployment.error} /> : null}
      <div className="deploy">
        <ModelForm draft={draft} problems={problems} onChange={change} />
        <div className="stack">
          <PlanPanel plan={plan} onUse={(next) => change(next(draft))} />
          <Field label={words.yaml} hint={words.yamlHint} fault={fault}>
            {(ids) => (
              <textarea
                {...ids}
                className="code"
                rows={14}
                spellCheck={false}
                value={yaml}
                onChange={(event) => editYaml(event.target.value)}
              />
            )}
          </Field>
        </div>
      </div>
    </Screen>
  );
}

const FIELDS = ['name', 'uri', 'contextTokens', 'replicas'] as const;
const PATHS: Readonly<Record<keyof ModelFields, string>> = {
  name: 'metadata.name',
  uri: 'spec.source.uri',
  contextTokens: 'spec.contextTokens',
  replicas: 'spec.replicas',
  policy: 'spec.privacy.policy',
};

interface ModelFormProps {
  readonly draft: ResourceDraft;
  readonly problems: readonly { readonly field: string; readonly message: string; readonly remedy: string }[];
  readonly onChange: (draft: ResourceDraft) => void;
}

function ModelForm({ draft, problems, onChange }: ModelFormProps) {
  const words = useWords(DEPLOY_WORDS);
  const fields = fieldsOf(draft);
  const policies = useQuery(resourcesQuery('PrivacyPolicy'));
  const models = useQuery(modelsQuery);
  const faultOf = (field: keyof ModelFields) => {
    const problem = problems.find((each) => each.field === PATHS[field]);
    return problem === undefined ? undefined : `${problem.message}. ${problem.remedy}.`;
  };
  const exists = models.data?.some(({ name }) => name === fields.name) ?? false;
  return (
    <div className="stack">
      {exists ? <Notice urgency="attention" title={words.exists(fields.name)} /> : null}
      {FIELDS.map((field) => (
        <Field key={field} label={words.fields[field]} hint={words.hints[field]} fault={faultOf(field)}>
          {(ids) => (
            <input
              {...ids}
              className="code"
              spellCheck={false}
              autoComplete="off"
              inputMode={field === 'contextTokens' || field === 'replicas' ? 'numeric' : 'text'}
              value={fields[field]}
              onChange={(event) => onChange(withField(draft, field, event.target.value))}
            />
          )}
        </Field>
      ))}
      <Field label={words.fields.policy} hint={words.hints.policy} fault={faultOf('policy')}>
        {(ids) => (
          <select
            {...ids}
            value={fields.policy}
            onChange={(event) => onChange(withField(draft, 'policy', event.target.value))}
          >
            <option value="">internal</option>
            {(policies.data ?? [])
              .filter(({ metadata }) => metadata.name !== 'internal')
              .map(({ metadata }) => (
                <option key={metadata.name} value={metadata.name}>
                  {metadata.name}
                </option>
              ))}
          </select>
        )}
      </Field>
    </div>
  );
}
