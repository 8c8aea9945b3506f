// Accounts in rows, with what may be done to each.

import type { PresentedAccount } from '../../data/accounts.ts';
import { useSession } from '../../data/session.ts';
import { useWords } from '../../look/language.tsx';
import { Mark } from '../../look/mark.tsx';
import { Panel } from '../../look/screen.tsx';
import { Time } from '../../look/time.tsx';
import { NAVIGATION_WORDS } from '../../shell/navigation.ts';
import { ACCOUNTS_WORDS } from './words.ts';

export type AccountStep = 'change' | 'disable' | 'enable' | 'reset' | 'remove';

export interface AccountTableProps {
  readonly accounts: readonly PresentedAccount[];
  readonly onStep: ((step: AccountStep, account: PresentedAccount) => void) | undefined;
}

export function AccountTable({ accounts, onStep }: AccountTableProps) {
  const words = useWords(ACCOUNTS_WORDS);
  const { roles } = useWords(NAVIGATION_WORDS);
  const { name: own } = useSession();
  const { columns } = words;
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
              {onStep === undefined ? null : <th scope="col">{words.actions}</th>}
            </tr>
          </thead>
          <tbody>
            {accounts.map((account) => (
              <tr key={account.name}>
                <th scope="row">
                  {account.name} {account.name === own ? <span className="soft">{words.you}</span> : null}
                </th>
                <td data-label={columns.role}>{roles[account.role]}</td>
                <td data-label={columns.tenant}>{account.tenant ?? words.everyTenant}</td>
                <td data-label={columns.source}>{words.sources[account.source]}</td>
                <td data-label={columns.state}>
                  <Mark kind={account.disabled ? 'asleep' : account.mustChangePassword ? 'attention' : 'ready'} />{' '}
                  {account.disabled ? words.disabled : account.mustChangePassword ? words.mustChange : words.open}
                </td>
                <td data-label={columns.lastSignIn} className="whole">
                  {account.lastSignInAt === null ? words.never : <Time at={account.lastSignInAt} seconds={false} />}
                </td>
                {onStep === undefined ? null : (
                  <td data-label={words.actions}>
                    <Steps account={account} onStep={onStep} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Steps({
  account,
  onStep,
}: {
  readonly account: PresentedAccount;
  readonly onStep: NonNullable<AccountTableProps['onStep']>;
}) {
  const words = useWords(ACCOUNTS_WORDS);
  // A directory keeps the role and the password of its people.
  const steps: readonly AccountStep[] = [
    ...(account.source === 'local' ? (['change', 'reset'] as const) : []),
    account.disabled ? 'enable' : 'disable',
    'remove',
  ];
  return (
    <>
      {steps.map((step) => (
        <button
          key={step}
          type="button"
          className="plain"
          aria-label={`${words.does[step]}: ${account.name}`}
          onClick={() => onStep(step, account)}
        >
          {words.does[step]}
        </button>
      ))}
    </>
  );
}
