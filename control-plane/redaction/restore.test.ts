import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createRestorer, type RestoreMode, restoreText, SurrogateMap } from './restore.ts';

const isLong = process.env['INTRAMUROS_TEST_LONG'] === '1';
const runs = isLong ? 10_000 : 1_000;

function mapOf(entries: Readonly<Record<string, string>>): SurrogateMap {
  const map = new SurrogateMap();
  for (const [surrogate, value] of Object.entries(entries)) {
    const [key = '', hint = ''] = surrogate.split(':');
    map.issue(key, hint, value);
  }
  return map;
}

const map = mapOf({
  PERSON_1kt: 'Zoé "Z" Roux',
  'PERSON_2kt:F': 'Anne',
  DATE_OF_BIRTH_1kt: '1er mars 1958',
  SECRET_1kt: 'a\\b\n👍',
});

function inChunks(text: string, cuts: readonly number[], mode: RestoreMode): string {
  const restorer = createRestorer(map, mode);
  let out = '';
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    out += restorer.push(text.slice(from, cut));
    from = cut;
  }
  return out + restorer.push(text.slice(from)) + restorer.end();
}

const ALTERED: readonly (readonly [what: string, text: string])[] = [
  ['as issued', '<PERSON_1kt>'],
  ['in lower case', '<person_1kt>'],
  ['in capitals', '<PERSON_1KT>'],
  ['with spaces inside', '< PERSON_1kt >'],
  ['with a space for the underscore', '<PERSON 1kt>'],
  ['with a space before the nonce', '<PERSON_1 kt>'],
  ['with a Markdown escape of the underscore', '<PERSON\\_1kt>'],
  ['with Markdown escapes everywhere', '\\<PERSON\\_1kt\\>'],
  ['as HTML entities', '&lt;PERSON_1kt&gt;'],
  ['as JSON escapes', '\\u003cPERSON_1kt\\u003e'],
  ['without its brackets', 'PERSON_1kt'],
  ['without its brackets, escaped', 'PERSON\\_1kt'],
  ['with an invented hint', '<PERSON_1kt:M>'],
  ['with an empty hint', '<PERSON_1kt:>'],
];
for (const [what, text] of ALTERED) {
  test(`a surrogate comes back ${what}`, () => assert.equal(restoreText(map, `(${text})`, 'text'), '(Zoé "Z" Roux)'));
}

test('a surrogate that lost its hint comes back', () => {
  assert.equal(restoreText(map, 'a <PERSON_2kt> b <date of birth_1kt>', 'text'), 'a Anne b 1er mars 1958');
});

const FORGED = [
  '<PERSON_3kt>',
  '<PERSON_1kv>',
  '<EMAIL_1kt>',
  '<PERSON_01kt>',
  '<PERSON>',
  '<PERSON_1>',
  '<PERSON_1ktx>',
  '[PERSON_3kt]',
  'PERSON_3kt',
  'XPERSON_1kt',
  'PERSON_1kts',
  'PERSON_1kt_a',
  'person_1kt',
  '>PERSON_1kt<',
  '<PERSON_1kt',
  '<<PERSON_9kt>>',
];
for (const text of FORGED) {
  test(`what was never issued stays: ${text}`, () => {
    assert.equal(restoreText(map, text, 'text'), text);
    assert.equal(restoreText(map, text, 'json'), text);
  });
}

test('what was restored is never read again', () => {
  const trap = mapOf({ PERSON_1kt: '<PERSON_2kt>', PERSON_2kt: 'Anne', PERSON_3kt: '<PERSON_' });
  assert.equal(restoreText(trap, '<PERSON_1kt>', 'text'), '<PERSON_2kt>');
  assert.equal(restoreText(trap, '<PERSON_3kt>2kt>', 'text'), '<PERSON_2kt>');
});

test('a backslash before a surrogate is the user’s own', () => {
  assert.equal(restoreText(map, 'C:\\<PERSON_2kt:F>\\<PERSON_2kt:F>', 'text'), 'C:\\Anne\\Anne');
});

const pieces = fc.constantFrom(
  '<PERSON_1kt>',
  '<PERSON_2kt:F>',
  '\\<PERSON\\_1kt\\>',
  '&lt;SECRET_1kt&gt;',
  '\\u003cSECRET_1kt\\u003e',
  '<date_of_birth_1kt>',
  '<PERSON_1k',
  '<',
  '>',
  '\\',
  '&',
  '&lt',
  '\\u003',
  '"',
  '{"a":"',
  '":',
  ' ',
  '\n',
  'é',
  '👍',
  '\ud83d',
  '\udc4d',
  'PERSON_',
  'PERSON_1kt',
  'IBAN',
  'DATE_OF_BIRTH_1',
  '1kt',
  ':F',
  '<PERSON_9zz>',
  '<DATE_OF_',
  '```json\n',
);
const answers = fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join(''));
const modes = fc.constantFrom<RestoreMode>('text', 'json');

test('every cut in two gives what the whole gives', () => {
  fc.assert(
    fc.property(answers, modes, (text, mode) => {
      const whole = restoreText(map, text, mode);
      for (let cut = 0; cut <= text.length; cut += 1) assert.equal(inChunks(text, [cut], mode), whole);
    }),
    { numRuns: runs },
  );
});

test('any cuts, one unit at a time included, give what the whole gives', () => {
  fc.assert(
    fc.property(answers, modes, fc.array(fc.nat(200), { maxLength: 20 }), (text, mode, cuts) => {
      const whole = restoreText(map, text, mode);
      assert.equal(
        inChunks(
          text,
          cuts.map((cut) => Math.min(cut, text.length)),
          mode,
        ),
        whole,
      );
      assert.equal(
        inChunks(
          text,
          Array.from(text, (_, index) => index),
          mode,
        ),
        whole,
      );
    }),
    { numRuns: runs },
  );
});

