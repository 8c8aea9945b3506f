import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pool } from 'undici';
import { startGatewayTarget } from './gateway-target.ts';
import { personalValues } from './personal-values.ts';
import { startScriptedEngine } from './scripted-engine.ts';
import { chatAnswer, cut, delta, finish, role, says, stream, whole } from './scripts.ts';

const CONVERSATIONS = process.env['INTRAMUROS_TEST_LONG'] === '1' ? 1000 : 100;

test(`${CONVERSATIONS} conversations at once that begin alike, the engine repeating each to the others: nobody gets another's values`, async () => {
  const engine = await startScriptedEngine();
  const gateway = await startGatewayTarget(engine.url);
  // Client, gateway and engine share one process here: more sockets than this overflow its listen queues.
  const client = new Pool(gateway.url, { connections: 250 });
  try {
    const heard: string[] = [];
    engine.answer(({ body }) => {
      heard.push(JSON.stringify(body.messages));
      // What others said to it, and this caller's own words at the end.
      const said = [...heard.slice(-6, -1), ...heard.slice(0, 3), JSON.stringify(body.messages)].join('\n');
      if (body.stream !== true) return whole(chatAnswer([says(said)]));
      return stream([role, ...cut(said, 11).map((content) => delta({ content })), finish()]);
    });
    const values = personalValues();
    const first = `Bonjour, je m'appelle Jeanne Martin, ${values.email()}.`;
    const own = Array.from({ length: CONVERSATIONS }, () => [values.email(), values.nir(), values.phone()]);
    const answers = await Promise.all(
      own.map((secrets, at) => converse(client, gateway.key, first, secrets, at % 2 === 0)),
    );
    assert.equal(heard.length, CONVERSATIONS);
    const upstream = heard.join('\n');
    const inClear = own.flat().filter((secret) => upstream.includes(secret));
    assert.deepEqual(inClear, [], `the engine saw values (seed ${values.seed})`);
    const owners = new Map(own.flatMap((secrets, at) => secrets.map((secret) => [secret, at] as const)));
    let kept = 0;
    for (const [at, answer] of answers.entries()) {
      for (const [secret, owner] of owners) {
        if (!answer.includes(secret)) continue;
        assert.equal(owner, at, `conversation ${at} got a value of conversation ${owner}`);
        kept += 1;
      }
    }
    assert.equal(kept, CONVERSATIONS * 3, 'and everybody got their own values back');
  } finally {
    await client.destroy();
    await gateway.stop();
    await engine.stop();
  }
});

/** The text of an answer: of the whole body, or of the deltas joined. */
async function converse(
  client: Pool,
  key: string,
  first: string,
  secrets: readonly string[],
  streamed: boolean,
): Promise<string> {
  const messages = [
    { role: 'user', content: first },
    { role: 'assistant', content: 'Bonjour Jeanne Martin.' },
    { role: 'user', content: `Mes coordonnées : ${secrets.join(' ; ')} !` },
  ];
  const response = await client.request({
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages, stream: streamed }),
  });
  const text = await response.body.text();
  assert.equal(response.statusCode, 200, text);
  if (!streamed) return text;
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice(6)).choices[0]?.delta.content ?? '')
    .join('');
}
