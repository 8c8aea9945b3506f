// What holds for a tenant and a model: the strictest rule for each kind of value with the policy that decided, what each
// of them said, and the hash that records bear.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { modelsQuery, type PresentedModel } from '../../data/models.ts';
import { type EffectiveSearch, type EffectiveView, effectiveQuery } from '../../data/policies.ts';
import { resourcesQuery } from '../../data/resources.ts';
import { useSession } from '../../data/session.ts';
import { chosenTenant, type TenantModels, tenantModelsOf } from '../../data/tenant-models.ts';
import { Answer } from '../../look/answer.tsx';
import { CopyButton } from '../../look/copy-button.tsx';
import { ENTITY_WORDS } from '../../look/entity-words.ts';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { EFFECTIVE_WORDS } from './words.ts';

const route = getRouteApi('/effective-policy');

export function Effective() {
  const words = useWords(EFFECTIVE_WORDS);
  const models = useQuery(modelsQuery);
  const tenants = useQuery(resourcesQuery('Tenant'));
  return (
    <Answer query={models}>
      {(known) =>
        known.length === 0 ? (
          <Screen title={words.choose}>
            <div className="empty">
              <p>{words.noModels}</p>
              <pre>npx intramuros apply -f docs/guides/model.yaml</pre>
            </div>
          </Screen>
        ) : (
          <Answer query={tenants}>{(parts) => <Chosen models={known} tenants={tenantModelsOf(parts)} />}</Answer>
        )
      }
    </Answer>
  );
}

interface ChosenProps {
  readonly models: readonly PresentedModel[];
  readonly tenants: readonly TenantModels[];
}

function Chosen({ models, tenants }: ChosenProps) {
  const words = useWords(EFFECTIVE_WORDS);
  const { tenant: own } = useSession();
  const search = route.useSearch();
  const navigate = useNavigate({ from: '/effective-policy' });
  const chosen = chosenTenant(tenants, { tenant: own ?? search.tenant, namespace: undefined });
  const tenant = own ?? chosen.name;
  const seen = own === null ? models.filter(({ namespace }) => chosen.namespaces.includes(namespace)) : models;
  const names = [...new Set(seen.map(({ name }) => name))];
  const model = search.model ?? names[0] ?? '';
  const choose = (change: EffectiveSearch) => void navigate({ search: change, replace: true });
  const query = useQuery({ ...effectiveQuery({ tenant, model }), enabled: model !== '' });
  const title = query.data === undefined ? words.choose : words.title(query.data.model, query.data.sources.length);
  return (
    <Screen title={title} lead={words.lead}>
      <div className="filters">
        {own !== null || tenants.length < 2 ? null : (
          <Choice
            label={words.tenant}
            value={tenant}
            of={tenants.map(({ name }) => name)}
            onChange={(next) => choose({ tenant: next })}
          />
        )}
        <Choice label={words.model} value={model} of={names} onChange={(next) => choose({ tenant, model: next })} />
      </div>
      {model === '' ? (
        <div className="empty">
          <p>{words.noneOfTenant(tenant)}</p>
        </div>
      ) : (
        <Answer query={query}>{(view) => <View view={view} />}</Answer>
      )}
    </Screen>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly of: readonly string[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, value, of, onChange }: ChoiceProps) {
  // What the address names is offered also where it is not among what is known.
  const values = of.includes(value) || value === '' ? of : [value, ...of];
  return (
    <Field label={label}>
      {(ids) => (
        <select {...ids} value={value} onChange={(event) => onChange(event.target.value)}>
          {values.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function View({ view }: { readonly view: EffectiveView }) {
  const words = useWords(EFFECTIVE_WORDS);
  return (
    <>
      <Panel>
        <dl className="facts">
          <dt>{words.composed}</dt>
          <dd>
            {view.sources.map(({ name, generation }, index) => (
              <span key={name}>
                {index === 0 ? '' : ', '}
                <Link to="/policies/$name" params={{ name }}>
                  {name}
                </Link>{' '}
                <span className="soft">({words.generation(generation)})</span>
              </span>
            ))}
          </dd>
          <dt>{words.hash}</dt>
          <dd>
            <code>{view.hash}</code> <CopyButton text={view.hash} />
          </dd>
        </dl>
      </Panel>
      <Panel title={words.rules}>
        <Rules view={view} />
      </Panel>
      <Panel title={words.more}>
        <dl className="facts">
          {view.keep.map(({ feature, kept, decidedBy }) => (
            <More key={feature} name={words.keep[feature]} says={kept ? words.kept : words.notKept} by={decidedBy} />
          ))}
          <More name={words.minScore} says={String(view.minScore.value)} by={view.minScore.decidedBy} />
        </dl>
      </Panel>
    </>
  );
}

function More({ name, says, by }: { readonly name: string; readonly says: string; readonly by: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {says} <span className="soft">({by})</span>
      </dd>
    </>
  );
}

function Rules({ view }: { readonly view: EffectiveView }) {
  const words = useWords(EFFECTIVE_WORDS);
  const { entities, actions, toModel, toCaller } = useWords(ENTITY_WORDS);
  const { columns } = words;
  return (
    <div className="table">
      <table className="folds">
        <thead>
          <tr>
            {Object.values(columns).map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {view.rules.map(({ entity, action, decidedBy, said }) => (
            <tr key={entity}>
              <th scope="row">{entities[entity]}</th>
              <td data-label={columns.action}>{actions[action]}</td>
              <td data-label={columns.toModel}>{toModel[action]}</td>
              <td data-label={columns.toCaller}>{toCaller[action]}</td>
              <td data-label={columns.decidedBy}>
                <strong>{decidedBy}</strong>
                {said.length < 2 ? null : (
                  <span className="soft">
                    {' · '}
                    {said.every((each) => each.action === action)
                      ? words.same
                      : said.map((each) => words.said(each.policy, actions[each.action])).join(', ')}
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
