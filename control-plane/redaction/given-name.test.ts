import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from './inspect.ts';

/** What is found in `text` once "Mme Vasseur" was named elsewhere in the request. */
function mentions(text: string): string[] {
  const [, field] = inspect([
    { path: 'a', text: 'Mme Vasseur' },
    { path: 'b', text },
  ]).fields;
  return (field?.spans ?? []).map(({ start, end }) => text.slice(start, end));
}

test('a given name that was not named before joins the surname after it', () => {
  for (const name of [
    'Solange Vasseur',
    'Anne-Marie VASSEUR',
    'Jean Paul Vasseur',
    'Clément Vasseur',
    'Zoe\u0301 Vasseur',
    'S. Vasseur',
    'SOLANGE VASSEUR',
  ]) {
    for (const frame of [
      '{}',
      'sa fille {} viendra',
      'Tante : {}',
      'Parti. {} reste.',
      '({})',
      'Vu hier.\n{} va mieux',
    ]) {
      assert.deepEqual(mentions(frame.replace('{}', name)), [name], frame);
    }
  }
});

test('words that open a sentence, titles, months, offices and places stay outside', () => {
  for (const word of (
    'Selon Voir Hier Lundi Mars Docteur Dr M. Avenue Clinique Famille Infirmière Si Quand Probablement Contactez ' +
    'After Calling Tell His Probably Captain Hospital IRM Tu Afin Over Whether'
  ).split(' ')) {
    assert.deepEqual(mentions(`${word} Vasseur, puis`), ['Vasseur'], word);
  }
  for (const text of ['la McVasseur', 'Solange, Vasseur', 'Solange  Vasseur', 'Solange\nVasseur', "l'Est Vasseur"]) {
    assert.ok(
      mentions(text).every((found) => found === 'Vasseur'),
      text,
    );
  }
});

test('the gender of the one is not told of the other', () => {
  const [, field] = inspect([
    { path: 'a', text: 'Mme Vasseur' },
    { path: 'b', text: 'avec Jean Vasseur, dit Vasseur' },
  ]).fields;
  assert.deepEqual(
    field?.spans.map(({ hint }) => hint),
    [undefined, 'F'],
  );
});
