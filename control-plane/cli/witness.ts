// A witness for the audit logs of others: a small process with its own key, in other hands than the log. It runs until
// Ctrl-C and needs nothing else of the product.

import { resolve } from 'node:path';
import { FormatError } from '../audit/format/format-error.ts';
import { parseVerifierKey, type VerifierKey } from '../audit/format/note.ts';
import { fail } from '../errors.ts';
import { openTlsFiles } from '../tls/tls-files.ts';
import { serveWitness } from '../witness/serve-witness.ts';
import { openWitnessFolder, PUBLIC_KEY_FILE } from '../witness/witness-folder.ts';
import { type CliIo, type Command, UsageError } from './command.ts';
import { write } from './print.ts';
import { readText } from './read-input.ts';

export const witnessCommand: Command = {
  name: 'witness',
  usage: 'DIR --log-key FILE [--log-key FILE ...] [--name NAME] [--host ADDRESS] [--port PORT]',
  summary: 'Run a witness that cosigns checkpoints of audit logs',
  details: `
DIR keeps the key of the witness, made at the first start, and what it cosigned last: it must outlive the logs. FILE holds
the verifier key of a log (log-key.pub of an export). Run it on another machine, in other hands than the log: whoever
holds the database and the signing key of the log still cannot rewrite what the witness has seen. It speaks C2SP
tlog-witness; the product asks it with INTRAMUROS_WITNESS_URL and INTRAMUROS_WITNESS_KEY.`,
  positionals: { min: 1, max: 1 },
  options: {
    'log-key': { type: 'string', value: 'FILE', help: 'Verifier key of a log.', required: true, multiple: true },
    name: { type: 'string', value: 'NAME', help: 'Name of the key (default: intramuros.dev/witness).' },
    host: { type: 'string', value: 'ADDRESS', help: 'Address to bind (default: 127.0.0.1).' },
    port: { type: 'string', value: 'PORT', help: 'Port to listen on (default: 8090; 0 takes a free one).' },
    'tls-cert': { type: 'string', value: 'FILE', help: 'Certificate with its chain, in PEM.' },
    'tls-key': { type: 'string', value: 'FILE', help: 'Private key of the certificate, in PEM.' },
  },
  async run({ io, positionals: [folder = ''], values }) {
    const port = readPort(values.text('port'));
    const logKeys: VerifierKey[] = [];
    for (const path of values.texts('log-key')) logKeys.push(readKey(await readText(io, path, '--log-key')));
    const path = resolve(io.cwd, folder);
    const { cosigner, memory } = await openWitnessFolder(path, values.text('name') ?? 'intramuros.dev/witness');
    const tls = await openTls(io, values.text('tls-cert'), values.text('tls-key'));
    const witness = await serveWitness({
      ...{ logKeys, cosigner, memory, port },
      host: values.text('host') ?? '127.0.0.1',
      nowS: () => Math.floor(Date.now() / 1000),
      log: (message) => void io.stderr.write(`${message}\n`),
      ...(tls === undefined ? {} : { tls }),
    }).catch((cause: unknown) => {
      throw cannotListen(cause);
    });
    await write(io.stdout, `key: ${cosigner.verifierKey}\n     (${resolve(path, PUBLIC_KEY_FILE)})\n`);
    await write(io.stdout, `ready ${witness.address}\n`);
    await aborted(io.signal);
    await witness.stop();
    await tls?.stop();
    return 0;
  },
};

function readPort(text = '8090'): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new UsageError('--port', 'takes 0 to 65535');
  return Number(text);
}

function readKey(text: string): VerifierKey {
  try {
    return parseVerifierKey(text.trimEnd());
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    const remedy = 'Give the log-key.pub of an export of that log.';
    throw fail('invalid_field', {
      param: '--log-key',
      detail: `A file holds no verifier key: ${cause.message}.`,
      remedy,
      cause,
    });
  }
}

async function openTls({ cwd, stderr }: CliIo, certificate: string | undefined, key: string | undefined) {
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined) throw new UsageError('--tls-cert', 'goes with --tls-key');
  const paths = { certificate: resolve(cwd, certificate), key: resolve(cwd, key) };
  const tls = await openTlsFiles(paths, { log: (message) => void stderr.write(`${message}\n`) });
  tls.start();
  return tls;
}

function cannotListen(cause: unknown) {
  const { code } = cause as NodeJS.ErrnoException;
  const detail = `The port cannot be listened on (${code ?? 'unknown reason'}).`;
  return fail('port_in_use', { param: '--port', detail, remedy: 'Give another one, or 0 for a free one.', cause });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
