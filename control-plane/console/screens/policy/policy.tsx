// Changing a policy safely: the rules as a table and as YAML, a text to try them on before anybody is under them, what
// would change before the click, and what it said before.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { PrivacyPolicy } from '../../../../operator/api/v1alpha1/privacy-policy.ts';
import { modelsQuery } from '../../data/models.ts';
import { tryQuery } from '../../data/policies.ts';
import { applyResource, resourceQuery } from '../../data/resources.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { ConfirmDialog } from '../../look/confirm-dialog.tsx';
import { CopyButton } from '../../look/copy-button.tsx';
import { Diff } from '../../look/diff.tsx';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { Notice } from '../../look/notice.tsx';
import { foreignManager, yamlOf } from '../../look/resource-yaml.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { useSettled } from '../../look/use-settled.ts';
import { SHARED_WORDS } from '../../look/words.ts';
import { toYaml } from '../../look/yaml.ts';
import { type ResourceDraft, readYaml } from '../deploy/draft.ts';
import { PolicyHistory } from './policy-history.tsx';
import { RuleTable } from './rule-table.tsx';
import { TryPanel } from './try-panel.tsx';
import { POLICY_WORDS } from './words.ts';
import './policy.css';

const route = getRouteApi('/policies/$name');
const TYPING_MS = 350;

const FRESH: PrivacyPolicy = {
  apiVersion: 'intramuros.dev/v1alpha1',
  kind: 'PrivacyPolicy',
  metadata: { name: 'health' },
  spec: { default: 'pseudonymise', entities: { SECRET: 'block' }, keep: [], minScore: 0.5 },
};

export function NewPolicy() {
  return <PolicyDesk stored={FRESH} fresh />;
}

export function Policy() {
  const { name } = route.useParams();
  const query = useQuery(resourceQuery('PrivacyPolicy', { name }));
  return (
    <Answer query={query}>
      {(policy) => <PolicyDesk key={`${name} ${policy.metadata.generation ?? 0}`} stored={policy} />}
    </Answer>
  );
}

function PolicyDesk({ stored, fresh = false }: { readonly stored: PrivacyPolicy; readonly fresh?: boolean }) {
  const words = useWords(POLICY_WORDS);
  const shared = useWords(SHARED_WORDS);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { may } = useSession();
  const models = useQuery(modelsQuery);
  const [yaml, setYaml] = useState(() => yamlOf(stored));
  const [draft, setDraft] = useState<ResourceDraft>(() => draftOf(stored));
  const [fault, setFault] = useState<string>();
  const [text, setText] = useState('');
  const [asked, setAsked] = useState(false);
  const settled = useSettled({ draft, text }, TYPING_MS);
  const mayTry = may.includes('redaction.preview');
  const tried = useQuery({ ...tryQuery(settled.draft, settled.text), enabled: mayTry });
  const { name } = stored.metadata;
  const manager = foreignManager(stored.metadata.labels);
  const builtIn = stored.metadata.annotations?.['intramuros.dev/built-in'] === 'true';
  const mayChange = may.includes('policy.apply') && !builtIn && manager === undefined;
  const changed = fresh || yaml !== yamlOf(stored);
  const problems = tried.data?.problems ?? [];
  const editYaml = (next: string) => {
    setYaml(next);
    const read = readYaml(next);
    setFault(read.ok ? undefined : read.fault);
    if (read.ok) setDraft(read.draft);
  };
  const change = (next: ResourceDraft) => {
    setDraft(next);
    setYaml(toYaml(next));
    setFault(undefined);
  };
  const apply = async () => {
    const applied = await applyResource('PrivacyPolicy', draft as unknown as PrivacyPolicy);
    await client.invalidateQueries({ queryKey: ['policies'] });
    await navigate({ to: '/policies/$name', params: { name: applied.metadata.name } });
  };
  const under = (models.data ?? []).filter(({ spec }) => (spec.privacy?.policy ?? 'internal') === name).length;
  const title = fresh ? words.fresh : changed ? words.changed(name) : words.title(name, under);
  const actions = (
    <>
      <CopyButton text={yaml} label="YAML" />
      {mayChange && changed && !fresh ? (
        <button type="button" onClick={() => change(draftOf(stored))}>
          {words.undo}
        </button>
      ) : null}
      {mayChange ? (
        <button
          type="button"
          className="main"
          disabled={!changed || fault !== undefined || problems.length > 0}
          onClick={() => setAsked(true)}
        >
          {words.save}
        </button>
      ) : null}
    </>
  );
  return (
    <Screen title={title} actions={actions}>
      {builtIn ? <Notice urgency="attention" title={words.builtIn} /> : null}
      {manager === undefined ? null : <Notice urgency="attention" title={shared.managedBy(manager)} />}
      <div className="policy">
        <div className="stack">
          <Panel title={words.rules}>
            <RuleTable draft={draft} problems={problems} onChange={mayChange ? change : undefined} />
          </Panel>
          {fresh ? null : <PolicyHistory policy={stored} onTake={mayChange ? change : undefined} />}
        </div>
        <div className="stack">
          {mayTry ? <TryPanel text={text} onText={setText} tried={tried} triedText={settled.text} /> : null}
          <Field label={words.yaml} hint={words.yamlHint} fault={fault ?? problems.map(({ message }) => message)[0]}>
            {(ids) => (
              <textarea
                {...ids}
                className="code"
                rows={14}
                spellCheck={false}
                readOnly={!mayChange}
                value={yaml}
                onChange={(event) => editYaml(event.target.value)}
              />
            )}
          </Field>
        </div>
      </div>
      {asked ? (
        <ConfirmDialog
          title={words.saveTitle(name)}
          confirm={words.save}
          onConfirm={apply}
          onClose={() => setAsked(false)}
        >
          <p>{words.saveLead}</p>
          <Diff before={fresh ? '' : yamlOf(stored)} after={yaml} label={words.saveTitle(name)} />
        </ConfirmDialog>
      ) : null}
    </Screen>
  );
}

function draftOf(policy: PrivacyPolicy): ResourceDraft {
  const read = readYaml(yamlOf(policy));
  return read.ok ? read.draft : {};
}
