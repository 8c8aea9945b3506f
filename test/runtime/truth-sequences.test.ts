// Ready never lies, over many short lives: each a Model of its own whose real processes are killed or stopped, whose
// file becomes corrupt or goes, whose spec changes, in random order. The oracle believes nothing but answers over HTTP
// from the endpoints of the status, and they must come from the weights of the current spec. After each disturbance the
// truth stands in the status within five seconds: it serves, or Ready is False with reason and remedy.

import assert from 'node:assert/strict';
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Model, ModelEndpoint } from '../../operator/api/v1alpha1/model.ts';
import type { Engine } from '../../operator/engines/engine.ts';
import { chooseEngine } from '../../operator/engines/engines.ts';
import { corruptFixture, ggufFixture, truncatedFixture } from '../fixtures/gguf.ts';
import { seededRandom } from '../fixtures/random.ts';
import { scriptedEngine } from './scripted-engine.ts';
import { openStage, type Stage } from './stage.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';
const SEQUENCES = LONG ? 500 : 50;
const REAL_SEQUENCES = LONG ? 40 : 4;
const WITHIN_MS = 5000;
/** A status may be this far behind a process that was killed. */
const BEHIND_KILL_MS = 2000;
/** The bar, and what a busy machine adds to the time at which an oracle sees it. */
const BEHIND_STOP_MS = WITHIN_MS + 500;
const VERSIONS = 3;

/** Who serves, and how the oracle tells by an answer which weights it comes from. */
interface Cast {
  readonly engine: Engine;
  readonly fixture: (version: number) => string;
  readonly atOnce: number;
  readonly serves: (url: string, bearer: string, path: string, version: number) => Promise<boolean>;
}

async function complete(url: string, bearer: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', prompt: 'a', max_tokens: 4, temperature: 0 }),
    signal: AbortSignal.timeout(4000),
  });
  assert.equal(response.status, 200);
  return (await response.json()) as Record<string, unknown>;
}

const SCRIPTED: Cast = {
  engine: scriptedEngine(),
  fixture: () => ggufFixture({ shape: 'llama' }),
  atOnce: 6,
  serves: async (url, bearer, path) => (await complete(url, bearer))['weights'] === path,
};

const WORDS = ['one ', 'two ', 'three '];
const REAL: Cast = {
  engine: chooseEngine({}),
  fixture: (version) => ggufFixture({ shape: 'script', answer: WORDS[version] ?? '', endless: true }),
  atOnce: 2,
  serves: async (url, bearer, _path, version) => {
    const { choices } = (await complete(url, bearer)) as { choices: { text: string }[] };
    return choices[0]?.text.includes((WORDS[version] ?? '').trim()) === true;
  },
};

interface Findings {
  readonly lies: string[];
  readonly late: string[];
  claims: number;
  disturbances: number;
  slowestMs: number;
}

/** One life: its Model, its files, and what was done to it last. */
class Life {
  readonly #stage: Stage;
  readonly #cast: Cast;
  readonly #name: string;
  readonly #random: () => number;
  readonly #findings: Findings;
  #version = 0;
  #replicas = 1;
  #disturbedAt = 0;
  #behindMs = 0;
  #last = 'the beginning';

  constructor(stage: Stage, cast: Cast, name: string, random: () => number, findings: Findings) {
    this.#stage = stage;
    this.#cast = cast;
    this.#name = name;
    this.#random = random;
    this.#findings = findings;
  }

