import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { fold } from './fold.ts';

const runs = process.env['INTRAMUROS_TEST_LONG'] === '1' ? 20_000 : 2_000;

const SPELLINGS: readonly (readonly [what: string, text: string, view: string])[] = [
  ['plain text stays itself', 'Rien à plier, 12 € !', 'Rien à plier, 12 € !'],
  ['zero-width characters go', 'a\u200bb\u2060c\ufeff', 'abc'],
  ['soft hyphens go', 'con\u00adsul\u00adtation', 'consultation'],
  ['all spaces are one space each', 'a\u00a0b\u202fc\u2009d\u3000e', 'a b c d e'],
  ['full-width forms are plain', 'ａｂ＠ｃ．ｆｒ ０１', 'ab@c.fr 01'],
  ['digits of other scripts are 0 to 9', '٠١٢ ०१२ 𝟘𝟙𝟚 ৯', '012 012 012 9'],
  ['letters and marks become one letter', 'E\u0301lodie cafe\u0301', 'Élodie café'],
  ['marks that no letter takes are decoration', 'j\u0336e\u0336an', 'jean'],
  ['a Cyrillic letter in a Latin token is Latin', 'jе\u0430n@orange.fr', 'jean@orange.fr'],
  ['a Cyrillic word stays Cyrillic', 'Привет мир', 'Привет мир'],
  ['typographic quotes and dashes are plain', '‘a’ “b” c–d—e−f', '\'a\' "b" c-d-e-f'],
  ['ligatures open', 'ﬁn ﬄ', 'fin ffl'],
  ['line ends are one line feed, each with its place', 'a\r\nb\rc\u2028d', 'a \nb\nc\nd'],
  ['halves of pairs stay', 'a\ud800b\udc00c', 'a\ud800b\udc00c'],
  ['emoji stay', '👍🏽 ok', '👍🏽 ok'],
];

for (const [what, text, view] of SPELLINGS) {
  test(`fold: ${what}`, () => assert.equal(fold(text).text, view));
}

const pieces = fc.constantFrom(
  'a',
  'É',
  'e\u0301',
  '\u0301',
  '\u200b',
  '\ufeff',
  'ﬁ',
  '½',
  '㎞',
  '𝐚',
  '👍',
  '\ud800',
  '\udc00',
  '\u202f',
  '\r',
  '\n',
  'а',
  '٣',
  '…',
  '(',
  'z',
);
const texts = fc.oneof(fc.string({ unit: pieces, maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 40 }));

test('offsets of the view always lie in the text, in order, and cover it without gaps but for what was dropped', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const folded = fold(text);
      let reached = 0;
      for (let at = 0; at < folded.text.length; at += 1) {
        const start = folded.start(at);
        const end = folded.end(at + 1);
        assert.ok(start <= end && end <= text.length, `unit ${at} is [${start}, ${end})`);
        assert.ok(end >= reached, 'ends never go back');
        reached = end;
      }
    }),
    { numRuns: runs },
  );
});

test('each character of the view comes from the place that its offsets name', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const folded = fold(text);
      for (let at = 0; at < folded.text.length; at += 1) {
        const source = text.slice(folded.start(at), folded.end(at + 1));
        // Look-alikes depend on their token and carriage returns on what follows: these are compared by place only.
        if (/[\u0370-\u058f\r]/.test(source)) continue;
        assert.ok(fold(source).text.includes(folded.text.charAt(at)), JSON.stringify([text, at, source]));
      }
    }),
    { numRuns: runs },
  );
});

test('a value between two known words is found at its own offsets whatever stands around it', () => {
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      const text = `${before} \u200bKEY\u200b ${after}`;
      const folded = fold(text);
      const at = folded.text.indexOf(' KEY ');
      assert.ok(at >= 0);
      assert.equal(text.slice(folded.start(at + 1), folded.end(at + 4)), 'KEY');
    }),
    { numRuns: runs },
  );
});

test('a run of a million marks folds in linear time', () => {
  const text = `e${'\u0301'.repeat(1_000_000)}`;
  const before = process.cpuUsage().user;
  fold(text);
  assert.ok(process.cpuUsage().user - before < 5_000_000);
});
