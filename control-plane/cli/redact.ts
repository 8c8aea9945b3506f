// Redacts texts without anything running (`--json`), or asks the product for the body that a model would see
// (`--request`).

import { fail } from '../errors.ts';
import { type Command, type CommandInput, UsageError } from './command.ts';
import { formatData, write } from './print.ts';
import { readText } from './read-input.ts';

export const redactCommand: Command = {
  name: 'redact',
  usage: '--json [--policy FILE|NAME] | --request FILE --key KEY',
  summary: 'Redact texts, or show the body that a model would see',
  details: `
--json reads JSON lines {"id","text"} and writes {"id","text","entities"}, nothing running needed. Offsets count UTF-16
units of the text given. The policy is the built-in "internal" unless --policy names a PrivacyPolicy in a file.
--request sends the body of a gateway request to the running product, which redacts it as for KEY and forwards nothing.`,
  positionals: { min: 0, max: 0 },
  options: {
    json: { type: 'boolean', help: 'JSON lines from standard input to standard output.' },
    policy: { type: 'string', value: 'FILE|NAME', help: 'PrivacyPolicy to apply; default: internal.' },
    request: { type: 'string', value: 'FILE|-', help: 'Body of a request to the gateway.' },
    key: { type: 'string', value: 'KEY', help: 'API key in whose name it would be sent.' },
  },
  async run(input) {
    const { values } = input;
    const request = values.text('request');
    if (values.flag('json') === (request !== undefined)) {
      throw new UsageError('--json or --request', 'must be given, one of the two');
    }
    if (request === undefined) return redactLines(input);
    if (values.text('policy') !== undefined) {
      throw new UsageError('--policy', 'does not go with --request: the policy of the model holds');
    }
    return redactRequest(input, request);
  },
};

async function redactLines({ io, values }: CommandInput): Promise<number> {
  if (values.text('key') !== undefined) throw new UsageError('--key', 'goes with --request');
  const { redactJsonLines } = await import('./redact-json-lines.ts');
  const { readPolicy } = await import('./read-policy.ts');
  return redactJsonLines(io, await readPolicy(io, values.text('policy')));
}

async function redactRequest({ io, values, product }: CommandInput, path: string): Promise<number> {
  const key = values.text('key');
  if (key === undefined) throw new UsageError('--key', 'is missing: --key KEY');
  const text = await readText(io, path, '--request');
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch (cause) {
    throw fail('invalid_json', { param: '--request', detail: 'The file is not valid JSON.', cause });
  }
  const preview = await (await product()).call('POST', '/api/v1/redact/preview', { request, key });
  await write(io.stdout, formatData((preview as { body: unknown }).body, 'json'));
  return 0;
}
