// Changing a policy safely: the rules as a table and as YAML, a text to try them on before anybody is under them, what
// would change before the click, a second person where a tenant asks for one, and what it said before.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { PrivacyPolicy } from '../../../../operator/api/v1alpha1/privacy-policy.ts';
import { modelsQuery } from '../../data/models.ts';
import { forceQuery, tryQuery } from '../../data/policies.ts';
import { resourceQuery, resourcesQuery } from '../../data/resources.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { CopyButton } from '../../look/copy-button.tsx';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { Notice } from '../../look/notice.tsx';
import { foreignManager } from '../../look/resource-yaml.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { useSettled } from '../../look/use-settled.ts';
import { type AskedChange, ChangeDialog, nameOf } from './change-dialog.tsx';
import { PolicyHistory } from './policy-history.tsx';
import { RuleTable } from './rule-table.tsx';
import { InForce, Standing } from './standing.tsx';
import { TryPanel } from './try-panel.tsx';
import { useDraft } from './use-draft.ts';
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
  return <Answer query={query}>{(policy) => <PolicyDesk key={name} stored={policy} />}</Answer>;
}

function PolicyDesk({ stored, fresh = false }: { readonly stored: PrivacyPolicy; readonly fresh?: boolean }) {
  const words = useWords(POLICY_WORDS);
  const { may } = useSession();
  const models = useQuery(modelsQuery);
  const tenants = useQuery(resourcesQuery('Tenant'));
  const force = useQuery(forceQuery);
  const desk = useDraft(stored);
  const { base, yaml, draft, fault, moved, change } = desk;
  const [text, setText] = useState('');
  const [asked, setAsked] = useState<AskedChange['verb']>();
  const settled = useSettled({ draft, text }, TYPING_MS);
  const mayTry = may.includes('redaction.preview');
  const tried = useQuery({ ...tryQuery(settled.draft, settled.text), enabled: mayTry });
  const { name } = stored.metadata;
  const builtIn = stored.metadata.annotations?.['intramuros.dev/built-in'] === 'true';
  const isOurs = !builtIn && foreignManager(stored.metadata.labels) === undefined;
  const mayChange = may.includes('policy.apply') && isOurs;
  const changed = fresh || desk.changed;
  const problems = tried.data?.problems ?? [];
  const under = {
    models: (models.data ?? []).filter(({ spec }) => (spec.privacy?.policy ?? 'internal') === name).length,
    tenants: (tenants.data ?? []).filter(({ spec }) => spec.policy === name).length,
  };
  const title = fresh ? words.fresh : changed ? words.changed(name) : words.title(name, under);
  const taken = fresh && force.data?.policies.some((each) => each.name === nameOf(draft));
  const wrong = fault ?? problems.map(({ message }) => message)[0] ?? (taken ? words.exists(nameOf(draft)) : undefined);
  const required = force.data?.approval.required ?? false;
  const actions = (
    <>
      <CopyButton text={yaml} label="YAML" />
      {mayChange && !fresh && !changed && may.includes('policy.delete') ? (
        <button type="button" className="danger" onClick={() => setAsked('remove')}>
          {words.remove}
        </button>
      ) : null}
      {mayChange && changed && !fresh ? (
        <button type="button" onClick={() => desk.begin(stored)}>
          {words.undo}
        </button>
      ) : null}
      {mayChange ? (
        <button
          type="button"
          className="main"
          disabled={!changed || moved || wrong !== undefined || force.data === undefined}
          onClick={() => setAsked('apply')}
        >
          {required ? words.propose : words.save}
        </button>
      ) : null}
    </>
  );
  return (
    <Screen title={title} lead={fresh ? undefined : <InForce name={name} />} actions={actions}>
      <Standing stored={stored} builtIn={builtIn} />
      {moved ? (
        <Notice
          urgency="attention"
          title={words.moved(name)}
          action={
            <button type="button" onClick={() => desk.begin(stored)}>
              {words.take}
            </button>
          }
        >
          {words.movedLead}
        </Notice>
      ) : null}
      <div className="policy">
        <div className="stack">
          <Panel title={words.rules}>
            <RuleTable draft={draft} problems={problems} onChange={mayChange ? change : undefined} />
          </Panel>
          {fresh ? null : <PolicyHistory policy={stored} onTake={mayChange ? change : undefined} />}
        </div>
        <div className="stack">
          {mayTry ? <TryPanel text={text} onText={setText} tried={tried} triedText={settled.text} /> : null}
          <Field label={words.yaml} hint={words.yamlHint} fault={wrong}>
            {(ids) => (
              <textarea
                {...ids}
                className="code"
                rows={14}
                spellCheck={false}
                readOnly={!mayChange}
                value={yaml}
                onChange={(event) => desk.editYaml(event.target.value)}
              />
            )}
          </Field>
        </div>
      </div>
      {asked === undefined ? null : (
        <ChangeDialog
          asked={{ verb: asked, base: fresh ? undefined : base, draft, yaml, under }}
          approval={force.data?.approval ?? { required: false, tenants: [] }}
          onApplied={(applied) => desk.begin(applied)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </Screen>
  );
}
