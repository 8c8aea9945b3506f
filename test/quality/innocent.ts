// Text without personal data that looks as if it had some: prices, versions, orders, hours, hashes; logs; program code.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Language } from './entities.ts';
import type { Random } from './random.ts';

/** Sentences to stand between planted ones. `#` is a digit. */
export const INNOCENT: Readonly<Record<Language, readonly string[]>> = {
  fr: [
    'Total : 1 ### ###,## € TTC.',
    'Commande ####-####-#### du 12/05/2024.',
    'La version 10.4.2.1 est publiée.',
    'La ville compte 1## ### habitants.',
    'Réunion le 14 mars 2024 à 15h30, salle 204.',
    'Le Petit Prince est un livre de chevet.',
    'Le colis pèse 12,5 kg et mesure 30 x 40 x 50 cm.',
    'Article 12.3.4 du règlement.',
    'ISBN 978-2-07-0#####-#.',
    'Tension 13/8, pouls 72, température 37,2.',
    'Réf. dossier 2024-####-##.',
    'Il a couru 42,195 km en 3:45:12.',
    'Le taux est passé de 3,25 % à 4,##%.',
    'Page 12 sur 120, ligne 45.',
    'Le lot n° ###-### est rappelé.',
    'Deux places de cinéma et trois cours de piano.',
    'La route est longue et le chemin difficile.',
    'Un budget de 2 ### ### ### euros.',
    'Ouvert de 9 h à 18 h, fermé le lundi.',
    'Code article ##########.',
    'Voir le chapitre 3, section 2.1.4.',
    'Monsieur le Directeur, Madame la Présidente,',
  ],
  en: [
    'Total: $1,###,###.## including tax.',
    'Order ####-####-#### of 05/12/2024.',
    'Version 10.4.2.1 is out.',
    'The town has 1##,### inhabitants.',
    'Meeting on March 14, 2024 at 3:30 pm in room 204.',
    'Rose petals and pure marble halls.',
    'See section 12.3.4 of the policy.',
    'ISBN 978-0-14-0#####-#.',
    'Blood pressure 130/80, pulse 72.',
    'File reference 2024-####-##.',
    'He ran 26.2 miles in 3:45:12.',
    'Rates moved from 3.25% to 4.##%.',
    'Page 12 of 120, line 45.',
    'Batch ###-### is recalled.',
    'The road was long and the way hard.',
    'Open from 9 to 6, closed on Monday.',
    'Item code ##########.',
    'Dear Sir or Madam,',
    'Hello world!',
    'Commit ######## fixes issue 1###.',
    'Part number XK-###-##.',
  ],
};

export const fillIn = (random: Random, sentence: string): string => sentence.replaceAll('#', () => random.digits(1));

/** Lines of logs as servers write them, about machines and durations only. */
export function logLines(random: Random, count: number): string {
  const hex = (length: number): string =>
    Array.from({ length }, () => random.pick(Array.from('0123456789abcdef'))).join('');
  const two = (below: number): string => String(random.below(below)).padStart(2, '0');
  const line = (): string =>
    random.pick([
      () =>
        `2024-05-${two(28)}T${two(24)}:${two(60)}:${two(60)}.${random.digits(3)}Z INFO [worker-${random.below(16)}] request ${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)} done in ${random.below(900)} ms`,
      () =>
        `{"level":30,"time":17${random.digits(11)},"pid":${random.below(40000)},"hostname":"node-${random.below(9)}","reqId":"req-${random.digits(4)}","msg":"request completed","responseTime":${random.below(99)}.${random.digits(15)}}`,
      () =>
        `127.0.0.1 - - [12/May/2024:${two(24)}:${two(60)}:${two(60)} +0200] "GET /api/items/${random.digits(6)} HTTP/1.1" 200 ${random.digits(5)}`,
      () => `[${random.digits(5)}.${random.digits(6)}] kernel: nvme0n1: p1 p2 size ${random.digits(9)} blocks`,
      () =>
        `E${random.digits(4)} ${two(24)}:${two(60)}:${two(60)}.${random.digits(6)}   ${random.digits(5)} reconciler.go:${random.digits(3)}] sync failed: context deadline exceeded`,
      () =>
        `time="2024-05-12T09:30:11+02:00" level=warning msg="cache key sha256:${hex(64)} evicted" bytes=${random.digits(8)} version=v1.${random.below(30)}.${random.below(9)}`,
      () =>
        `epoch ${random.below(90)} step ${random.digits(5)} loss 0.${random.digits(8)} lr 3e-04 tokens ${random.digits(9)}`,
    ])();
  return Array.from({ length: count }, line).join('\n');
}

/** Program code and its comments, from packages that are installed for other reasons. */
export function programCode(): string {
  const require = createRequire(import.meta.url);
  return [
    'express/lib/application.js',
    'express/lib/response.js',
    'yaml/dist/compose/composer.js',
    'yaml/dist/parse/lexer.js',
    'pg/lib/client.js',
    'pino/lib/tools.js',
    'undici/lib/dispatcher/client-h1.js',
    'undici/lib/web/fetch/index.js',
    'zod/v4/core/schemas.js',
    'fast-check/lib/fast-check.js',
  ]
    .map((file) => readPackageFile(require, file))
    .join('\n');
}

function readPackageFile(require: NodeJS.Require, file: string): string {
  const [name = '', ...path] = file.split('/');
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return readFileSync(`${folder}/${name}/${path.join('/')}`, 'utf8');
    } catch {
      // The next folder of the search path may hold it.
    }
  }
  return '';
}

export const prose = (language: Language): string =>
  readFileSync(new URL(`prose/${language}.txt`, import.meta.url), 'utf8');
