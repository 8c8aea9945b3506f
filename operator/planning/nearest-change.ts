// What would have to change so that a Model fits: the least of the changes that its owner can make. Each is computed, so
// that who follows it is not refused again. Pure; imports the planning room.
import type { EngineNeeds } from './world.ts';

export interface ChangeQuestion {
  readonly needs: EngineNeeds;
  readonly replicas: number;
  /** Replicas that fit as they are. */
  readonly admitted: number;
  /** Memory that all replicas together may take. */
  readonly bytes: number;
  /** Elements of the weights, and what they are stored as; where these are known. */
  readonly weights?: { readonly parameters: number; readonly quantisation: string };
}

/** A change of `spec.replicas` and `spec.contextTokens`, or else of the weights. */
export interface NearestChange {
  readonly replicas?: number;
  readonly contextTokens?: number;
  /** Weights of this quantisation would fit; of another file, as large as they usually come out. */
  readonly quantisation?: string;
}

/** Below this a context is of no use to anybody. */
const LEAST_TOKENS = 256;
/** Engines pad to this; a smaller step would save nothing. */
const TOKEN_STEP = 256;

/** Bits of an element as llama.cpp's quantiser comes out over whole models, largest first. */
const QUANTISATIONS: readonly (readonly [name: string, bits: number])[] = [
  ['Q8_0', 8.5],
  ['Q6_K', 6.57],
  ['Q5_K_M', 5.7],
  ['Q4_K_M', 4.9],
  ['Q3_K_M', 3.95],
  ['Q2_K', 3.2],
];

/** Undefined when nothing but more memory helps. */
export function nearestChange(question: ChangeQuestion): NearestChange | undefined {
  const { needs, replicas, admitted } = question;
  const contextTokens = contextThatFits(question, replicas);
  const keptByContext = (contextTokens ?? 0) / needs.contextTokens;
  if (admitted > 0 && admitted / replicas >= keptByContext) return { replicas: admitted };
  if (contextTokens !== undefined) return { contextTokens };
  for (let fewer = replicas - 1; fewer > 0; fewer -= 1) {
    const tokens = contextThatFits(question, fewer);
    if (tokens !== undefined) return { replicas: fewer, contextTokens: tokens };
  }
  const quantisation = quantisationThatFits(question);
  return quantisation === undefined ? undefined : { quantisation };
}

/** The longest context, less than the one asked for, with which so many replicas fit. */
function contextThatFits({ needs, bytes }: ChangeQuestion, replicas: number): number | undefined {
  const { bytesAt } = needs;
  if (bytesAt === undefined || replicas < 1) return undefined;
  const fits = (steps: number) => bytesAt(steps * TOKEN_STEP) * replicas <= bytes;
  let low = LEAST_TOKENS / TOKEN_STEP;
  let high = Math.ceil(needs.contextTokens / TOKEN_STEP) - 1;
  if (high < low || !fits(low)) return undefined;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low * TOKEN_STEP;
}

/** The largest quantisation with which all replicas fit. */
export function quantisationThatFits({ needs, replicas, bytes, weights }: ChangeQuestion): string | undefined {
  if (weights === undefined) return undefined;
  const others = needs.replicaBytes - needs.weightsBytes;
  return QUANTISATIONS.find(([, bits]) => {
    const weightsBytes = (weights.parameters * bits) / 8;
    return weightsBytes < needs.weightsBytes * 0.95 && (weightsBytes + others) * replicas <= bytes;
  })?.[0];
}
