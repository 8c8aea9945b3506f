// What the platform stands on: standing warnings first, then each part with its state and what is known of it.

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { type PartState, type SystemState, systemQuery } from '../../data/system.ts';
import { Answer } from '../../look/answer.tsx';
import { useWords } from '../../look/language.tsx';
import { Mark, type MarkKind } from '../../look/mark.tsx';
import { Notice } from '../../look/notice.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { Time } from '../../look/time.tsx';
import { SYSTEM_WORDS } from './words.ts';

const MARKS: Readonly<Record<PartState, MarkKind>> = {
  good: 'ready',
  attention: 'attention',
  failed: 'failed',
  absent: 'asleep',
};

export function System() {
  const words = useWords(SYSTEM_WORDS);
  const query = useQuery(systemQuery);
  const { data } = query;
  const title = data === undefined ? words.loading : titleOf(data, words);
  return (
    <Screen title={title} {...(data === undefined ? {} : { lead: words.lead(data.version) })}>
      <Answer query={query}>{(system) => <Parts system={system} />}</Answer>
    </Screen>
  );
}

function titleOf(system: SystemState, words: (typeof SYSTEM_WORDS)['en']): string {
  const parts = [system.database, system.secrets, system.log, system.witness, system.certificate];
  const count =
    system.warnings.length + parts.filter(({ state }) => state === 'failed' || state === 'attention').length;
  return count === 0 ? words.good : words.attention(count);
}

function Parts({ system }: { readonly system: SystemState }) {
  const words = useWords(SYSTEM_WORDS);
  const { database, secrets, log, witness, certificate } = system;
  return (
    <>
      {system.warnings.map(({ code, message, remedy }) => (
        <Notice key={code} urgency="attention" title={message}>
          {remedy}
        </Notice>
      ))}
      <Panel>
        <div className="table">
          <table className="folds">
            <thead>
              <tr>
                <th scope="col">{words.part}</th>
                <th scope="col">{words.state}</th>
                <th scope="col">{words.facts}</th>
              </tr>
            </thead>
            <tbody>
              <Part name="database" state={database.state} detail={database.detail}>
                {words.databases[database.kind]}
              </Part>
              <Part name="secrets" state={secrets.state} detail={secrets.detail}>
                {words.stores[secrets.store]}
              </Part>
              <Part name="log" state={log.state} detail={log.detail}>
                <LogFacts log={log} />
              </Part>
              <Part name="witness" state={witness.state} detail={witness.detail}>
                <WitnessFacts witness={witness} />
              </Part>
              <Part name="certificate" state={certificate.state} detail={certificate.detail}>
                <CertificateFacts certificate={certificate} />
              </Part>
            </tbody>
          </table>
        </div>
        <p className="soft">
          {words.started} <Time at={system.startedAt} />
        </p>
      </Panel>
    </>
  );
}

interface PartProps {
  readonly name: keyof (typeof SYSTEM_WORDS)['en']['parts'];
  readonly state: PartState;
  readonly detail: string | undefined;
  readonly children: ReactNode;
}

function Part({ name, state, detail, children }: PartProps) {
  const words = useWords(SYSTEM_WORDS);
  return (
    <tr>
      <th scope="row">{words.parts[name]}</th>
      <td data-label={words.state}>
        <Mark kind={MARKS[state]} /> {words.states[state]}
      </td>
      <td data-label={words.facts}>
        {children}
        {detail === undefined ? null : <p>{detail}</p>}
      </td>
    </tr>
  );
}

function LogFacts({ log }: Pick<SystemState, 'log'>) {
  const words = useWords(SYSTEM_WORDS);
  const { isSequencer, lagMs, waiting, lostOutcomes, gaps, checkpoint } = log;
  const facts = [
    ...(isSequencer ? [words.sequencer] : []),
    words.lag(lagMs),
    ...(waiting > 0 ? [words.waiting(waiting)] : []),
    ...(lostOutcomes > 0 ? [words.lost(lostOutcomes)] : []),
    ...(gaps > 0 ? [words.gaps(gaps)] : []),
  ];
  return (
    <>
      {facts.join(' · ')}
      {checkpoint === undefined ? null : (
        <div className="soft">
          {words.checkpoint(checkpoint.size)}, <Time at={checkpoint.signedAt} />
        </div>
      )}
    </>
  );
}

function WitnessFacts({ witness: { name, at, size } }: Pick<SystemState, 'witness'>) {
  const words = useWords(SYSTEM_WORDS);
  if (name === undefined) return <span className="soft">{words.noWitness}</span>;
  if (at === undefined || size === undefined) return <code>{name}</code>;
  return (
    <>
      <code>{name}</code> · {words.witnessed(Math.max(0, Math.round((Date.now() - Date.parse(at)) / 1000)))}
      <div className="soft">
        {words.checkpoint(size)}, <Time at={at} />
      </div>
    </>
  );
}

function CertificateFacts({ certificate: { names, expiresAt } }: Pick<SystemState, 'certificate'>) {
  const words = useWords(SYSTEM_WORDS);
  if (expiresAt === undefined) return <span className="soft">{words.noCertificate}</span>;
  return (
    <>
      {names?.join(', ')}
      <div className="soft">
        {words.expires} <Time at={expiresAt} />
      </div>
    </>
  );
}
