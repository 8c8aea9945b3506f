import { isLetter, isWord } from '../characters.ts';
import { readName } from './name-shape.ts';
import type { Match, Recogniser } from './recogniser.ts';

/** What a cue promises: `title` stands before a name, `field` before a value, `phrase` before a name in any case. */
type CueKind = 'title' | 'field' | 'phrase' | 'greeting' | 'closing' | 'maiden';
interface Cue {
  readonly kind: CueKind;
  readonly gender?: 'F' | 'M';
  /** What must stand at the trigger, up to the name. */
  readonly shape: RegExp;
}

const cue = (kind: CueKind, words: string, after: string, gender?: 'F' | 'M', flags = 'uy'): Cue => ({
  kind,
  shape: new RegExp(`(?:${words})${after}`, flags),
  ...(gender === undefined ? {} : { gender }),
});
const SPACE = String.raw`[ ]{1,2}(?:[àa] [lL][ea'] ?)?`;
/** After a form field: brackets, quotes, bars and bold of Markdown, JSON or a table, then the value. */
const VALUE = String.raw`(?:[ _-]?(?:complet|name|usuel|patiente?|client|d'usage|de jeune fille))?(?:[ ]?\([^()\n]{1,20}\))?["'*_]{0,3}[ ]{0,3}[:=|\t][ \t]{0,3}["'*_]{0,3}[ ]?`;

const CUES: readonly Cue[] = [
  cue('title', String.raw`M\.|Mr\.?|Monsieur|MONSIEUR|MR\.?|monsieur`, SPACE, 'M'),
  cue(
    'title',
    String.raw`Mme|MME|Mlle|MLLE|Mrs\.?|Ms\.?|Miss|Madame|MADAME|Mademoiselle|MADEMOISELLE|madame|Mmes`,
    SPACE,
    'F',
  ),
  cue(
    'title',
    String.raw`MM\.|Dr\.?|DR\.?|Drs|Docteure?|DOCTEUR|docteure?|Prof\.|Professeure?|PROFESSEUR|professeure?|Professor|Pr\.?|Me|Maître|maître|Doctor|Sir|Dame|Mgr|Sœur|Frère|Père|Abbé`,
    SPACE,
  ),
  cue(
    'phrase',
    String.raw`[Jj]e m'appelle|[Jj]e me nomme|[Mm]on nom est|[Mm]on nom complet est|JE M'APPELLE|[Mm]y (?:full )?name is|[Mm]y name's|[Jj]e suis né`,
    String.raw`[ ]{1,2}`,
  ),
  cue('field', String.raw`[Jj]e soussignée?|JE SOUSSIGNÉE?`, String.raw`,? {1,2}`),
  cue(
    'field',
    String.raw`patiente?s?|cliente?|interne|titulaire|assurée?|salariée?|employée?|bénéficiaire|destinataire|expéditeur|signataire|médecin(?: traitant)?|docteur|prescripteur|locataire|souscripteur|mother|father|employee|customer|passenger|cardholder|beneficiary|recipient|attending|physician`,
    VALUE,
    undefined,
    'iuy',
  ),
  cue(
    'field',
    String.raw`(?:nom|prénoms?|prenoms?|surname|firstname|lastname|fullname|forename)(?:[ ]?(?:de famille|de naissance|d'usage|marital|et prénoms?|/ ?prénoms?|prénoms?|-prénom))?`,
    VALUE,
    undefined,
    'iuy',
  ),
  cue(
    'field',
    String.raw`(?:first|last|full|family|given|patient|customer|employee|maiden|middle)[ _-]?name`,
    VALUE,
    undefined,
    'iuy',
  ),
  cue(
    'field',
    String.raw`[Ss]igné(?:e)?(?: électroniquement)?(?: par)?|SIGNÉ|[Ss]igned(?: by)?`,
    String.raw`[ ]?:?[ ]{1,2}`,
  ),
  cue('maiden', String.raw`née|NÉE|Née`, String.raw`[ ]{1,2}(?![lL]e )`, 'F'),
  cue(
    'greeting',
    String.raw`Bonjour|Bonsoir|Salut|Coucou|Hello|Hi|Hey|Dear|Merci|Chère?s?|Thanks|BONJOUR`,
    String.raw`[ ]`,
  ),
  cue(
    'closing',
    String.raw`[Cc]ordialement|[Aa]micalement|[Bb]ien à (?:vous|toi)|[Bb]ises|(?:[Bb]est |[Kk]ind |[Ww]arm )?[Rr]egards|[Cc]heers|[Ss]incerely|[Ss]alutations(?: distinguées)?|[Cc]onfraternellement|[Rr]espectueusement|[Ss]incèrement`,
    String.raw`(?: yours)?[,.]?[ ]?\n[ \n]{0,3}`,
  ),
];

const WORDS = (
  'm. m mr monsieur mme mlle mrs ms miss madame mademoiselle mmes mm dr drs docteur docteure prof professeur professeure professor pr me maître doctor sir dame mgr sœur frère père abbé ' +
  'je mon my patient patients patiente patientes client cliente interne titulaire assuré assurée salarié salariée employé employée bénéficiaire destinataire expéditeur signataire médecin prescripteur locataire souscripteur mother father employee customer passenger cardholder beneficiary recipient attending physician nom prénom prénoms prenom prenoms surname firstname lastname fullname forename first last full family given maiden middle signé signée signed née bonjour bonsoir salut coucou hello hi hey dear merci cher chère chers chères thanks cordialement amicalement bien bises best kind warm regards cheers sincerely salutations confraternellement respectueusement sincèrement'
).split(' ');

export const nameCue: Recogniser = {
  name: 'name-cue',
  type: 'PERSON',
  finds:
    'names after a cue: titles, form fields, greetings and closings, French and English ("je m’appelle", "Mme", "patient :", "née")',
  checks: 'capitals, particles and initials; no list of names yet, so names without a cue are not found',
  triggers: { words: WORDS },
  maxLength: 160,
  match(text, at) {
    // `J.M. Roux` is one name with initials, which its own cue finds.
    if (text.charAt(at - 1) === '.' || text.charAt(at - 1) === '-') return undefined;
    if (isWord(text.charCodeAt(at - 1)) && text.charCodeAt(at - 1) !== 95 && !isHump(text, at)) return undefined;
    for (const { kind, shape, gender } of CUES) {
      shape.lastIndex = at;
      const found = shape.exec(text);
      if (found === null) continue;
      const match = nameAfter(text, at + found[0].length, kind, found[0]);
      if (match !== undefined) return gender === undefined ? match : { ...match, hint: gender };
    }
    return undefined;
  },
};

function isHump(text: string, at: number): boolean {
  return isLetter(text.charCodeAt(at - 1)) && text.charAt(at) !== text.charAt(at).toLowerCase();
}

function nameAfter(text: string, at: number, kind: CueKind, cueText: string): Match | undefined {
  // A title may follow a cue ("Cher Monsieur Roux", "Signé : Dr Roux"): it finds its own name.
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
    case 'maiden':
      return { start: at, end, score: 0.8 };
    case 'greeting':
      return words <= 3 && /^(?:$|[ ]?[,!\n]|\.(?:$|\s))/.test(after) ? { start: at, end, score: 0.75 } : undefined;
    case 'closing':
      return words <= 4 && /^(?:$|[ ]?\n|,)/.test(after) ? { start: at, end, score: 0.85 } : undefined;
  }
}