  async run(): Promise<void> {
    for (let version = 0; version < VERSIONS; version += 1) this.#put(version, this.#cast.fixture(version));
    const over = new AbortController();
    await this.#apply();
    const watch = this.#watch(over.signal);
    try {
      await this.#untilServing();
      const count = LONG ? 2 + Math.floor(this.#random() * 3) : 2;
      for (let at = 0; at < count; at += 1) {
        this.#findings.disturbances += 1;
        await this.#disturb();
        await this.#untilTold();
        await sleep(this.#random() * 500);
      }
      if (LONG) {
        // Whatever was done, a sound file and a sound spec bring it back.
        for (let version = 0; version < VERSIONS; version += 1) this.#put(version, this.#cast.fixture(version));
        this.#replicas = 1;
        this.#version = (this.#version + 1) % VERSIONS;
        this.#mark('the repair', WITHIN_MS);
        await this.#apply();
        await this.#untilServing();
      }
    } finally {
      over.abort();
      await watch;
    }
    await this.#stage.store.delete('Model', { namespace: 'default', name: this.#name });
  }

  async #disturb(): Promise<void> {
    const dice = this.#random();
    const processes = this.#stage.operator.runtime.processes(`default/${this.#name}`);
    if (dice < 0.25) {
      this.#mark('kill', BEHIND_KILL_MS);
      for (const pid of processes) signal(pid, 'SIGKILL');
    } else if (dice < 0.4) {
      this.#mark('stop', BEHIND_STOP_MS);
      for (const pid of processes) signal(pid, 'SIGSTOP');
    } else if (dice < 0.6) {
      this.#version = (this.#version + 1) % VERSIONS;
      if (this.#random() < 0.5) this.#spoil();
      this.#mark('a new revision', 0);
      await this.#apply();
    } else if (dice < 0.75) {
      this.#spoil();
      this.#mark('a corrupt file, and a kill', BEHIND_KILL_MS);
      for (const pid of processes) signal(pid, 'SIGKILL');
    } else if (dice < 0.85) {
      rmSync(this.#path(this.#version), { force: true });
      this.#mark('a file that is gone', BEHIND_KILL_MS);
      if (this.#random() < 0.5) for (const pid of processes) signal(pid, 'SIGKILL');
    } else {
      this.#replicas = Math.floor(this.#random() * 3);
      this.#mark(`${this.#replicas} replicas`, 0);
      await this.#apply();
    }
  }

  #mark(what: string, behindMs: number): void {
    this.#last = what;
    this.#behindMs = Math.max(behindMs, this.#behindMs - (performance.now() - this.#disturbedAt));
    this.#disturbedAt = performance.now();
  }

  #path(version: number): string {
    return join(this.#stage.models, `${this.#name}-${version}.gguf`);
  }

  #put(version: number, fixture: string): void {
    copyFileSync(fixture, `${this.#path(version)}.new`);
    renameSync(`${this.#path(version)}.new`, this.#path(version));
  }

  #spoil(): void {
    const options = { shape: 'llama' } as const;
    const dice = this.#random();
    const noMagic = corruptFixture(options, 0, Buffer.from('LLMF'));
    this.#put(this.#version, dice < 0.5 ? truncatedFixture(options) : noMagic);
  }

  #apply(): Promise<Model> {
    const source = { uri: `file://${this.#name}-${this.#version}.gguf` };
    return this.#stage.apply(this.#name, { source, replicas: this.#replicas });
  }

  #serves = async ({ url }: Pick<ModelEndpoint, 'url'>, version: number): Promise<boolean> =>
    this.#cast.serves(url, this.#stage.bearer, this.#path(version), version).catch(() => false);

  /** What the status claims, and whether it holds. */
  async #look(): Promise<{ told: boolean; claims: boolean; holds: boolean; seenAt: number }> {
    const model = await this.#stage.model(this.#name);
    const seenAt = performance.now();
    const ready = model.status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.observedGeneration !== model.metadata.generation)
      return { told: false, claims: false, holds: true, seenAt };
    if (ready?.status !== 'True') {
      const told = ready !== undefined && ready.reason !== '' && (ready.remedy ?? '').length > 10;
      return { told, claims: false, holds: true, seenAt };
    }
    const version = Number(/-(\d)\.gguf$/.exec(model.spec.source.uri)?.[1]);
    const answers = await Promise.all((model.status?.endpoints ?? []).map((each) => this.#serves(each, version)));
    const holds = answers.includes(true);
    return { told: holds, claims: true, holds, seenAt };
  }

  async #watch(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const { claims, holds, seenAt } = await this.#look();
      if (claims) this.#findings.claims += 1;
      // What was done to it after the claim, or a moment before, the claim could not know.
      const excused = this.#disturbedAt > seenAt || seenAt - this.#disturbedAt < this.#behindMs;
      if (!holds && !excused) this.#findings.lies.push(`${this.#name} after ${this.#last}`);
      await sleep(150);
    }
  }

  async #untilTold(): Promise<void> {
    const startedAt = performance.now();
    // A machine that gives us no turn gives the supervisor none either.
    let lostMs = 0;
    for (;;) {
      const { told } = await this.#look();
      const tookMs = performance.now() - startedAt - lostMs;
      if (told) {
        this.#findings.slowestMs = Math.max(this.#findings.slowestMs, tookMs);
        return;
      }
      if (tookMs > WITHIN_MS) {
        this.#findings.late.push(`${this.#name} after ${this.#last}: ${Math.round(tookMs)} ms`);
        return;
      }
      const before = performance.now();
      await sleep(50);
      lostMs += Math.max(0, performance.now() - before - 60);
    }
  }

  async #untilServing(): Promise<void> {
    const deadline = performance.now() + 90_000;
    for (;;) {
      const { claims, holds } = await this.#look();
      if (claims && holds) return;
      if (performance.now() > deadline) {
        const ready = await this.#stage.condition(this.#name, 'Ready');
        assert.fail(`${this.#name} does not come back after ${this.#last}: ${JSON.stringify(ready)}`);
      }
      await sleep(100);
    }
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself a moment ago.
  }
}

async function live(cast: Cast, count: number, seed: number): Promise<Findings> {
  const findings: Findings = { lies: [], late: [], claims: 0, disturbances: 0, slowestMs: 0 };
  await using stage = await openStage({ engines: [cast.engine], log: { info() {}, warn() {}, error() {} } });
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const at = next;
      next += 1;
      await new Life(stage, cast, `m${at}`, seededRandom(seed + at), findings).run();
    }
  };
  // All of them end before the stage does, whatever one of them finds.
  const ends = await Promise.allSettled(Array.from({ length: cast.atOnce }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return findings;
}

describe('Ready over random lives', () => {
  for (const [who, cast, count] of [
    ['scripted engine processes', SCRIPTED, SEQUENCES],
    ['real engine processes', REAL, REAL_SEQUENCES],
  ] as const)
    it(`${count} sequences of ${who}: it never lies, and tells within five seconds`, async (context) => {
      const { lies, late, claims, disturbances, slowestMs } = await live(cast, count, 20_261_125);
      context.diagnostic(
        `${disturbances} disturbances, ${claims} claims of Ready asked, told after ${Math.round(slowestMs)} ms at most`,
      );
      assert.deepEqual(lies, []);
      assert.deepEqual(late, []);
      // Something was asked: each life is disturbed twice, and claims to be ready before, between or (in a long run) after.
      assert.ok(claims > (LONG ? count : count / 2) && disturbances >= 2 * count);
    });
});
