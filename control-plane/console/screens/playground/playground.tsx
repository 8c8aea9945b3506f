// What did the model see? Four texts side by side: typed, seen, answered, got. The wall stands between what the person
// has and what the model has. Nothing of it is kept here or on the server.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { type FormEvent, type KeyboardEvent, useEffect, useState } from 'react';
import { modelsQuery, type PresentedModel, stateOf } from '../../data/models.ts';
import { CLASSES, type DataClass } from '../../data/playground.ts';
import { useSession } from '../../data/session.ts';
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
  return (
    <Answer query={models}>
      {(known) =>
        known.length === 0 ? (
          <Screen title={words.idle}>
            <div className="empty">
              <p>{words.noModels}</p>
              <pre>npx intramuros apply -f docs/guides/model.yaml</pre>
            </div>
          </Screen>
        ) : (
          <Bench models={known} />
        )
      }
    </Answer>
  );
}

function keyOf({ namespace, name }: Pick<PresentedModel, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

function Bench({ models }: { readonly models: readonly PresentedModel[] }) {
  const words = useWords(PLAYGROUND_WORDS);
  const { tenant } = useSession();
  const { model: wanted, class: dataClass = 'internal' } = route.useSearch();
  const navigate = useNavigate({ from: '/playground' });
  const [text, setText] = useState('');
  const chosen = models.find((each) => keyOf(each) === wanted) ?? models.find(({ ready }) => ready) ?? models[0];
  const asked = useQuestion();
  const name = chosen?.name ?? '';
  const sleep = chosen === undefined ? undefined : sleepOf(chosen);
  const go = () => {
    if (chosen === undefined || text.trim() === '' || asked.isPending) return;
    const { namespace } = chosen;
    void asked.ask({ model: name, text, dataClass, ...(tenant === null ? { tenant: namespace } : {}) });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    go();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) go();
  };
  const search = (change: { readonly model?: string; readonly class?: DataClass }) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  return (
    <Screen title={titleOf(asked, { name, sleep }, words)} lead={words.lead}>
      <form className="playground" onSubmit={submit} onKeyDown={onKeyDown}>
        <div className="controls">
          <Field label={words.model}>
            {(ids) => (
              <select
                {...ids}
                value={chosen === undefined ? '' : keyOf(chosen)}
                onChange={(event) => search({ model: event.target.value })}
              >
                {models.map((each) => (
                  <option key={keyOf(each)} value={keyOf(each)}>
                    {each.namespace === 'default' ? each.name : keyOf(each)}
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
