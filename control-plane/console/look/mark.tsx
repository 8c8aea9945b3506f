// A state as a colour and a shape: disc ready, square failed, lozenge attention, ring asleep. The word stands beside it.

export type MarkKind = 'ready' | 'failed' | 'attention' | 'asleep';

export function Mark({ kind }: { readonly kind: MarkKind }) {
  return <span className={`mark ${kind}`} aria-hidden="true" />;
}
