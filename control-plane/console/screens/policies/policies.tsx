// The rules: every policy, what it does in one line, and the models that are under it.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { PrivacyPolicy } from '../../../../operator/api/v1alpha1/privacy-policy.ts';
import { modelsQuery } from '../../data/models.ts';
import { resourcesQuery } from '../../data/resources.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { ENTITY_WORDS } from '../../look/entity-words.ts';
import { useWords } from '../../look/language.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { POLICIES_WORDS } from './words.ts';

export function Policies() {
  const words = useWords(POLICIES_WORDS);
  const policies = useQuery(resourcesQuery('PrivacyPolicy'));
  const { may } = useSession();
  const create = may.includes('policy.apply') ? (
    <Link className="button main" to="/new-policy">
      {words.create}
    </Link>
  ) : null;
  return (
    <Screen title={words.title(policies.data?.length ?? 0)} lead={words.lead} actions={create}>
      <Answer query={policies}>
        {(known) => (
          <>
            <PolicyTable policies={known} />
            {known.length > 1 ? null : (
              <div className="empty">
                <p>{words.empty}</p>
                <pre>npx intramuros apply -f policy.yaml</pre>
              </div>
            )}
          </>
        )}
      </Answer>
    </Screen>
  );
}

function PolicyTable({ policies }: { readonly policies: readonly PrivacyPolicy[] }) {
  const words = useWords(POLICIES_WORDS);
  const models = useQuery(modelsQuery);
  const { columns } = words;
  const under = (name: string) => {
    const names = (models.data ?? []).filter(({ spec }) => (spec.privacy?.policy ?? 'internal') === name);
    return names.length === 0
      ? words.noModel
      : names
          .map((model) => model.name)
          .slice(0, 3)
          .join(', ') + rest(names.length);
  };
  const rest = (count: number) => (count > 3 ? ` ${words.andMore(count - 3)}` : '');
  return (
    <Panel>
      <div className="table">
        <table className="folds">
          <thead>
            <tr>
              <th scope="col">{columns.name}</th>
              <th scope="col">{columns.does}</th>
              <th scope="col">{columns.under}</th>
              <th scope="col">{columns.generation}</th>
            </tr>
          </thead>
          <tbody>
            {policies.map((policy) => (
              <tr key={policy.metadata.name}>
                <th scope="row">
                  <Link to="/policies/$name" params={{ name: policy.metadata.name }}>
                    {policy.metadata.name}
                  </Link>
                </th>
                <td data-label={columns.does}>
                  <Does policy={policy} />
                </td>
                <td data-label={columns.under}>{under(policy.metadata.name)}</td>
                <td data-label={columns.generation}>{policy.metadata.generation ?? words.builtIn}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Does({ policy: { spec } }: { readonly policy: PrivacyPolicy }) {
  const words = useWords(POLICIES_WORDS);
  const { actions } = useWords(ENTITY_WORDS);
  const exceptions = Object.values(spec.entities ?? {}).filter((action) => action !== spec.default).length;
  return <>{words.does(actions[spec.default], exceptions)}</>;
}
