// The engine double as the operator sees it: accepts the architectures of the fixtures but one, and launches the process
// beside this file. Its memory figures are exact, so that tests can say what fits.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../../operator/engines/engine.ts';
import type { EngineScript } from './scripted-engine-process.ts';

const PROGRAM = fileURLToPath(new URL('./scripted-engine-process.ts', import.meta.url));
const ACCEPTED = new Set(['llama', 'qwen3', 'rwkv7']);
export const OVERHEAD_BYTES = 64 * 2 ** 20;

export interface ScriptedEngineOptions {
  /** Put before the program, to run it under limits. */
  readonly wrapper?: readonly string[];
}

export function scriptedEngine({ wrapper = [] }: ScriptedEngineOptions = {}): Engine {
  return {
    name: 'llama-server',
    accepts: ({ architecture }) =>
      ACCEPTED.has(architecture)
        ? { ok: true }
        : {
            ok: false,
            reason: 'UnknownArchitecture',
            message: `The engine does not know the architecture ${architecture}.`,
            remedy: 'Use other weights.',
          },
    defaultContextTokens: (facts) => Math.min(facts.contextLength ?? 512, 512),
    memory: (facts, { contextTokens = 512, slots = 1 }) => {
      const stateBytes = contextTokens * (slots + 1) * 1024;
      const sum = facts.weightsBytes + stateBytes + OVERHEAD_BYTES;
      const parts = { weightsBytes: facts.weightsBytes, cacheBytes: stateBytes, stateBytes: 0, computeBytes: 0 };
      return { ...parts, programBytes: OVERHEAD_BYTES, totalBytes: sum };
    },
    launch: ({ weights, port, bearer }) => {
      const [command = '', ...args] = wrapper.concat(process.execPath, PROGRAM, String(port), weights);
      return { command, args, env: { ENGINE_BEARER: bearer } };
    },
    probe: {
      healthPath: '/health',
      completion: (_facts, bearer) => ({
        method: 'POST',
        path: '/v1/completions',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify({ prompt: 'a', max_tokens: 1 }),
        answered: (status, body) => status === 200 && body.includes('"completion_tokens":1'),
      }),
    },
    // It has loaded whatever it was given.
    adapters: { path: '/lora-adapters', loaded: (_body, launched) => launched.map(({ name }, id) => ({ name, id })) },
    explainExit: (code, signal, stderr) => {
      if (stderr.includes('EADDRINUSE'))
        return { reason: 'PortTaken', message: 'The port is taken.', remedy: 'Another one is tried.' };
      if (/allocation failed|out of memory/i.test(stderr))
        return { reason: 'OutOfMemory', message: 'The engine ran out of memory.', remedy: 'Lower spec.contextTokens.' };
      if (signal !== null)
        return { reason: 'EngineKilled', message: `The engine was ended by ${signal}.`, remedy: 'See who ended it.' };
      return { reason: 'EngineCrashed', message: `The engine ended with code ${code}.`, remedy: 'Look into its log.' };
    },
  };
}

/** Makes the double misbehave with these weights. */
export function writeScript(weights: string, script: EngineScript): void {
  writeFileSync(`${weights}.script`, JSON.stringify(script));
}
