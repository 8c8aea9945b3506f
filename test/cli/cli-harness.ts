// Runs commands as main.ts does, with streams that the test reads, against nothing or against the real admin listener.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { AdminDependencies } from '../../control-plane/admin/app.ts';
import { type FakeDependencies, fakeDependencies } from '../../control-plane/admin/fake-dependencies.ts';
import { startAdmin } from '../../control-plane/admin/start-admin.ts';
import { type CliLoad, runCli } from '../../control-plane/cli/cli.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Terminal {
  readonly folder: string;
  readonly run: (
    words: readonly string[],
    input?: string | readonly Uint8Array[],
    reader?: { readonly closesAfter: number },
  ) => Promise<Ran>;
}

export async function openTerminal(t: TestContext, changes: Partial<CliLoad> = {}): Promise<Terminal> {
  const folder = await mkdtemp(join(tmpdir(), 'intramuros-cli-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const load: CliLoad = {
    place: () => ({ dataFolder: join(folder, 'data'), databaseUrl: undefined }),
    serve: async () => 0,
    planner: () => Promise.reject(new Error('no planner in this test')),
    verifier: () => Promise.reject(new Error('no verifier in this test')),
    backups: () => Promise.reject(new Error('no backups in this test')),
    version: '0.0.0-test',
    ...changes,
  };
  return {
    folder,
    run: (words, input = '', reader) => runWith(load, folder, { words, input, closesAfter: reader?.closesAfter }),
  };
}

interface Invocation {
  readonly words: readonly string[];
  readonly input: string | readonly Uint8Array[];
  /** Writes that the reader of standard output takes before it leaves. */
  readonly closesAfter: number | undefined;
}

async function runWith(load: CliLoad, cwd: string, { words, input, closesAfter }: Invocation): Promise<Ran> {
  const stdout = new Sink(closesAfter);
  const stderr = new Sink();
  const stdin = Readable.from(typeof input === 'string' ? [Buffer.from(input)] : input, { objectMode: false });
  const signal = new AbortController().signal;
  const code = await runCli(words, { stdin, stdout, stderr, cwd, signal }, load);
  return { code, out: stdout.text(), err: stderr.text() };
}

class Sink extends Writable {
  readonly #chunks: Buffer[] = [];
  readonly #closesAfter: number;

  constructor(closesAfter = Number.POSITIVE_INFINITY) {
    super({ highWaterMark: 1 });
    this.#closesAfter = closesAfter;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    if (this.#chunks.length >= this.#closesAfter) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      return;
    }
    this.#chunks.push(chunk);
    done();
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

export interface Product extends Terminal {
  readonly dependencies: FakeDependencies;
  readonly stop: () => Promise<void>;
}

/** A terminal beside a running admin listener with doubles behind its ports. */
export async function openProduct(t: TestContext, changes: Partial<AdminDependencies> = {}): Promise<Product> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'intramuros-data-'));
  const dependencies = fakeDependencies(changes);
  const admin = await startAdmin({ ...dependencies, host: '127.0.0.1', port: 0, dataFolder });
  t.after(async () => {
    await admin.stop();
    await rm(dataFolder, { recursive: true, force: true });
  });
  const terminal = await openTerminal(t, { place: () => ({ dataFolder, databaseUrl: undefined }) });
  return { ...terminal, dependencies, stop: admin.stop };
}

export const MODEL_YAML = `apiVersion: intramuros.dev/v1alpha1
kind: Model
metadata:
  name: notes
spec:
  source:
    uri: file:///srv/models/notes.gguf
`;

export const POLICY_YAML = `apiVersion: intramuros.dev/v1alpha1
kind: PrivacyPolicy
metadata:
  name: strict
spec:
  default: mask
  entities:
    EMAIL: block
`;
