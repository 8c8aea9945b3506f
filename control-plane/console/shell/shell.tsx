// What stands around every screen: navigation, the wall, who is signed in, and whether what is shown is live.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { Suspense, useEffect, useState } from 'react';
import type { SessionView } from '../../admin/http/route.ts';
import { change } from '../data/api.ts';
import { followChanges } from '../data/live.ts';
import { sessionQuery } from '../data/session.ts';
import { useLanguage, useWords } from '../look/language.tsx';
import { Loading } from '../look/loading.tsx';
import { Failure } from '../look/notice.tsx';
import { NAVIGATION, NAVIGATION_WORDS } from './navigation.ts';

const SIGN_IN = '/sign-in';

export function Shell() {
  const session = useQuery(sessionQuery);
  useEffect(() => {
    if (session.data === null) location.assign(signInPath());
  }, [session.data]);
  if (session.isError) return <Failure error={session.error} retry={() => void session.refetch()} />;
  if (session.data === undefined || session.data === null) return <Loading />;
  return <Frame session={session.data} />;
}

function Frame({ session }: { readonly session: SessionView }) {
  const words = useWords(NAVIGATION_WORDS);
  const client = useQueryClient();
  const [live, setLive] = useState(true);
  const [open, setOpen] = useState(false);
  useEffect(() => followChanges(client, setLive), [client]);
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {words.skip}
      </a>
      <header data-open={open}>
        <div className="bar">
          <p className="brand">
            <Link to="/">Intramuros</Link>
            <small role="status">{live ? words.live : words.notLive}</small>
          </p>
          <button type="button" className="more-toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
            {words.menu}
          </button>
        </div>
        <Navigation session={session} onGo={() => setOpen(false)} />
        <Who session={session} />
      </header>
      <main id="main" tabIndex={-1}>
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </main>
    </div>
  );
}

function Navigation({ session, onGo }: { readonly session: SessionView; readonly onGo: () => void }) {
  const words = useWords(NAVIGATION_WORDS);
  return (
    <nav aria-label={words.navigation}>
      {NAVIGATION.map(({ name, places }) => {
        const open = places.filter(({ needs }) => session.may.includes(needs));
        if (open.length === 0) return null;
        return (
          <div key={name}>
            <h2>{words.groups[name]}</h2>
            <ul>
              {open.map((place) => (
                <li key={place.name}>
                  <Link
                    to={place.to}
                    {...(place.search === undefined ? {} : { search: place.search })}
                    activeOptions={{ exact: place.to === '/', includeSearch: place.to === '/records' }}
                    onClick={onGo}
                  >
                    {words.places[place.name]}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

function Who({ session }: { readonly session: SessionView }) {
  const words = useWords(NAVIGATION_WORDS);
  const { language, choose } = useLanguage();
  const [other, name] = language === 'fr' ? (['en', 'English'] as const) : (['fr', 'Français'] as const);
  const signOut = async () => {
    await change('DELETE', '/api/v1/session');
    location.assign(SIGN_IN);
  };
  return (
    <div className="who">
      <p>{session.name}</p>
      <p>{words.roles[session.role] ?? session.role}</p>
      <p className="row">
        <button type="button" className="plain" lang={other} onClick={() => choose(other)}>
          {name}
        </button>
        <button type="button" className="plain" onClick={() => void signOut()}>
          {words.signOut}
        </button>
      </p>
    </div>
  );
}

/** Back to where one was, after the sign-in. */
function signInPath(): string {
  const here = location.pathname + location.search;
  return here === '/' ? SIGN_IN : `${SIGN_IN}?next=${encodeURIComponent(here)}`;
}
