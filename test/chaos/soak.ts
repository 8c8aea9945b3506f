// The soak: mixed traffic against the product as its users run it, on a fresh data folder, for hours. Watches memory,
// descriptors and the event loop, from outside and by /metrics, and explains every error by the request that caused it.
//
//   node test/chaos/soak.ts [--minutes 120] [--cpu 15] [--json FILE]
//
// Exit 1 when a bar is missed: live and resident memory after a collection grow at most 1 MiB an hour after the warm-up,
// descriptors are flat, no error is unexplained. `--cpu` bounds what all processes of the product use, in percent of a core.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ProductFolder } from '../first-run/product.ts';
import { doorOf, OutcomeLog, send } from './soak/client.ts';
import { liveMemory } from './soak/live-memory.ts';
import { costOf, processTree } from './soak/process-tree.ts';
import { type CollectedSample, judge, type Sample } from './soak/report.ts';
import { applyModel, applyPolicy, nextKind, type TrafficParts } from './soak/traffic.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '120' },
    cpu: { type: 'string', default: '15' },
    json: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const cpuBudget = Number(values.cpu) / 100;
if (!(minutes > 0) || !(cpuBudget > 0)) throw new Error('--minutes and --cpu take numbers above 0');

const SAMPLE_MS = 5000;
const COLLECT_MS = minutes < 2 ? 5000 : 60_000;
const MAX_AT_ONCE = 6;
const READY_MS = 120_000;

const folder = new ProductFolder({ NODE_OPTIONS: '' });
const product = await startInspected(folder);
const startedAtMs = performance.now();
const hours = () => (performance.now() - startedAtMs) / 3_600_000;
const samples: Sample[] = [];
const collected: CollectedSample[] = [];
const outcomes = new OutcomeLog();
try {
  const parts = await prepare();
  console.error(`soak: ${minutes} minutes on ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`);
  const until = performance.now() + minutes * 60_000;
  await Promise.all([drive(parts, until), watch(until), collect(until)]);
} finally {
  await product.stop();
  folder.remove();
}
const warmUpHours = Math.min(minutes / 4, 20) / 60;
const verdict = judge({ minutes, warmUpHours, samples, collected, outcomes });
if (values.json !== undefined)
  writeFileSync(values.json, JSON.stringify({ minutes, samples, collected, outcomes: [...outcomes.counts] }));
console.log(verdict.text);
for (const miss of verdict.missed) console.log(`missed: ${miss}`);
process.exitCode = verdict.missed.length > 0 ? 1 : 0;

