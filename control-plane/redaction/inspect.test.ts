import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { inspect } from './inspect.ts';
import { RECOGNISERS } from './recognisers/index.ts';

const isLong = process.env['INTRAMUROS_TEST_LONG'] === '1';
const foundIn = (...texts: readonly string[]): string[] =>
  inspect(texts.map((text, index) => ({ path: `input[${index}]`, text }))).fields.flatMap(({ text, spans }) =>
    spans.map((span) => `${span.type} ${text.slice(span.start, span.end)}`),
  );

test('a name that a cue introduces is found in every field, in capitals, without accents, by either part', () => {
  assert.deepEqual(
    foundIn('Marchand a appelé.', 'Mme Élodie Marchand', 'ELODIE MARCHAND, dossier clos ; voir marchand de vin'),
    ['PERSON Marchand', 'PERSON Élodie Marchand', 'PERSON ELODIE MARCHAND'],
  );
});

test('a title of several people finds each of them', () => {
  assert.deepEqual(foundIn('MM. Vasseur et Roux sont venus'), ['PERSON Vasseur', 'PERSON Roux']);
  assert.deepEqual(foundIn('Mmes Vasseur, Le Goff et Anne Roux'), [
    'PERSON Vasseur',
    'PERSON Le Goff',
    'PERSON Anne Roux',
  ]);
  assert.deepEqual(foundIn('Les Drs Karim Vasseur et Roux'), ['PERSON Karim Vasseur', 'PERSON Roux']);
});

test('an address wins over the name inside it, and what lost is kept for policies that allow the winner', () => {
  const [field] = inspect([{ path: 'input', text: '12 rue du Docteur Roux, 75015 Paris' }]).fields;
  assert.deepEqual(
    field?.spans.map(({ type }) => type),
    ['ADDRESS'],
  );
  assert.deepEqual(
    field?.shadowed.map(({ type }) => type),
    ['PERSON'],
  );
});

test('findings are counted by type and the recognisers are named', () => {
  const { counts, recognisers } = inspect([{ path: 'a', text: 'a@exemple.fr b@exemple.fr 203.0.113.9' }]);
  assert.deepEqual(counts, { EMAIL: 2, IP: 1 });
  assert.match(recognisers, /^first-layer\/\d+ \(\d+ recognisers\)$/);
});

test('nothing throws, and no finding is longer than its recogniser says, on any text', () => {
  const most = new Map(RECOGNISERS.map(({ name, maxLength }) => [name, maxLength]));
  const noise = fc.string({
    unit: fc.constantFrom(...'0123456789 .-+()[]@:/aAéFR\n<>&\\_"\'\u200b\u202f\ud83d\udc4d'.split('')),
    maxLength: 120,
  });
  fc.assert(
    fc.property(fc.oneof(noise, fc.string({ unit: 'binary', maxLength: 120 })), (text) => {
      for (const field of inspect([{ path: 'input', text }]).fields) {
        for (const span of [...field.spans, ...field.shadowed]) {
          assert.ok(span.start >= 0 && span.end <= text.length && span.start < span.end);
          assert.ok(span.end - span.start <= 10 * (most.get(span.recogniser) ?? 1_000));
        }
      }
    }),
    { numRuns: isLong ? 20_000 : 2_000 },
  );
});

// The worst that a caller can send: text that is all triggers. Four times the text may take four times the time, not sixteen.
const HARD: readonly (readonly [what: string, unit: string])[] = [
  ['single digits', '1 '],
  ['zeros', '0'],
  ['at signs', 'a@'],
  ['brackets', '<'],
  ['backslashes', '\\'],
  ['colons', 'a:'],
  ['cues', 'Mme '],
  ['names', 'Mme Ab '],
  ['streets', 'rue de la '],
  ['numbers and streets', '1 rue A '],
  ['passwords', 'password: '],
  ['dots', 'a.'],
  ['birth', 'né à '],
  ['plus signs', '+1 '],
  ['one long word', 'a'],
  ['JWT', 'eyJa.'],
  ['PEM', '-----BEGIN PRIVATE KEY-----\nA'],
  ['capitals', 'A'],
  ['marks', '\u0301'],
  ['zero-width', '\u200b'],
  ['initials', 'M. A. '],
  ['entities', '&lt;PERSON_'],
  ['greetings', 'Bonjour A, '],
  ['percents', 'a%40'],
  ['baker', '1 Baker '],
  ['several names', 'MM. Ab, Cd et Ef, '],
  ['given names', 'Mme Ab Vasseur Zoe Vasseur Jean Zoe '],
];
for (const [what, unit] of HARD) {
  test(`time is linear in the text: ${what}`, () => {
    const size = isLong ? 40_000 : 10_000;
    const time = (length: number): number => {
      const text = unit.repeat(Math.ceil(length / unit.length));
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 3; round += 1) {
        const before = process.cpuUsage();
        inspect([{ path: 'input', text }]);
        const { user, system } = process.cpuUsage(before);
        best = Math.min(best, user + system);
      }
      return best;
    };
    time(size);
    const [small, large] = [time(size), time(size * 4)];
    assert.ok(large < 9 * Math.max(small, 3_000), `${small} µs for ${size}, ${large} µs for four times as much`);
  });
}
