// What a person's name looks like in a text: capitalised words with hyphens and apostrophes, initials, particles between them.
// Shared by the cues and by the second mentions.

const PARTICLES =
  /(?:de la|de los|van der|van den|von der|de|du|des|la|le|van|von|den|der|ten|ter|ben|bin|ibn|al|el|da|di|do|dos|das|del|della|ould|ag|y|e|af|zu|af|d'|l'|n'|o')[ ]?(?=\p{Lu})/uy;
/** The same in capitals, as parts of names: `Le Goff`, `DE LA TOUR`. What follows decides whether they begin one. */
const CAPITAL_PARTICLES =
  /(?:(?:D[eE]|L[eE]|L[aA]|L[eE][sS]|D[uU]|D[eE][sS]|D[aA]|D[iI]|D[oO][sS]|E[lL]|A[lL]|V[aA][nN]|V[oO][nN]|D[eE][nN]|D[eE][rR]|B[eE][nN]|S[tT]|A[dD]|A[iIï][tT]|O[uU][lL][dD])[ ]){1,3}(?=\p{Lu})/uy;
const WORD = /(?:\p{Lu}[\p{Ll}\p{M}]*|\p{Lo}+)(?:['-]?[\p{L}\p{M}]+)*/uy;
const INITIAL = /\p{Lu}\.(?:-?\p{Lu}\.)?/uy;
const LOWER_WORD = /\p{Ll}[\p{L}\p{M}]+(?:['-][\p{L}\p{M}]+)*/uy;
const MAX_WORDS = 5;

/** Words that stand capitalised where a name could, and are none. */
const NO_NAMES = new Set(
  (
    'madame monsieur mademoiselle messieurs mesdames docteur docteure maître professeur mr mrs ms miss mme mlle dr pr me tous tout toutes toute le la les l un une de du des je il elle on nous vous ils elles ' +
    'président présidente directeur directrice maire ministre juge procureur chef service confrère confrères consœur collègue collègues ami amie amis client cliente clients patient patiente team équipe ' +
    'sir all everyone everybody team world there folks friend friends customer user users admin support guys monde bonjour bonsoir objet encore beaucoup pour prénom prénoms nom noms née né date âge age sexe adresse ' +
    'homme femme enfant garçon fille âgé âgée hospitalisé hospitalisée adressé adressée inconnu inconnue anonyme néant aucun aucune non oui yes no none unknown null true false test todo the this that these those a an i you he she it we they ' +
    'and or of to in on at for with from et ou à en au aux par sur dans avec est sont a été sera doit peut merci cordialement please thank thanks note nota cf voir see if when what who why how ' +
    'interlocutor recipient receveur hôpital hopital clinique chu centre cabinet société sas sarl sa inc ltd gmbh university université new more next previous first last ' +
    'lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril mai juin juillet août septembre octobre novembre décembre monday tuesday wednesday thursday friday saturday sunday ' +
    'mère père mari époux épouse conjoint conjointe compagne compagnon refus refusé refusée idem ' +
    'tél tel téléphone mail email e-mail code ville pays tva siret siren nir iban ip url id ref réf référence numéro bonne bien cher chère hello hi dear regards madam'
  ).split(' '),
);

/** Words after which a name in lower case is over: "je m'appelle zoé et…". */
const AFTER_LOWER = new Set(
  "et je j j'ai mais ou donc or ni car qui que dont où avec pour par dans sur de du des le la les un une est suis ai and i i'm but or who with from the a an is am was at in on of to my mon ma mes habite travaille vis né née âgé âgée".split(
    ' ',
  ),
);

export interface NameShape {
  readonly end: number;
  /** Words that are names, not particles or initials. */
  readonly words: number;
  /** All in capitals. */
  readonly isShouted: boolean;
}

/** The name that begins at `at`, if any. `lower` also takes two words in lower case. */
export function readName(text: string, at: number, lower = false): NameShape | undefined {
  let end = at;
  let words = 0;
  let shouted = 0;
  let index = at;
  for (let parts = 0; parts < MAX_WORDS + 3 && words < MAX_WORDS; parts += 1) {
    index = skip(CAPITAL_PARTICLES, text, skip(PARTICLES, text, index));
    const initial = skip(INITIAL, text, index);
    if (initial > index && !isWordThere(text, index)) {
      end = initial;
    } else {
      const after = skip(WORD, text, index);
      if (after === index) break;
      const word = text.slice(index, after);
      if (
        isNoName(word) ||
        isCamel(word) ||
        text.charAt(after) === ':' ||
        text.startsWith(' :', after) ||
        /^[\d_@]/.test(text.charAt(after))
      )
        break;
      if (word.length > 1 || /\p{Lo}/u.test(word)) words += 1;
      if (word.length > 1 && word === word.toUpperCase()) shouted += 1;
      end = after;
    }
    // One space, or none after an initial, leads to the next part; a line break or two spaces end a name.
    const gap = text.charAt(end);
    if (gap !== ' ' && !(gap !== '' && text.charAt(end - 1) === '.')) break;
    index = gap === ' ' ? end + 1 : end;
  }
  if (words > 0) return { end: withoutPossessive(text, at, end), words, isShouted: shouted === words };
  return lower ? readLowerName(text, at) : undefined;
}

/** A word that stands capitalised where a name could, and is none. */
export function isNoName(word: string): boolean {
  return NO_NAMES.has(word.toLowerCase()) || (/^[\p{L}]'/u.test(word) && NO_NAMES.has(word.slice(2).toLowerCase()));
}

/** `ReturnType` is a word of a program; `McKenzie` and `LeBlanc` are names. */
function isCamel(word: string): boolean {
  return (
    /\p{Ll}\p{Lu}/u.test(word.replace(/-/g, ' ')) &&
    !/^(?:Mc|Mac|De|Des|Le|La|Du|Di|Da|Van|Fitz|Ben|El|Al|St|O')/.test(word)
  );
}

/** `A.` before more letters is a word of its own. */
function isWordThere(text: string, at: number): boolean {
  return /^\p{L}{2}/u.test(text.slice(at, at + 3));
}

function withoutPossessive(text: string, start: number, end: number): number {
  return /'s$/.test(text.slice(start, end)) ? end - 2 : end;
}

function readLowerName(text: string, at: number): NameShape | undefined {
  const first = skip(LOWER_WORD, text, at);
  const word = text.slice(at, first);
  if (first - at < 3 || AFTER_LOWER.has(word) || NO_NAMES.has(word)) return undefined;
  if (text.charAt(first) !== ' ') return { end: first, words: 1, isShouted: false };
  const second = skip(LOWER_WORD, text, first + 1);
  const next = text.slice(first + 1, second);
  if (next.length < 3 || AFTER_LOWER.has(next) || NO_NAMES.has(next)) return { end: first, words: 1, isShouted: false };
  return { end: second, words: 2, isShouted: false };
}

function skip(shape: RegExp, text: string, at: number): number {
  shape.lastIndex = at;
  return shape.test(text) ? shape.lastIndex : at;
}
