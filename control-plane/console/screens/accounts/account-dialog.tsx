// A new local account, or another role or tenant for one. What is wrong is told at its field, in the words of the API.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  CONSOLE_ROLES,
  changeAccount,
  createAccount,
  type PresentedAccount,
  ROLES_OF_A_TENANT,
  type Role,
} from '../../data/accounts.ts';
import { ApiProblem } from '../../data/api.ts';
import { resourcesQuery } from '../../data/resources.ts';
import { ConfirmDialog } from '../../look/confirm-dialog.tsx';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { NAVIGATION_WORDS } from '../../shell/navigation.ts';
import { ACCOUNTS_WORDS } from './words.ts';

export interface AccountDialogProps {
  /** Undefined: a new one. */
  readonly account: PresentedAccount | undefined;
  readonly onDone: (made?: { readonly name: string; readonly password: string }) => void;
  readonly onClose: () => void;
}

export function AccountDialog({ account, onDone, onClose }: AccountDialogProps) {
  const words = useWords(ACCOUNTS_WORDS);
  const { roles } = useWords(NAVIGATION_WORDS);
  const [name, setName] = useState(account?.name ?? '');
  const [role, setRole] = useState<Role>(account?.role ?? 'developer');
  const [tenant, setTenant] = useState(account?.tenant ?? 'default');
  const [problem, setProblem] = useState<ApiProblem>();
  const tenants = useQuery(resourcesQuery('Tenant'));
  const names = new Set(['default', tenant, ...(tenants.data ?? []).map(({ metadata }) => metadata.name)]);
  const hasTenant = ROLES_OF_A_TENANT.has(role);
  const faultOf = (field: string) =>
    problem?.facts.param === field ? `${problem.facts.detail} ${problem.facts.remedy ?? ''}` : undefined;
  const save = async () => {
    try {
      if (account === undefined) {
        const wanted = { name: name.trim(), role, ...(hasTenant ? { tenant } : {}) };
        onDone({ name: wanted.name, ...(await createAccount(wanted)) });
      } else {
        await changeAccount(account.name, { role, tenant: hasTenant ? tenant : null });
        onDone();
      }
    } catch (error) {
      if (error instanceof ApiProblem) setProblem(error);
      throw error;
    }
  };
  return (
    <ConfirmDialog
      title={account === undefined ? words.newTitle : words.changeTitle(account.name)}
      confirm={account === undefined ? words.createNow : words.changeNow}
      onConfirm={save}
      onClose={onClose}
    >
      <div className="stack">
        {account === undefined ? (
          <Field label={words.columns.name} hint={words.nameHint} fault={faultOf('name')}>
            {(ids) => (
              <input
                {...ids}
                autoComplete="off"
                spellCheck={false}
                value={name}
                onChange={({ target }) => setName(target.value)}
              />
            )}
          </Field>
        ) : (
          <p>{words.changeLead}</p>
        )}
        <Field label={words.columns.role} hint={words.roleHints[role]} fault={faultOf('role')}>
          {(ids) => (
            <select {...ids} value={role} onChange={({ target }) => setRole(target.value as Role)}>
              {CONSOLE_ROLES.map((each) => (
                <option key={each} value={each}>
                  {roles[each]}
                </option>
              ))}
            </select>
          )}
        </Field>
        {hasTenant ? (
          <Field label={words.columns.tenant} hint={words.tenantHint} fault={faultOf('tenant')}>
            {(ids) => (
              <select {...ids} value={tenant} onChange={({ target }) => setTenant(target.value)}>
                {[...names].map((each) => (
                  <option key={each}>{each}</option>
                ))}
              </select>
            )}
          </Field>
        ) : null}
      </div>
    </ConfirmDialog>
  );
}
