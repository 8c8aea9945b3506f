// A change as people read it: added and removed lines, said by a sign and a colour.

import { diffLines } from './diff-lines.ts';

const SIGNS = { same: ' ', added: '+', removed: '-' } as const;

export function Diff({
  before,
  after,
  label,
}: {
  readonly before: string;
  readonly after: string;
  readonly label: string;
}) {
  return (
    <section aria-label={label}>
      <pre className="diff">
        {diffLines(before, after).map(({ kind, text }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a diff is drawn anew as a whole
          <span key={index} className={kind}>{`${SIGNS[kind]} ${text}\n`}</span>
        ))}
      </pre>
    </section>
  );
}
