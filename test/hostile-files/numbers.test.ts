// Every number of a header replaced in turn: either our reader refuses the file, or llama.cpp takes it or refuses it with
// a message. It never dies of a file that we let through.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readGgufHeader } from '../../operator/engines/gguf.ts';
import { llamaWorkerEngine } from '../../operator/engines/llama-worker-engine.ts';
import { WeightsError } from '../../operator/engines/weights.ts';
import { ggufFixture, type Shape } from '../fixtures/gguf.ts';
import { seededRandom } from '../fixtures/random.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';
const SHAPES: readonly Shape[] = ['llama', 'mixtral', 'rwkv7', 'gemma3'];
const LOADER = fileURLToPath(new URL('./load-in-llama.ts', import.meta.url));
/** Many times what a fixture takes: what is not done then computes for ever. */
const MAX_MS = 90_000;
const U32 = 4;
const I32 = 5;
const F32 = 6;
const BOOL = 7;
/** As whole numbers or as floats: nothing, little, much, and what is no number. */
const VALUES = [0, 1, 3, 0x7fffffff, 0xffffffff, 0x7fc00000];

interface Change {
  readonly shape: Shape;
  readonly key: string;
  readonly at: number;
  readonly value: number;
}

function changesOf(shape: Shape): Change[] {
  const header = readFileSync(ggufFixture({ shape }));
  const names = header.subarray(0, 60_000).toString('latin1');
  return [...names.matchAll(/(?:llama|rwkv7|gemma3|tokenizer\.ggml|general)\.[a-z_.0-9]+/g)].flatMap(
    ({ 0: key, index }) => {
      const at = index + key.length;
      const type = header.readUInt32LE(at);
      if (type === BOOL) return [{ shape, key, at, value: 1 - (header[at + 4] ?? 0) }];
      return [U32, I32, F32].includes(type) ? VALUES.map((value) => ({ shape, key, at, value })) : [];
    },
  );
}

/** A flag is one byte; what stands behind it belongs to the next entry. */
function put(bytes: Buffer, { at, value }: Change): void {
  if (bytes.readUInt32LE(at) === BOOL) bytes.writeUInt8(value, at + 4);
  else bytes.writeUInt32LE(value, at + 4);
}

/** Ends of the process that are not explained. */
async function deathOf(file: string): Promise<string | undefined> {
  const child = spawn(process.execPath, [LOADER, file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (part: Buffer) => {
    stderr = (stderr + part.toString()).slice(-4096);
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), MAX_MS);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  if (code === 0 || code === 40) return undefined;
  return `${signal ?? code}: ${/GGML_ASSERT[^\n]*/.exec(stderr)?.[0] ?? stderr.slice(-200)}`;
}

describe('a header with a number replaced', { timeout: 60 * 60_000 }, () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'numbers-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const shape of SHAPES) {
    it(`${shape}: is refused by the reader, or llama.cpp lives through it`, async () => {
      const path = join(folder, `${shape}.gguf`);
      const random = seededRandom(20_261_125 + SHAPES.indexOf(shape));
      const accepted: Change[] = [];
      for (const change of changesOf(shape)) {
        const bytes = Buffer.from(readFileSync(ggufFixture({ shape })));
        put(bytes, change);
        writeFileSync(path, bytes);
        try {
          await readGgufHeader(path);
          accepted.push(change);
        } catch (error) {
          assert.ok(error instanceof WeightsError, `${change.key} = ${change.value}: ${String(error)}`);
        }
      }
      assert.ok(accepted.length > 20, 'most numbers do no harm');
      const tried = LONG ? accepted : accepted.toSorted(() => random() - 0.5).slice(0, 2);
      for (const change of tried) {
        const bytes = Buffer.from(readFileSync(ggufFixture({ shape })));
        put(bytes, change);
        writeFileSync(path, bytes);
        assert.equal(await deathOf(path), undefined, `${change.key} = ${change.value}`);
      }
    });
  }

  it('and a check of llama.cpp that fails all the same is named in the explanation', () => {
    const tail = '/build/llama.cpp/ggml/src/ops.cpp:3949: GGML_ASSERT(eps >= 0.0f) failed\n#0 abort';
    const { reason, message } = llamaWorkerEngine.explainExit(null, 'SIGABRT', tail);
    assert.equal(reason, 'EngineCrashed');
    assert.match(message, /a check of llama\.cpp did not hold: eps >= 0\.0f/);
    assert.ok(!message.includes('/build/'));
  });
});
