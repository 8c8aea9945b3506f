// Signs the command line in at a product that runs elsewhere: name and password, or the company's directory, for a token
// that ends. The password is typed or piped; it is never an argument, and is kept nowhere.

import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { type Command, type CommandInput, UsageError } from './command.ts';
import { callOnce } from './find-product.ts';
import { writeLogin } from './login-file.ts';
import { write } from './print.ts';

interface Made {
  readonly account: string;
  readonly token: string;
  readonly id: string;
  readonly expiresAt: string;
}

export const loginCommand: Command = {
  name: 'login',
  usage: 'ADDRESS --account NAME [--days N]',
  summary: 'Sign this command line in at a product that runs elsewhere',
  details: `ADDRESS is that of the console, https://intramuros.example.com; plain http:// only to this machine. The password is asked
for, or read from standard input. A product that runs on this machine comes first: it needs no login.`,
  positionals: { min: 1, max: 1 },
  options: {
    account: { type: 'string', value: 'NAME', help: 'Local account, or a name of the directory.', required: true },
    days: { type: 'string', value: 'N', help: 'Days until the token ends, 1 to 365; default 30.' },
  },
  async run(input) {
    const { io, positionals, values, loginFile } = input;
    const address = readAddress(positionals[0] ?? '');
    const days = Number(values.text('days') ?? 30);
    if (!Number.isInteger(days) || days < 1 || days > 365) throw new UsageError('--days', 'must be 1 to 365');
    const body = { username: values.text('account'), password: await readPassword(input), name: tokenName(), days };
    const made = (await callOnce(address, 'POST', '/api/v1/sign-in', { body })) as Made;
    const { account, token, id, expiresAt } = made;
    await writeLogin(loginFile(), { address, account, token, tokenId: id, expiresAt });
    await write(io.stdout, `signed in as ${account} at ${address} until ${expiresAt}\n`);
    return 0;
  },
};

function readAddress(text: string): string {
  const url = URL.parse(text);
  if (url === null || url.pathname !== '/' || url.username !== '')
    throw new UsageError('ADDRESS', 'must be https://HOST');
  const isHere = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere)) {
    throw new UsageError('ADDRESS', 'must begin with https://: a password would cross the network in the clear');
  }
  return url.origin;
}

function tokenName(): string {
  return `login at ${hostname().replaceAll(/[^\w.-]/g, '-')}`.slice(0, 100);
}

/** One line, without showing it where it is typed. */
async function readPassword({ io }: CommandInput): Promise<string> {
  const terminal = (io.stdin as { readonly isTTY?: boolean }).isTTY === true;
  if (terminal) await write(io.stderr, 'password: ');
  const lines = createInterface({ input: io.stdin, terminal });
  for await (const line of lines) {
    lines.close();
    if (terminal) await write(io.stderr, '\n');
    if (line === '') break;
    return line;
  }
  throw new UsageError('password', 'is missing: type it, or pipe it into standard input');
}
