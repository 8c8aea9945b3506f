// How many replicas are wanted, what waits, and the last decisions with their reasons. Only for a model that scales.

import type { Model } from '../../../../operator/api/v1alpha1/model.ts';
import { useWords } from '../../look/language.tsx';
import { Notice } from '../../look/notice.tsx';
import { Panel } from '../../look/screen.tsx';
import { Time } from '../../look/time.tsx';
import { MODEL_WORDS } from './words.ts';

export function Scaling({ model }: { readonly model: Model }) {
  const words = useWords(MODEL_WORDS);
  const scaling = model.status?.scaling;
  if (scaling === undefined) return null;
  const { wanted, min, max, coldStart, problem, decisions } = scaling;
  return (
    <Panel title={words.scaling}>
      <p>
        {words.scalingNow(wanted, min, max)}{' '}
        {coldStart === undefined || coldStart.queued === 0
          ? null
          : words.queued(coldStart.queued, coldStart.oldestSeconds)}
      </p>
      {problem === undefined ? null : <Notice urgency="attention" title={problem} />}
      {decisions.length === 0 ? null : (
        <div className="table">
          <table className="folds">
            <thead>
              <tr>
                <th scope="col">{words.when}</th>
                <th scope="col">{words.from}</th>
                <th scope="col">{words.to}</th>
                <th scope="col">{words.why}</th>
              </tr>
            </thead>
            <tbody>
              {decisions.map(({ time, from, to, message }) => (
                <tr key={`${time} ${from} ${to}`}>
                  <td className="whole">
                    <Time at={time} />
                  </td>
                  <td data-label={words.from}>{from}</td>
                  <td data-label={words.to}>{to}</td>
                  <td>{message}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
