// The filters of a search. Names that occur in the log are offered, others may be typed. Nothing is asked before somebody
// says so: each search is a record.

import { useQuery } from '@tanstack/react-query';
import { type FormEvent, memo, useState } from 'react';
import {
  digestFilterOf,
  EVERY_KIND,
  type FilterName,
  LOG_FILTERS,
  type LogSearch,
  logNamesQuery,
  readLogSearch,
} from '../../data/log-search.ts';
import { useSession } from '../../data/session.ts';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { Failure } from '../../look/notice.tsx';
import { Panel } from '../../look/screen.tsx';
import { useIsNarrow } from './use-is-narrow.ts';
import { LOG_WORDS } from './words.ts';

const FIRST: readonly FilterName[] = ['from', 'to', 'kind', 'tenant', 'model', 'code'];
const TIMES: ReadonlySet<FilterName> = new Set(['from', 'to']);

export interface FilterFormProps {
  readonly search: LogSearch;
  readonly onSearch: (search: LogSearch) => void;
}

export const FilterForm = memo(function FilterForm({ search, onSearch }: FilterFormProps) {
  const words = useWords(LOG_WORDS);
  const { may } = useSession();
  const [draft, setDraft] = useState<LogSearch>(search);
  const isFiltered = Object.keys(search).length > 0;
  const isNarrow = useIsNarrow();
  const rest = LOG_FILTERS.filter((name) => !FIRST.includes(name));
  const set = (name: FilterName, value: string) => setDraft((before) => readLogSearch({ ...before, [name]: value }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSearch(draft);
  };
  const control = (name: FilterName) => (
    <Filter key={name} name={name} value={draft[name] ?? ''} onChange={(value) => set(name, value)} />
  );
  const form = (
    <form className="stack" onSubmit={submit}>
      <div className="filters log-filters">{FIRST.map(control)}</div>
      <details open={rest.some((name) => search[name] !== undefined)}>
        <summary>{words.moreFilters}</summary>
        <div className="stack">
          <div className="filters log-filters">{rest.map(control)}</div>
          {may.includes('log.match') ? <TextFilter onDigest={(digest) => onSearch({ ...draft, digest })} /> : null}
        </div>
      </details>
      <div className="row">
        <button type="submit" className="main">
          {words.search}
        </button>
        {isFiltered ? (
          <button type="button" onClick={() => onSearch({})}>
            {words.clear}
          </button>
        ) : null}
      </div>
    </form>
  );
  return (
    <Panel>
      {isNarrow ? (
        <details open={isFiltered}>
          <summary>{words.filter}</summary>
          {form}
        </details>
      ) : (
        form
      )}
    </Panel>
  );
});

interface FilterProps {
  readonly name: FilterName;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Filter({ name, value, onChange }: FilterProps) {
  const words = useWords(LOG_WORDS);
  const { data: names } = useQuery(logNamesQuery);
  const change = (event: { readonly target: { readonly value: string } }) => onChange(event.target.value);
  return (
    <Field label={words.filters[name]}>
      {(ids) => {
        if (TIMES.has(name)) {
          const set = (local: string) => onChange(local === '' ? '' : new Date(local).toISOString());
          return (
            <input
              {...ids}
              type="datetime-local"
              defaultValue={localTimeOf(value)}
              onChange={(event) => set(event.target.value)}
            />
          );
        }
        const choices = choicesOf(name, words);
        if (choices !== undefined) {
          return (
            <select {...ids} value={value} onChange={change}>
              {choices.map(([each, label]) => (
                <option key={each} value={each}>
                  {label}
                </option>
              ))}
            </select>
          );
        }
        const known = names?.[name] ?? [];
        return (
          <>
            <input
              {...ids}
              list={`${ids.id}-names`}
              autoComplete="off"
              spellCheck={false}
              value={value}
              onChange={change}
            />
            <datalist id={`${ids.id}-names`}>
              {known.map((each) => (
                <option key={each} value={each} />
              ))}
            </datalist>
          </>
        );
      }}
    </Field>
  );
}

/** Where the values are few and ours; the first one asks for nothing. */
function choicesOf(
  name: FilterName,
  { kinds, usual, every, any, states }: (typeof LOG_WORDS)['en'],
): readonly (readonly [string, string])[] | undefined {
  if (name === 'kind') return [['', usual], [EVERY_KIND, every], ...Object.entries(kinds)];
  if (name === 'class')
    return [['', any], ...['public', 'internal', 'confidential', 'restricted'].map((each) => [each, each] as const)];
  if (name === 'state')
    return [
      ['', any],
      ['gone', states.gone],
      ['unreadable', states.unreadable],
    ];
  return undefined;
}

/** The records that speak of a text: its digests are asked for, the text itself is kept nowhere. */
function TextFilter({ onDigest }: { readonly onDigest: (digest: string) => void }) {
  const words = useWords(LOG_WORDS);
  const [text, setText] = useState('');
  const [error, setError] = useState<unknown>();
  const find = async () => {
    setError(undefined);
    await digestFilterOf(text).then(onDigest, setError);
  };
  return (
    <div className="stack">
      <Field label={words.text} hint={words.textHint}>
        {(ids) => <textarea {...ids} rows={3} value={text} onChange={(event) => setText(event.target.value)} />}
      </Field>
      {error === undefined ? null : <Failure error={error} />}
      <div className="row">
        <button type="button" disabled={text === ''} onClick={() => void find()}>
          {words.findText}
        </button>
      </div>
    </div>
  );
}

/** As the control takes it: the time of the place where the browser is. */
function localTimeOf(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
