// The tenants: what each sees, which rules hold for it, how much it may use.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Tenant } from '../../../../operator/api/v1alpha1/tenant.ts';
import { resourcesQuery } from '../../data/resources.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { useWords } from '../../look/language.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { KEYS_WORDS } from '../keys/words.ts';
import { TENANTS_WORDS } from './words.ts';

export function Tenants() {
  const words = useWords(TENANTS_WORDS);
  const { may, role } = useSession();
  const tenants = useQuery(resourcesQuery('Tenant'));
  return (
    <Screen
      title={words.title(tenants.data?.length ?? 0)}
      lead={words.lead}
      actions={
        may.includes('tenant.apply') && role !== 'officer' ? (
          <Link className="button main" to="/new-tenant">
            {words.create}
          </Link>
        ) : undefined
      }
    >
      <Answer query={tenants}>
        {(known) =>
          known.length === 0 ? (
            <div className="empty">
              <p>{words.empty}</p>
              <pre>npx intramuros apply -f tenant.yaml</pre>
            </div>
          ) : (
            <TenantTable tenants={known} />
          )
        }
      </Answer>
    </Screen>
  );
}

function TenantTable({ tenants }: { readonly tenants: readonly Tenant[] }) {
  const { columns } = useWords(TENANTS_WORDS);
  return (
    <Panel>
      <div className="table">
        <table className="folds">
          <thead>
            <tr>
              {Object.values(columns).map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {tenants.map((tenant) => (
              <TenantRow key={tenant.metadata.name} tenant={tenant} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function TenantRow({ tenant: { metadata, spec } }: { readonly tenant: Tenant }) {
  const words = useWords(TENANTS_WORDS);
  const keys = useWords(KEYS_WORDS);
  const { may } = useSession();
  const { columns } = words;
  const { name } = metadata;
  return (
    <tr>
      <th scope="row">
        <Link to="/tenants/$name" params={{ name }}>
          {name}
        </Link>
      </th>
      <td data-label={columns.namespaces}>{(spec.namespaces ?? [name]).join(', ')}</td>
      <td data-label={columns.floor}>
        {spec.policy === undefined ? (
          <span className="soft">{words.noFloor}</span>
        ) : (
          <Link to="/policies/$name" params={{ name: spec.policy }}>
            {spec.policy}
          </Link>
        )}
      </td>
      <td data-label={columns.leastClass}>{keys.classes[spec.entitlements?.leastClass ?? 'internal']}</td>
      <td data-label={columns.limits}>{keys.limits(spec.requestsPerMinute ?? null, spec.tokensPerMinute ?? null)}</td>
      <td data-label={columns.approval}>{words.approvals[spec.policyApproval]}</td>
      <td data-label={columns.keys}>
        {may.includes('key.read') ? (
          <Link to="/keys" search={{ tenant: name }} aria-label={words.toKeysOf(name)}>
            {words.toKeys}
          </Link>
        ) : null}
      </td>
    </tr>
  );
}
