// Whether the log can be trusted, in one sentence; then what does not hold, by name, and what to do; then how it was found out.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { type LogHealth as Health, logHealthQuery } from '../../data/log-health.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { CopyButton } from '../../look/copy-button.tsx';
import { useWords } from '../../look/language.tsx';
import { Mark, type MarkKind } from '../../look/mark.tsx';
import { Notice } from '../../look/notice.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { Time } from '../../look/time.tsx';
import { LOG_HEALTH_WORDS } from './words.ts';

export function LogHealth() {
  const words = useWords(LOG_HEALTH_WORDS);
  const query = useQuery(logHealthQuery);
  const title = query.data === undefined ? words.title : words.states[query.data.state];
  return (
    <Screen title={title} lead={words.lead}>
      <Answer query={query}>{(health) => <Whole health={health} />}</Answer>
    </Screen>
  );
}

function Whole({ health }: { readonly health: Health }) {
  const words = useWords(LOG_HEALTH_WORDS);
  return (
    <>
      <Findings findings={health.findings} />
      {health.witnessDisagrees ? (
        <Notice urgency="failure" title={words.disagrees}>
          {words.foundRemedy}
        </Notice>
      ) : null}
      {health.closed === null ? null : <Notice urgency="failure" title={health.closed} />}
      {health.gaps === 0 ? null : (
        <Notice urgency="failure" title={words.gaps(health.gaps)}>
          {words.gapsRemedy}
        </Notice>
      )}
      <div className="panels">
        <Reading health={health} />
        <Signed health={health} />
      </div>
      <Orphans orphans={health.orphans} />
      <Evidence />
    </>
  );
}

function Findings({ findings }: Pick<Health, 'findings'>) {
  const words = useWords(LOG_HEALTH_WORDS);
  if (findings.length === 0) return null;
  const { columns } = words;
  return (
    <>
      <Notice urgency="failure" title={words.found(findings.length)}>
        {words.foundRemedy}
        <pre>npx intramuros audit export --out evidence</pre>
      </Notice>
      <Panel title={words.findings}>
        <div className="table">
          <table className="folds">
            <thead>
              <tr>
                {Object.values(columns).map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {findings.map(({ kind, index, receipt, foundAt }) => (
                <tr key={`${kind} ${index}`}>
                  <th scope="row">{words.kinds[kind]}</th>
                  <td data-label={columns.index}>{index}</td>
                  <td data-label={columns.receipt}>
                    {receipt === null ? null : (
                      <Link to="/records/$receipt" params={{ receipt }}>
                        <code>{receipt}</code>
                      </Link>
                    )}
                  </td>
                  <td data-label={columns.foundAt} className="whole">
                    <Time at={foundAt} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
    </>
  );
}

function Reading({ health: { reading, findings, state } }: { readonly health: Health }) {
  const words = useWords(LOG_HEALTH_WORDS);
  if (reading === null) return <Panel title={words.reading}>{words.noReading}</Panel>;
  const { lastWhole, checked, size } = reading;
  const mark: MarkKind = findings.length > 0 ? 'failed' : state === 'unknown' ? 'asleep' : 'ready';
  return (
    <Panel title={words.reading}>
      <p>
        <Mark kind={mark} /> {lastWhole === null ? words.neverWhole : words.lastWhole(lastWhole.size, lastWhole.tookMs)}{' '}
        {lastWhole === null ? null : <Time at={lastWhole.at} />}
      </p>
      <progress max={Math.max(1, size)} value={checked} aria-label={words.reading} />
      <p className="soft">{words.checked(checked, size)}</p>
      {reading.problem === null ? null : <p className="soft">{words.problem(reading.problem)}</p>}
    </Panel>
  );
}

function Signed({ health: { checkpoint, witness, lagMs, lostOutcomes } }: { readonly health: Health }) {
  const words = useWords(LOG_HEALTH_WORDS);
  const rows: readonly (readonly [string, ReactNode])[] = [
    [
      words.checkpoint,
      checkpoint === null ? words.none : <Moment key="c" at={checkpoint.signedAt} size={checkpoint.size} />,
    ],
    [words.witness, witness === null ? words.noWitness : <Moment key="w" at={witness.at} size={witness.size} />],
    [words.lag, words.seconds(lagMs / 1000)],
    [words.lost, lostOutcomes],
  ];
  return (
    <Panel title={words.signed}>
      <dl className="facts">
        {rows.map(([name, value]) => (
          <Row key={name} name={name}>
            {value}
          </Row>
        ))}
      </dl>
      {checkpoint === null ? null : (
        <>
          <p className="soft">{words.keep}</p>
          <CopyButton text={checkpoint.note} label={words.copyCheckpoint} />
        </>
      )}
    </Panel>
  );
}

/** The whole log, to take along; fetching it is itself on the record. */
function Evidence() {
  const words = useWords(LOG_HEALTH_WORDS);
  const { may } = useSession();
  if (!may.includes('log.export')) return null;
  const commands = 'tar xf evidence.tar\nnpx intramuros audit verify evidence --key log-key.pub --since checkpoint';
  return (
    <Panel title={words.evidence}>
      <p className="soft">{words.evidenceLead}</p>
      <pre>{commands}</pre>
      <div className="row">
        <a className="button" href="/api/v1/log/bundle?format=tar" download="evidence.tar">
          {words.download}
        </a>
        <CopyButton text={commands} />
      </div>
    </Panel>
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

function Moment({ at, size }: { readonly at: string; readonly size: number }) {
  const words = useWords(LOG_HEALTH_WORDS);
  return (
    <>
      {words.records(size)}, <Time at={at} />
    </>
  );
}

function Orphans({ orphans }: Pick<Health, 'orphans'>) {
  const words = useWords(LOG_HEALTH_WORDS);
  if (orphans.length === 0) return null;
  return (
    <Panel title={words.orphans(orphans.length)}>
      <p className="soft">{words.orphansLead}</p>
      <ul>
        {orphans.map(({ receipt, tenant, at }) => (
          <li key={receipt}>
            <Link to="/records/$receipt" params={{ receipt }}>
              <code>{receipt}</code>
            </Link>{' '}
            {tenant}, <Time at={at} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
