// The look of a report: labels, what stands between label and content, bullets and separators of lists. Much of it is
// invented per sample, so that the model learns the shape rather than a list of marks. Some marks are held out.

import { expandPhrase } from './phrases.ts';
import type { Random } from './random.ts';

export type Layout = {
  afterLabel: string;
  decorate: (label: string) => string;
  lineEnd: string;
  bullet: string;
  listMark: string;
};

const PLAIN_AFTER = [
  ' : ',
  ' : ',
  ' : ',
  ': ',
  ': ',
  ' :\n',
  ':\n',
  '\n',
  ' - ',
  ' = ',
  ' → ',
  ' .... : ',
  '\t: ',
  '\t',
  ' — ',
  '. ',
];
const HELD_OUT_AFTER = [' ? ', ' | ', ' >> ', ' [x] ', ' ~ ', ' § '];
const PLAIN_BULLETS = [
  '\n- ',
  '\n- ',
  '\n- ',
  '\n* ',
  '\n• ',
  '\n',
  '\n',
  '\n  - ',
  '\n-',
  '\n1. ',
  '\n1) ',
  '\n – ',
  '\n1- ',
  '\n\t',
];
const HELD_OUT_BULLETS = ['\n→ ', '\n(1) ', '\n+ ', '\n>> ', '\n~ ', '\n[1] '];
const PLAIN_MARKS = [', ', ', ', ', ', ', ', ', ', ' ; ', ' ; ', '. ', ' - ', ' / ', ' + ', ' , ', ';', ' – '];
const HELD_OUT_MARKS = [' // ', ' | ', ' puis ', ' & ', ' ~ '];
const INVENTABLE = ': = - > / . * # • → » · + _ –'.split(' ');

function invent(random: Random): string {
  let mark = random.pick(INVENTABLE);
  if (random.chance(0.5)) mark = mark.repeat(random.between(2, 3));
  else if (random.chance(0.4)) mark += random.pick(INVENTABLE);
  return mark;
}

function createDecoration(random: Random, newStyle: boolean): (label: string) => string {
  const shape = newStyle && random.chance(0.5) ? random.between(20, 22) : random.between(0, 15);
  const line = random.pick(['-', '=', '_', '*']).repeat(random.between(3, 14));
  switch (shape) {
    case 0:
      return (label) => label.toUpperCase();
    case 1:
      return (label) => label.toUpperCase();
    case 2:
      return (label) => label.toLowerCase();
    case 3:
      return (label) => `**${label}**`;
    case 4:
      return (label) => `[${label}]`;
    case 5:
      return (label) => `### ${label}`;
    case 6:
      return (label) => `- ${label}`;
    case 7:
      return (label) => `${random.between(1, 9)}) ${label}`;
    case 8:
      return (label) => `${random.pick(['I', 'II', 'III', 'A', 'B', 'C'])}. ${label}`;
    case 9:
      return (label) => `${label}\n${line}`;
    case 10:
      return (label) => (label.length > 6 ? `${label.slice(0, random.between(3, 5))}.` : label);
    case 20:
      return (label) => `{${label}}`;
    case 21:
      return (label) => `« ${label} »`;
    case 22:
      return (label) => label.toUpperCase().split('').join(' ');
    default:
      return (label) => label;
  }
}

export function createLayout(random: Random, newStyle: boolean): Layout {
  const held = <T>(plain: readonly T[], heldOut: readonly T[]): T =>
    random.pick(newStyle && random.chance(0.7) ? heldOut : plain);
  const bullet =
    newStyle || random.chance(0.85)
      ? held(PLAIN_BULLETS, HELD_OUT_BULLETS)
      : `\n${invent(random)}${random.pick(['', ' '])}`;
  const listMark = newStyle || random.chance(0.88) ? held(PLAIN_MARKS, HELD_OUT_MARKS) : ` ${invent(random)} `;
  const afterLabel =
    newStyle || random.chance(0.8)
      ? held(PLAIN_AFTER, HELD_OUT_AFTER)
      : ` ${invent(random)}${random.pick([' ', '\n'])}`;
  return {
    afterLabel,
    decorate: createDecoration(random, newStyle),
    lineEnd: random.pick(['', '', '', '.']),
    bullet,
    listMark,
  };
}

/** A label of a section, sometimes made of two, in the layout's own look. */
export function sectionLabel(random: Random, name: string, layout: Layout, heldOutPhrases: number): string {
  const one = (): string => expandPhrase(random, `@${name}`, heldOutPhrases);
  const label = random.chance(0.07) ? one() + random.pick([' / ', ' et ', ' - ']) + one().toLowerCase() : one();
  const decorated = layout.decorate(label);
  const after = decorated.includes('\n') ? '\n' : layout.afterLabel;
  return decorated + (random.chance(0.88) ? after : random.pick(PLAIN_AFTER));
}
