// The little French grammar that the reports need: the gender of a medical term, elision, articles. Wrong in rare
// cases, as real notes are; the model only copies what stands there. Imports nothing.

export type Gender = 'masculine' | 'feminine' | 'plural';

const words = (text: string): Set<string> => new Set(text.split(/\s+/));

const FEMININE = words('HTA BPCO FA IRC IC TVP EP AOMI SEP NASH HTAP DMLA AEG DRA HBP PTH PTG MICI dlr TS DEG');
const PLURAL = words(
  'palpitations céphalées vertiges convulsions rectorragies vomissements brûlures métrorragies contractions idées ' +
    'râles crépitants sibilants œdèmes marbrures pupilles adénopathies mollets pouls bruits hémocultures polypes ' +
    'varices hémorroïdes bronchectasies ronchi sueurs niveaux acouphènes OMI frissons fourmillements leucorrhées ' +
    'hallucinations tremblements paresthésies nausées ballonnements épigastralgies mouvements propos douleurs selles ' +
    'urines muqueuses jugulaires fosses extrémités lésions vésicules bulles croûtes pétéchies ecchymoses lacunes ' +
    'lithiases reins voies lignes ondes réflexes yeux larmes ganglions angiomes amygdales extrasystoles nitrites',
);
const MASCULINE = words(
  'diabète asthme zona goitre lupus glaucome paludisme psoriasis eczéma cancer mélanome lymphome myélome ulcère ' +
    'reflux syndrome trouble malaise vertige canal pontage angor flutter stent infarctus rétrécissement ictère ' +
    'prurit bilan souffle signe œdème globe pli épanchement placard abdomen foyer bloc rythme murmure nystagmus ' +
    'ptosis tirage maintien déficit OAP AVC IDM AIT DT1 DT2 VIH RGO éthylisme tabagisme traumatisme adénome fibrome ' +
    'carcinome anévrisme emphysème abcès méléna pneumothorax tremblement infiltrat calcul appendice encombrement ' +
    'tabac OH SAOS RAO sevrage accident nodule genou purpura kyste rein doigt pied œil tympan utérus col sein ' +
    'testicule fécalome hématome défect verre nerf thrombus lymphœdème autisme burn-out stress panaris lumbago ' +
    'torticolis retard saignement certificat renouvellement suivi contrôle avis changement drainage répit refus mal ' +
    'contact steppage clonus mutisme ralentissement flessum silence galop frottement frein balancement temps',
);
const FEMININE_ENDING = new RegExp(
  '(ion|ie|ée|nce|ite|ose|eur|ure|tte|ade|sse|elle|té|ine|que|isse|aise|aire|che|ble|jambe|toux|syncope|chute|' +
    'ente|ante|perte|crise|plaie|migraine|goutte|prothèse|pose|cure|hernie|greffe|masse|fièvre|gêne|fuite|bosse)$',
);

export function genderOf(phrase: string): Gender {
  const head =
    (phrase.split(' ')[0] ?? '')
      .replace(/[.,]+$/, '')
      .split("'")
      .at(-1) ?? '';
  if (PLURAL.has(head)) return 'plural';
  if (FEMININE.has(head)) return 'feminine';
  if (MASCULINE.has(head)) return 'masculine';
  return FEMININE_ENDING.test(head) ? 'feminine' : 'masculine';
}

export const startsWithVowel = (phrase: string): boolean => /^[aeiouéèêàâîôœh]/i.test(phrase);

export function indefiniteArticle(phrase: string): string {
  const gender = genderOf(phrase);
  return gender === 'plural' ? 'des ' : gender === 'feminine' ? 'une ' : 'un ';
}

export function definiteArticle(phrase: string): string {
  const gender = genderOf(phrase);
  if (gender === 'plural') return 'les ';
  if (startsWithVowel(phrase)) return "l'";
  return gender === 'feminine' ? 'la ' : 'le ';
}
