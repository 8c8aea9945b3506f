// Loads one weights file with llama.cpp and computes a token, in a process of its own that may die of it. Exit code 0:
// it ran; 40: it was refused with a message. Usage: node load-in-llama.ts FILE
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const [file = ''] = process.argv.slice(2);
const llama = await getLlama({
  gpu: false,
  build: 'never',
  skipDownload: true,
  maxThreads: 1,
  logLevel: LlamaLogLevel.error,
});
try {
  const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
  const context = await model.createContext({
    contextSize: 256,
    sequences: 2,
    batchSize: 256,
    threads: 1,
    failedCreationRemedy: false,
  });
  const sequence = context.getSequence();
  for await (const _token of sequence.evaluate(model.tokenize('abc de'))) break;
  process.exit(0);
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : 'refused');
  process.exit(40);
}
