// The given name before a surname that is known from elsewhere in the request: `Solange` in "Mme Vasseur … Solange Vasseur".
// There is no list of names here: a capitalised word counts, unless it is one that stands capitalised before names anyway.
import { CLASS, LETTER, UPPER } from './characters.ts';
import { isNoName } from './recognisers/name-shape.ts';

/** What opens a sentence, or names a place, a firm or an office after someone, and is no given name. */
const NO_GIVEN = new Set(
  // Openers: little words, adverbs, and what notes tell one to do.
  (
    'selon voir revoir vu vue hier demain puis alors ainsi aussi quand lorsque comme si car mais or donc ni chez entre contre sans sous depuis pendant après avant malgré suite quant que quel quelle ce cet cette ces mon ma mes ton ta tes son sa ses notre votre leur leurs ' +
    'est-ce comment pourquoi où seul seule seuls même chaque plusieurs aujourd trop très bien enfin ensuite toutefois cependant parfois souvent jamais toujours déjà ici là cela ceci ça voici voilà ' +
    'appeler rappeler contacter prévenir informer convoquer rencontrer envoyer transmettre écrire répondre remercier demander recevoir examiner ' +
    'appelle rappelle contacte préviens informe demande dis rappelez contactez prévenez informez demandez envoyez dites ' +
    'after before then now today yesterday tomorrow once while since until because but so also both either neither only even still just like via per about according said says did does do has had have is are was were will would should could can may must shall let ' +
    'call ask tell see meet contact email thank inform notify send remind his her my your our their its his mine every each some any all one two ' +
    'ah eh oh ayant étant soit plus moins pas ne tu moi toi vos nos parmi dès lors afin parce quelques nul soudain sitôt tandis durant vers hors outre envers pauvre petit petite bon vieux jeune maman papa prendre mettre faire ' +
    'over through as by be whether whenever though although within without along behind towards throughout beyond despite never most many much more rather thus hence not nothing others something anyone everything come go take be put give poor old young dear dad mum mom ' +
    // Offices and kinship.
    'infirmier infirmière aide-soignante chirurgien chirurgienne pharmacien pharmacienne commandant capitaine colonel général lieutenant sergent adjudant brigadier agent officier inspecteur inspectrice commissaire préfet sénateur sénatrice député députée conseiller conseillère avocat avocate notaire huissier père mère frère sœur abbé dame sire sir lady lord ' +
    'famille époux épouse consorts veuve veuf enfants parents conjoint conjointe mari femme fils fille oncle tante nurse captain sergeant officer judge senator governor president family ' +
    // Places, firms and files that bear a name.
    'rue avenue boulevard place allée impasse quai pont square résidence bâtiment salle unité pavillon ehpad maison villa lycée collège école institut institution fondation musée théâtre stade parc jardin bibliothèque médiathèque pharmacie laboratoire laboratoires imprimerie garage hôtel restaurant boulangerie maison études étude ' +
    'groupe entreprise établissements ets compagnie associés holding cabinet agence atelier dossier affaire arrêt loi rapport plan projet prix syndrome maladie signe test score index échelle méthode manœuvre opération formule théorème ' +
    'street road hospital clinic school college foundation institute museum company group firm bank act bill report case project award disease test scale saint sainte st ste north south east west'
  ).split(' '),
);

/** Adverbs of manner, participles and imperatives; Clément is none. */
const ADVERB = /(?:[^é]ment|(?<=...)ly|(?<=...)ing|(?<=..)ez)$/;
const LY_NAMES = new Set(['emily', 'sally', 'kelly', 'molly', 'holly', 'billy', 'polly', 'lilly', 'willy', 'carly']);
const GIVEN = /(?:\p{Lu}\p{Ll}+(?:['-]\p{Lu}\p{Ll}+){0,2}|\p{Lu}\.|\p{Lu}{3,})$/u;
/** Longer words are no given name. */
const MAX_LENGTH = 30;
/** "Jean Paul Vasseur". */
const MAX_NAMES = 2;

/** Where the given names directly before the surname at `start` begin; `start` if there are none. Never before `floor`. */
export function startOfGivenNames(text: string, start: number, floor: number): number {
  let from = start;
  for (let names = 0; names < MAX_NAMES; names += 1) {
    if (from - 1 <= floor || text.charCodeAt(from - 1) !== SPACE) return from;
    const before = Math.max(floor, from - 1 - MAX_LENGTH);
    if (!isCandidate(text.charCodeAt(from - 2))) return from;
    const word = GIVEN.exec(text.slice(before, from - 1))?.[0];
    if (word === undefined) return from;
    const at = from - 1 - word.length;
    if (continuesBefore(text, at, floor) || !isGivenName(word)) return from;
    from = at;
  }
  return from;
}

const SPACE = 32;
const DOT = 46;

function isCandidate(last: number): boolean {
  return last === DOT || ((CLASS[last] ?? 0) & LETTER) !== 0;
}

/** The word is a piece of a longer one: `l'Est`, `anti-Vasseur`, `e-Mail`, `U.S.`. */
function continuesBefore(text: string, at: number, floor: number): boolean {
  if (at <= floor) return at < floor;
  const before = text.charCodeAt(at - 1);
  return ((CLASS[before] ?? 0) !== 0 && before !== SPACE) || "'-._@/".includes(text.charAt(at - 1));
}

function isGivenName(word: string): boolean {
  // An initial, unless it is the title M.
  if (word.endsWith('.')) return word !== 'M.';
  if (isNoName(word)) return false;
  const lower = word.toLowerCase();
  if (NO_GIVEN.has(lower) || (ADVERB.test(lower) && !LY_NAMES.has(lower))) return false;
  // Capitals alone are an abbreviation (IRM, SARL) as often as a name.
  return ((CLASS[word.charCodeAt(1)] ?? 0) & UPPER) === 0 || word.length > 4;
}
