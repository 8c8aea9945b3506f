// What a query came to: loading, a failure with its remedy, or the value. Every screen goes through it, so that none
// forgets a state. An old value stays in sight while a newer one is asked for.

import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Loading } from './loading.tsx';
import { Failure } from './notice.tsx';

export function Answer<T>({
  query,
  children,
}: {
  readonly query: UseQueryResult<T>;
  readonly children: (value: T) => ReactNode;
}) {
  const retry = () => void query.refetch();
  if (query.data === undefined) return query.isError ? <Failure error={query.error} retry={retry} /> : <Loading />;
  return (
    <>
      {query.isError ? <Failure error={query.error} retry={retry} /> : null}
      {children(query.data)}
    </>
  );
}
