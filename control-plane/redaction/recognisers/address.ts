import { isWord } from '../characters.ts';
import type { Recogniser } from './recogniser.ts';

// Ways that only streets have, and words that are streets only beside a capitalised name ("2 places de parking").
const STREETS = [
  'rue',
  'avenue',
  'boulevard',
  'bd',
  'bld',
  'blvd',
  'av',
  'ave',
  'allée',
  'allées',
  'allee',
  'allees',
  'impasse',
  'imp',
  'chemin',
  'quai',
  'square',
  'ruelle',
  'venelle',
  'faubourg',
  'fbg',
  'esplanade',
  'rond-point',
  'rpt',
  'hameau',
  'lotissement',
];
const DOUBTFUL = [
  'place',
  'pl',
  'route',
  'rte',
  'cours',
  'passage',
  'voie',
  'montée',
  'côte',
  'sentier',
  'traverse',
  'villa',
  'cité',
  'clos',
  'résidence',
  'promenade',
  'mail',
  'lieu-dit',
  'parvis',
  'za',
  'zi',
  'zac',
  'zae',
  'ch',
  'che',
  'all',
];
const PARTICLE = String.raw`(?:de la|de l'|de|du|des|d'|la|le|les|l'|aux|au|à la|à|en|et|sur|sous|saint|sainte|st|ste)`;
const PROPER = String.raw`(?:\p{Lu}[\p{L}\p{M}'-]*\.?|\d{1,2}(?:er)?(?= )|[IVX]{1,5})`;
const MONTH = '(?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)';
// `de la République`, `du Général de Gaulle`, `du 8 mai 1945`, or in lower case `des lilas`, `de la paix`.
const CAPITALISED = String.raw`(?:${PARTICLE}[ ]?){0,3}(?:\d{1,2}(?:er)? ${MONTH}(?: \d{4})?|${PROPER}(?:[ -](?:(?:${PARTICLE}[ -]?){1,3})?${PROPER}){0,5})`;
const LOWERED = String.raw`(?:(?:${PARTICLE}[ ]?){1,3}[\p{Ll}][\p{L}'-]{2,30}|[\p{Ll}][\p{L}'-]{3,30}(?=,? ?\n? ?(?:F-)?\d{5} ))`;
const COMPLEMENT = String.raw`(?:[ ]?(?:,[ ]?\n?|\n|-)[ ]?(?:[bB][âa]t(?:iment|\.)?|[aA]pp(?:artemen)?t\.?|[aA]pt\.?|[eE]sc(?:alier|\.)?|[éeEÉ]tage|\d{1,2}(?:er|e|ème)? ?[ée]tage|[rR][ée]sidence|[rR][ée]s\.|[pP]orte|[bB]o[îi]te|[bB]p|[cC]s|[lL]ieu-dit|[iI]mmeuble|[hH]all|[tT]our)(?:[ ](?!\d{5})[^,\n\d-][^,\n-]{0,20}?|[ ]\d{1,4}[A-Za-z]?)?(?=[ ]?[,\n-]|[ ]\d{5}|$)){0,3}`;
const NOT_CEDEX = '(?![Cc][Ee][Dd][Ee][Xx])';
// Towns of several words: with hyphens, with particles, in capitals, or after an article or a saint.
const TOWN_WORD = String.raw`${NOT_CEDEX}\p{Lu}[\p{L}\p{M}']*`;
const TOWN_NAME = String.raw`(?:(?:Les?|LES?|La|LA|Saint|SAINT|Sainte|SAINTE|Ste?|L')[ '-]?)?${TOWN_WORD}(?:-(?:[\p{L}\p{M}']+)){0,5}(?:[ ](?:(?:de|du|des|la|le|les|sur|sous|en|aux|lès|et)[ ]|[ld]'){1,2}${TOWN_WORD}|[ ]${NOT_CEDEX}\p{Lu}{3,20}(?!\p{L})){0,3}`;
const TOWN = String.raw`(?:[ ]?(?:,[ ]?\n?|\n|-|\\n)[ ]?|[ ])(?:F-?)?(?:0[1-9]|[1-8]\d|9[0-8])[ ]?\d{3}[ ]{1,2}${TOWN_NAME}(?:[ ][Cc][Ee][Dd][Ee][Xx](?:[ ]\d{1,2}(?!\d))?|[ ]\d{1,2}(?:e|er)(?![\p{L}\d]))?`;
const LOWER_TOWN = String.raw`(?:[ ]?[,\n-][ \n]{0,2}|[ ])(?:0[1-9]|[1-8]\d|9[0-8])\d{3}[ ]\p{L}[\p{L}\p{M}'-]{2,30}`;
const WAY = String.raw`[\p{L}-]+\.?[ ]`;
const WITH_TOWN = new RegExp(`${WAY}(?:${CAPITALISED}|${LOWERED})${COMPLEMENT}(?:${TOWN}|${LOWER_TOWN})`, 'uy');
const PROPER_STREET = new RegExp(`${WAY}${CAPITALISED}${COMPLEMENT}`, 'uy');
const LOWER_STREET = new RegExp(`${WAY}${LOWERED}${COMPLEMENT}`, 'uy');
const HOUSE =
  /(?:^|[^\p{L}\d_.,])(\d{1,4}(?:[ ]?(?:-|\/|à|et)[ ]?\d{1,4})?(?:[ ]?(?:bis|ter|quater|[A-Da-d])(?![\p{L}]))?(?:[ ]?,[ ]?\n?|[ ]))$/u;

export const address: Recogniser = {
  name: 'address-fr',
  type: 'ADDRESS',
  finds: 'French postal addresses on one line or two, with building, postcode, town and CEDEX where they stand',
  checks: 'order of NF Z10-011: number, way, name, postcode, town',
  triggers: { words: [...STREETS, ...DOUBTFUL] },
  maxLength: 240,
  match(text, at) {
    if (isWord(text.charCodeAt(at - 1))) return undefined;
    const house = HOUSE.exec(text.slice(Math.max(0, at - 20), at));
    const start = house === null ? at : at - (house[1] ?? '').length;
    const whole = read(WITH_TOWN, text, at);
    if (whole !== undefined) return { start, end: at + whole, score: house === null ? 0.8 : 0.97 };
    if (house === null) return undefined;
    const proper = read(PROPER_STREET, text, at);
    const isStreet = STREETS.includes(wordAt(text, at));
    if (proper !== undefined) return { start, end: at + proper, score: isStreet ? 0.9 : 0.7 };
    const lowered = isStreet ? read(LOWER_STREET, text, at) : undefined;
    return lowered === undefined ? undefined : { start, end: at + lowered, score: 0.75 };
  },
};

function read(shape: RegExp, text: string, at: number): number | undefined {
  shape.lastIndex = at;
  const match = shape.exec(text);
  // A full stop that ends a sentence is not part of a name.
  return match === null ? undefined : match[0].replace(/(?<=\p{L}{3})\.$/u, '').length;
}

function wordAt(text: string, at: number): string {
  return (/^[\p{L}-]+/u.exec(text.slice(at, at + 16))?.[0] ?? '').toLowerCase();
}
