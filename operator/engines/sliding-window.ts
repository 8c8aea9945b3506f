// Which layers look back on a window only, and so keep a small cache whatever the context. The file says how long the
// window is; which layers have one is a matter of the architecture. An architecture that is not listed counts as seeing
// all (llama.cpp does so too for Mistral and Phi 3, whatever their files say): the plan may then be too large, never too
// small. Source: llama.cpp's src/models, set_swa_pattern. Imports nothing.

interface Pattern {
  /** The last of so many layers sees all. */
  readonly period: number;
  /** Where the file need not say it, or is not asked. */
  readonly windowTokens?: number;
}

const PATTERNS: ReadonlyMap<string, Pattern> = new Map([
  ['gemma2', { period: 2, windowTokens: 4096 }],
  ['gemma3', { period: 6 }],
  ['gemma3n', { period: 5 }],
  ['cohere2', { period: 4 }],
  ['gpt-oss', { period: 2 }],
  ['olmo2', { period: 4 }],
  ['plamo3', { period: 8 }],
]);

/** One entry a layer: the tokens it looks back on, 0 for all; undefined where every layer sees all. */
export function layerWindows(
  architecture: string,
  layers: number,
  stated: { readonly windowTokens: number; readonly period: number },
): readonly number[] | undefined {
  const pattern = PATTERNS.get(architecture);
  const windowTokens = stated.windowTokens || (pattern?.windowTokens ?? 0);
  if (pattern === undefined || windowTokens === 0) return undefined;
  const period = stated.period || pattern.period;
  return Array.from({ length: layers }, (_, layer) => (layer % period < period - 1 ? windowTokens : 0));
}
