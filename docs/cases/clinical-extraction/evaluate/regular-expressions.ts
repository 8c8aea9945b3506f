// The baseline that an engineer would write first: some thirty regular expressions and the list of drugs seen in
// training, written fairly against the training phrasing. Imports the word lists and the shape of answers.
import type { Answer, Drug } from '../generate/answer.ts';
import { WORDS } from '../generate/words.ts';

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const VALUE = String.raw`(<[A-Z_]+_\d+[a-z]{2}(?::\w+)?>|(?:[A-Z]\. |Le |Dr )?[A-ZÀ-Ý][\p{L}'-]+(?: [A-ZÀ-Ý][\p{L}'-]+)*)`;
const BIRTH = String.raw`(<DATE_OF_BIRTH_\w+(?::\d+)?>|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{1,2} \p{L}+ \d{4})`;
const END = String.raw`(?=\.\s|\.$|\n|$)`;
const LABEL_MARK = String.raw`\**\]?\s*(?:\.{2,})?\s*[:=|→>—–.-]+\s*\n?`;
const DRUGS = [...WORDS.drugs.trained]
  .sort((a, b) => b.length - a.length)
  .map(literally)
  .join('|');
const UNIT =
  'mg/kg|mg/j|mg|g|µg|microgrammes|UI|mL|gouttes?|gttes|comprimés?|gélules?|gél|cp|bouffées?|sachets?|ampoules?|amp|unités|inj|pulvérisations|U';
const DOSE = String.raw`(?:\d[\d ,./x]*\s?(?:${UNIT})\b(?:/jour|/24h|/j)?|(?:une?|deux|trois) (?:comprimés?|bouffées?|gouttes?|ampoules?|dose))`;
const FREQUENCIES = [...WORDS.frequencies.trained]
  .sort((a, b) => b.length - a.length)
  .map(literally)
  .join('|');
const HISTORY = String.raw`(?:antécédents?|ATCDS?|antcd|antéc\.|terrain|comorbidités|AP|pathologies|passé|histoire|contexte médical|dossier médical|facteurs de risque|chirurgicaux|ALD|(?:suivie?|connue?) p(?:ou)?r|maladies connues)[^:\n=|]{0,30}?`;
const FINDINGS = String.raw`(?:examen|clinique|ex\. clinique|EC|Ex|bio(?:logie)?|bilan|constantes|paramètres|résultats|imagerie|scanner|ECG|radio|échographie|ETT|IRM|TDM|à l'(?:entrée|admission|arrivée|examen|auscultation)|signes|constats|labo|auscultation|paraclinique|données|observation|status|palpation|neuro|cardio|pulmo|abdomen|anomalies|cliniquement)[^:\n=|]{0,22}?`;
const DISCHARGE = String.raw`(?:sortie|devenir|orientation|mode de sortie|destination|décision|projet|suites?|conclusion|issue|plan|ccl|au total|modalités?|fin de prise en charge|conduite)[^:\n=|]{0,20}?`;
const REASON = String.raw`(?:motifs?|MC|MH|objet|plainte|indication|raison|venue|HDM|entrée pour|adressé pour|admis pour|symptôme d'appel|tri IAO|problème principal|circonstances|demande)[^:\n=|]{0,25}?`;
const BULLETED = String.raw`((?:\s*(?:[-*•–#]|\d[.)])\s*.+\n?)+)`;

