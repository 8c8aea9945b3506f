// The probe that both engines answer: one token that the model really computes. Imports: engine.
import type { Probe, ProbeRequest } from './engine.ts';

/** What any model can be asked: it says nothing about anyone. */
const TEXT = 'ok';

/** Said, not left out: llama-server keeps the prefix that an adapter computed for a request that says nothing. */
const NO_ADAPTER = { lora: [{ id: 0, scale: 0 }] };

export const openAiProbe: Probe = {
  healthPath: '/health',
  completion(facts, bearer): ProbeRequest {
    const body = facts.embeddingOnly
      ? { model: 'probe', input: TEXT }
      : { model: 'probe', prompt: TEXT, max_tokens: 1, temperature: 0, ...(facts.adapters === true ? NO_ADAPTER : {}) };
    return {
      method: 'POST',
      path: facts.embeddingOnly ? '/v1/embeddings' : '/v1/completions',
      headers: {
        authorization: `Bearer ${bearer}`,
        'content-type': 'application/json',
        // The bundled engine lets a probe take the slot that it keeps for it.
        'x-intramuros-probe': '1',
      },
      body: JSON.stringify(body),
      answered: (status, text) => status === 200 && (facts.embeddingOnly ? hasVector(text) : hasChoice(text)),
    };
  },
};

function hasChoice(text: string): boolean {
  const body = parse(text);
  // A model may end its answer at once; that too was one computed token.
  return Array.isArray(body?.['choices']) && body['choices'].length > 0;
}

function hasVector(text: string): boolean {
  const data: unknown = parse(text)?.['data'];
  if (!Array.isArray(data)) return false;
  const [first] = data as { embedding?: unknown }[];
  return Array.isArray(first?.embedding) && first.embedding.every((value) => Number.isFinite(value));
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
