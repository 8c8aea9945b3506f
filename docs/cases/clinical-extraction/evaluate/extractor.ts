// Runs a GGUF model on reports as the product does: the file's own chat format, the answer schema as a grammar,
// temperature 0, one thread. Imports node-llama-cpp and the shape of answers.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { getLlama, LlamaCompletion, type Token } from 'node-llama-cpp';

const MODELS = new URL('../../../../control-plane/models/', import.meta.url);
export const MODEL_FILE = fileURLToPath(new URL('clinical-extraction.gguf', MODELS));
export const SCHEMA_FILE = fileURLToPath(new URL('clinical-extraction.schema.json', MODELS));

export type Extraction = { text: string; promptTokens: number; generatedTokens: number; elapsedMs: number };
export type Extractor = { extract: (report: string) => Promise<Extraction>; stop: () => Promise<void> };
export type ExtractorOptions = {
  modelFile?: string;
  /** Turns a report into the whole prompt; the bundled model needs none, others get instructions and examples. */
  prompt?: (report: string) => string;
  /** A LoRA adapter that is laid over the model. */
  adapterFile?: string;
  contextTokens?: number;
  maxTokens?: number;
};

const MAX_ANSWER_TOKENS = 1500;

export async function startExtractor(options: ExtractorOptions = {}): Promise<Extractor> {
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 1 });
  const model = await llama.loadModel({ modelPath: options.modelFile ?? MODEL_FILE });
  const { adapterFile } = options;
  const context = await model.createContext({
    contextSize: options.contextTokens ?? 2048,
    threads: 1,
    ...(adapterFile === undefined ? {} : { lora: adapterFile }),
  });
  const sequence = context.getSequence();
  // Read from a file, the schema has no literal type for the library to infer answers from.
  const schema = JSON.parse(await readFile(SCHEMA_FILE, 'utf8')) as { type: 'object' };
  const grammar = await llama.createGrammarForJsonSchema(schema);
  const { prompt } = options;

  function tokenize(report: string): Token[] {
    if (prompt !== undefined) return model.tokenize(prompt(report), true);
    // Special tokens only where the template puts them: a report cannot write a control token.
    return [
      ...model.tokenize('<s><|user|>', true),
      ...model.tokenize(report, false),
      ...model.tokenize('<|assistant|>', true),
    ];
  }

  async function extract(report: string): Promise<Extraction> {
    const ids = tokenize(report);
    const completion = new LlamaCompletion({ contextSequence: sequence });
    const started = performance.now();
    let generatedTokens = 0;
    const text = await completion.generateCompletion(ids, {
      temperature: 0,
      maxTokens: options.maxTokens ?? MAX_ANSWER_TOKENS,
      repeatPenalty: false,
      grammar,
      onToken: (tokens) => {
        generatedTokens += tokens.length;
      },
    });
    completion.dispose({ disposeSequence: false });
    return { text, promptTokens: ids.length, generatedTokens, elapsedMs: performance.now() - started };
  }

  async function stop(): Promise<void> {
    await context.dispose();
    await model.dispose();
    await llama.dispose();
  }

  return { extract, stop };
}
