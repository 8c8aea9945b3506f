// Looks at one weights file: where it is, what its header says, whether it is the one that was pinned, and which answer
// schema lies beside it. Used by the running product and by `intramuros plan`, which has nothing running.
import { type Stats, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Failure } from '../../api/conditions.ts';
import type { ModelSource } from '../../api/v1alpha1/model.ts';
import { readGgufHeader } from '../../engines/gguf.ts';
import { WeightsError, type WeightsErrorCode } from '../../engines/weights.ts';
import type { InspectedSource } from '../sources.ts';
import { computeDigest, type DigestCache } from './digest-cache.ts';
import { type Folders, locate } from './locate.ts';

const MAX_SCHEMA_BYTES = 256 * 1024;
/** Twice what the engines' grammars follow. */
const MAX_SCHEMA_DEPTH = 64;

const REASONS: Readonly<Record<WeightsErrorCode, string>> = {
  missing_weights: 'MissingFile',
  unreadable_weights: 'UnreadableFile',
  corrupt_weights: 'CorruptFile',
  unsupported_weights: 'UnsupportedFile',
};

export interface Inspection {
  readonly folders: Folders;
  readonly digests: DigestCache;
  readonly signal: AbortSignal;
  readonly onProgress?: (bytesDone: number, bytesTotal: number) => void;
}

/** Tells one state of a file from another without reading it; undefined when there is no file. */
export function fingerprint(path: string): string | undefined {
  const stats = statOf(path);
  return stats === undefined ? undefined : [path, stats.size, stats.mtimeMs, stats.ino].join(' ');
}

/** Everything about the source. Never rejects but for the abort: what goes wrong is a state with reason and remedy. */
export async function inspectSource(source: ModelSource, inspection: Inspection): Promise<InspectedSource> {
  const location = locate(source.uri, inspection.folders);
  if (!location.ok) return failed(location);
  const { path } = location;
  try {
    const facts = await readGgufHeader(path);
    const identity = fingerprint(path) ?? '';
    const answerSchema = await readAnswerSchema(path);
    const digest =
      source.digest === undefined
        ? inspection.digests.get(identity)
        : await digestOf(path, identity, facts.weightsBytes, inspection);
    if (source.digest !== undefined && digest !== source.digest) return failed(wrongDigest(digest ?? ''));
    return {
      state: 'verified',
      path,
      // A pinned file is known by its digest: touching it or copying it anew must not start a rollout.
      identity: source.digest ?? identity,
      ...(digest === undefined ? {} : { digest }),
      architecture: facts.architecture,
      parameters: facts.parameters,
      quantisation: facts.quantisation,
      weightsBytes: facts.weightsBytes,
      embeddingOnly: facts.embeddingOnly,
      ...(answerSchema === undefined ? {} : { answerSchema }),
      facts,
    };
  } catch (error) {
    inspection.signal.throwIfAborted();
    return failed(explain(error));
  }
}

/** Computes the digest of a file, or finds it among those computed before. */
export async function digestOf(
  path: string,
  identity: string,
  bytesTotal: number,
  inspection: Inspection,
): Promise<string> {
  const known = inspection.digests.get(identity);
  if (known !== undefined) return known;
  const digest = await computeDigest(
    path,
    (bytesDone) => inspection.onProgress?.(bytesDone, bytesTotal),
    inspection.signal,
  );
  // Only what was not changed while it was read is worth remembering.
  if (fingerprint(path) === identity) inspection.digests.set(identity, digest);
  return digest;
}

/** `name.gguf` may have a JSON Schema of its answers beside it: `name.schema.json`. */
async function readAnswerSchema(weightsPath: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const path = `${weightsPath.replace(/\.gguf$/, '')}.schema.json`;
  const stats = statOf(path);
  if (stats === undefined) return undefined;
  // A pipe of that name would hold us up for ever.
  if (!stats.isFile() || stats.size > MAX_SCHEMA_BYTES) throw new AnswerSchemaError();
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new AnswerSchemaError({ cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new AnswerSchemaError();
  if (nestsDeeper(parsed, MAX_SCHEMA_DEPTH)) throw new AnswerSchemaError();
  return parsed as Record<string, unknown>;
}

/** Level by level, because a walk that calls itself would end with the stack of a file that nests deep enough. */
function nestsDeeper(value: object, levels: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}

class AnswerSchemaError extends Error {
  constructor(options?: ErrorOptions) {
    super('the answer schema cannot be used', options);
    this.name = 'AnswerSchemaError';
  }
}

function explain(error: unknown): Failure {
  if (error instanceof WeightsError) {
    return { reason: REASONS[error.code], message: sentence(error.message), remedy: error.remedy };
  }
  if (error instanceof AnswerSchemaError) {
    return {
      reason: 'AnswerSchemaInvalid',
      message: 'The .schema.json file beside the weights is not a JSON Schema object of at most 256 KiB and 64 levels.',
      remedy: 'Correct it, or remove it to let the model answer freely.',
    };
  }
  return {
    reason: 'UnreadableFile',
    message: 'The weights file cannot be read to its end.',
    remedy: 'Check the disk, and that the user that runs Intramuros may read the file.',
  };
}

function wrongDigest(found: string): Failure {
  return {
    reason: 'WrongDigest',
    message: `The weights file has the digest ${found}, not the one that spec.source.digest pins; it is not run.`,
    remedy: 'Copy the right file again, or set spec.source.digest to this value if the change was meant.',
  };
}

function failed({ reason, message, remedy }: Failure): InspectedSource {
  return { state: 'failed', reason, message, remedy };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
