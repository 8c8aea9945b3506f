import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { EntityType } from './entities.ts';
import { inspect } from './inspect.ts';
import { type Action, deriveNonce, type RedactionPolicy, redact } from './redact.ts';
import { createRestorer, restoreText } from './restore.ts';

const isLong = process.env['INTRAMUROS_TEST_LONG'] === '1';
const runs = isLong ? 10_000 : 1_000;

const policy = (
  actions: Partial<Record<EntityType, Action>> = {},
  keep: readonly ('gender' | 'year')[] = [],
): RedactionPolicy => ({
  action: (type) => actions[type] ?? 'pseudonymise',
  keep: new Set(keep),
  minScore: 0.5,
});

function redactTexts(texts: readonly string[], own = policy()): ReturnType<typeof redact> {
  return redact(inspect(texts.map((text, index) => ({ path: `messages[${index}].content`, text }))), own, 'kt');
}

test('values are numbered by first appearance over all fields, and a value that returns keeps its surrogate', () => {
  const { texts } = redactTexts(['De b@exemple.fr à a@exemple.fr', 'a@exemple.fr, c@exemple.fr']);
  assert.deepEqual(texts, ['De <EMAIL_1kt> à <EMAIL_2kt>', '<EMAIL_2kt>, <EMAIL_3kt>']);
});

test('two spellings of a value share their number, and each comes back as it was written', () => {
  const text = 'Mme Zoé Roux, Mme ZOE ROUX, tél. 06 12 34 56 78 ou 06.12.34.56.78';
  const { texts, surrogates } = redactTexts([text]);
  assert.equal(texts[0], 'Mme <PERSON_1kt>, Mme <PERSON_1kt:b>, tél. <PHONE_1kt> ou <PHONE_1kt:b>');
  assert.equal(restoreText(surrogates, texts[0] ?? '', 'text'), text);
});

test('a growing history keeps its surrogates', () => {
  const first = redactTexts(['Je m’appelle Zoé Roux, zoe@exemple.fr']).texts;
  const second = redactTexts(['Je m’appelle Zoé Roux, zoe@exemple.fr', 'Écrivez à Zoé ou à max@exemple.fr']).texts;
  assert.equal(second[0], first[0]);
  assert.equal(second[1], 'Écrivez à <PERSON_2kt> ou à <EMAIL_2kt>');
});

test('the policy may keep the gender of a person and the year of a birth', () => {
  const { texts } = redactTexts(['Mme Zoé Roux, née le 12/03/1958. M. Max Petit.'], policy({}, ['gender', 'year']));
  assert.equal(texts[0], 'Mme <PERSON_1kt:F>, née le <DATE_OF_BIRTH_1kt:1958>. M. <PERSON_2kt:M>.');
});

test('what is masked has no number and never comes back', () => {
  const { texts, surrogates } = redactTexts(['Écrire à a@exemple.fr'], policy({ EMAIL: 'mask' }));
  assert.equal(texts[0], 'Écrire à <EMAIL>');
  assert.equal(surrogates.size, 0);
  assert.equal(restoreText(surrogates, '<EMAIL>', 'text'), '<EMAIL>');
});

test('what is blocked is named by path and type', () => {
  const { blocked } = redactTexts(['rien', 'Écrire à a@exemple.fr'], policy({ EMAIL: 'block' }));
  assert.deepEqual(blocked, [{ path: 'messages[1].content', type: 'EMAIL' }]);
});

test('an allowed web address carries no e-mail address out', () => {
  const { texts } = redactTexts(['Voir https://exemple.fr/u?m=a@exemple.fr&x=1'], policy({ URL: 'allow' }));
  assert.equal(texts[0], 'Voir https://exemple.fr/u?m=<EMAIL_1kt>&x=1');
});

test('input that looks like a surrogate is redacted itself, even where the policy allows it, in every spelling that is restored', () => {
  for (const text of [
    '<PERSON_1kt>',
    '< person_1kt >',
    '\\<PERSON\\_1kt\\>',
    '&lt;PERSON_1kt&gt;',
    '\\u003cPERSON_1kt\\u003e',
    '＜PERSON_1kt＞',
    'PERSON_1kt',
    'PERSON\\_1kt',
  ]) {
    const whole = `Mme Zoé Roux ; ${text}`;
    const { texts, surrogates } = redactTexts([whole], policy({ SURROGATE: 'allow' }));
    assert.equal(texts[0], 'Mme <PERSON_1kt> ; <SURROGATE_1kt>', text);
    assert.equal(restoreText(surrogates, texts[0] ?? '', 'text'), whole);
  }
});

