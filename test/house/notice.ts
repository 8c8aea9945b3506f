// What NOTICE must say of npm packages, read from what is installed: which run with the product or reach a browser, under
// which licence, and whether each brings the text of it. `npm run generate` writes the lists of NOTICE by it.

import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './sources.ts';

export interface ShippedPackage {
  readonly name: string;
  /** SPDX expression. */
  readonly licence: string;
  /** Below the repository. */
  readonly folder: string;
  /** Whether a file of the package holds the text of that licence. */
  readonly hasText: boolean;
}

interface LockEntry {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Words that stand in the text of a licence and in no other. */
const WORDS: readonly (readonly [licence: RegExp, words: RegExp])[] = [
  [/\bMIT\b/, /Permission is hereby granted, free of charge/],
  [/\bISC\b/, /Permission to use, copy, modify, and(?:\/or)? distribute/],
  [/\bApache-2\.0\b/, /Apache License/],
  [/\bBSD-/, /Redistribution and use in source and binary forms/],
  [/\bBlueOak-1\.0\.0\b/, /Blue Oak Model License/i],
  [/\bOFL-1\.1\b/, /SIL OPEN FONT LICENSE/i],
  [/\bUnlicense\b/, /free and unencumbered software/],
  [/\bPublic Domain\b/, /into the "public domain"/],
];

const lock = JSON.parse(readFileSync(join(REPOSITORY, 'package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, LockEntry>>;
};

/** The packages that `npm ci --omit=dev` leaves, as installed on this machine. */
export function runtimePackages(): ShippedPackage[] {
  return Object.entries(lock.packages)
    .filter(([folder, { dev, devOptional }]) => folder !== '' && dev !== true && devOptional !== true)
    .filter(([folder]) => existsSync(join(REPOSITORY, folder)))
    .map(([folder]) => describe(folder));
}

/** The packages whose code or fonts the console sends to browsers: those that its sources import, and theirs. */
export function consolePackages(): ShippedPackage[] {
  const sources = globSync('control-plane/console/**/*.{ts,tsx,css}', {
    cwd: REPOSITORY,
    exclude: (name) => name === 'dist' || /\.test\.tsx?$/.test(name),
  });
  const imported = sources.flatMap((file) =>
    [
      ...readFileSync(join(REPOSITORY, file), 'utf8').matchAll(
        /(?:\bfrom\s|\bimport\s|@import\s+|url\()\(?['"]?((?:@[\w-]+\/)?[a-z][\w.-]*)[^'"\s)]*['"]?/g,
      ),
    ].map(([, name = '']) => name),
  );
  const found = new Map<string, ShippedPackage>();
  const visit = (name: string, from: string) => {
    const folder = resolvePackage(name, from);
    if (folder === undefined || found.has(folder)) return;
    found.set(folder, describe(folder));
    for (const next of Object.keys(lock.packages[folder]?.dependencies ?? {})) visit(next, folder);
  };
  for (const name of imported) visit(name, '');
  return [...found.values()];
}

/** As Node looks for it: in the nearest node_modules above. */
function resolvePackage(name: string, from: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const folder = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (folder in lock.packages) return folder;
    if (at === '') return undefined;
    if (!at.includes('/node_modules/')) at = '/node_modules/';
  }
}

function describe(folder: string): ShippedPackage {
  const path = join(REPOSITORY, folder);
  const { name, license, licenses } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as {
    name: string;
    license?: string | readonly { type: string }[];
    licenses?: readonly { type: string }[];
  };
  const told = typeof license === 'string' ? license : (license ?? licenses ?? []).map(({ type }) => type).join(' OR ');
  const texts = readdirSync(path)
    .filter((file) => /^(?:licen[cs]e|copying|readme)/i.test(file))
    .map((file) => readText(join(path, file)))
    .join('\n');
  const licence =
    told === '' ? (WORDS.find(([, words]) => words.test(texts))?.[0].source.replaceAll('\\b', '') ?? '') : told;
  const hasText = WORDS.some(([kind, words]) => kind.test(licence) && words.test(texts));
  return { name, licence, folder, hasText };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replaceAll(/\s+/g, ' ');
  } catch {
    return '';
  }
}

const WIDTH = 112;

/** Names by licence, most first, as NOTICE lists them. */
export function renderList(packages: readonly ShippedPackage[]): string {
  const byLicence = new Map<string, Set<string>>();
  for (const { name, licence } of packages) byLicence.set(licence, (byLicence.get(licence) ?? new Set()).add(name));
  return [...byLicence]
    .toSorted(([a, x], [b, y]) => y.size - x.size || a.localeCompare(b))
    .map(([licence, names]) => `${licence} (${names.size})\n\n${wrap([...names].toSorted())}\n`)
    .join('\n');
}

function wrap(names: readonly string[]): string {
  const lines: string[] = [];
  let line = '';
  for (const [index, name] of names.entries()) {
    const word = index === names.length - 1 ? name : `${name},`;
    if (line !== '' && line.length + word.length + 3 > WIDTH) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `  ${each}`).join('\n');
}

/** NOTICE with its two lists made anew. */
export function renewNotice(notice: string): string {
  return notice
    .replace(/(?<=^3\. .*\n\n)[\s\S]*?(?=\n\n4\. )/m, renderList(runtimePackages()))
    .replace(/(?<=^4\. .*\n\n)[\s\S]*?(?=\n\n5\. )/m, renderList(consolePackages()));
}