test('only a tail that may become a surrogate is held back, and never more than a hundred characters', () => {
  fc.assert(
    fc.property(answers, modes, (text, mode) => {
      const restorer = createRestorer(map, mode);
      let given = 0;
      for (const unit of text.split('')) {
        restorer.push(unit);
        given += 1;
        const before = createRestorer(map, mode);
        const out = before.push(text.slice(0, given));
        const tail = before.end();
        assert.ok(tail.length <= 100);
        assert.equal(out + tail, restoreText(map, text.slice(0, given), mode));
        // A surrogate without brackets is only known to be whole at the end: then its value is the tail.
        if (tail !== '' && text.slice(0, given).endsWith(tail)) assert.match(tail, /^[<&\\A-Z]/);
      }
    }),
    { numRuns: Math.ceil(runs / 4) },
  );
});

test('an ordinary answer with tags and comparisons passes without delay', () => {
  const restorer = createRestorer(map, 'text');
  assert.equal(restorer.push('if (a < b && c'), 'if (a < b && c');
  assert.equal(restorer.push(' <div class="x'), ' <div class="x');
  assert.equal(restorer.push('">'), '">');
});

test('in JSON a value is escaped where it lands in a string, so that arguments parse to the user’s own bytes', () => {
  const values = fc.string({
    unit: fc.constantFrom('"', '\\', '\n', '\t', '\u0000', 'é', '\u00e9', '👍', '\ud83d', 'a', '/', '<', '\u2028', "'"),
  });
  fc.assert(
    fc.property(
      values,
      fc.array(fc.nat(120), { maxLength: 6 }),
      fc.constantFrom('<', '\\u003c'),
      (value, cuts, opening) => {
        const own = mapOf({ PERSON_1kt: value, EMAIL_1kt: 'z@exemple.fr' });
        const surrogate = `${opening}PERSON_1kt${opening === '<' ? '>' : '\\u003e'}`;
        const json = `{"to":"${surrogate}","text":"\\u00e9 \\"${surrogate}\\" \\\\","n":[1,"<EMAIL_1kt>"]}`;
        const restorer = createRestorer(own, 'json');
        let out = '';
        let from = 0;
        for (const cut of [...cuts, json.length].map((cut) => Math.min(cut, json.length)).sort((a, b) => a - b)) {
          out += restorer.push(json.slice(from, cut));
          from = Math.max(from, cut);
        }
        out += restorer.end();
        assert.deepEqual(JSON.parse(out), { to: value, text: `é "${value}" \\`, n: [1, 'z@exemple.fr'] });
      },
    ),
    { numRuns: runs },
  );
});

test('in JSON a surrogate outside a string becomes a string, and an escaped backslash before u003c is no opening', () => {
  assert.deepEqual(JSON.parse(restoreText(map, '{"a": <PERSON_1kt>}', 'json')), { a: 'Zoé "Z" Roux' });
  assert.deepEqual(JSON.parse(restoreText(map, '{"a": "C:\\\\<PERSON_2kt:F>"}', 'json')), { a: 'C:\\Anne' });
});

test('an answer in JSON mode that is no JSON is restored as text', () => {
  assert.equal(restoreText(map, 'Voici : <PERSON_1kt>', 'json'), 'Voici : Zoé "Z" Roux');
  assert.equal(restoreText(map, '<PERSON_1kt>', 'json'), 'Zoé "Z" Roux');
});

test('restoring a long answer full of openings takes time in proportion to its length', () => {
  const cost = (length: number): number => {
    const text = '<PERSON_<&lt;\\'.repeat(length);
    const before = process.cpuUsage().user;
    const restorer = createRestorer(map, 'text');
    for (let at = 0; at < text.length; at += 16) restorer.push(text.slice(at, at + 16));
    restorer.end();
    return process.cpuUsage().user - before;
  };
  cost(2_000);
  assert.ok(cost(40_000) < 8 * Math.max(cost(10_000), 20_000), 'four times the text, not sixteen times the time');
});

test('a value with quotes comes back through JSON in JSON strings, in any chunking', () => {
  const value = 'Zoé "Zaz" d\'Arc\\x\nfin';
  const map = new SurrogateMap();
  map.issue('PERSON_1kt', '', value);
  const texts = ['Hi <PERSON_1kt>!', 'said "<PERSON_1kt>", C:\\', '<PERSON_1kt>', '[<PERSON_1kt>] "b"'];
  for (const text of texts) {
    for (let depth = 0; depth <= 3; depth += 1) {
      let whole: string = JSON.stringify({ a: text, list: ['x', { b: text }], n: 1 });
      for (let level = 0; level < depth; level += 1) whole = JSON.stringify({ n: 1, inner: whole, after: text });
      for (const size of [1, 7, whole.length]) {
        const restorer = createRestorer(map, 'json');
        let out = '';
        for (let at = 0; at < whole.length; at += size) out += restorer.push(whole.slice(at, at + size));
        out += restorer.end();
        const own = text.replace('<PERSON_1kt>', () => value);
        for (let level = 0; level < depth; level += 1) {
          const parsed = JSON.parse(out) as { inner: string; after: string };
          assert.equal(parsed.after, own);
          out = parsed.inner;
        }
        assert.deepEqual(JSON.parse(out), { a: own, list: ['x', { b: own }], n: 1 });
      }
    }
  }
});