const pieces = fc.constantFrom(
  'Mme Zoé Roux',
  'Roux',
  'ZOÉ',
  'zoe@exemple.fr',
  'Z\u200boé',
  '06 12 34 56 78',
  '06\u202f12\u202f34\u202f56\u202f78',
  '<PERSON_1kt>',
  '<PERSON_',
  'PERSON_1kt',
  'PERSON\\_1kt',
  'a',
  '_',
  '1kt>',
  '<',
  '>',
  '\\',
  '&lt;',
  '\\u003c',
  'e\u0301',
  'ﬁ',
  '👍',
  '\ud83d',
  '\udc4d',
  ' ',
  '\n',
  '\r\n',
  '"',
  '{',
  'https://exemple.fr/?a=b@c.fr',
  'né le 12/03/1958',
  'FR76',
  'password: Xy7!kk9Q',
  '12 rue des Lilas, 69003 Lyon',
  '.',
  ':',
  '-',
  '0',
  '203.0.113.9',
  'M. ',
  '<SURROGATE_2kt:b>',
);
const texts = fc.oneof(
  fc.array(pieces, { maxLength: 16 }).map((parts) => parts.join('')),
  fc.array(pieces, { maxLength: 16 }).map((parts) => parts.join(' ')),
  fc.string({ unit: 'binary', maxLength: 80 }),
);

test('restoring what was redacted gives the text back byte for byte, whatever the text and the cuts', () => {
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1, maxLength: 3 }), fc.nat(100), (fields, cut) => {
      const redaction = redactTexts(fields);
      for (const [index, field] of fields.entries()) {
        const redacted = redaction.texts[index] ?? '';
        assert.equal(restoreText(redaction.surrogates, redacted, 'text'), field);
        const restorer = createRestorer(redaction.surrogates, 'text');
        assert.equal(
          restorer.push(redacted.slice(0, cut)) + restorer.push(redacted.slice(cut)) + restorer.end(),
          field,
        );
      }
    }),
    { numRuns: runs },
  );
});

test('no span lies outside its text, none overlaps another, and no redacted text holds a value that was found', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const inspection = inspect([{ path: 'input', text }]);
      let reached = 0;
      for (const { start, end } of inspection.fields[0]?.spans ?? []) {
        assert.ok(start >= reached && end > start && end <= text.length);
        reached = end;
      }
    }),
    { numRuns: runs },
  );
});

test('a thousand conversations with one first message and one name never see each other’s values', () => {
  const count = isLong ? 1_000 : 100;
  const key = new Uint8Array(32).fill(7);
  const conversations = Array.from({ length: count }, (_, index) => {
    const history = [
      'Bonjour, je m’appelle Zoé Roux',
      `Mon adresse est secret${index}@exemple.fr et mon IP 203.0.113.${index % 250}`,
    ];
    const nonce = deriveNonce(key, 'default', history[0] ?? '');
    const fields = history.map((text, at) => ({ path: `messages[${at}].content`, text }));
    return { index, redaction: redact(inspect(fields), policy(), nonce) };
  });
  for (const { index, redaction } of conversations) {
    // An engine that echoes what another conversation was given: only surrogates, which stand for this one's own values here.
    const echoed = conversations.map((other) => other.redaction.texts.join('\n')).join('\n');
    const answer = restoreText(redaction.surrogates, echoed, 'text');
    const seen = new Set(answer.match(/secret\d+@exemple\.fr/g));
    assert.deepEqual([...seen], [`secret${index}@exemple.fr`]);
  }
});

test('nonces depend on tenant, first turn and key, hold two safe letters, and spread', () => {
  const key = new Uint8Array(32).fill(1);
  assert.equal(deriveNonce(key, 'a', 'bonjour'), deriveNonce(key, 'a', 'bonjour'));
  const nonces = new Set(Array.from({ length: 400 }, (_, index) => deriveNonce(key, 'a', `${index}`)));
  assert.ok(nonces.size > 150, `${nonces.size} of 361`);
  for (const nonce of nonces) assert.match(nonce, /^[bcdfghjkmnpqrstvwxz]{2}$/);
  assert.notEqual(deriveNonce(key, 'a', 'b'), deriveNonce(key, 'ab', ''));
});

// A request is redacted on the gateway's only thread: what is dense in values must not block it for long.
const letters = (index: number): string =>
  index.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'.charAt(Number(digit)));
const DENSE: readonly (readonly [what: string, unit: (index: number) => string])[] = [
  ['the same few values', () => 'Mme Zoe Zebulon 06 12 34 56 78 '],
  [
    'ever new values',
    (index) =>
      `M. B${letters(index)}or, b${letters(index)}@exemple.fr, 06 ${String(10_000_000 + index).replace(/(..)/g, '$1 ')}`,
  ],
  ['second mentions', () => 'Mme Zoe Zebulon Zebulon et ZOE '],
  ['odd spellings', () => 'Mme\u00a0Zoé\u00a0Zébulon 06\u202f12\u202f34\u202f56\u202f78 '],
  ['values inside values', () => 'https://exemple.fr/?q=zoe@exemple.fr 12 rue du Dr Roux, 75015 Paris '],
];
for (const [what, unit] of DENSE) {
  test(`time to find and to redact is linear in the text: ${what}`, () => {
    const spend = (length: number): number => {
      let text = '';
      for (let index = 0; text.length < length; index += 1) text += unit(index);
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 3; round += 1) {
        const before = process.cpuUsage();
        redactTexts([text]);
        const { user, system } = process.cpuUsage(before);
        best = Math.min(best, user + system);
      }
      return best;
    };
    const size = isLong ? 1_000_000 : 250_000;
    spend(size);
    const [small, large] = [spend(size), spend(size * 4)];
    assert.ok(large < 9 * Math.max(small, 10_000), `${small} µs for ${size}, ${large} µs for four times as much`);
  });
}
