// How models write tool calls, and how to read them out of a stream. Three notations are known by the marks that the
// chat template uses: Hermes and Qwen (`<tool_call>{...}</tool_call>`), Mistral (`[TOOL_CALLS][...]`) and Llama 3 (the
// whole answer is one JSON object). Imports: json-grammar.
import { jsonSchemaGrammar } from './json-grammar.ts';

export interface ToolCall {
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

export interface ToolNotation {
  readonly name: 'hermes' | 'mistral' | 'llama3';
  /** The mark that begins a call; undefined where the answer as a whole is the call. */
  readonly open: string | undefined;
  readonly close: string | undefined;
}

export interface Tool {
  readonly name: string;
  readonly parameters: unknown;
}

const HERMES: ToolNotation = { name: 'hermes', open: '<tool_call>', close: '</tool_call>' };
const MISTRAL: ToolNotation = { name: 'mistral', open: '[TOOL_CALLS]', close: undefined };
const LLAMA3: ToolNotation = { name: 'llama3', open: undefined, close: undefined };

/** Control tokens that must stay visible for calls to be found. */
export const TOOL_MARKS: readonly string[] = ['<tool_call>', '</tool_call>', '[TOOL_CALLS]', '<|python_tag|>'];

/** The notation a template asks its model for; undefined when it is none of the known ones. */
export function toolNotationOf(template: string): ToolNotation | undefined {
  if (template.includes('<tool_call>') && !template.includes('<function=')) return HERMES;
  if (template.includes('[TOOL_CALLS]') && !template.includes('[ARGS]')) return MISTRAL;
  if (/"name": function name, "parameters"/.test(template)) return LLAMA3;
  return undefined;
}

/** A grammar under which the answer is one call of one of the tools. */
export function toolCallGrammar(notation: ToolNotation, tools: readonly Tool[], param: string): string {
  const argumentsKey = notation.name === 'llama3' ? 'parameters' : 'arguments';
  const schema = {
    anyOf: tools.map((tool) => ({
      type: 'object',
      properties: { name: { const: tool.name }, [argumentsKey]: tool.parameters ?? { type: 'object' } },
      required: ['name', argumentsKey],
    })),
  };
  const around = {
    hermes: { prefix: '<tool_call>', suffix: '</tool_call>' },
    mistral: { prefix: '[TOOL_CALLS][', suffix: ']' },
    llama3: { prefix: '', suffix: '' },
  }[notation.name];
  return jsonSchemaGrammar(schema, param, around);
}

export interface ToolCallReader {
  /** Text to show and calls that became complete. */
  push(delta: string): { text: string; calls: readonly ToolCall[] };
  end(): { text: string; calls: readonly ToolCall[] };
}

export function createToolCallReader(notation: ToolNotation): ToolCallReader {
  return notation.open !== undefined && notation.close !== undefined
    ? bracketedReader(notation.open, notation.close)
    : wholeReader(notation.open);
}

/** Calls stand between two marks, text may stand around them. */
function bracketedReader(open: string, close: string): ToolCallReader {
  let buffer = '';
  let inside = false;
  const step = (final: boolean) => {
    let text = '';
    const calls: ToolCall[] = [];
    for (;;) {
      const at = buffer.indexOf(inside ? close : open);
      if (at < 0) break;
      const before = buffer.slice(0, at);
      if (!inside) {
        text += before;
      } else {
        const parsed = parseCalls(before);
        if (parsed === undefined) text += open + before + close;
        else calls.push(...parsed);
      }
      buffer = buffer.slice(at + (inside ? close : open).length);
      inside = !inside;
    }
    if (!inside) {
      const keep = final ? 0 : unfinished(buffer, open);
      text += buffer.slice(0, buffer.length - keep);
      buffer = buffer.slice(buffer.length - keep);
    } else if (final) {
      const parsed = parseCalls(buffer);
      if (parsed === undefined) text += open + buffer;
      else calls.push(...parsed);
      buffer = '';
    }
    // White space around calls is layout of the notation, not an answer.
    return { text: calls.length > 0 && text.trim() === '' ? '' : text, calls };
  };
  return {
    push(delta) {
      buffer += delta;
      return step(false);
    },
    end: () => step(true),
  };
}

/** After the mark, or from the first brace where there is none, everything is the call. */
function wholeReader(open: string | undefined): ToolCallReader {
  let buffer = '';
  let plain = false;
  return {
    push(delta) {
      if (plain) return { text: delta, calls: [] };
      buffer += delta;
      if (mayBeCall(buffer, open)) return { text: '', calls: [] };
      plain = open === undefined;
      const keep = open === undefined ? 0 : unfinished(buffer, open);
      const text = buffer.slice(0, buffer.length - keep);
      buffer = buffer.slice(buffer.length - keep);
      return { text, calls: [] };
    },
    end() {
      const at = open === undefined ? 0 : buffer.indexOf(open);
      const call =
        at < 0 ? undefined : parseCalls(buffer.slice(at + (open?.length ?? 0)).replace(/^\s*<\|python_tag\|>/, ''));
      const result = call === undefined ? { text: buffer, calls: [] } : { text: buffer.slice(0, at), calls: call };
      buffer = '';
      return result;
    },
  };
}

function mayBeCall(text: string, open: string | undefined): boolean {
  if (open !== undefined) return text.includes(open);
  const start = text.trimStart();
  return start === '' || start.startsWith('{') || '<|python_tag|>'.startsWith(start.slice(0, 14));
}

/** Length of the longest end of `text` that begins `mark`. */
function unfinished(text: string, mark: string): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length -= 1) {
    if (mark.startsWith(text.slice(text.length - length))) return length;
  }
  return 0;
}

function parseCalls(text: string): ToolCall[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const calls: ToolCall[] = [];
  for (const item of Array.isArray(value) ? value : [value]) {
    if (typeof item !== 'object' || item === null) return undefined;
    const { name, arguments: given, parameters } = item as Record<string, unknown>;
    if (typeof name !== 'string') return undefined;
    const args = given ?? parameters ?? {};
    calls.push({ name, arguments: typeof args === 'string' ? args : JSON.stringify(args) });
  }
  return calls;
}
