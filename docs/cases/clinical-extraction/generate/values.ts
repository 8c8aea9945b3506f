// The values that a redaction layer replaces: names, birth dates, addresses, numbers. A value knows its clear form (all
// fictitious) and its surrogate `<LABEL_NUMBERNONCE[:HINT]>`; numbers are given by first appearance when the report is
// put together. Imports random numbers and pseudo-words only.
import type { Random } from './random.ts';
import { pseudoWord } from './words.ts';

export type SurrogateLabel =
  | 'PERSON'
  | 'LOCATION'
  | 'ORGANIZATION'
  | 'ADDRESS'
  | 'DATE_OF_BIRTH'
  | 'EMAIL'
  | 'PHONE'
  | 'FR_NIR'
  | 'FR_RPPS';

export type Value = { label: SurrogateLabel; clear: string; hint: string; redacted: boolean };

const list = (text: string): string[] => text.trim().split(/\s+/);
const MALE =
  list(`Jean Pierre Michel André Philippe Alain Bernard Jacques Daniel Gérard Claude Paul Marc Luc Henri Louis
 Robert Marcel Roger Thierry Patrick Nicolas Julien Thomas Antoine Hugo Lucas Mathis Karim Mohamed Youssef Mamadou Sami Yann
 Loïc Gaël Noé Éric Rémi Bruno Serge Gilles Didier Kévin Ali Ibrahima Tuan Diego Marco Jean-Pierre Jean-Luc`);
const FEMALE = list(`Marie Jeanne Françoise Monique Catherine Nathalie Isabelle Jacqueline Anne Sylvie Martine Christine
 Nicole Denise Hélène Suzanne Yvonne Simone Lucie Camille Léa Manon Chloé Inès Fatima Aïcha Awa Samira Leïla Zoé Élise Agnès
 Odile Colette Ginette Solange Maud Noémie Océane Amandine Sandrine Véronique Thi Ana Elena Marie-Claude Anne-Sophie Josiane`);
const SURNAMES =
  list(`Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel
 Garcia David Bertrand Roux Vincent Fournier Morel Girard André Lefèvre Mercier Dupont Lambert Bonnet François Martinez
 Legrand Garnier Faure Rousseau Blanc Guérin Muller Henry Roussel Nicolas Perrin Morin Mathieu Clément Gauthier Dumont Lopez
 Fontaine Chevalier Robin Masson Sanchez Gérard Nguyen Boyer Denis Lemaire Duval Joly Gautier Roger Roche Roy Noël Meyer
 Lucas Meunier Jean Perez Marchand Dufour Blanchard Marie Barbier Brun Dumas Brunet Schmitt Leroux Colas Fernandez Renard
 Arnaud Rolland Caron Aubert Giraud Leclerc Vidal Bourgeois Renaud Lemoine Picard Gaillard Philippe Leclercq Lacroix Fabre
 Dupuis Olivier Rodriguez Diallo Traoré Benali Haddad Cohen Lévy Ndiaye Pham Tran Silva Pereira Costa Le Goff Kowalski`);
const TOWNS =
  list(`Lyon Nantes Lille Rennes Reims Dijon Angers Nîmes Brest Limoges Tours Amiens Metz Besançon Orléans Rouen
 Mulhouse Caen Nancy Avignon Poitiers Versailles Pau Calais Colmar Valence Quimper Troyes Niort Chambéry Lorient Annecy
 Saint-Brieuc Saint-Malo Vannes Albi Auch Gap Mende Rodez Cahors Périgueux Bayonne Ajaccio Bastia Villejuif Créteil`);
const MONTHS = list('janvier février mars avril mai juin juillet août septembre octobre novembre décembre');
const STREETS = list(
  'Lilas Écoles Moulin Gare Fontaine Tilleuls Château Marché Vignes Peupliers Mairie Forge Acacias Rivière',
);
const two = (n: number): string => String(n).padStart(2, '0');
const digits = (random: Random, n: number): string => Array.from({ length: n }, () => random.between(0, 9)).join('');
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

function surname(random: Random): string {
  const name = random.chance(0.35) ? capital(pseudoWord(random).toLowerCase()) : random.pick(SURNAMES);
  return random.chance(0.06) ? `${name}-${random.pick(SURNAMES)}` : name;
}

export function fullName(random: Random, male: boolean): string {
  const first = random.chance(0.1) ? capital(pseudoWord(random).toLowerCase()) : random.pick(male ? MALE : FEMALE);
  const last = surname(random);
  const shape = random.next();
  if (shape < 0.3) return random.chance(0.5) ? last : last.toUpperCase();
  if (shape < 0.6) return `${first} ${last}`;
  if (shape < 0.8) return `${first} ${last.toUpperCase()}`;
  if (shape < 0.92) return `${last.toUpperCase()} ${first}`;
  return `${first.charAt(0)}. ${last}`;
}

