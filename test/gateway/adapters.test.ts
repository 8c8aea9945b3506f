// Adapters through the whole gateway on scripted engines: what is listed, what the engine is asked, what is recorded.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { EndpointAdapter } from '../../operator/api/v1alpha1/adapters.ts';
import { errorOf, type GatewayUnderTest, startGatewayUnderTest, whole } from './gateway-under-test.ts';

const letters: EndpointAdapter = { name: 'letters', id: 2, scale: 0.5, digest: `sha256:${'a'.repeat(64)}` };
const notes: EndpointAdapter = { name: 'notes', id: 0, scale: 1, digest: `sha256:${'b'.repeat(64)}` };

interface Engine {
  readonly url: string;
  readonly bodies: Record<string, unknown>[];
  readonly server: Server;
}

async function startEngine(): Promise<Engine> {
  const bodies: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(whole('ok'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies, server };
}

describe('a model with adapters, through the gateway', () => {
  let [plain, adapted]: Engine[] = [];
  let gateway: GatewayUnderTest;
  const engines = () => {
    assert.ok(plain !== undefined && adapted !== undefined);
    return [plain, adapted] as const;
  };

  before(async () => {
    plain = await startEngine();
    adapted = await startEngine();
    gateway = await startGatewayUnderTest({
      engines: [plain.url, adapted.url],
      engineAdapters: [[], [notes, letters]],
      adapters: [
        { name: 'letters', ready: true },
        { name: 'notes', ready: true },
        { name: 'starting', ready: false, reason: 'NotLoaded', message: 'No engine process has it loaded yet.' },
        { name: 'broken', ready: false, reason: 'CorruptFile', message: 'The file is damaged.' },
      ],
    });
  });
  after(async () => {
    await gateway.end();
    for (const { server } of engines()) server.close();
  });

  it('lists each adapter that can be used, with the model that it is laid over', async () => {
    const { data } = (await (await gateway.send('/v1/models')).json()) as { data: { id: string; parent?: string }[] };
    assert.deepEqual(
      data.map(({ id, parent }) => [id, parent]),
      [
        ['m', undefined],
        ['m:letters', 'm'],
        ['m:notes', 'm'],
        ['m:starting', 'm'],
      ],
    );
    const one = await gateway.send('/v1/models/m:letters');
    assert.deepEqual([one.status, ((await one.json()) as { id: string }).id], [200, 'm:letters']);
    assert.equal((await gateway.send('/v1/models/m%3Anotes')).status, 200);
    assert.equal((await gateway.send('/v1/models/m:broken')).status, 404);
  });

  it('sends a request for one only to the process that has it, under its number, and records name and digest', async () => {
    const [without, having] = engines();
    const seen = without.bodies.length;
    for (let count = 0; count < 5; count += 1) {
      const answer = await gateway.chat({ model: 'm:letters' });
      assert.equal(answer.status, 200);
      assert.deepEqual(having.bodies.at(-1)?.['lora'], [{ id: 2, scale: 0.5 }]);
    }
    assert.equal(without.bodies.length, seen);
    const { model } = gateway.records('intent').at(-1) as { model?: unknown };
    assert.deepEqual(model, { name: 'm', generation: 1, adapter: { name: 'letters', digest: letters.digest } });
    assert.ok(gateway.logLines.some((line) => line.includes('"m:letters"')));
  });

  it('says to a process with adapters that a request wants none', async () => {
    await Promise.all(Array.from({ length: 6 }, () => gateway.chat()));
    for (const { bodies } of engines()) assert.deepEqual(bodies.at(-1)?.['lora'], [{ id: 0, scale: 0 }]);
    const { model } = gateway.records('intent').at(-1) as { model?: unknown };
    assert.deepEqual(model, { name: 'm', generation: 1 });
  });

  it('does not let a caller set the field', async () => {
    for (const body of [{ lora: [{ id: 1, scale: 1 }] }, { model: 'm:letters', lora: [] }]) {
      const answer = await gateway.chat(body);
      assert.equal(answer.status, 400);
      assert.deepEqual(await errorOf(answer).then(({ code, param }) => [code, param]), ['unknown_field', 'lora']);
    }
  });

  it('answers 404 with the remedy for an adapter that there is not, and 503 with the reason for one that is broken', async () => {
    const unknown = await gateway.chat({ model: 'm:gone' });
    assert.equal(unknown.status, 404);
    assert.match((await errorOf(unknown)).message, /GET \/v1\/models/);
    const broken = await gateway.chat({ model: 'm:broken' });
    assert.equal(broken.status, 503);
    assert.match((await errorOf(broken)).message, /The file is damaged/);
    assert.ok(broken.headers.has('retry-after'));
  });

  it('is asked for by nobody of another tenant', async () => {
    const answer = await gateway.send('/v1/models/m:letters', {}, gateway.foreignKey);
    assert.equal(answer.status, 404);
  });
});
