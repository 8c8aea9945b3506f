// What callers put before a report although the model needs none of it: a system prompt or a line of instruction. A few
// samples in a hundred carry one, so that it does not disturb. Imports random numbers only.
import type { Random } from './random.ts';

const INSTRUCTIONS = [
  'Extrais les informations de ce compte rendu au format JSON.',
  'Extrayez les données cliniques structurées du texte suivant.',
  'Tu es un assistant médical.',
  'Vous êtes un assistant qui lit des comptes rendus hospitaliers.',
  'You are a helpful assistant.',
  'You extract structured facts from French clinical reports. Answer with JSON only.',
  'Analyse le compte rendu ci-dessous.',
  'Voici un compte rendu :',
  'Texte à structurer :',
  'Compte rendu à analyser :',
  'Peux-tu structurer ce courrier ?',
  'Réponds uniquement en JSON.',
  'Réponds en JSON selon le schéma donné. Ne rien inventer.',
  'Extract the facts of this report.',
  'Please return JSON.',
  'Merci de remplir les champs patient, date de naissance, médecin, âge, sexe, motif, antécédents, constats, traitements, sortie.',
  'Be concise.',
  'Bonjour, voici la lettre de sortie :',
];

export function withInstruction(random: Random, text: string): string {
  return random.pick(INSTRUCTIONS) + random.pick(['\n\n', '\n\n', '\n']) + text;
}
