// Letters of other scripts that look like Latin ones, for tokens that are mostly Latin (`jеan@…` with a Cyrillic е).
// Source: Unicode Technical Standard 39, confusables.txt, reduced to single letters of Cyrillic, Greek and Armenian
// that a reader cannot tell from a Latin letter.

const PAIRS: readonly (readonly [latin: string, lookalikes: string])[] = [
  ['a', 'аα'],
  ['c', 'сϲ'],
  ['d', 'ԁ'],
  ['e', 'еҽ'],
  ['g', 'ց'],
  ['h', 'һհ'],
  ['i', 'іι'],
  ['j', 'јϳ'],
  ['k', 'κк'],
  ['l', 'ӏ'],
  ['n', 'ո'],
  ['o', 'оοօ'],
  ['p', 'рρ'],
  ['q', 'ԛգ'],
  ['s', 'ѕ'],
  ['u', 'υս'],
  ['v', 'ν'],
  ['w', 'ԝ'],
  ['x', 'х'],
  ['y', 'уγ'],
  ['z', 'ᴢ'],
  ['A', 'АΑ'],
  ['B', 'ВΒ'],
  ['C', 'СϹ'],
  ['E', 'ЕΕ'],
  ['H', 'НΗ'],
  ['I', 'ІΙӀ'],
  ['J', 'ЈͿ'],
  ['K', 'КΚ'],
  ['M', 'МΜ'],
  ['N', 'Ν'],
  ['O', 'ОΟՕ'],
  ['P', 'РΡ'],
  ['S', 'ЅՏ'],
  ['T', 'ТΤ'],
  ['U', 'Ս'],
  ['V', 'Ѵ'],
  ['W', 'Ԝ'],
  ['X', 'ХΧ'],
  ['Y', 'ҮΥ'],
  ['Z', 'Ζ'],
];

/** UTF-16 unit of a look-alike to the unit of the Latin letter. */
export const CONFUSABLES: ReadonlyMap<number, number> = new Map(
  PAIRS.flatMap(([latin, lookalikes]) =>
    Array.from(lookalikes, (letter) => [letter.charCodeAt(0), latin.charCodeAt(0)] as const),
  ),
);
