// What the gateway benchmarks put side by side: the upstream itself, the floor of Node, a peer, and our pipe, bare and
// with its stages. All stand before the same upstream, each on the measured core, and idle while another has its turn.

import { join } from 'node:path';
import { postOf } from './load-connection.ts';
import { CORE, type Part, startPart } from './part.ts';
import { cachedPeers, fetchPeers, peerVersion } from './peers.ts';
import type { PipeKind } from './pipe.ts';

export interface Target {
  readonly name: string;
  readonly url: string;
  readonly part: Part;
  /** Ours: which pipe. */
  readonly pipe?: PipeKind;
  /** The bytes of a chat request to it. */
  request(body: object): Buffer;
}

export interface Targets {
  readonly all: readonly Target[];
  /** Why a target is not there. */
  readonly missing: readonly string[];
  find(name: string): Target | undefined;
  stop(): Promise<void>;
}

const CHAT = '/v1/chat/completions';
export const DIRECT = 'direct to the upstream';
export const BARE_PROXY = 'node:http + undici';
export const PORTKEY = `Portkey ${peerVersion('gateways', '@portkey-ai/gateway')}`;
export const OURS: Readonly<Record<PipeKind, string>> = {
  bare: 'our pipe, bare',
  redacting: 'our pipe, redaction only',
  recording: 'our pipe, intent and outcome only',
  full: 'our pipe, whole',
};

export interface TargetsOptions {
  /** A database for each pipe that records: a log has one writer's keys, and its sequencer works beside it. */
  readonly databases: Readonly<Partial<Record<PipeKind, string>>>;
  /** Whether the peer is fetched where it is not there yet, taken where it is, or left out. */
  readonly peer: 'fetched' | 'cached' | 'none';
  readonly pipes: readonly PipeKind[];
}

export async function startTargets({ databases, peer, pipes }: TargetsOptions): Promise<Targets> {
  const upstream = await startPart('./upstream.ts', { core: CORE.load });
  const { url } = upstream.hello;
  const all: Target[] = [targetOf(DIRECT, upstream)];
  const missing: string[] = [];
  const stop = async () => {
    for (const { part } of all.toReversed()) await part.stop();
  };
  try {
    all.push(targetOf(BARE_PROXY, await startPart('./bare-proxy.ts', { core: CORE.measured, args: [url] })));
    const peers = peer === 'fetched' ? fetchPeers('gateways') : peer === 'cached' ? cachedPeers('gateways') : undefined;
    if (peers === undefined) missing.push(`without ${PORTKEY}: its package is not there`);
    else all.push(await startPortkey(peers, url));
    for (const pipe of pipes) {
      const databaseUrl = databases[pipe];
      const args = [pipe, url, ...(databaseUrl === undefined ? [] : [databaseUrl])];
      const part = await startPart('./pipe.ts', { core: CORE.measured, args });
      all.push({ ...targetOf(OURS[pipe], part), pipe });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { all, missing, find: (name) => all.find((target) => target.name === name), stop };
}

async function startPortkey(peers: string, upstream: string): Promise<Target> {
  const part = await startPart(join(peers, 'node_modules/@portkey-ai/gateway/build/start-server.js'), {
    core: CORE.measured,
    args: ['--headless'],
    preload: new URL('./preload-peer.js', import.meta.url).href,
    cwd: peers,
    silent: true,
  });
  return targetOf(PORTKEY, part, { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstream}/v1` });
}

function targetOf(name: string, part: Part, headers: Readonly<Record<string, string>> = {}): Target {
  const { url, key = 'none' } = part.hello;
  const all = { authorization: `Bearer ${key}`, ...headers };
  return { name, url, part, request: (body) => postOf(url, CHAT, all, JSON.stringify(body)) };
}
