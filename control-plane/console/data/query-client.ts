// Answers are kept until the live stream or their age says that they are old; a failure that will not go away by
// itself is not asked again.

import { QueryClient } from '@tanstack/react-query';
import { ApiProblem } from './api.ts';

const MOST_RETRIES = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      retry: (failures, error) => failures < MOST_RETRIES && mayGoAway(error),
    },
    mutations: { retry: false },
  },
});

function mayGoAway(error: unknown): boolean {
  return !(error instanceof ApiProblem) || error.facts.status === 0 || error.facts.status >= 500;
}
