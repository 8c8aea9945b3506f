// A text, and what a model would see of it under the policy as it stands on this page.

import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import type { TriedPolicy } from '../../data/policies.ts';
import { ENTITY_WORDS } from '../../look/entity-words.ts';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { MarkedText } from '../../look/marked-text.tsx';
import { Failure } from '../../look/notice.tsx';
import { Panel } from '../../look/screen.tsx';
import { POLICY_WORDS } from './words.ts';

export interface TryPanelProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly tried: UseQueryResult<TriedPolicy>;
  readonly triedText: string;
}

export function TryPanel({ text, onText, tried, triedText }: TryPanelProps) {
  const words = useWords(POLICY_WORDS);
  const { entities, toModel, toCaller } = useWords(ENTITY_WORDS);
  const [asked, onAsk] = useState<number>();
  const { data } = tried;
  const explain = (of: number) => {
    const span = data?.spans[of];
    if (span === undefined) return null;
    return (
      <>
        <strong>{entities[span.type]}</strong>
        {words.recogniser(span.recogniser, span.score.toFixed(2))} {toModel[span.action]}, {toCaller[span.action]}.
      </>
    );
  };
  const marks = (data?.spans ?? []).flatMap(({ replacement }, of) =>
    replacement === undefined ? [] : [{ ...replacement, of, look: 'surrogate' as const }],
  );
  return (
    <Panel>
      <Field label={words.try} hint={words.tryHint}>
        {(ids) => <textarea {...ids} rows={4} value={text} onChange={(event) => onText(event.target.value)} />}
      </Field>
      <h2>{words.seen}</h2>
      <div aria-live="polite">
        {tried.isError ? <Failure error={tried.error} retry={() => void tried.refetch()} /> : null}
        {data === undefined || triedText === '' || data.problems.length > 0 ? (
          <p className="soft">{words.waiting}</p>
        ) : data.redacted === undefined ? (
          <p>{words.blocked}</p>
        ) : (
          <MarkedText text={data.redacted} marks={marks} explain={explain} asked={asked} onAsk={onAsk} />
        )}
      </div>
    </Panel>
  );
}
