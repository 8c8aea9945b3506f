// The conditions in the order in which they changed, newest first: each with reason, sentence and remedy.

import type { Condition } from '../../../../operator/api/conditions.ts';
import type { Model } from '../../../../operator/api/v1alpha1/model.ts';
import { useWords } from '../../look/language.tsx';
import { Mark, type MarkKind } from '../../look/mark.tsx';
import { Panel } from '../../look/screen.tsx';
import { Time } from '../../look/time.tsx';
import { SHARED_WORDS } from '../../look/words.ts';
import { MODEL_WORDS } from './words.ts';

const MARKS = { True: 'ready', False: 'failed', Unknown: 'attention' } as const satisfies Record<string, MarkKind>;

export function Conditions({ model }: { readonly model: Model }) {
  const words = useWords(MODEL_WORDS);
  const shared = useWords(SHARED_WORDS);
  const conditions = (model.status?.conditions ?? []).toSorted(newestFirst);
  return (
    <Panel title={words.conditions}>
      <ol className="timeline">
        {conditions.map(({ type, status, reason, message, remedy, lastTransitionTime }) => (
          <li key={type}>
            <Mark kind={MARKS[status]} />
            <div>
              <strong>{type}</strong> <span className="soft">{reason}</span>
              <p>{message}</p>
              {remedy === undefined || status === 'True' ? null : (
                <p>
                  {shared.whatToDo} {remedy}
                </p>
              )}
              <p className="faint">
                <Time at={lastTransitionTime} />
              </p>
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function newestFirst(a: Condition, b: Condition): number {
  return b.lastTransitionTime.localeCompare(a.lastTransitionTime);
}
