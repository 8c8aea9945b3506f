import { isLetter, isWord } from '../characters.ts';
import { readName } from './name-shape.ts';
import type { Match, Recogniser } from './recogniser.ts';

/** What a cue promises: a `title` stands before a name, `titles` before several, a `field` before a value, a `phrase` before a name in any case. */
type CueKind = 'title' | 'titles' | 'field' | 'phrase' | 'introduction' | 'greeting' | 'closing' | 'maiden';
interface Cue {
  readonly kind: CueKind;
  readonly gender?: 'F' | 'M';
  /** First words of the cue, in lower case: where the scanner calls. */
  readonly words: string;
  /** What must stand there, up to the name. */
  readonly shape: RegExp;
}

/** Bonds between a title and its name; "Monsieur le Directeur" is no name, "Madame Le Goff" is. */
const SPACE = '[ ]{1,2}';
/** After a form field: brackets, quotes, bars and bold of Markdown, JSON or a table, then the value. */
const VALUE = String.raw`(?:[ _-]?(?:complet|name|usuel|patiente?|client|d'usage|de jeune fille))?(?:[ ]?\([^()\n]{1,20}\))?["'*_]{0,3}[ ]{0,3}[:=|\t][ \t]{0,3}["'*_]{0,3}[ ]?`;

/** Who it is, before or instead of the name: `Personne à prévenir : sa fille, Solange Vasseur`. */
const RELATION = String.raw`(?:(?:(?:sa|son|his|her)[ ])?(?:mari|femme|épou(?:x|se)|conjointe?|compagn(?:on|e)|père|mère|fils|fille|frère|sœur|husband|wife|spouse|partner|father|mother|son|daughter|brother|sister)(?:[ ]?[,:–-][ ]?|[ ]))?`;

