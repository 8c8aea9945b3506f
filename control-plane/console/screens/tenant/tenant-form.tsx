// The fields of a tenant in two groups, by whose they are. What the role may not change is shown and shut.

import { useQuery } from '@tanstack/react-query';
import { ApiProblem } from '../../data/api.ts';
import { CLASSES } from '../../data/playground.ts';
import { resourcesQuery } from '../../data/resources.ts';
import { useSession } from '../../data/session.ts';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { Panel } from '../../look/screen.tsx';
import { KEYS_WORDS } from '../keys/words.ts';
import { LIMIT_FIELDS, PATHS, type TenantFields } from './tenant-fields.ts';
import { TENANT_WORDS } from './words.ts';

export interface TenantFormProps {
  readonly fields: TenantFields;
  readonly fresh: boolean;
  readonly locked: boolean;
  readonly problem: unknown;
  readonly onChange: (change: Partial<TenantFields>) => void;
}

export function TenantForm({ fields, fresh, locked, problem, onChange }: TenantFormProps) {
  const words = useWords(TENANT_WORDS);
  const { role } = useSession();
  const texts = fresh ? (['name', ...LIMIT_FIELDS] as const) : LIMIT_FIELDS;
  return (
    <>
      <Panel title={words.limitsTitle}>
        <fieldset className="stack narrow" disabled={locked || role === 'officer'}>
          {texts.map((field) => (
            <Field
              key={field}
              label={words.fields[field]}
              hint={words.hints[field]}
              fault={faultAt(problem, PATHS[field])}
            >
              {(ids) => (
                <input
                  {...ids}
                  autoComplete="off"
                  spellCheck={false}
                  inputMode={field === 'name' || field === 'namespaces' ? 'text' : 'numeric'}
                  value={fields[field]}
                  onChange={({ target }) => onChange({ [field]: target.value })}
                />
              )}
            </Field>
          ))}
        </fieldset>
      </Panel>
      <Panel title={words.rulesTitle}>
        <fieldset className="stack narrow" disabled={locked || fresh || role !== 'officer'}>
          <Rules fields={fields} problem={problem} onChange={onChange} />
        </fieldset>
      </Panel>
    </>
  );
}

function Rules({ fields, problem, onChange }: Pick<TenantFormProps, 'fields' | 'problem' | 'onChange'>) {
  const words = useWords(TENANT_WORDS);
  const { classes } = useWords(KEYS_WORDS);
  const policies = useQuery(resourcesQuery('PrivacyPolicy'));
  const choices = [
    {
      field: 'policy',
      options: [
        ['', words.noFloor],
        ...(policies.data ?? []).map(({ metadata: { name } }) => [name, name] as const),
        ...(fields.policy === '' || policies.data?.some(({ metadata }) => metadata.name === fields.policy)
          ? []
          : [[fields.policy, fields.policy] as const]),
      ],
    },
    { field: 'leastClass', options: CLASSES.map((name) => [name, classes[name]] as const) },
    { field: 'policyApproval', options: Object.entries(words.approvals) },
  ] as const;
  return (
    <>
      {choices.map(({ field, options }) => (
        <Field key={field} label={words.fields[field]} hint={words.hints[field]} fault={faultAt(problem, PATHS[field])}>
          {(ids) => (
            <select {...ids} value={fields[field]} onChange={({ target }) => onChange({ [field]: target.value })}>
              {options.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
      ))}
      <Field label={words.fields.models} hint={words.hints.models} fault={faultAt(problem, PATHS.models)}>
        {(ids) => (
          <input
            {...ids}
            autoComplete="off"
            spellCheck={false}
            value={fields.models}
            onChange={({ target }) => onChange({ models: target.value })}
          />
        )}
      </Field>
    </>
  );
}

/** What the API says is wrong at this field or below it. */
function faultAt(problem: unknown, path: string): string | undefined {
  if (!(problem instanceof ApiProblem)) return undefined;
  const { problems = [], param, detail, remedy } = problem.facts;
  const found = problems.find(({ field }) => field.startsWith(path));
  if (found !== undefined) return `${found.message}. ${found.remedy}.`;
  return param?.startsWith(path) === true ? `${detail} ${remedy ?? ''}` : undefined;
}
