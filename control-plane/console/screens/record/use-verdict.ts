// The verdict of this browser about a record, or why it cannot give one.

import { useQuery } from '@tanstack/react-query';
import { type KnownKey, recallKey } from '../../proof/known-key.ts';
import { canVerify, type ProvenRecord, type Verdict, verifyRecord } from '../../proof/verify-record.ts';

export type RecordVerdict =
  /** No WebCrypto here, or none that knows Ed25519. */
  | { readonly kind: 'unable' }
  /** Not in the log yet. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'proven' | 'failed'; readonly verdict: Verdict; readonly known: KnownKey | undefined };

/** Undefined while it is being worked out. */
export function useVerdict(proven: Omit<ProvenRecord, 'proof'> & { readonly proof: string | undefined }) {
  const { data } = useQuery({
    queryKey: ['proof', proven],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async (): Promise<RecordVerdict> => {
      const { proof } = proven;
      if (proof === undefined) return { kind: 'waiting' };
      if (!(await canVerify())) return { kind: 'unable' };
      const verdict = await verifyRecord({ ...proven, proof });
      // A key that proved nothing is not remembered.
      const isProven = verdict.failed === undefined;
      const known = isProven ? recallKey(proven.firstKey, new Date()) : undefined;
      const sound = isProven && known?.text === proven.firstKey;
      return { kind: sound ? 'proven' : 'failed', verdict, known };
    },
  });
  return data;
}
