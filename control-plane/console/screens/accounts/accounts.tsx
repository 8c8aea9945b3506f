// Who may enter, as what: local accounts and those of the company's directory. A first password is shown once.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  accountsQuery,
  changeAccount,
  type PresentedAccount,
  removeAccount,
  resetPassword,
} from '../../data/accounts.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { ConfirmDialog } from '../../look/confirm-dialog.tsx';
import { useWords } from '../../look/language.tsx';
import { Screen } from '../../look/screen.tsx';
import { ShownOnce } from '../../look/shown-once.tsx';
import { AccountDialog } from './account-dialog.tsx';
import { type AccountStep, AccountTable } from './account-table.tsx';
import { ACCOUNTS_WORDS } from './words.ts';

interface Asked {
  readonly step: AccountStep | 'create';
  readonly account?: PresentedAccount;
}

interface Made {
  readonly name: string;
  readonly password: string;
}

export function Accounts() {
  const words = useWords(ACCOUNTS_WORDS);
  const query = useQuery(accountsQuery);
  const client = useQueryClient();
  const { may } = useSession();
  const mayChange = may.includes('account.change');
  const [asked, setAsked] = useState<Asked>();
  const [made, setMade] = useState<Made>();
  const close = () => setAsked(undefined);
  const done = (first?: Made) => {
    if (first !== undefined) setMade(first);
    void client.invalidateQueries({ queryKey: ['accounts'] });
  };
  return (
    <Screen
      title={
        query.data === undefined ? words.title : words.count(query.data.filter(({ disabled }) => !disabled).length)
      }
      lead={words.lead}
      actions={
        mayChange ? (
          <button type="button" className="main" onClick={() => setAsked({ step: 'create' })}>
            {words.create}
          </button>
        ) : undefined
      }
    >
      {made === undefined ? null : (
        <ShownOnce
          title={words.shown(made.name)}
          secret={made.password}
          copyLabel={words.copyPassword}
          onClose={() => setMade(undefined)}
        />
      )}
      <Answer query={query}>
        {(accounts) => (
          <AccountTable
            accounts={accounts}
            onStep={mayChange ? (step, account) => setAsked({ step, account }) : undefined}
          />
        )}
      </Answer>
      {asked === undefined ? null : asked.step === 'create' || asked.step === 'change' ? (
        <AccountDialog account={asked.account} onDone={done} onClose={close} />
      ) : asked.account === undefined ? null : (
        <StepDialog step={asked.step} account={asked.account} onDone={done} onClose={close} />
      )}
    </Screen>
  );
}

interface StepDialogProps {
  readonly step: Exclude<AccountStep, 'change'>;
  readonly account: PresentedAccount;
  readonly onDone: (made?: Made) => void;
  readonly onClose: () => void;
}

/** Each is told with its consequence before it is done. */
function StepDialog({ step, account: { name }, onDone, onClose }: StepDialogProps) {
  const words = useWords(ACCOUNTS_WORDS);
  const run = async () => {
    if (step === 'reset') return onDone({ name, ...(await resetPassword(name)) });
    if (step === 'remove') await removeAccount(name);
    else await changeAccount(name, { disabled: step === 'disable' });
    return onDone();
  };
  const { title, lead, confirm } = words.steps[step];
  return (
    <ConfirmDialog
      title={title(name)}
      confirm={confirm(name)}
      danger={step === 'remove' || step === 'disable'}
      onConfirm={run}
      onClose={onClose}
    >
      <p>{lead}</p>
    </ConfirmDialog>
  );
}
