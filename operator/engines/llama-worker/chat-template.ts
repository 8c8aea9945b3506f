// Renders a conversation through the chat template of the weights file and turns the result into tokens, such that
// nothing a caller wrote can become a control token: each control token's text inside the caller's strings is broken
// by a guard character before rendering, and only unbroken ones, which the template wrote, become ids. Everything
// between them is tokenised as plain text. Imports: bounded-template, wire-error.
import { type BoundedTemplate, compileTemplate } from './bounded-template.ts';
import { WireError } from './wire-error.ts';

export interface TemplateSource {
  /** Jinja, or the name of a template that files refer to by name. */
  readonly text: string;
  readonly bos: string;
  readonly eos: string;
  /** Text and id of every control token. */
  readonly controls: ReadonlyMap<string, number>;
}

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export interface ChatTemplate {
  /** Mentions tools at all. */
  readonly rendersTools: boolean;
  /** The prompt as tokens. Throws WireError when the template refuses the conversation. */
  prompt(messages: readonly JsonValue[], tools: readonly JsonValue[] | undefined): number[];
}

const NAMED_TEMPLATES: Readonly<Record<string, string>> = {
  'rwkv-world':
    "{% for m in messages %}{% if m.role == 'user' %}User: {{ m.content|trim }}\n\nAssistant:" +
    "{% elif m.role == 'system' %}System: {{ m.content|trim }}\n\n" +
    '{% else %} {{ m.content|trim }}\n\n{% endif %}{% endfor %}',
};

export function createChatTemplate(
  source: TemplateSource,
  tokenizePlain: (text: string) => readonly number[],
): ChatTemplate {
  const jinja = NAMED_TEMPLATES[source.text] ?? source.text;
  const template = compileOrRefuse(jinja);
  const controls = controlPattern([...source.controls.keys()]);
  return {
    rendersTools: template.usable && /\btools\b/.test(jinja),
    prompt(messages, tools) {
      const guard = unusedCharacter(JSON.stringify([messages, tools ?? null]));
      const rendered = render(
        template,
        source,
        guardAll(messages, controls, guard),
        tools && guardAll(tools, controls, guard),
      );
      return tokenizeRendered(rendered, controls, source.controls, guard, tokenizePlain);
    },
  };
}

/** A model with a broken template still completes text; only chats are refused. */
function compileOrRefuse(jinja: string): BoundedTemplate & { readonly usable: boolean } {
  try {
    return { usable: true, ...compileTemplate(jinja) };
  } catch (error) {
    const why = reasonOf(error);
    return {
      usable: false,
      render() {
        throw new WireError(400, 'invalid_value', `the model's chat template cannot be used: ${why}`, 'messages');
      },
    };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'it failed';
}

function render(
  template: BoundedTemplate,
  source: TemplateSource,
  messages: JsonValue,
  tools: JsonValue | undefined,
): string {
  try {
    return template.render({
      messages,
      ...(tools === undefined ? {} : { tools }),
      add_generation_prompt: true,
      bos_token: source.bos,
      eos_token: source.eos,
    });
  } catch (error) {
    if (error instanceof WireError) throw error;
    const message = `the model's chat template refuses this conversation: ${reasonOf(error)}`;
    throw new WireError(400, 'invalid_value', message, 'messages');
  }
}

/** Matches any control token, longer ones first as llama.cpp does. */
function controlPattern(texts: readonly string[]): RegExp | undefined {
  const usable = texts.filter((text) => text.length > 1).toSorted((a, b) => b.length - a.length);
  return usable.length === 0 ? undefined : new RegExp(usable.map(escapePattern).join('|'), 'g');
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** A private-use character that the request does not contain. */
function unusedCharacter(text: string): string {
  for (let code = 0xe000; code < 0xf8ff; code += 1) {
    const character = String.fromCharCode(code);
    if (!text.includes(character)) return character;
  }
  throw new WireError(400, 'invalid_value', 'messages use every private-use character of Unicode', 'messages');
}

function guardAll(value: JsonValue, controls: RegExp | undefined, guard: string): JsonValue {
  if (typeof value === 'string') return guardText(value, controls, guard);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => guardAll(item, controls, guard));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [guardText(key, controls, guard), guardAll(item, controls, guard)]),
  );
}

function guardText(text: string, controls: RegExp | undefined, guard: string): string {
  return controls === undefined ? text : text.replace(controls, (match) => match[0] + guard + match.slice(1));
}

function tokenizeRendered(
  rendered: string,
  controls: RegExp | undefined,
  ids: ReadonlyMap<string, number>,
  guard: string,
  tokenizePlain: (text: string) => readonly number[],
): number[] {
  const tokens: number[] = [];
  const plain = (text: string) => {
    const clean = text.replaceAll(guard, '');
    if (clean !== '') for (const token of tokenizePlain(clean)) tokens.push(token);
  };
  let from = 0;
  for (const match of controls === undefined ? [] : rendered.matchAll(controls)) {
    plain(rendered.slice(from, match.index));
    tokens.push(ids.get(match[0]) ?? 0);
    from = match.index + match[0].length;
  }
  plain(rendered.slice(from));
  return tokens;
}
