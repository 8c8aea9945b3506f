// Holds the tree against the house rules that no off-the-shelf linter knows: the import arrows between rooms, the size
// of files, where the environment may be read, and what the pure rooms may touch. `npm run lint` runs it.

import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { PURE_MODULES, ROOMS, type Room } from './rooms.ts';
import { listSources, REPOSITORY } from './sources.ts';

const MAX_LINES = 500;
const TOP_LEVEL = new Set(['control-plane', 'operator', 'charts', 'prisma', 'test', 'docs']);
/** The stages of the request pipe: each makes the state that it is named for, and nobody else may. */
const MAKES_STATES =
  /^control-plane\/gateway\/(gateway|authenticate|admit|inspect-request|route|redact-request|record-intent|exchange)\.ts$/;
/** The places where reading the environment is the point. */
const READS_ENVIRONMENT =
  /^(control-plane\/(config|main)\.ts|operator\/engines\/llama-worker(\.ts|\/)|prisma\/|test\/|docs\/)/;

export interface Fault {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export function checkFile(file: string, text: string): Fault[] {
  const faults: Fault[] = [];
  const lines = text.split('\n');
  const report = (line: number, message: string) => faults.push({ file, line, message });
  if (lines.length > MAX_LINES)
    report(MAX_LINES, `has ${lines.length} lines; past ${MAX_LINES} it has more than one reason to exist`);
  const top = file.split('/')[0] ?? '';
  if (!TOP_LEVEL.has(top)) report(1, `code lives in ${[...TOP_LEVEL].join(', ')} only`);
  const isTest = /\.test\.tsx?$/.test(file) || file.startsWith('test/') || file.startsWith('docs/');
  lines.forEach((line, index) => {
    if (/\badvance</.test(line) && !MAKES_STATES.test(file) && !isTest) {
      report(index + 1, 'a state of the request pipe is made by its stage only (control-plane/gateway/exchange.ts)');
    }
    if (/process\.env\b/.test(line) && !READS_ENVIRONMENT.test(file) && !isTest) {
      report(index + 1, 'process.env is read in control-plane/config.ts only');
    }
  });
  if (isTest) return faults;
  const room = roomOf(file);
  if (room === undefined) {
    report(1, 'belongs to no room: name it in test/house/rooms.ts');
    return faults;
  }
  for (const imported of importsOf(text)) {
    const problem = judgeImport(file, room, imported);
    if (problem !== undefined) report(imported.line, problem);
  }
  return faults;
}

interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

const IMPORT =
  /^\s*(?:import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

export function importsOf(text: string): Import[] {
  return [...text.matchAll(IMPORT)].map((match) => ({
    from: match[2] ?? match[3] ?? '',
    typeOnly: match[1] !== undefined || onlyInlineTypes(match[0]),
    line: text.slice(0, match.index + match[0].search(/\S/)).split('\n').length,
  }));
}

/** `import { type A, type B } from ...` brings nothing at run time either. */
function onlyInlineTypes(statement: string): boolean {
  const names = /\{([^}]*)\}/.exec(statement)?.[1];
  if (names === undefined || !/^\s*(?:import|export)\s*\{/.test(statement)) return false;
  const parts = names.split(',').filter((part) => part.trim() !== '');
  return parts.length > 0 && parts.every((part) => /^\s*type\s/.test(part));
}

function judgeImport(file: string, room: Room, { from, typeOnly }: Import): string | undefined {
  if (!from.startsWith('.')) {
    if (room.pure !== true || typeOnly || !from.startsWith('node:')) return undefined;
    return PURE_MODULES.has(from) ? undefined : `${room.at} is pure and must not import ${from}`;
  }
  const target = relative(REPOSITORY, join(REPOSITORY, dirname(file), from));
  if (target.startsWith(room.at) || room.may.some((prefix) => target.startsWith(prefix))) return undefined;
  if (typeOnly && room.typesFrom?.some((prefix) => target.startsWith(prefix)) === true) return undefined;
  return `${room.at} may not import ${target}; its arrows stand in test/house/rooms.ts`;
}

function roomOf(file: string): Room | undefined {
  return ROOMS.filter(({ at }) => file.startsWith(at)).toSorted((a, b) => b.at.length - a.at.length)[0];
}

if (import.meta.main) {
  const faults = listSources().flatMap((file) => checkFile(file, readFileSync(join(REPOSITORY, file), 'utf8')));
  for (const { file, line, message } of faults) console.error(`${file}:${line} ${message}`);
  console.log(`house: ${listSources().length} files, ${faults.length} faults`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
