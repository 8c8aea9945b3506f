// The API keys: what uses each, for which tenant, what it may do and until when; made, replaced with an overlap, revoked.
// The tenant is in the address, so that its keys can be sent to somebody else as a link.

import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { keysQuery, type PresentedKey, type PresentedNewKey } from '../../data/keys.ts';
import { resourcesQuery } from '../../data/resources.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { Field } from '../../look/field.tsx';
import { useWords } from '../../look/language.tsx';
import { Screen } from '../../look/screen.tsx';
import { ShownOnce } from '../../look/shown-once.tsx';
import { SHARED_WORDS } from '../../look/words.ts';
import { RevokeDialog, RotateDialog } from './end-key-dialogs.tsx';
import { KeyTable } from './key-table.tsx';
import { NewKeyDialog } from './new-key-dialog.tsx';
import { KEYS_WORDS } from './words.ts';

type Asked = { readonly what: 'create' } | { readonly what: 'rotate' | 'revoke'; readonly key: PresentedKey };

export function Keys() {
  const words = useWords(KEYS_WORDS);
  const shared = useWords(SHARED_WORDS);
  const { may, tenant: own } = useSession();
  const { tenant } = getRouteApi('/keys').useSearch();
  const query = useInfiniteQuery(keysQuery(own ?? tenant));
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked>();
  const [made, setMade] = useState<PresentedNewKey>();
  const close = () => setAsked(undefined);
  const changed = (key?: PresentedNewKey) => {
    if (key !== undefined) setMade(key);
    void client.invalidateQueries({ queryKey: ['keys'] });
  };
  const keys = query.data?.pages.flatMap((page) => page.keys) ?? [];
  const open = keys.filter(({ state }) => state === 'valid' || state === 'ending').length;
  return (
    <Screen
      title={query.data === undefined ? words.title : words.count(open, query.hasNextPage)}
      lead={words.lead}
      actions={
        may.includes('key.create') ? (
          <button type="button" className="main" onClick={() => setAsked({ what: 'create' })}>
            {words.create}
          </button>
        ) : undefined
      }
    >
      {made === undefined ? null : (
        <ShownOnce
          title={words.shown(made.name)}
          secret={made.key}
          copyLabel={words.copyKey}
          onClose={() => setMade(undefined)}
        />
      )}
      {own === null ? <TenantFilter tenant={tenant} /> : null}
      <Answer query={query}>
        {() =>
          keys.length === 0 ? (
            <div className="empty">
              <p>{words.empty}</p>
              <pre>npx intramuros key create my-app</pre>
            </div>
          ) : (
            <KeyTable
              keys={keys}
              onRotate={may.includes('key.create') ? (key) => setAsked({ what: 'rotate', key }) : undefined}
              onRevoke={may.includes('key.revoke') ? (key) => setAsked({ what: 'revoke', key }) : undefined}
            />
          )
        }
      </Answer>
      {query.hasNextPage ? (
        <button type="button" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {shared.more}
        </button>
      ) : null}
      {asked?.what === 'create' ? <NewKeyDialog tenant={own ?? tenant} onMade={changed} onClose={close} /> : null}
      {asked?.what === 'rotate' ? <RotateDialog of={asked.key} onMade={changed} onClose={close} /> : null}
      {asked?.what === 'revoke' ? <RevokeDialog of={asked.key} onRevoked={changed} onClose={close} /> : null}
    </Screen>
  );
}

function TenantFilter({ tenant }: { readonly tenant: string | undefined }) {
  const words = useWords(KEYS_WORDS);
  const tenants = useQuery(resourcesQuery('Tenant'));
  const navigate = getRouteApi('/keys').useNavigate();
  const names = [...new Set(['default', ...(tenants.data ?? []).map(({ metadata }) => metadata.name)])];
  return (
    <div className="filters narrow">
      <Field label={words.tenantFilter}>
        {(ids) => (
          <select
            {...ids}
            value={tenant ?? ''}
            onChange={({ target: { value } }) => void navigate({ search: value === '' ? {} : { tenant: value } })}
          >
            <option value="">{words.everyTenant}</option>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </Field>
    </div>
  );
}
