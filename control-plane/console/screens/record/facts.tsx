// What a record says, in rows that a person reads; the whole of it stands below as it is in the log.

import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { LoggedRecord } from '../../data/records.ts';
import { useWords } from '../../look/language.tsx';
import { Time } from '../../look/time.tsx';
import { LOG_WORDS } from '../log/words.ts';
import { RECORD_WORDS } from './words.ts';

export function Facts({ record }: { readonly record: LoggedRecord }) {
  const words = useWords(RECORD_WORDS);
  const { kinds } = useWords(LOG_WORDS);
  const rows: readonly (readonly [keyof typeof words.facts, ReactNode])[] = [
    ['kind', kinds[record.kind] ?? record.kind],
    ['time', <Time key="time" at={record.time} />],
    ['actor', [at(record, 'actor', 'kind'), at(record, 'actor', 'id')].filter(Boolean).join(' ')],
    ['tenant', at(record, 'tenant')],
    ['action', at(record, 'action')],
    ['object', [at(record, 'object', 'kind'), at(record, 'object', 'name')].filter(Boolean).join(' ')],
    ['attempt', at(record, 'attempt')],
    ['dataClass', at(record, 'dataClass')],
    ['model', nameAndGeneration(record, 'model')],
    ['modelDigest', code(at(record, 'model', 'digest'))],
    ['policy', at(record, 'policy', 'name')],
    ['policyHash', code(at(record, 'policy', 'hash'))],
    ['redactions', redactionsOf(record)],
    ['requestDigest', code(at(record, 'request', 'digest'))],
    ['responseDigest', code(at(record, 'response', 'digest'))],
    ['result', [at(record, 'outcome', 'code'), at(record, 'outcome', 'status')].filter(Boolean).join(' ')],
    ['intent', receiptLink(at(record, 'intent'))],
    ['producer', producerOf(record)],
  ];
  return (
    <dl className="facts">
      {rows
        .filter(([, value]) => value !== '' && value !== null)
        .map(([name, value]) => (
          <Row key={name} name={words.facts[name]}>
            {value}
          </Row>
        ))}
    </dl>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** What stands at the path, as text; '' where there is nothing. */
function at(record: LoggedRecord, ...path: readonly string[]): string {
  const value = path.reduce<unknown>(
    (found, name) =>
      typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[name] : undefined,
    record,
  );
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function code(text: string): ReactNode {
  return text === '' ? null : <code>{text}</code>;
}

function receiptLink(receipt: string): ReactNode {
  if (receipt === '') return null;
  return (
    <Link to="/records/$receipt" params={{ receipt }}>
      <code>{receipt}</code>
    </Link>
  );
}

function nameAndGeneration(record: LoggedRecord, part: string): string {
  const [name, generation] = [at(record, part, 'name'), at(record, part, 'generation')];
  return generation === '' ? name : `${name} (${generation})`;
}

function redactionsOf(record: LoggedRecord): string {
  const { redactions } = record;
  if (typeof redactions !== 'object' || redactions === null) return '';
  return Object.entries(redactions)
    .map(([type, count]) => `${type} ${String(count)}`)
    .join(', ');
}

function producerOf(record: LoggedRecord): string {
  const [id, epoch, n] = ['id', 'epoch', 'n'].map((name) => at(record, 'producer', name));
  return id === undefined || id === '' ? '' : `${id}, ${epoch}.${n}`;
}
