// Whether a text is the one that a record speaks of. The product compares keyed digests; the text is kept nowhere.

import type { Command } from './command.ts';
import { OUTPUT_OPTION, readOutputFormat } from './command.ts';
import { formatData, write } from './print.ts';
import { readText } from './read-input.ts';
import { readReceipt } from './receipt.ts';

export const auditMatchCommand: Command = {
  name: 'audit match',
  usage: 'RECEIPT --text FILE',
  summary: 'Say whether a text is one that a record speaks of',
  details: `
Exit code 0 when it is, 1 when it is not. RECEIPT is that of the request, from the header x-intramuros-receipt.
FILE may hold, to the character: the text of a message of 16 characters or more (of a long history the first and the
last eight), the text of an answer, the whole body of the request, or the whole body of an answer that was not
streamed, as "curl -o FILE" keeps it. One line break at the end of the file does not count.`,
  positionals: { min: 1, max: 1 },
  options: {
    text: { type: 'string', value: 'FILE|-', help: 'File with the text; - is standard input.', required: true },
    ...OUTPUT_OPTION,
  },
  async run({ io, positionals: [word = ''], values, product }) {
    const format = readOutputFormat(values);
    const receipt = readReceipt(word);
    const text = await readText(io, values.text('text') ?? '', '--text');
    const path = `/api/v1/records/${receipt}/match`;
    const answer = (await (await product()).call('POST', path, { text })) as { match: boolean; at?: string };
    const line = answer.match
      ? `match: ${answer.at ?? 'the record'}\n`
      : 'no match: the record speaks of other texts\n';
    await write(io.stdout, format === 'text' ? line : formatData(answer, format));
    return answer.match ? 0 : 1;
  },
};
