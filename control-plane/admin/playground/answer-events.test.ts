import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '../../errors.ts';
import { answerEvents } from './answer-events.ts';
import type { PlaygroundAnswer, PlaygroundProgress } from './routes.ts';

const ANSWER = { policy: 'p', policyHash: 'sha256:0', spans: [], restored: [], totalMs: 1 } as PlaygroundAnswer;
const SIGHT = { policy: 'p', policyHash: 'sha256:0', spans: [], saw: 'seen' };

async function eventsOf(
  ask: (progress: PlaygroundProgress) => Promise<PlaygroundAnswer>,
): Promise<[string, unknown][]> {
  let text = '';
  for await (const piece of answerEvents(ask)) text += piece;
  const events = text.split('\n\n').slice(0, -1);
  return events.map((event) => {
    const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
    return [name, JSON.parse(data) as unknown];
  });
}

test('what the model sees comes first, then pieces, then the whole answer', async () => {
  const events = await eventsOf(async ({ sent, came }) => {
    sent(SIGHT);
    await new Promise((resolve) => setTimeout(resolve, 5));
    came({ answered: 'line\nbreak', got: '' });
    came({ answered: '', got: '' });
    return ANSWER;
  });
  assert.deepEqual(events, [
    ['sent', SIGHT],
    ['came', { answered: 'line\nbreak', got: '' }],
    ['answer', ANSWER],
  ]);
});

test('what fails before anything was sent fails as a whole, what fails later is the last event', async () => {
  const failure = fail('model_not_found', { detail: 'There is no such model.', remedy: 'Look again.' });
  await assert.rejects(
    eventsOf(async () => {
      throw failure;
    }),
    failure,
  );
  const events = await eventsOf(async ({ sent }) => {
    sent(SIGHT);
    await new Promise((resolve) => setTimeout(resolve, 5));
    throw failure;
  });
  assert.deepEqual(events.at(-1), [
    'problem',
    { code: 'model_not_found', detail: 'There is no such model.', remedy: 'Look again.' },
  ]);
});

test('a defect on the way is told without its text', async () => {
  const events = await eventsOf(async ({ sent }) => {
    sent(SIGHT);
    await new Promise((resolve) => setTimeout(resolve, 5));
    throw new Error('secret of the inside');
  });
  assert.match(JSON.stringify(events.at(-1)), /"problem",\{"code":"internal"/);
  assert.ok(!JSON.stringify(events).includes('secret of the inside'));
});
