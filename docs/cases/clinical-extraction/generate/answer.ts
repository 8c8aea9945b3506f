// The answer that the model gives: its shape, its bounds (the JSON Schema beside the model says the same) and its one
// canonical text. Imports nothing.

export type Drug = { medicament: string; dose: string | null; frequence: string | null };
export type Answer = {
  patient: string | null;
  date_naissance: string | null;
  medecin: string | null;
  age: number | null;
  sexe: 'M' | 'F' | null;
  motif: string | null;
  antecedents: string[];
  constats: string[];
  traitements: Drug[];
  sortie: string | null;
};

export const MAX_ITEMS = 12;
export const MAX_CHARACTERS = 120;

/** The fields in the order in which the model writes them. */
export const FIELDS = [
  'patient',
  'date_naissance',
  'medecin',
  'age',
  'sexe',
  'motif',
  'antecedents',
  'constats',
  'traitements',
  'sortie',
] as const satisfies readonly (keyof Answer)[];

export const SURROGATE_FIELDS = ['patient', 'date_naissance', 'medecin'] as const;

export function isWithinBounds(answer: Answer): boolean {
  const strings = [
    answer.patient,
    answer.date_naissance,
    answer.medecin,
    answer.motif,
    answer.sortie,
    ...answer.antecedents,
    ...answer.constats,
    ...answer.traitements.flatMap((drug) => [drug.medicament, drug.dose, drug.frequence]),
  ];
  const lists = [answer.antecedents, answer.constats, answer.traitements];
  return (
    strings.every((text) => text === null || text.length <= MAX_CHARACTERS) &&
    lists.every((items) => items.length <= MAX_ITEMS)
  );
}

export const answerText = (answer: Answer): string => JSON.stringify(answer);
