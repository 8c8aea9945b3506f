// Planned and measured side by side, as a table of Markdown.
import type { Comparison } from './measured-shapes.ts';

const HEAD = [
  'shape',
  'context',
  'weights',
  'cache',
  'state',
  'compute',
  'planned',
  'measured',
  'of it anonymous',
  'planned / measured',
];

export function comparisonTable(rows: readonly Comparison[]): string {
  const lines = rows.map(({ shape, contextTokens, planned, plannedBytes, measuredBytes, anonymousBytes }) => [
    shape,
    String(contextTokens),
    ...[planned.weightsBytes, planned.cacheBytes, planned.stateBytes, planned.computeBytes].map(mebibytes),
    mebibytes(plannedBytes),
    mebibytes(measuredBytes),
    mebibytes(anonymousBytes),
    (plannedBytes / measuredBytes).toFixed(3),
  ]);
  return [HEAD, HEAD.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
