// One's own bearer tokens: for the command line and for scripts that act in one's name.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { createToken, type PresentedToken, revokeToken, tokensQuery } from '../../data/accounts.ts';
import { ApiProblem } from '../../data/api.ts';
import { Answer } from '../../look/answer.tsx';
import { CopyButton } from '../../look/copy-button.tsx';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { Failure } from '../../look/notice.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { ShownOnce } from '../../look/shown-once.tsx';
import { Time } from '../../look/time.tsx';
import { TOKENS_WORDS } from './words.ts';

export function Tokens() {
  const words = useWords(TOKENS_WORDS);
  const query = useQuery(tokensQuery);
  const client = useQueryClient();
  const [made, setMade] = useState<{ readonly name: string; readonly token: string }>();
  const refresh = () => client.invalidateQueries({ queryKey: ['accounts', 'tokens'] });
  const revoking = useMutation({ mutationFn: revokeToken, onSuccess: refresh });
  const login = `npx intramuros login ${globalThis.location.origin}`;
  return (
    <Screen title={query.data === undefined ? words.title : words.count(query.data.length)} lead={words.lead}>
      {made === undefined ? null : (
        <ShownOnce
          title={words.shown(made.name)}
          secret={made.token}
          copyLabel={words.copyToken}
          onClose={() => setMade(undefined)}
        />
      )}
      {revoking.isError ? <Failure error={revoking.error} /> : null}
      <Panel title={words.commandLine}>
        <p className="soft">{words.commandLineLead}</p>
        <pre>{login}</pre>
        <CopyButton text={login} />
      </Panel>
      <NewToken
        onMade={(name, token) => {
          setMade({ name, token });
          void refresh();
        }}
      />
      <Answer query={query}>
        {(tokens) =>
          tokens.length === 0 ? (
            <div className="empty">
              <p>{words.empty}</p>
            </div>
          ) : (
            <TokenTable tokens={tokens} onRevoke={(id) => revoking.mutate(id)} />
          )
        }
      </Answer>
    </Screen>
  );
}

function NewToken({ onMade }: { readonly onMade: (name: string, token: string) => void }) {
  const words = useWords(TOKENS_WORDS);
  const [name, setName] = useState('');
  const [days, setDays] = useState('30');
  const making = useMutation({
    mutationFn: () => createToken(name.trim(), Number(days)),
    onSuccess: ({ token }) => {
      onMade(name.trim(), token);
      setName('');
    },
  });
  const faultOf = (field: string) => {
    if (!(making.error instanceof ApiProblem) || making.error.facts.param !== field) return undefined;
    return `${making.error.facts.detail} ${making.error.facts.remedy ?? ''}`;
  };
  return (
    <Panel title={words.create}>
      <form
        className="filters narrow"
        onSubmit={(event) => {
          event.preventDefault();
          making.mutate();
        }}
      >
        <Field label={words.columns.name} hint={words.nameHint} fault={faultOf('name')}>
          {(ids) => <input {...ids} autoComplete="off" value={name} onChange={({ target }) => setName(target.value)} />}
        </Field>
        <Field label={words.days} hint={words.daysHint} fault={faultOf('days')}>
          {(ids) => (
            <input {...ids} inputMode="numeric" value={days} onChange={({ target }) => setDays(target.value)} />
          )}
        </Field>
        <button type="submit" className="main" disabled={making.isPending}>
          {words.createNow}
        </button>
      </form>
    </Panel>
  );
}

interface TokenTableProps {
  readonly tokens: readonly PresentedToken[];
  readonly onRevoke: (id: string) => void;
}

function TokenTable({ tokens, onRevoke }: TokenTableProps) {
  const words = useWords(TOKENS_WORDS);
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
              <th scope="col">{words.actions}</th>
            </tr>
          </thead>
          <tbody>
            {tokens.map(({ id, name, createdAt, expiresAt, lastUsedAt }) => (
              <tr key={id}>
                <th scope="row">{name}</th>
                <td data-label={columns.created} className="whole">
                  <Time at={createdAt} seconds={false} />
                </td>
                <td data-label={columns.expires} className="whole">
                  <Time at={expiresAt} seconds={false} />
                </td>
                <td data-label={columns.lastUse} className="whole">
                  {lastUsedAt === null ? words.never : <Time at={lastUsedAt} seconds={false} />}
                </td>
                <td data-label={words.actions}>
                  <button
                    type="button"
                    className="plain"
                    aria-label={words.revokeOf(name)}
                    onClick={() => onRevoke(id)}
                  >
                    {words.revoke}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
