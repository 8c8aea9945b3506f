// The proof that a record stands in the log, as a C2SP tlog-proof that anybody's code can verify.

import { fail } from '../errors.ts';
import { type Command, OUTPUT_OPTION, readOutputFormat } from './command.ts';
import { formatData, write } from './print.ts';
import { readReceipt } from './receipt.ts';

const RETRY_MS = 250;
const ATTEMPTS = 20;

interface Found {
  readonly record: unknown;
  readonly outcome: unknown;
  readonly proof: { readonly index: number; readonly text: string } | null;
}

export const auditProveCommand: Command = {
  name: 'audit prove',
  usage: 'RECEIPT',
  summary: 'Print the proof that a record stands in the log',
  details: 'The proof (C2SP tlog-proof) is verified offline with the public key of the log. -o json adds the record.',
  positionals: { min: 1, max: 1 },
  options: OUTPUT_OPTION,
  async run({ io, positionals: [word = ''], values, product }) {
    const format = readOutputFormat(values);
    const receipt = readReceipt(word);
    const client = await product();
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const found = (await client.call('GET', `/api/v1/records/${receipt}`)) as Found;
      if (found.proof !== null) {
        await write(io.stdout, format === 'text' ? found.proof.text : formatData(found, format));
        return 0;
      }
      // A record is committed at once and integrated about a second later.
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    throw fail('audit_unavailable', {
      param: 'RECEIPT',
      detail: 'The record is committed but not yet integrated into the log.',
      remedy: 'Try again; if it lasts, see the log health in the console.',
    });
  },
};
