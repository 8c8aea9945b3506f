// One tenant: what the admin gives it, and what the officer decides for its data. Each sees both and changes their own; a
// change of the rules goes to a second person where the tenant asks for one.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Tenant as TenantResource } from '../../../../operator/api/v1alpha1/tenant.ts';
import { ApiProblem } from '../../data/api.ts';
import { propose } from '../../data/policies.ts';
import { applyResource, deleteResource, resourceQuery } from '../../data/resources.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { ConfirmDialog } from '../../look/confirm-dialog.tsx';
import { useWords } from '../../look/language.tsx';
import { Failure, Notice } from '../../look/notice.tsx';
import { CopyYaml, foreignManager } from '../../look/resource-yaml.tsx';
import { Screen } from '../../look/screen.tsx';
import { SHARED_WORDS } from '../../look/words.ts';
import { fieldsOf, PATHS, type TenantFields, tenantOf } from './tenant-fields.ts';
import { TenantForm } from './tenant-form.tsx';
import { TENANT_WORDS } from './words.ts';

export function NewTenant() {
  return <TenantDesk stored={undefined} />;
}

export function Tenant() {
  const { name } = getRouteApi('/tenants/$name').useParams();
  const query = useQuery(resourceQuery('Tenant', { name }));
  return (
    <Answer query={query}>{(tenant) => <TenantDesk key={tenant.metadata.resourceVersion} stored={tenant} />}</Answer>
  );
}

function TenantDesk({ stored }: { readonly stored: TenantResource | undefined }) {
  const words = useWords(TENANT_WORDS);
  const shared = useWords(SHARED_WORDS);
  const { may } = useSession();
  const [fields, setFields] = useState<TenantFields>(fieldsOf(stored));
  const [removing, setRemoving] = useState(false);
  const { save, busy, problem, asksSecond } = useSave(fields, stored);
  const manager = foreignManager(stored?.metadata.labels);
  const mayApply = may.includes('tenant.apply') && manager === undefined;
  const name = stored?.metadata.name ?? '';
  const changed = JSON.stringify(fields) !== JSON.stringify(fieldsOf(stored));
  const actions = (
    <>
      {stored === undefined ? null : <CopyYaml resource={stored} />}
      {stored !== undefined && may.includes('tenant.delete') && manager === undefined ? (
        <button type="button" className="danger" onClick={() => setRemoving(true)}>
          {words.remove}
        </button>
      ) : null}
      {mayApply ? (
        <button type="button" className="main" disabled={!changed || busy} onClick={() => void save()}>
          {asksSecond ? words.propose : words.save}
        </button>
      ) : null}
    </>
  );
  return (
    <Screen title={stored === undefined ? words.fresh : words.title(name)} lead={words.lead} actions={actions}>
      {manager === undefined ? null : <Notice urgency="attention" title={shared.managedBy(manager)} />}
      {asksSecond ? <Notice urgency="attention" title={words.asksSecond} /> : null}
      {problem === undefined || isAtField(problem) ? null : <Failure error={problem} />}
      <TenantForm
        fields={fields}
        fresh={stored === undefined}
        locked={!mayApply}
        problem={problem}
        onChange={(change) => setFields({ ...fields, ...change })}
      />
      {stored !== undefined && may.includes('key.read') ? (
        <p>
          <Link to="/keys" search={{ tenant: name }}>
            {words.toKeys}
          </Link>
        </p>
      ) : null}
      {removing ? <RemoveDialog name={name} onClose={() => setRemoving(false)} /> : null}
    </Screen>
  );
}

/** Applies the form, or proposes it where a second person is asked for. */
function useSave(fields: TenantFields, stored: TenantResource | undefined) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const wanted = tenantOf(fields, stored);
  const asksSecond = stored?.spec.policyApproval === 'secondPerson' && changesRules(stored, wanted);
  const run = async () => {
    if (asksSecond) {
      const resource = wanted as unknown as Readonly<Record<string, unknown>>;
      const { id } = await propose({ resource, reason: '', baseGeneration: stored.metadata.generation ?? 0 });
      return navigate({ to: '/proposals/$id', params: { id } });
    }
    const applied = await applyResource('Tenant', wanted);
    client.setQueryData(['tenants', '', applied.metadata.name], applied);
    await client.invalidateQueries({ queryKey: ['tenants'] });
    return navigate({ to: '/tenants/$name', params: { name: applied.metadata.name } });
  };
  const save = async () => {
    setBusy(true);
    setProblem(undefined);
    await run().catch(setProblem);
    setBusy(false);
  };
  return { save, busy, problem, asksSecond };
}

/** As the API sees it (admin/resources/tenant-fields.ts): what decides about data. */
function changesRules({ spec }: TenantResource, wanted: TenantResource): boolean {
  const rules = ({ policy, entitlements, policyApproval }: TenantResource['spec']) =>
    JSON.stringify([policy, entitlements?.models, entitlements?.leastClass, policyApproval]);
  return rules(spec) !== rules(wanted.spec);
}

function isAtField(problem: unknown): boolean {
  if (!(problem instanceof ApiProblem)) return false;
  const { param, problems = [] } = problem.facts;
  const paths = Object.values(PATHS);
  const at = problems.length > 0 ? problems.map(({ field }) => field) : [param ?? ''];
  return at.every((field) => paths.some((path) => field.startsWith(path)));
}

function RemoveDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const words = useWords(TENANT_WORDS);
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = async () => {
    await deleteResource('Tenant', { name });
    await navigate({ to: '/tenants' });
    client.removeQueries({ queryKey: ['tenants', '', name] });
    await client.invalidateQueries({ queryKey: ['tenants'] });
  };
  return (
    <ConfirmDialog
      title={words.removeTitle(name)}
      confirm={words.removeNow(name)}
      danger
      onConfirm={remove}
      onClose={onClose}
    >
      <p>{words.removeLead}</p>
    </ConfirmDialog>
  );
}