export function clearDate(random: Random, firstYear: number, lastYear: number): string {
  const [day, month, year] = [random.between(1, 28), random.between(1, 12), random.between(firstYear, lastYear)];
  const shape = random.next();
  if (shape < 0.5) return `${two(day)}/${two(month)}/${year}`;
  if (shape < 0.65) return `${day} ${MONTHS[month - 1]} ${year}`;
  if (shape < 0.77) return `${two(day)}/${two(month)}/${two(year % 100)}`;
  if (shape < 0.86) return `${two(day)}.${two(month)}.${year}`;
  if (shape < 0.93) return `${two(day)}-${two(month)}-${year}`;
  return firstYear > 2000 ? `${two(day)}/${two(month)}` : `${day}/${month}/${year}`;
}

export function clockTime(random: Random): string {
  const [hour, minute] = [random.between(0, 23), random.between(0, 59)];
  return random.pick([
    `${hour}h${two(minute)}`,
    `${hour} h ${two(minute)}`,
    `${hour}h`,
    `${two(hour)}:${two(minute)}`,
    `${hour} h`,
  ]);
}

function phone(random: Random): string {
  const separator = random.pick([' ', ' ', '.', '', '-']);
  return [`0${random.between(1, 9)}`, ...Array.from({ length: 4 }, () => digits(random, 2))].join(separator);
}

function address(random: Random): string {
  const street = `${random.between(1, 190)} ${random.pick(['rue', 'avenue', 'chemin', 'allée', 'place', 'boulevard'])}`;
  const name = `${random.pick(['des', 'du', 'de la'])} ${random.pick(STREETS)}`;
  return `${street} ${name}${random.chance(0.7) ? `, ${digits(random, 5)} ${random.pick(TOWNS)}` : ''}`;
}

const hospital = (random: Random): string =>
  random.pick([
    `CHU de ${random.pick(TOWNS)}`,
    `CH de ${random.pick(TOWNS)}`,
    `Hôpital Saint-${random.pick(MALE)}`,
    `Clinique ${random.pick(['du Parc', 'des Tilleuls', 'Sainte-Anne', 'du Val', 'de la Baie'])}`,
    `Hôpital ${capital(pseudoWord(random).toLowerCase())}`,
    `Centre hospitalier de ${random.pick(TOWNS)}`,
  ]);

export function createValue(random: Random, label: SurrogateLabel, redacted: boolean, male: boolean): Value {
  switch (label) {
    case 'PERSON':
      return { label, clear: fullName(random, male), hint: male ? 'M' : 'F', redacted };
    case 'DATE_OF_BIRTH': {
      const clear = clearDate(random, 1925, 2008);
      return { label, clear, hint: /\d{4}/.exec(clear)?.[0] ?? `19${clear.slice(-2)}`, redacted };
    }
    case 'LOCATION':
      return { label, clear: random.pick(TOWNS), hint: '', redacted };
    case 'ORGANIZATION':
      return { label, clear: hospital(random), hint: '', redacted };
    case 'ADDRESS':
      return { label, clear: address(random), hint: '', redacted };
    case 'PHONE':
      return { label, clear: phone(random), hint: '', redacted };
    case 'EMAIL': {
      const name = `${random.pick(random.chance(0.5) ? MALE : FEMALE)}.${surname(random)}`
        .normalize('NFD')
        .toLowerCase();
      return {
        label,
        clear: `${name.replace(/[^a-z.-]/g, '')}@${random.pick(['mail', 'ch', 'poste', 'sante'])}.example`,
        hint: '',
        redacted,
      };
    }
    case 'FR_NIR': {
      const clear = `${male ? 1 : 2} ${digits(random, 2)} ${two(random.between(1, 12))} ${digits(random, 2)} ${digits(random, 3)} ${digits(random, 3)}`;
      return { label, clear: `${clear} ${digits(random, 2)}`, hint: '', redacted };
    }
    case 'FR_RPPS':
      return { label, clear: `10${digits(random, 9)}`, hint: '', redacted };
  }
}

const NONCE_LETTERS = 'bcdfghjkmnpqrstvwxz';
export const createNonce = (random: Random): string =>
  NONCE_LETTERS.charAt(random.between(0, 18)) + NONCE_LETTERS.charAt(random.between(0, 18));
