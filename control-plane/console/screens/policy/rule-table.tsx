// The rules as people read them: for each kind of value what goes to the model, what comes back, and whether that is
// said for it or for everything; what a surrogate still tells, and how sure a finding must be.

import { ENTITY_WORDS } from '../../look/entity-words.ts';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import type { ResourceDraft } from '../deploy/draft.ts';
import { ACTIONS, type Action, actionFor, type Entity, isAction, keptOf, recordOf } from './rule-changes.ts';
import { POLICY_WORDS } from './words.ts';

const FEATURES = ['gender', 'year'] as const;

interface Spec {
  readonly default: Action;
  readonly entities: Readonly<Partial<Record<Entity, Action>>>;
  readonly minScore: string;
}

export interface RuleTableProps {
  readonly draft: ResourceDraft;
  readonly problems: readonly { readonly field: string; readonly message: string }[];
  /** Absent where the reader may not change it. */
  readonly onChange: ((draft: ResourceDraft) => void) | undefined;
}

export function RuleTable({ draft, problems, onChange }: RuleTableProps) {
  const words = useWords(POLICY_WORDS);
  const { entities, toModel, toCaller } = useWords(ENTITY_WORDS);
  const { columns } = words;
  const spec = specOf(draft);
  const kept = keptOf(draft['spec']);
  const setSpec = (changes: Readonly<Record<string, unknown>>) =>
    onChange?.({ ...draft, spec: { ...recordOf(draft['spec']), ...changes } });
  const setEntity = (entity: Entity, action: Action | '') => {
    const { [entity]: _before, ...others } = spec.entities;
    setSpec({ entities: action === '' ? others : { ...others, [entity]: action } });
  };
  return (
    <>
      <div className="table">
        <table className="folds">
          <thead>
            <tr>
              <th scope="col">{columns.entity}</th>
              <th scope="col">{columns.action}</th>
              <th scope="col">{columns.toModel}</th>
              <th scope="col">{columns.toCaller}</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">{words.default}</th>
              <td>
                <ActionSelect
                  label={words.default}
                  value={spec.default}
                  onChange={onChange === undefined ? undefined : (action) => setSpec({ default: action })}
                />
              </td>
              <td data-label={columns.toModel}>{toModel[spec.default]}</td>
              <td data-label={columns.toCaller}>{toCaller[spec.default]}</td>
            </tr>
            {(Object.keys(entities) as Entity[]).map((entity) => {
              const held = actionFor(draft['spec'], entity);
              return (
                <tr key={entity}>
                  <th scope="row">{entities[entity]}</th>
                  <td>
                    <ActionSelect
                      label={entities[entity]}
                      value={spec.entities[entity] ?? ''}
                      byDefault={spec.default}
                      onChange={onChange === undefined ? undefined : (next) => setEntity(entity, next)}
                    />
                  </td>
                  <td data-label={columns.toModel}>{toModel[held]}</td>
                  <td data-label={columns.toCaller}>{toCaller[held]}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <fieldset className="keep">
        <legend>{words.keep}</legend>
        {FEATURES.map((feature) => (
          <label key={feature}>
            <input
              type="checkbox"
              disabled={onChange === undefined}
              checked={kept.includes(feature)}
              onChange={({ target: { checked } }) =>
                setSpec({ keep: checked ? [...kept, feature] : kept.filter((each) => each !== feature) })
              }
            />{' '}
            {words.keeps[feature]}
          </label>
        ))}
      </fieldset>
      <Field
        label={words.minScore}
        hint={words.minScoreHint}
        fault={problems.find(({ field }) => field === 'spec.minScore')?.message}
      >
        {(ids) => (
          <input
            {...ids}
            inputMode="decimal"
            readOnly={onChange === undefined}
            value={spec.minScore}
            onChange={({ target: { value } }) =>
              setSpec({ minScore: /^\d*\.?\d+$/.test(value) ? Number(value) : value })
            }
          />
        )}
      </Field>
    </>
  );
}

interface ActionSelectProps {
  readonly label: string;
  readonly value: Action | '';
  /** What holds where nothing is chosen; absent where something must be. */
  readonly byDefault?: Action;
  readonly onChange: ((action: never) => void) | undefined;
}

function ActionSelect({ label, value, byDefault, onChange }: ActionSelectProps) {
  const words = useWords(POLICY_WORDS);
  const { actions } = useWords(ENTITY_WORDS);
  return (
    <select
      aria-label={label}
      value={value}
      disabled={onChange === undefined}
      onChange={(event) => onChange?.(event.target.value as never)}
    >
      {byDefault === undefined ? null : <option value="">{words.byDefault(actions[byDefault])}</option>}
      {ACTIONS.map((action) => (
        <option key={action} value={action}>
          {actions[action]}
        </option>
      ))}
    </select>
  );
}

/** What is half written is shown as far as it can be read. */
function specOf(draft: ResourceDraft): Spec {
  const spec = recordOf(draft['spec']);
  const entities = Object.entries(recordOf(spec['entities'])).filter(([, action]) => isAction(action));
  const score = spec['minScore'] ?? 0.5;
  return {
    default: isAction(spec['default']) ? spec['default'] : 'pseudonymise',
    entities: Object.fromEntries(entities),
    minScore: typeof score === 'number' || typeof score === 'string' ? String(score) : '',
  };
}
