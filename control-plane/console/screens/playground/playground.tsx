// What did the model see? Four texts side by side: typed, seen, answered, got. The wall stands between what the person
// has and what the model has. Nothing of it is kept here or on the server.

import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { type FormEvent, type KeyboardEvent, useEffect, useState } from 'react';
import { modelsQuery, type PresentedModel } from '../../data/models.ts';
import { ask, CLASSES, type DataClass, type PlaygroundAnswer } from '../../data/playground.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { Failure, Notice } from '../../look/notice.tsx';
import { Screen } from '../../look/screen.tsx';
import { Panes } from './panes.tsx';
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
  const asking = useMutation({ mutationFn: ask });
  const name = chosen?.name ?? '';
  const go = () => {
    if (chosen === undefined || text.trim() === '' || asking.isPending) return;
    const { namespace } = chosen;
    asking.mutate({ model: name, text, dataClass, ...(tenant === null ? { tenant: namespace } : {}) });
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
    <Screen title={titleOf(asking, name, words)} lead={words.lead}>
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
            <button type="submit" className="main" disabled={text.trim() === '' || asking.isPending}>
              {words.ask}
            </button>
            {asking.isPending ? <Elapsed /> : null}
            {text === '' ? (
              <button type="button" onClick={() => setText(words.exampleText)}>
                {words.example}
              </button>
            ) : null}
          </div>
        </div>
        <Told error={asking.error} answer={asking.data} />
        <Panes
          key={asking.submittedAt}
          text={text}
          onText={setText}
          answer={asking.data}
          asked={asking.variables}
          onEdit={() => asking.reset()}
        />
      </form>
    </Screen>
  );
}

interface Asking {
  readonly isPending: boolean;
  readonly isError: boolean;
  readonly data: PlaygroundAnswer | undefined;
}

function titleOf({ isPending, isError, data }: Asking, model: string, words: (typeof PLAYGROUND_WORDS)['en']): string {
  if (isPending) return words.asking(model);
  if (isError) return words.failed;
  if (data === undefined) return words.idle;
  if (data.refusal !== undefined) return data.saw === undefined ? words.refused : words.failed;
  return words.answered(data.spans.filter(({ replacement }) => replacement !== undefined).length, data.restored.length);
}

function Told({ error, answer }: { readonly error: unknown; readonly answer: PlaygroundAnswer | undefined }) {
  if (error !== null && error !== undefined) return <Failure error={error} />;
  if (answer?.refusal === undefined) return null;
  const { code, message } = answer.refusal;
  return (
    <Notice urgency="attention" title={message}>
      <code>{code}</code>
    </Notice>
  );
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
