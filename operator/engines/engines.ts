// Chooses the engine: the company's own llama-server where one is configured, else the bundled worker. A further
// engine is one file that implements Engine and one line here. Imports: this folder.
import type { Engine } from './engine.ts';
import { createLlamaServerEngine } from './llama-server.ts';
import { llamaWorkerEngine } from './llama-worker-engine.ts';

/** `llamaServerPath`: the configured path of a native llama-server, undefined or empty where there is none. */
export function chooseEngine(options: { readonly llamaServerPath?: string | undefined }): Engine {
  const { llamaServerPath } = options;
  return llamaServerPath === undefined || llamaServerPath === ''
    ? llamaWorkerEngine
    : createLlamaServerEngine(llamaServerPath);
}
