// The bundled engine: a child process that loads one GGUF file with node-llama-cpp's prebuilt llama.cpp and speaks the
// OpenAI wire format on a loopback port. A process of its own, because native code that crashes must not take the
// gateway with it and because memory comes back only when a process ends. It ends by itself when the pipe on fd 3
// closes (its parent is gone), and tells by its exit code why it could not start. Prompts and answers are never
// written anywhere. May import: llama-worker/, gguf, weights, architectures.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { InsufficientMemoryError } from 'node-llama-cpp';
import { ARCHITECTURES } from './architectures.ts';
import { defaultContextTokens } from './default-context.ts';
import { readGgufHeader } from './gguf.ts';
import { type AnswerContext, answerChat, answerCompletion, answerEmbeddings } from './llama-worker/answers.ts';
import { createCounters, renderMetrics } from './llama-worker/counters.ts';
import { EXIT_CODES } from './llama-worker/exit-codes.ts';
import { MAX_PIECE } from './llama-worker/generation.ts';
import {
  departureSignal,
  isAuthorised,
  openEventStream,
  readJsonBody,
  sendError,
  sendJson,
} from './llama-worker/http.ts';
import { type LoadedModel, loadModel } from './llama-worker/loaded-model.ts';
import { readChatRequest, readCompletionRequest, readEmbeddingRequest } from './llama-worker/requests.ts';
import { WireError } from './llama-worker/wire-error.ts';
import { memoryNeed } from './memory.ts';
import { WeightsError, type WeightsFacts } from './weights.ts';

interface Options {
  readonly model: string;
  readonly host: string;
  readonly port: number;
  readonly contextTokens: number | undefined;
  readonly slots: number;
  readonly threads: number;
  /** Files of adapters; their place in the list is what requests call them by. */
  readonly loras: readonly string[];
  readonly bearer: string;
  /** How long SIGTERM waits for running requests. */
  readonly drainMs: number;
}

type Phase = 'loading' | 'ready' | 'stopping';

const LIFELINE_FD = 3;
const counters = createCounters();
const running = new Set<AbortController>();
let phase: Phase = 'loading';
let loaded: LoadedModel | undefined;

function exit(code: number, message: string): never {
  process.stderr.write(`llama-worker: ${message}\n`);
  process.exit(code);
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      model: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string' },
      'ctx-size': { type: 'string' },
      parallel: { type: 'string', default: '1' },
      threads: { type: 'string', default: '1' },
      lora: { type: 'string', multiple: true, default: [] },
      'drain-ms': { type: 'string', default: '10000' },
    },
  });
  const count = (name: string, text: string | undefined, most: number): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    return exit(EXIT_CODES.invalidArguments, `--${name} must be a whole number from 1 to ${most}`);
  };
  const bearer = process.env['INTRAMUROS_ENGINE_BEARER'] ?? '';
  // Nothing that this process starts or dumps shall carry it on.
  delete process.env['INTRAMUROS_ENGINE_BEARER'];
  if (values.model === undefined) return exit(EXIT_CODES.invalidArguments, '--model FILE is missing');
  if (bearer === '') return exit(EXIT_CODES.invalidArguments, 'the environment lacks INTRAMUROS_ENGINE_BEARER');
  if (values.host !== '127.0.0.1' && values.host !== '::1') {
    return exit(EXIT_CODES.invalidArguments, '--host must be a loopback address: the port speaks plain HTTP');
  }
  const contextTokens = values['ctx-size'] === undefined ? undefined : count('ctx-size', values['ctx-size'], 2 ** 24);
  return {
    model: values.model,
    host: values.host,
    port: count('port', values.port, 65_535),
    contextTokens,
    slots: count('parallel', values.parallel, 64),
    threads: count('threads', values.threads, 256),
    loras: values.lora,
    drainMs: count('drain-ms', values['drain-ms'], 600_000),
    bearer,
  };
}

/**
 * The parent holds the other end open and never writes; its end is ours, whatever native code is doing. Started by
 * hand, there is no such pipe, and the number could be one of Node's own.
 */
