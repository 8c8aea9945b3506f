// What the header of the weights and the plan say of the model.

import type { Model } from '../../../../operator/api/v1alpha1/model.ts';
import { formatNumber } from '../../look/bytes.ts';
import { useLanguage, useWords } from '../../look/language.tsx';
import { Mark } from '../../look/mark.tsx';
import { Panel } from '../../look/screen.tsx';
import { MODEL_WORDS } from './words.ts';

export function Facts({ model }: { readonly model: Model }) {
  const words = useWords(MODEL_WORDS);
  const { language } = useLanguage();
  const { spec, status } = model;
  const number = (value: number | undefined) => (value === undefined ? undefined : formatNumber(value, language));
  const facts: readonly (readonly [string, string | undefined])[] = [
    [words.source, spec.source.uri],
    [words.digest, status?.weights?.digest],
    [words.architecture, status?.weights?.architecture],
    [words.parameters, number(status?.weights?.parameters)],
    [words.quantisation, status?.weights?.quantisation],
    [words.engine, status?.plan?.engine],
    [words.context, number(status?.plan?.contextTokens)],
    [words.slots, number(status?.plan?.slots)],
    [words.policy, spec.privacy?.policy ?? 'internal'],
    [words.revision, status?.revision],
  ];
  return (
    <Panel title={words.facts}>
      <dl className="facts">
        {facts.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd className="mono">{value}</dd>
            </div>
          ),
        )}
        {(status?.adapters ?? []).map(({ name, ready, message }) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{words.adapters}</dt>
            <dd>
              <Mark kind={ready ? 'ready' : 'failed'} />
              <code>
                {model.metadata.name}:{name}
              </code>{' '}
              {ready ? words.adapterReady : message}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
