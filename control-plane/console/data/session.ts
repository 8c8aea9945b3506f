// Who works here. The server answers 200 with null for a stranger; then the sign-in page is next.

import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import type { SessionView } from '../../admin/http/route.ts';
import { get, setFormToken } from './api.ts';

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: 60_000,
  queryFn: async ({ signal }) => {
    const { session } = await get<{ readonly session: SessionView | null }>('/api/v1/session', signal);
    if (session !== null) setFormToken(session.formToken);
    return session;
  },
});

/** The session of this browser; screens are only shown with one. */
export function useSession(): SessionView {
  const { data } = useSuspenseQuery(sessionQuery);
  if (data === null) throw new Error('no session');
  return data;
}