const CUES: readonly Cue[] = [
  {
    kind: 'title',
    gender: 'M',
    words: 'm. m mr monsieur',
    shape: new RegExp(`(?:M\\.|M(?=[ ]\\p{Lu}\\p{Ll})|Mr\\.?|Monsieur|MONSIEUR|MR\\.?|monsieur)${SPACE}`, 'uy'),
  },
  {
    kind: 'title',
    gender: 'F',
    words: 'mme mlle mrs ms miss madame mademoiselle',
    shape: new RegExp(
      `(?:Mme|MME|Mlle|MLLE|Mrs\\.?|Ms\\.?|Miss|Madame|MADAME|Mademoiselle|MADEMOISELLE|madame|mademoiselle)${SPACE}`,
      'uy',
    ),
  },
  {
    kind: 'title',
    words:
      'dr docteur docteure prof professeur professeure professor pr me maître doctor sir dame mgr sœur frère père abbé',
    shape: new RegExp(
      `(?:Dr\\.?|DR\\.?|Docteure?|DOCTEUR|docteure?|Prof\\.|Professeure?|PROFESSEUR|professeure?|Professor|Pr\\.?|Me|Maître|maître|Doctor|Sir|Dame|Mgr|Sœur|Frère|Père|Abbé)${SPACE}`,
      'uy',
    ),
  },
  {
    kind: 'titles',
    words: 'mm mmes mlles drs prs messieurs mesdames docteurs professeurs maîtres',
    shape: new RegExp(
      `(?:MM\\.?|Mmes|MMES|Mlles|Drs\\.?|Prs\\.?|Messieurs|Mesdames|[Dd]octeurs|[Pp]rofesseurs|Maîtres)${SPACE}`,
      'uy',
    ),
  },
  {
    kind: 'phrase',
    words: 'je mon my',
    shape: /(?:je m'appelle|je me nomme|mon nom(?: complet)? est|my (?:full )?name is|my name's)[ ]{1,2}/iuy,
  },
  {
    kind: 'introduction',
    words: 'je i this',
    shape: /(?:je suis|i am|i'm|this is)[ ]/iuy,
  },
  { kind: 'title', words: 'appelle', shape: /appelle[ ]/uy },
  { kind: 'field', words: 'je', shape: /je soussignée?,?[ ]{1,2}/iuy },
  {
    kind: 'field',
    words:
      'patient patients patiente patientes client cliente interne titulaire assuré assurée salarié salariée employé employée bénéficiaire destinataire expéditeur signataire médecin docteur prescripteur locataire souscripteur mother father employee customer passenger cardholder beneficiary recipient attending physician',
    shape: new RegExp(String.raw`\p{L}+(?: traitant)?${VALUE}`, 'iuy'),
  },
  {
    kind: 'field',
    words: 'personne personnes contact emergency next',
    shape: new RegExp(
      String.raw`(?:personnes? (?:de confiance|à (?:prévenir|contacter|appeler|avertir))(?: en (?:cas d')?urgence)?|contact (?:d'urgence|en cas d'urgence)|emergency contact(?: (?:name|person))?|next[ -]of[ -]kin(?: name)?)${VALUE}${RELATION}`,
      'iuy',
    ),
  },
  {
    kind: 'field',
    words:
      'adressé adressée rédacteur rédactrice rédigé rédigée dicté dictée validé validée prescrit prescrite tuteur tutrice curateur curatrice conjoint conjointe',
    shape: new RegExp(
      String.raw`(?:(?:adressé|rédigé|dicté|validé|prescrit)e? par|rédact(?:eur|rice)|(?:tu|cura)t(?:eur|rice)|conjointe?)${VALUE}`,
      'iuy',
    ),
  },
  {
    kind: 'field',
    words: 'nom prénom prénoms prenom prenoms surname firstname lastname fullname forename',
    shape: new RegExp(
      String.raw`\p{L}+(?:[ ]?(?:de famille|de naissance|d'usage|marital|et prénoms?|/ ?prénoms?|prénoms?|-prénom))?${VALUE}`,
      'iuy',
    ),
  },
  {
    kind: 'field',
    words: 'first last full family given patient customer employee maiden middle',
    shape: new RegExp(String.raw`\p{L}+?[ _-]?name${VALUE}`, 'iuy'),
  },
  {
    kind: 'field',
    words: 'signé signée signed',
    shape: /(?:[Ss]ignée?(?: électroniquement)?(?: par)?|SIGNÉ|[Ss]igned(?: by)?)[ ]?:?[ ]{1,2}/uy,
  },
  { kind: 'maiden', gender: 'F', words: 'née', shape: /(?:née|NÉE|Née)[ ]{1,2}(?![lL]e[ ]{1,2}[\d:])/uy },
  {
    kind: 'greeting',
    words: 'bonjour bonsoir salut coucou hello hi hey dear merci cher chère chers chères thanks',
    shape: /(?:Bonjour|Bonsoir|Salut|Coucou|Hello|Hi|Hey|Dear|Merci|Ch(?:er|ère)s?|Thanks|BONJOUR)[ ]/uy,
  },
  {
    kind: 'closing',
    words:
      'cordialement amicalement bien bises regards cheers sincerely salutations confraternellement respectueusement sincèrement',
    shape:
      /(?:cordialement|amicalement|bien à (?:vous|toi)|bises|regards|cheers|sincerely|salutations(?: distinguées)?|confraternellement|respectueusement|sincèrement)(?: yours)?(?:[,.]?[ ]?\n[ \n]{0,3}|,[ ])/iuy,
  },
];

/** One recogniser a cue, so that the scanner looks for the right one only; to the outside they are one. */
export const nameCues: readonly Recogniser[] = CUES.map(({ kind, words, shape, gender }) => ({
  name: 'name-cue',
  type: 'PERSON',
  finds:
    'names after a cue: titles, form fields, greetings and closings, French and English ("je m’appelle", "Mme", "MM. … et …", "patient :", "personne de confiance :", "née")',
  checks: 'capitals, particles and initials; no list of names yet, so names without a cue are not found',
  triggers: { words: words.split(' ') },
  maxLength: 160,
  match(text, at) {
    const before = text.charAt(at - 1);
    // `J.M. Roux` is one name with initials; `Notre-Dame` is one word.
    if (before === '.' || before === '-' || (isWord(text.charCodeAt(at - 1)) && before !== '_' && !isHump(text, at)))
      return undefined;
    shape.lastIndex = at;
    const found = shape.exec(text);
    if (found === null) return undefined;
    if (kind === 'titles')
      return namesAfter(text, at + found[0].length, /^m(?:me|lle|esda)/i.test(found[0]) ? 'F' : undefined);
    const match = nameAfter(text, at + found[0].length, kind, found[0]);
    return match === undefined || gender === undefined ? match : { ...match, hint: gender };
  },
}));

function isHump(text: string, at: number): boolean {
  return isLetter(text.charCodeAt(at - 1)) && text.charAt(at) !== text.charAt(at).toLowerCase();
}

const TITLE =
  /^(?:M\.|M(?= \p{Lu}\p{Ll})|Mme|MME|Mlle|Mr|Mrs|Ms|Dr|DR|Pr|Me|Monsieur|Madame|Mademoiselle|Docteur|Professeur|Maître)[ .]/u;

/** "MM. Vasseur, Roux et Blanchard": a finding each. */
function namesAfter(text: string, at: number, gender: 'F' | undefined): Match[] {
  const hint = gender === undefined ? {} : { hint: gender };
  const matches: Match[] = [];
  for (let start = at; matches.length < MAX_NAMES; ) {
    const name = readName(text, start);
    if (name === undefined) break;
    matches.push({ start, end: name.end, score: name.words > 1 ? 0.9 : 0.85, ...hint });
    AND.lastIndex = name.end;
    const and = AND.exec(text);
    if (and === null) break;
    start = name.end + and[0].length;
  }
  return matches;
}

const MAX_NAMES = 8;
const AND = /(?:,[ ]?(?:et |and )?| et | and | & )/y;

function nameAfter(text: string, at: number, kind: Exclude<CueKind, 'titles'>, cueText: string): Match | undefined {
  // A title may follow a cue ("Cher Monsieur Roux", "Signé : Dr Roux"): it finds its own name.
  if (TITLE.test(text.slice(at, at + 14))) return undefined;
  const name = readName(text, at, kind === 'phrase');
  if (name === undefined) return undefined;
  const { end, words, isShouted } = name;
  const after = text.slice(end, end + 2);
  switch (kind) {
    case 'title':
      // "DR Congo" and "ME TOO": a title in capitals wants a name in capitals.
      if (/^(?:DR|MR)\.? /.test(cueText) && !isShouted) return undefined;
      return { start: at, end, score: words > 1 ? 0.9 : 0.85 };
    case 'phrase':
      return { start: at, end, score: 0.92 };
    case 'field':
      return words > 1 || isShouted || /^(?:$|[\n,;)"'*|<]|[ ]?[(\n,-])/.test(after)
        ? { start: at, end, score: 0.85 }
        : undefined;
    case 'introduction':
      // "Je suis Karim Haddad, client": two names, then a pause.
      return words > 1 && /^(?:$|[,;.\n]|[ ]?\()/.test(after) ? { start: at, end, score: 0.75 } : undefined;
    case 'maiden':
      return { start: at, end, score: 0.8 };
    case 'greeting':
      return words <= 3 && /^(?:$|[ ]?[,!\n]|\.(?:$|\s))/.test(after) ? { start: at, end, score: 0.75 } : undefined;
    case 'closing':
      return words <= 4 && /^(?:$|[ ]?\n|,)/.test(after) ? { start: at, end, score: 0.85 } : undefined;
  }
}
