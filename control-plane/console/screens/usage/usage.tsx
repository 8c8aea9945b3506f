// Who used which model how much: one row a model and tenant, the most requests first. The time is in the address.

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { isSpan, SPANS, type Span, type Usage as UsageAnswer, type UsageRow, usageQuery } from '../../data/system.ts';
import { Answer } from '../../look/answer.tsx';
import { useLanguage, useWords } from '../../look/language.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { USAGE_WORDS } from './words.ts';

export function Usage() {
  const words = useWords(USAGE_WORDS);
  const { hours } = useSearch({ from: '/usage' });
  const span: Span = hours ?? '24';
  const query = useQuery(usageQuery(span));
  const format = useNumbers();
  const rows = query.data?.rows;
  const sum = (pick: (row: UsageRow) => number) => (rows ?? []).reduce((all, row) => all + pick(row), 0);
  const requests = sum((row) => row.requests);
  const tokens = sum((row) => row.promptTokens + row.completionTokens);
  const told = requests === 0 ? words.none : words.title(format(requests), format(tokens));
  return (
    <Screen title={rows === undefined ? words.loading : told} lead={words.lead} actions={<SpanChoice span={span} />}>
      <Answer query={query}>{(usage) => <Table usage={usage} />}</Answer>
    </Screen>
  );
}

function SpanChoice({ span }: { readonly span: Span }) {
  const words = useWords(USAGE_WORDS);
  const navigate = useNavigate();
  return (
    <label>
      {words.span}{' '}
      <select
        value={span}
        onChange={({ target }) => {
          if (isSpan(target.value)) void navigate({ to: '/usage', search: { hours: target.value } });
        }}
      >
        {SPANS.map((each) => (
          <option key={each} value={each}>
            {words.spans[each]}
          </option>
        ))}
      </select>
    </label>
  );
}

function Table({ usage }: { readonly usage: UsageAnswer }) {
  const words = useWords(USAGE_WORDS);
  const format = useNumbers();
  const rows = sumByPair(usage.rows);
  if (rows.length === 0) {
    return (
      <Panel>
        <div className="empty">
          <p>{words.empty}</p>
          <pre>npx intramuros key create try</pre>
        </div>
      </Panel>
    );
  }
  const numbers: readonly [string, (row: UsageRow) => string][] = [
    [words.requests, ({ requests }) => format(requests)],
    [words.errors, ({ errors }) => format(errors)],
    [words.input, ({ promptTokens }) => format(promptTokens)],
    [words.output, ({ completionTokens }) => format(completionTokens)],
    [words.firstToken, ({ firstTokenMs, firstTokens }) => seconds(firstTokenMs, firstTokens, format)],
    [words.duration, ({ durationMs, requests }) => seconds(durationMs, requests, format)],
    [words.time, ({ durationMs }) => `${format(durationMs / 1000)} s`],
  ];
  return (
    <Panel>
      <div className="table">
        <table className="folds">
          <thead>
            <tr>
              <th scope="col">{words.model}</th>
              <th scope="col">{words.tenant}</th>
              {numbers.map(([name]) => (
                <th key={name} scope="col" className="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.model} ${row.tenant}`}>
                <th scope="row">{row.model}</th>
                <td data-label={words.tenant}>{row.tenant}</td>
                {numbers.map(([name, show]) => (
                  <td key={name} className="number" data-label={name}>
                    {show(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

type Format = (value: number) => string;

function useNumbers(): Format {
  const { language } = useLanguage();
  const numbers = new Intl.NumberFormat(language === 'fr' ? 'fr-FR' : 'en-GB', { maximumFractionDigits: 2 });
  return (value) => numbers.format(value);
}

/** The mean of one request. */
function seconds(sumMs: number, count: number, format: Format): string {
  return count === 0 ? '–' : `${format(sumMs / count / 1000)} s`;
}

const SUMS = [
  'requests',
  'errors',
  'promptTokens',
  'completionTokens',
  'durationMs',
  'queueMs',
  'firstTokenMs',
  'firstTokens',
] as const;

function sumByPair(rows: readonly UsageRow[]): readonly UsageRow[] {
  const pairs = new Map<string, UsageRow>();
  for (const row of rows) {
    const key = `${row.model} ${row.tenant}`;
    const known = pairs.get(key);
    const sums = Object.fromEntries(SUMS.map((name) => [name, row[name] + (known?.[name] ?? 0)]));
    pairs.set(key, { ...row, ...sums });
  }
  return [...pairs.values()].toSorted((a, b) => b.requests - a.requests);
}
