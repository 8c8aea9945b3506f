// From the address in spec.source.uri to a path on this machine. Pure.
import { isAbsolute, join, normalize } from 'node:path';
import type { Failure } from '../../api/conditions.ts';

export interface Folders {
  readonly modelsFolder: string;
  readonly bundledModels: Readonly<Record<string, string>>;
}

export type Location = { readonly ok: true; readonly path: string } | ({ readonly ok: false } & Failure);

export function locate(uri: string, { modelsFolder, bundledModels }: Folders): Location {
  if (uri.startsWith('bundled://')) {
    const name = uri.slice('bundled://'.length);
    const path = Object.hasOwn(bundledModels, name) ? bundledModels[name] : undefined;
    if (path !== undefined) return { ok: true, path };
    const known = Object.keys(bundledModels).map((name) => `bundled://${name}`);
    return refuse(
      'spec.source.uri names a bundled model that does not come with this version.',
      `Write one of ${known.join(', ')}.`,
    );
  }
  let path: string;
  try {
    path = decodeURIComponent(uri.slice('file://'.length));
  } catch {
    return refuse('spec.source.uri holds a percent sign that encodes nothing.', 'Write a percent sign as %25.');
  }
  // An encoded `..` or a zero byte passes the pattern of the schema.
  if (path.includes('\0') || normalize(path) !== path || path.startsWith('..')) {
    return refuse('spec.source.uri holds . or .. parts.', 'Write the path without them.');
  }
  return { ok: true, path: isAbsolute(path) ? path : join(modelsFolder, path) };
}

function refuse(message: string, remedy: string): Location {
  return { ok: false, reason: 'MissingFile', message, remedy };
}