const REASONS = [
  new RegExp(String.raw`(?:^|\n)\W*${REASON}${LABEL_MARK}(.+?)${END}`, 'iu'),
  new RegExp(String.raw`(?:^|[\s.])${REASON}\s*[:=|→]\s*(.+?)${END}`, 'iu'),
  /(?:pour|pr|devant|en raison d(?:e |')|suite à|à cause d(?:e |')|du fait d(?:e |')|dans un contexte de|au motif de|se plaint de|car (?:il|elle) (?:a|présente)) ?(?:une? |des |l'|le |la )?(.+?)(?=[.,;]\s|\.$|\n|$)/iu,
];
const HISTORIES = [
  new RegExp(`${HISTORY}${LABEL_MARK}${BULLETED}`, 'iu'),
  new RegExp(String.raw`${HISTORY}\s*[:=|→—-]\s*\n?(.+?)${END}`, 'iu'),
  /(?:antécédents,? (?:de|on note|on retrouve|comportent|comprennent|sont marqués par)|suivie? (?:au long cours )?pour|connue? pour|souffre de|antécédents) (.+?)(?=\.\s|\.$|\n|$)/iu,
];
const FINDING_PATTERNS = [
  new RegExp(String.raw`(?:^|\n)\W*${FINDINGS}${LABEL_MARK}${BULLETED}`, 'giu'),
  new RegExp(String.raw`(?:^|\n|\. )\W*${FINDINGS}\s*[:=|→—-]\s*\n?(.+?)${END}`, 'giu'),
  /(?:on note|on retrouve|on relève|on constate|on objective|il existe|je (?:note|retrouve|constate)|retrouve|met en évidence|montre|objective|révèle|présente à l'examen) (.+?)(?=\.\s|\.$|\n|$)/giu,
];
const DISCHARGES = [
  new RegExp(String.raw`(?:^|\n|\. )\W*${DISCHARGE}${LABEL_MARK}(.+?)${END}`, 'giu'),
  /((?:retour (?:à|au|en|chez)|RAD|sortie |transfert|mutation|hospitalisation (?:en|à)|(?:transféré|muté|orienté|adressé|admis)e? (?:en|vers|dans)|rentre|regagne|gardée? en)\b.*?)(?=\.\s|\.$|\n|$)/giu,
];
const SPLIT = /\s*(?:\n\s*(?:[-*•–#]|\d[.)])?\s*|;|,(?!\d)|\s\+\s|\s\/\s|\s[-–]\s|\.\s| et (?!du|de)| ainsi que )\s*/u;
const NEGATED = /^(?:pas |absence|sans |ni |aucun|ø|non\b|néant|RAS|0$)/iu;
const ARTICLE = /^(?:une? |des |l'|le |la |les |[-*•–#]\s*|\d[.)]\s*)/iu;
const FAMILY = /^.*(?:familiaux|ATCD fam|dans la famille|hérédité|sa mère|son père|AF :).*$/gimu;
const NOT_TAKEN_BEFORE =
  /arrêt|stop|suspen|plus |envisage|discuter|allergie|intolérance|interrompu|pas d|contre-ind|ne pas|ancien|échec/iu;
const NOT_TAKEN_AFTER =
  /^\s*\(?(?:arrêté|suspendu|stoppé|: arrêt|à discuter|contre-ind|a été susp|interrompu|: mauvaise)/iu;
const DOCTOR = new RegExp(
  String.raw`(?:Dr|Docteur|Pr|Praticien :|Signature :|Rédigé par|signé par|électroniquement :|cordialement,|Amicalement,)\s*\n?(?:le )?(?:Dr )?${VALUE}`,
  'gu',
);
const PATIENT = new RegExp(
  String.raw`(?:Monsieur|Madame|MONSIEUR|MADAME|M\.|Mme|Mr|\bM|Mlle|Patiente?(?:\(e\))?|Nom[^:\n]{0,12}|NOM|Identité|Concerne|Assurée?)\s*:?\s*${VALUE}`,
  'u',
);
const TREATMENT = new RegExp(
  String.raw`(?<![\p{L}])(${DRUGS})(?![\p{L}])(?:\s*[:(,]?\s*(?:à la dose de |à )?(${DOSE}))?(?:\s*(?:per os|PO|IV|SC|IM|par voie orale|en sous-cutané|en IV))?\)?(?:\s*[,:]?\s*(${FREQUENCIES})(?![\p{L}\d]))?`,
  'giu',
);

const trim = (text: string | undefined): string | null =>
  text?.replace(/^[\s.|]+|[\s.|]+$/g, '').replace(/\s*\n\s*/g, ' ') || null;
const items = (text: string): string[] =>
  text
    .split(SPLIT)
    .map((part) =>
      part
        .trim()
        .replace(ARTICLE, '')
        .replace(/[\s.|]+$/, ''),
    )
    .filter((part) => part.length > 1 && !NEGATED.test(part));

function firstMatch(patterns: readonly RegExp[], text: string): string | undefined {
  for (const pattern of patterns) {
    const match = pattern.exec(text)?.[1];
    if (match !== undefined) return match;
  }
  return undefined;
}

function lastMatch(patterns: readonly RegExp[], text: string): string | undefined {
  for (const pattern of patterns) {
    const match = [...text.matchAll(pattern)].at(-1)?.[1];
    if (match !== undefined) return match;
  }
  return undefined;
}

function treatmentsOf(text: string): Drug[] {
  const drugs: Drug[] = [];
  for (const match of text.matchAll(TREATMENT)) {
    const before =
      text
        .slice(Math.max(0, match.index - 28), match.index)
        .split(/[.\n]/)
        .at(-1) ?? '';
    const after = text.slice(match.index + match[0].length, match.index + match[0].length + 16);
    if (NOT_TAKEN_BEFORE.test(before) || NOT_TAKEN_AFTER.test(after)) continue;
    drugs.push({ medicament: match[1] ?? '', dose: trim(match[2]), frequence: trim(match[3]) });
  }
  return drugs;
}

function doctorOf(text: string): string | null {
  const lines = text.trim().split('\n');
  const closing = [...lines.slice(-2).join('\n').matchAll(DOCTOR)].at(-1)?.[1];
  if (closing !== undefined) return closing;
  return (
    /(?:Rédacteur|Praticien|Médecin responsable|Médecin|De)\s*:\s*(?:Dr )?(<PERSON_\w+(?::\w)?>)/u.exec(text)?.[1] ??
    [...lines.slice(0, 2).join('\n').matchAll(DOCTOR)][0]?.[1] ??
    null
  );
}

function sexOf(text: string): Answer['sexe'] {
  const match =
    /(?<!\p{L})(?:(Monsieur|M\.|Mr|homme|masculin|garçon|il|H|Sexe : M|admis|hospitalisé|adressé|venu|né|âgé)|(Madame|Mme|Mlle|femme|féminin|fille|patiente|elle|F|Sexe : F|admise|hospitalisée|adressée|venue|née|âgée))(?![\p{L}(])/iu.exec(
      text,
    );
  if (match === null) return null;
  return match[1] !== undefined ? 'M' : 'F';
}

export function extractByExpressions(text: string): Answer {
  const own = text.replace(FAMILY, '');
  const age = /(\d{1,3})\s?(?:ans|a)(?!\p{L})/iu.exec(text)?.[1];
  const history = firstMatch(HISTORIES, own);
  const found = FINDING_PATTERNS.map((pattern) =>
    [...own.matchAll(pattern)].flatMap((match) => items(match[1] ?? '')),
  ).find((list) => list.length > 0);
  const birth = new RegExp(
    String.raw`(?:\bné(?:e|\(e\))?(?: le| en date du|)\s*:?|DDN\s*:?|\bDN\s*:?|\bn\. le|naissance(?: le)?\s*:?)\s*${BIRTH}`,
    'iu',
  ).exec(text)?.[1];
  const doctor = doctorOf(text);
  const patient =
    PATIENT.exec(text)?.[1] ??
    [...text.matchAll(/<PERSON_\w+(?::\w)?>/g)].map((match) => match[0]).find((name) => name !== doctor);
  return {
    patient: patient ?? null,
    date_naissance: birth ?? null,
    medecin: doctor,
    age: age === undefined ? null : Number(age),
    sexe: sexOf(text),
    motif: trim(firstMatch(REASONS, text)),
    antecedents: history === undefined ? [] : items(history),
    constats: found ?? [],
    traitements: treatmentsOf(text),
    sortie: trim(lastMatch(DISCHARGES, text)),
  };
}
