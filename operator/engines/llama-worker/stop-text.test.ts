import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { createStopText } from './stop-text.ts';

function run(stops: readonly string[], pieces: readonly string[]): string {
  const stop = createStopText(stops);
  let shown = '';
  for (const piece of pieces) {
    const { text, stopped } = stop.push(piece);
    shown += text;
    if (stopped) return shown;
  }
  return shown + stop.end();
}

it('any cut shows what stands before the first stop string to be complete', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
  const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), {
    maxLength: 3,
  });
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 6 }), stops, (pieces, list) => {
      const shown = run(list, pieces);
      const whole = pieces.join('');
      assert.ok(whole.startsWith(shown));
      assert.ok(list.every((stop) => !shown.includes(stop)));
      const first = Math.min(...list.map((stop) => whole.indexOf(stop)).filter((at) => at >= 0));
      if (first === Number.POSITIVE_INFINITY) assert.equal(shown, whole);
      else
        assert.ok(
          list.some((stop) => whole.startsWith(stop, shown.length)),
          'it ends where a stop string begins',
        );
    }),
  );
});

it('one letter at a time, nothing of a stop string is shown before it is certain', () => {
  const stop = createStopText(['END']);
  assert.deepEqual(stop.push('x E'), { text: 'x ', stopped: false });
  assert.deepEqual(stop.push('N'), { text: '', stopped: false });
  assert.deepEqual(stop.push('X'), { text: 'ENX', stopped: false });
  assert.deepEqual(stop.push('END and more'), { text: '', stopped: true });
});
