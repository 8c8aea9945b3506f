// The rules: changes that wait for a second person first, then every policy, what it does in one line, the models that
// are under it, and on how many of the gateways that run it holds.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { PrivacyPolicy } from '../../../../operator/api/v1alpha1/privacy-policy.ts';
import { modelsQuery } from '../../data/models.ts';
import { forceQuery, type PresentedProposal, proposalsQuery } from '../../data/policies.ts';
import { resourcesQuery } from '../../data/resources.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { ENTITY_WORDS } from '../../look/entity-words.ts';
import { useWords } from '../../look/language.tsx';
import { Mark } from '../../look/mark.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { ProposalTable } from '../proposal/proposal-table.tsx';
import { PROPOSAL_WORDS } from '../proposal/words.ts';
import { POLICIES_WORDS } from './words.ts';

export function Policies() {
  const words = useWords(POLICIES_WORDS);
  const policies = useQuery(resourcesQuery('PrivacyPolicy'));
  const { may } = useSession();
  const mayRead = may.includes('proposal.read');
  const pending = useQuery({ ...proposalsQuery({ state: 'pending', limit: '200' }), enabled: mayRead });
  const newest = useQuery({ ...proposalsQuery(), enabled: mayRead });
  const waiting = pending.data?.filter(({ state }) => state === 'pending') ?? [];
  const asked = useWords(PROPOSAL_WORDS);
  const actions = (
    <>
      <Link className="button" to="/effective-policy">
        {words.effective}
      </Link>
      {may.includes('policy.apply') ? (
        <Link className="button main" to="/new-policy">
          {words.create}
        </Link>
      ) : null}
    </>
  );
  const known = policies.data === undefined ? words.unknown : words.title(policies.data.length);
  const title = waiting.length === 0 ? known : asked.waiting(waiting.length);
  return (
    <Screen title={title} lead={words.lead} actions={actions}>
      <Answer query={policies}>
        {(all) => (
          <>
            {waiting.length === 0 ? null : (
              <Panel title={words.waiting}>
                <ProposalTable proposals={waiting} />
              </Panel>
            )}
            <PolicyTable policies={all} />
            <Earlier proposals={newest.data?.filter(({ state }) => state !== 'pending') ?? []} />
            {all.length > 1 ? null : (
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

function Earlier({ proposals }: { readonly proposals: readonly PresentedProposal[] }) {
  const asked = useWords(PROPOSAL_WORDS);
  if (proposals.length === 0) return null;
  return (
    <details>
      <summary>{asked.earlier}</summary>
      <Panel>
        <ProposalTable proposals={proposals} />
      </Panel>
    </details>
  );
}

/** On how many of the gateways that run the policy holds in this very version. */
function Applied({ name, generation }: { readonly name: string; readonly generation: number }) {
  const words = useWords(POLICIES_WORDS);
  const { data } = useQuery(forceQuery);
  const held = data?.policies.find((each) => each.name === name);
  if (data === undefined || held === undefined) return null;
  const { length } = data.gateways;
  if (length === 0) return <span className="soft">{words.noGateway}</span>;
  const all = held.generation === generation && held.applied === length;
  return (
    <>
      <Mark kind={all ? 'ready' : 'attention'} /> {words.applied(held.applied, length)}
    </>
  );
}

/** Beyond these they are counted. */
const NAMED = 3;

function PolicyTable({ policies }: { readonly policies: readonly PrivacyPolicy[] }) {
  const words = useWords(POLICIES_WORDS);
  const models = useQuery(modelsQuery);
  const { columns } = words;
  const tenants = useQuery(resourcesQuery('Tenant'));
  const under = (name: string) => {
    const floors = (tenants.data ?? []).filter(({ spec }) => spec.policy === name).map(({ metadata }) => metadata.name);
    const named = (models.data ?? []).filter(({ spec }) => (spec.privacy?.policy ?? 'internal') === name);
    const all = [...floors.map(words.tenant), ...named.map((model) => model.name)];
    return all.length === 0 ? words.noModel : all.slice(0, NAMED).join(', ') + rest(all.length);
  };
  const rest = (count: number) => (count > NAMED ? ` ${words.andMore(count - NAMED)}` : '');
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
              <th scope="col">{columns.applied}</th>
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
                <td data-label={columns.applied} className="whole">
                  <Applied name={policy.metadata.name} generation={policy.metadata.generation ?? 0} />
                </td>
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
