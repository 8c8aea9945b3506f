// The change in a sentence each: which kinds of value go from which rule to which, and whether that lets more through.

import { ENTITY_WORDS } from '../../look/entity-words.ts';
import { useWords } from '../../look/language.tsx';
import { Mark } from '../../look/mark.tsx';
import { changesOf, type Entity } from './rule-changes.ts';
import { POLICY_WORDS } from './words.ts';

export interface ChangeSummaryProps {
  /** Specs; undefined where there was none, or will be none. */
  readonly before: unknown;
  readonly after: unknown;
}

export function ChangeSummary({ before, after }: ChangeSummaryProps) {
  const words = useWords(POLICY_WORDS);
  const { entities, actions } = useWords(ENTITY_WORDS);
  if (before === undefined || after === undefined) return null;
  const { rules, kept, minScore } = changesOf(before, after, Object.keys(entities) as Entity[]);
  return (
    <ul className="changes">
      {rules.map(({ from, to, stricter, entities: changed }) => (
        <li key={`${from} ${to}`}>
          <Mark kind={stricter ? 'ready' : 'attention'} />
          <span>
            <strong>{namesOf(changed, entities, words)}</strong> {words.fromTo(actions[from], actions[to], stricter)}
          </span>
        </li>
      ))}
      {kept.map(({ feature, kept: isKept }) => (
        <li key={feature}>
          <Mark kind={isKept ? 'attention' : 'ready'} />
          <span>{(isKept ? words.nowKept : words.noLongerKept)(words.features[feature] ?? feature)}</span>
        </li>
      ))}
      {minScore === undefined ? null : (
        <li>
          <Mark kind={minScore.to > minScore.from ? 'attention' : 'ready'} />
          <span>{words.scoreFromTo(minScore.from, minScore.to)}</span>
        </li>
      )}
      {rules.length + kept.length === 0 && minScore === undefined ? <li className="soft">{words.sameRules}</li> : null}
    </ul>
  );
}

/** Beyond this many they are counted: the table beside has them all. */
const NAMED = 4;

function namesOf(
  changed: readonly Entity[],
  names: Readonly<Record<Entity, string>>,
  words: (typeof POLICY_WORDS)['en'],
): string {
  const named = changed.slice(0, NAMED).map((entity) => names[entity]);
  const rest = changed.length - named.length;
  return rest === 0 ? named.join(', ') : `${named.join(', ')} ${words.andMore(rest)}`;
}