function watchLifeline(): void {
  if (process.env['INTRAMUROS_ENGINE_LIFELINE'] !== String(LIFELINE_FD)) return;
  const lifeline = new Socket({ fd: LIFELINE_FD, readable: true, writable: false });
  const end = () => process.kill(process.pid, 'SIGKILL');
  lifeline.once('end', end).once('error', end).resume();
  lifeline.unref();
}

async function readFacts(path: string): Promise<WeightsFacts> {
  try {
    const facts = await readGgufHeader(path);
    if (ARCHITECTURES.has(facts.architecture)) return facts;
    return exit(EXIT_CODES.unknownArchitecture, `unknown model architecture: '${facts.architecture}'`);
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    const codes = {
      missing_weights: EXIT_CODES.missingFile,
      unreadable_weights: EXIT_CODES.missingFile,
      corrupt_weights: EXIT_CODES.corruptFile,
      unsupported_weights: EXIT_CODES.unsupportedFile,
    };
    return exit(codes[error.code], error.message);
  }
}

async function load(options: Options): Promise<LoadedModel> {
  const facts = await readFacts(options.model);
  if (
    options.contextTokens !== undefined &&
    options.contextTokens > (facts.contextLength ?? Number.POSITIVE_INFINITY)
  ) {
    return exit(
      EXIT_CODES.contextTooLong,
      `--ctx-size exceeds the ${facts.contextLength} tokens the model was trained on`,
    );
  }
  const contextTokens = options.contextTokens ?? defaultContextTokens(facts);
  checkMemory(facts, contextTokens, options.slots + 1);
  try {
    return await loadModel({
      path: options.model,
      contextTokens,
      slots: options.slots,
      threads: options.threads,
      embeddingOnly: facts.embeddingOnly,
      loras: options.loras,
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : 'the model could not be loaded';
    const memory = error instanceof InsufficientMemoryError || /memory|alloc|Failed to create context/i.test(message);
    return exit(memory ? EXIT_CODES.outOfMemory : EXIT_CODES.loadFailed, message);
  }
}

/** The cache is allocated at once; the weights are mapped and may be paged, so they do not count here. */
function checkMemory(facts: WeightsFacts, contextTokens: number, slots: number): void {
  const need = memoryNeed(facts, { contextTokens, slots, programBytes: 0, bytesPerToken: 0, batchTokens: MAX_PIECE });
  const bytes = need.cacheBytes + need.stateBytes + need.computeBytes;
  const available = process.availableMemory();
  if (bytes <= available) return;
  const mebibytes = (count: number) => `${Math.ceil(count / 2 ** 20)} MiB`;
  exit(
    EXIT_CODES.outOfMemory,
    `the context needs ${mebibytes(bytes)} of memory, ${mebibytes(available)} are available`,
  );
}

async function handle(request: IncomingMessage, response: ServerResponse, options: Options): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://engine');
  const route = `${request.method ?? 'GET'} ${pathname}`;
  if (route === 'GET /health') return sendHealth(response);
  if (route === 'GET /metrics') {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(renderMetrics(counters, loaded?.slots?.running ?? running.size, loaded?.slots?.waiting ?? 0));
    return;
  }
  if (!isAuthorised(request, options.bearer))
    throw new WireError(401, 'invalid_api_key', 'the bearer is wrong or missing');
  if (phase === 'stopping') throw new WireError(503, 'engine_stopping', 'the engine is stopping');
  if (loaded === undefined) throw new WireError(503, 'engine_loading', 'the model is still being loaded');
  if (route === 'GET /v1/models') return sendModels(response, loaded);
  if (route === 'GET /lora-adapters') return sendJson(response, 200, loaded.adapters?.list() ?? []);
  const answer = ANSWERS[route];
  if (answer === undefined) throw new WireError(404, 'not_found', 'the engine has no such path');
  const departure = departureSignal(response);
  running.add(departure);
  try {
    const context = {
      loaded,
      counters,
      probe: request.headers['x-intramuros-probe'] === '1',
      signal: departure.signal,
    };
    await answer(await readJsonBody(request), context, response);
  } finally {
    running.delete(departure);
  }
}

type Answer = (body: unknown, context: AnswerContext, response: ServerResponse) => Promise<void>;

const ANSWERS: Readonly<Record<string, Answer>> = {
  'POST /v1/chat/completions': (body, context, response) => {
    const request = readChatRequest(body);
    return respond(response, request.stream, context, (streaming) => answerChat(request, streaming));
  },
  'POST /v1/completions': (body, context, response) => {
    const request = readCompletionRequest(body);
    return respond(response, request.stream, context, (streaming) => answerCompletion(request, streaming));
  },
  'POST /v1/embeddings': (body, context, response) => {
    const request = readEmbeddingRequest(body);
    return respond(response, false, context, (whole) => answerEmbeddings(request, whole));
  },
};

async function respond(
  response: ServerResponse,
  stream: boolean,
  context: AnswerContext,
  run: (context: AnswerContext) => Promise<unknown>,
): Promise<void> {
  const openStream = () => openEventStream(response, context.signal);
  const body = await run(stream ? { ...context, openStream } : context);
  if (!stream) sendJson(response, 200, body);
}

function sendHealth(response: ServerResponse): void {
  const states = { loading: 'loading model', ready: 'ok', stopping: 'stopping' };
  sendJson(response, phase === 'ready' ? 200 : 503, {
    status: states[phase],
    running: running.size,
    waiting: loaded?.slots?.waiting ?? 0,
  });
}

function sendModels(response: ServerResponse, { id, contextTokens, model }: LoadedModel): void {
  const meta = { n_ctx: contextTokens, n_embd: model.embeddingVectorSize, n_ctx_train: model.trainContextSize };
  sendJson(response, 200, {
    object: 'list',
    data: [{ id, object: 'model', created: 0, owned_by: 'intramuros', meta }],
  });
}

function respondToError(response: ServerResponse, error: unknown): void {
  const left = response.destroyed || response.socket?.destroyed === true;
  const known = error instanceof WireError ? error : new WireError(500, 'engine_error', 'the engine failed');
  const status = left ? 499 : known.status;
  counters.requests.set(status, (counters.requests.get(status) ?? 0) + 1);
  if (left) return;
  if (!(error instanceof WireError))
    process.stderr.write(`llama-worker: ${error instanceof Error ? error.name : 'failure'}\n`);
  // Once the status line is gone, an error event is what clients of streams look for.
  if (response.headersSent) response.end(`data: ${JSON.stringify(known)}\n\n`);
  else sendError(response, known);
}

/** Stops accepting, lets running requests finish within the bound, then ends. */
async function drain(server: Server, drainMs: number): Promise<never> {
  if (phase === 'stopping') process.exit(EXIT_CODES.stopped);
  phase = 'stopping';
  server.close();
  const deadline = performance.now() + drainMs;
  while (running.size > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const request of running) request.abort(new Error('the engine is stopping'));
  server.closeAllConnections();
  process.exit(EXIT_CODES.stopped);
}

async function main(): Promise<void> {
  const options = readOptions();
  watchLifeline();
  const server = createServer((request, response) => {
    void handle(request, response, options)
      .then(() => counters.requests.set(response.statusCode, (counters.requests.get(response.statusCode) ?? 0) + 1))
      .catch((error: unknown) => respondToError(response, error));
  });
  server.requestTimeout = 0;
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') exit(EXIT_CODES.invalidArguments, `cannot listen (${error.code ?? 'unknown'})`);
    exit(EXIT_CODES.portTaken, `port ${options.port} is taken`);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void drain(server, options.drainMs));
  await new Promise<void>((resolve) => server.listen(options.port, options.host, resolve));
  const model = await load(options);
  if (phase !== 'loading') return;
  loaded = model;
  phase = 'ready';
}

await main();
