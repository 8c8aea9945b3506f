// What did the model see? Four texts side by side: typed, seen, answered, got. The wall stands between what the person
// has and what the model has. Nothing of it is kept here or on the server.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { type FormEvent, type KeyboardEvent, useEffect, useState } from 'react';
import { modelsQuery, type PresentedModel, stateOf } from '../../data/models.ts';
import { CLASSES, type DataClass, type PlaygroundSearch } from '../../data/playground.ts';
import { resourcesQuery } from '../../data/resources.ts';
import { useSession } from '../../data/session.ts';
import { chosenTenant, type TenantModels, tenantModelsOf } from '../../data/tenant-models.ts';
import { Answer } from '../../look/answer.tsx';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { Screen } from '../../look/screen.tsx';
import { Panes, type ShownAnswer } from './panes.tsx';
import { Told } from './told.tsx';
import { useQuestion } from './use-question.ts';
import { PLAYGROUND_WORDS } from './words.ts';
import './playground.css';

const route = getRouteApi('/playground');

export function Playground() {
  const words = useWords(PLAYGROUND_WORDS);
  const models = useQuery(modelsQuery);
  const tenants = useQuery(resourcesQuery('Tenant'));
  return (
    <Answer query={models}>
      {(known) =>
        known.length > 0 ? (
          <Answer query={tenants}>{(parts) => <Bench models={known} tenants={tenantModelsOf(parts)} />}</Answer>
        ) : (
          <Screen title={words.idle}>
            <div className="empty">
              <p>{words.noModels}</p>
              <pre>npx intramuros apply -f docs/guides/model.yaml</pre>
            </div>
          </Screen>
        )
      }
    </Answer>
  );
}

function keyOf({ namespace, name }: Pick<PresentedModel, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

interface BenchProps {
  readonly models: readonly PresentedModel[];
  readonly tenants: readonly TenantModels[];
}

function Bench({ models: known, tenants }: BenchProps) {
  const words = useWords(PLAYGROUND_WORDS);
  const { tenant: own } = useSession();
  const { model: wanted, class: dataClass = 'internal', tenant: asTenant } = route.useSearch();
  const navigate = useNavigate({ from: '/playground' });
  const [text, setText] = useState('');
  const tenant = chosenTenant(tenants, { tenant: own ?? asTenant, namespace: wanted?.split('/')[0] });
  const models = own === null ? known.filter(({ namespace }) => tenant.namespaces.includes(namespace)) : known;
  const chosen = models.find((each) => keyOf(each) === wanted) ?? models.find(({ ready }) => ready) ?? models[0];
  const asked = useQuestion();
  const name = chosen?.name ?? '';
  const sleep = chosen === undefined ? undefined : sleepOf(chosen);
  const go = () => {
    if (chosen === undefined || text.trim() === '' || asked.isPending) return;
    void asked.ask({ model: name, text, dataClass, ...(own === null ? { tenant: tenant.name } : {}) });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    go();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) go();
  };
  const search = (change: PlaygroundSearch) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  return (
    <Screen title={titleOf(asked, { name, sleep }, words)} lead={words.lead}>
      <form className="playground" onSubmit={submit} onKeyDown={onKeyDown}>
        <div className="controls">
          {own !== null || tenants.length < 2 ? null : (
            <Field label={words.tenant}>
              {(ids) => (
                <select
                  {...ids}
                  value={tenant.name}
                  onChange={(event) => void navigate({ search: { tenant: event.target.value }, replace: true })}
                >
                  {tenants.map((each) => (
                    <option key={each.name} value={each.name}>
                      {each.name}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          )}
          <Field label={words.model}>
            {(ids) => (
              <select
                {...ids}
                value={chosen === undefined ? '' : keyOf(chosen)}
                onChange={(event) => search({ model: event.target.value })}
              >
                {models.map((each) => (
                  <option key={keyOf(each)} value={keyOf(each)}>
                    {tenant.namespaces.length < 2 ? each.name : keyOf(each)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={words.dataClass}>
            {(ids) => (
              <select
                {...ids}
                value={dataClass}
                onChange={(event) => search({ class: event.target.value as DataClass })}
              >
                {CLASSES.map((each) => (
                  <option key={each} value={each}>
                    {words.classes[each]}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <div className="row">
            <button type="submit" className="main" disabled={text.trim() === '' || asked.isPending}>
              {words.ask}
            </button>
            {asked.isPending ? (
              <>
                <button type="button" onClick={asked.clear}>
                  {words.stop}
                </button>
                <Elapsed />
              </>
            ) : null}
            {text === '' ? (
              <button type="button" onClick={() => setText(words.exampleText)}>
                {words.example}
              </button>
            ) : null}
          </div>
        </div>
        {sleep === undefined || asked.answer !== undefined ? null : <p className="soft">{words.sleeps[sleep](name)}</p>}
        <Told error={asked.error} refusal={asked.answer?.refusal} onAgain={go} />
        <Panes
          key={asked.number}
          text={text}
          onText={setText}
          answer={asked.answer ?? shownOf(asked.coming)}
          coming={asked.isPending}
          asked={asked.question}
          onEdit={asked.clear}
        />
      </form>
    </Screen>
  );
}

type Sleep = 'asleep' | 'stopped';

/** Why nothing of the model runs now, where that is as it should be. */
function sleepOf(model: PresentedModel): Sleep | undefined {
  if (stateOf(model) !== 'stopped') return undefined;
  return model.spec.scaling === undefined ? 'stopped' : 'asleep';
}

function shownOf(coming: ReturnType<typeof useQuestion>['coming']): ShownAnswer | undefined {
  return coming === undefined ? undefined : { ...coming, restored: [], refusal: undefined };
}

function titleOf(
  { isPending, error, answer, coming }: ReturnType<typeof useQuestion>,
  { name, sleep }: { readonly name: string; readonly sleep: Sleep | undefined },
  words: (typeof PLAYGROUND_WORDS)['en'],
): string {
  if (isPending) return coming === undefined && sleep === 'asleep' ? words.waking(name) : words.asking(name);
  if (error !== undefined) return words.failed;
  if (answer === undefined) return words.idle;
  if (answer.refusal !== undefined) return answer.saw === undefined ? words.refused : words.failed;
  const replaced = answer.spans.filter(({ replacement }) => replacement !== undefined).length;
  return words.answered(replaced, answer.restored.length);
}

/** How long it takes, once that is longer than a second. */
function Elapsed() {
  const words = useWords(PLAYGROUND_WORDS);
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span className="soft" aria-hidden="true">
      {seconds === 0 ? '' : words.seconds(seconds)}
    </span>
  );
}