/** The product, with a door for its inspector: how its live memory is asked for. */
async function startInspected(data: ProductFolder) {
  const launch = data.launch(['--inspect=127.0.0.1:0']);
  const child = spawn(launch.command, launch.args, { env: launch.environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let inspector: string | undefined;
  const ready = Promise.withResolvers<{ admin: string; gateway: string }>();
  child.stderr.on('data', (chunk: Buffer) => {
    inspector ??= /^Debugger listening on (ws:\S+)$/m.exec(chunk.toString())?.[1];
  });
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    const [, admin, gateway] = /^ready (\S+) (\S+)$/m.exec(printed) ?? [];
    if (admin !== undefined && gateway !== undefined) ready.resolve({ admin, gateway });
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void ended.then(() => ready.reject(new Error('it ended before it was ready')));
  const addresses = await ready.promise;
  return {
    ...addresses,
    pid: child.pid ?? 0,
    inspector: inspector ?? '',
    async stop() {
      child.kill('SIGINT');
      await ended;
    },
  };
}

async function prepare(): Promise<TrafficParts> {
  const door = doorOf(product, folder.path);
  const made = await send(`${door.admin}/api/v1/keys`, door.token, JSON.stringify({ name: 'soak' }));
  const { key } = JSON.parse(made.text) as { key: string };
  const parts = { door, key, outcomes };
  await applyPolicy(parts, 'mask');
  await applyModel(parts, 1024);
  const deadline = performance.now() + READY_MS;
  const body = JSON.stringify({ model: 'soak', max_tokens: 1, messages: [{ role: 'user', content: 'Toux.' }] });
  while ((await send(`${door.gateway}/v1/chat/completions`, key, body)).outcome !== '200') {
    if (performance.now() > deadline) throw new Error('the second model does not become ready');
    await sleep(300);
  }
  return parts;
}

/** Requests at random moments, fewer when the product's processes use more than their share of a core. */
async function drive(parts: TrafficParts, until: number): Promise<void> {
  const running = new Set<Promise<void>>();
  let pauseMs = 400;
  let before = { cpuS: cpuOf(), atMs: performance.now() };
  while (performance.now() < until) {
    if (running.size < MAX_AT_ONCE) {
      const one = nextKind().run(parts);
      running.add(one);
      void one.finally(() => running.delete(one));
    }
    await sleep(pauseMs * (0.5 + Math.random()));
    const elapsedS = (performance.now() - before.atMs) / 1000;
    if (elapsedS < 10) continue;
    const cpuS = cpuOf();
    // A process that ended took its seconds with it: such a span tells nothing.
    if (cpuS > before.cpuS) {
      const share = (cpuS - before.cpuS) / elapsedS;
      pauseMs = Math.min(5000, Math.max(100, pauseMs * Math.min(2, Math.max(0.5, share / cpuBudget))));
    }
    before = { cpuS, atMs: performance.now() };
  }
  await Promise.all(running);
}

function cpuOf(): number {
  return processTree(product.pid).reduce((sum, { cpuS }) => sum + cpuS, 0);
}

async function watch(until: number): Promise<void> {
  let before = { cpuS: cpuOf(), atMs: performance.now() };
  while (performance.now() < until) {
    await sleep(SAMPLE_MS);
    const metrics = (await send(`${product.admin}/metrics`, '')).text;
    const delay = (quantile: string) =>
      1000 * metric(metrics, `intramuros_event_loop_delay_seconds{quantile="${quantile}"}`);
    const tree = processTree(product.pid);
    const engines = tree.filter(({ name }) => name === 'engine');
    const cpuS = tree.reduce((sum, each) => sum + each.cpuS, 0);
    const cpuShare = Math.max(0, (cpuS - before.cpuS) / ((performance.now() - before.atMs) / 1000));
    before = { cpuS, atMs: performance.now() };
    samples.push({
      hours: hours(),
      rssBytes: metric(metrics, 'intramuros_resident_memory_bytes'),
      productDescriptors: costOf(product.pid)?.descriptors ?? 0,
      treeDescriptors: tree.reduce((sum, { descriptors }) => sum + descriptors, 0),
      engineRssBytes: engines.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
      processes: engines.length,
      delayP50Ms: delay('0.5'),
      delayP99Ms: delay('0.99'),
      delayMaxMs: delay('1'),
      cpuShare,
    });
  }
}

function metric(text: string, name: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  if (line === undefined) throw new Error(`/metrics has no ${name}`);
  return Number(line.slice(name.length));
}

async function collect(until: number): Promise<void> {
  while (performance.now() < until) {
    await sleep(COLLECT_MS);
    collected.push({ hours: hours(), ...(await liveMemory(product.inspector)) });
    const { heapBytes, externalBytes, rssBytes } = collected.at(-1) ?? { heapBytes: 0, externalBytes: 0, rssBytes: 0 };
    const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(2);
    console.error(
      `${(hours() * 60).toFixed(1)} min: live ${mib(heapBytes)} + ${mib(externalBytes)} MiB, resident ${mib(rssBytes)} MiB, ` +
        `${samples.at(-1)?.productDescriptors ?? 0} descriptors, ${outcomes.total} outcomes, ${outcomes.unexplained} unexplained`,
    );
  }
}
