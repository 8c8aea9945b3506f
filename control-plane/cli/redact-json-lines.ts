// JSON lines through the detectors, as fast as they come and in bounded memory: one line in, one line out.
// Imports redaction and policy.

import { StringDecoder } from 'node:string_decoder';
import { fail } from '../errors.ts';
import type { EffectivePolicy } from '../policy/effective-policy.ts';
import { inspect } from '../redaction/inspect.ts';
import { deriveNonce, redact } from '../redaction/redact.ts';
import type { CliIo } from './command.ts';
import { write } from './print.ts';

const MAX_LINE_LENGTH = 64 * 1_048_576;
// Nothing is forwarded and nothing restored here: a fixed key makes equal input give equal output.
const NONCE_KEY = Buffer.alloc(32);

/** 0, or 1 when the policy blocks one of the texts: then its `text` is null. */
export async function redactJsonLines(io: CliIo, policy: EffectivePolicy): Promise<number> {
  let blocked = false;
  let lineNumber = 0;
  for await (const lines of readLines(io)) {
    let output = '';
    for (const line of lines) {
      lineNumber += 1;
      if (line.trim() === '') continue;
      let result: RedactedLine;
      try {
        result = redactLine(readLine(line, lineNumber), policy);
      } catch (error) {
        await write(io.stdout, output);
        throw error;
      }
      if (result.text === null) blocked = true;
      output += `${JSON.stringify(result)}\n`;
    }
    if (output !== '') await write(io.stdout, output);
  }
  return blocked ? 1 : 0;
}

interface InputLine {
  readonly id: string | number;
  readonly text: string;
}

interface RedactedLine {
  readonly id: string | number;
  readonly text: string | null;
  readonly entities: readonly {
    readonly start: number;
    readonly end: number;
    readonly type: string;
    readonly score: number;
    readonly recogniser: string;
  }[];
}

function redactLine({ id, text }: InputLine, policy: EffectivePolicy): RedactedLine {
  const inspection = inspect([{ path: 'text', text }]);
  const redaction = redact(inspection, policy, deriveNonce(NONCE_KEY, 'redact', text));
  const spans = (inspection.fields[0]?.spans ?? []).filter(({ score }) => score >= policy.minScore);
  return {
    id,
    text: redaction.blocked.length > 0 ? null : (redaction.texts[0] ?? ''),
    entities: spans.map(({ start, end, type, score, recogniser }) => ({ start, end, type, score, recogniser })),
  };
}

function readLine(line: string, lineNumber: number): InputLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw fail('invalid_json', {
      param: `line ${lineNumber}`,
      detail: 'It is not valid JSON.',
      remedy: EXAMPLE,
      cause,
    });
  }
  const { id, text } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof id !== 'string' && typeof id !== 'number') throw wrongField(lineNumber, 'id', 'a string or a number');
  if (typeof text !== 'string') throw wrongField(lineNumber, 'text', 'a string');
  return { id, text };
}

const EXAMPLE = 'Write one {"id":"1","text":"..."} a line.';

function wrongField(lineNumber: number, name: string, wanted: string) {
  return fail('invalid_field', {
    param: `line ${lineNumber}: ${name}`,
    detail: `It must be ${wanted}.`,
    remedy: EXAMPLE,
  });
}

/** The complete lines of each chunk together: one write a chunk, not one a line. */
async function* readLines(io: CliIo): AsyncGenerator<string[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of io.stdin as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_LENGTH) throw fail('body_too_large', { detail: 'A line is longer than 64 MiB.' });
    if (lines.length > 0) yield lines;
  }
  rest += decoder.end();
  if (rest !== '') yield [rest];
}
