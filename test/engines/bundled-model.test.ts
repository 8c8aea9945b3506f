import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readGgufHeader } from '../../operator/engines/gguf.ts';
import { llamaWorkerEngine } from '../../operator/engines/llama-worker-engine.ts';
import { seededRandom } from '../fixtures/random.ts';
import { startEngine } from './engine-process.ts';

const folder = fileURLToPath(new URL('../../control-plane/models/', import.meta.url));
const weights = `${folder}clinical-extraction.gguf`;
const skip = existsSync(weights) ? false : 'the bundled model is not there';

function report(seed: number): string {
  const random = seededRandom(seed);
  const number = (from: number, to: number) => from + Math.floor(random() * (to - from));
  const drug = ['paracétamol', 'ramipril', 'metformine'][number(0, 3)];
  return `Patient : <PERSON_1kt>, né le <DATE_OF_BIRTH_1kt:19${number(30, 99)}>, ${number(20, 90)} ans. Motif : toux. Traitement : ${drug} ${number(1, 9)}00 mg , deux fois par jour. Retour à domicile.`;
}

describe('the bundled model', { skip }, () => {
  it('answers a bare report under its schema with valid JSON, whole, streamed and four at a time', async () => {
    const schema = JSON.parse(readFileSync(`${folder}clinical-extraction.schema.json`, 'utf8')) as Record<
      string,
      unknown
    >;
    const validator = z.fromJSONSchema(schema);
    const facts = await readGgufHeader(weights);
    assert.deepEqual(llamaWorkerEngine.accepts(facts), { ok: true });
    const engine = await startEngine(weights, { slots: 4 });
    try {
      const response_format = { type: 'json_schema', json_schema: { name: 'clinical', schema } };
      const ask = (seed: number) => ({ messages: [{ role: 'user', content: report(seed) }], response_format });
      const alone = await engine.chat(ask(1));
      assert.equal(alone.status, 200, alone.text);
      const together = await Promise.all([1, 2, 3, 4].map((seed) => engine.chat(ask(seed))));
      for (const answer of [alone, ...together]) {
        assert.equal(answer.json.choices[0].finish_reason, 'stop');
        validator.parse(JSON.parse(answer.json.choices[0].message.content));
      }
      const events = await engine.stream('/v1/chat/completions', {
        ...ask(1),
        stream_options: { include_usage: true },
      });
      validator.parse(JSON.parse(events.map((event) => event.choices[0]?.delta.content ?? '').join('')));
      assert.ok(events.at(-1)?.usage.completion_tokens > 10);
    } finally {
      await engine.stop();
    }
  });
});
