// Puts the user's own values back into answers, whole or streamed. In a stream a stand-in may be cut anywhere, so each
// text (choice, place, tool call) has a restorer of its own that may hold a little back; what it holds is let go with
// the next chunk or, at the latest, in a well-formed chunk of its own before the choice's finish.
// Imports answer-fields and json; what a stand-in looks like is the restorer's business.

import { type AnswerMode, answerFieldMode, isEnvelope, isStreamed } from './answer-fields.ts';
import type { ParsedRequest } from './endpoint.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';

/** Restores one text that comes in pieces; `end` gives what it still holds. */
export interface Restorer {
  push(piece: string): string;
  end(): string;
}

export interface AnswerRestorer {
  /** A whole answer (or error body), restored in place: every string but the protocol's own. */
  json(body: unknown): unknown;
  /** One parsed chunk of a stream (or the string `[DONE]`) in; none, one or more out, in order. */
  event(chunk: unknown): unknown[];
  /** What is still held, as chunks. May be called more than once. */
  end(): unknown[];
}

/** A text under way: its restorer, and how a chunk for it alone is made. */
interface Position {
  readonly choice: number;
  readonly steps: readonly Step[];
  readonly restorer: Restorer;
}
/** A member, or an item of a list told by its own `index`. */
type Step = string | { readonly index: number };

/** What one pass over a chunk found. */
interface Pass {
  /** A text went in and nothing came out. */
  held: boolean;
  /** Something stands in the chunk that the client must see. */
  speaks: boolean;
}

export function answerRestorer(
  request: Pick<ParsedRequest, 'endpoint' | 'answerMode'>,
  create: (mode: AnswerMode) => Restorer,
): AnswerRestorer {
  // Vectors hold no text, and their base64 form is long.
  if (request.endpoint === 'embeddings') {
    return { json: (body) => body, event: (chunk) => [chunk], end: () => [] };
  }
  return new StreamRestorer(request.answerMode, create);
}

class StreamRestorer implements AnswerRestorer {
  readonly #answerMode: AnswerMode;
  readonly #create: (mode: AnswerMode) => Restorer;
  /** Insertion order is the order in which the texts began: they are let go in it. */
  readonly #positions = new Map<string, Position>();
  #envelope: JsonObject = {};

  constructor(answerMode: AnswerMode, create: (mode: AnswerMode) => Restorer) {
    this.#answerMode = answerMode;
    this.#create = create;
  }

  json(body: unknown): unknown {
    return this.#whole(body as JsonValue, '');
  }

  event(chunk: unknown): unknown[] {
    if (!isObject(chunk)) return chunk === '[DONE]' ? [...this.end(), chunk] : [chunk];
    if (!Array.isArray(chunk['choices'])) {
      // No chunk of an answer: an error, most likely. What was said before it comes before it.
      return [...this.end(), this.#whole(chunk, '')];
    }
    this.#envelope = envelopeOf(chunk);
    const pass: Pass = { held: false, speaks: false };
    const before: JsonObject[] = [];
    for (const [key, value] of Object.entries(chunk)) {
      if (key === 'choices') {
        for (const [at, choice] of chunk['choices'].entries()) {
          if (!isObject(choice)) continue;
          before.push(...this.#choice(choice, choiceIndex(choice, at), pass));
        }
      } else {
        chunk[key] = this.#whole(value, key);
        if (!isEnvelope(key) && speaks(value)) pass.speaks = true;
      }
    }
    return pass.held && !pass.speaks ? before : [...before, chunk];
  }

  end(): unknown[] {
    return this.#release();
  }

  /** Restores a choice of a chunk in place; returns the chunks that must go out before it. */
  #choice(choice: JsonObject, index: number, pass: Pass): JsonObject[] {
    for (const [key, value] of Object.entries(choice)) {
      choice[key] = this.#piece(value, `choices.${key}`, { choice: index, steps: [key] }, pass);
    }
    if (choice['finish_reason'] === undefined || choice['finish_reason'] === null) return [];
    pass.speaks = true;
    return this.#release(index, choice);
  }

  #piece(value: JsonValue, path: string, at: Pick<Position, 'choice' | 'steps'>, pass: Pass): JsonValue {
    if (typeof value === 'string') return this.#string(value, path, at, pass);
    if (Array.isArray(value)) {
      for (const [position, item] of value.entries()) {
        const step = { index: isObject(item) && typeof item['index'] === 'number' ? item['index'] : position };
        value[position] = this.#piece(item, path, { ...at, steps: [...at.steps, step] }, pass);
      }
    } else if (isObject(value)) {
      for (const [key, member] of Object.entries(value)) {
        setMember(value, key, this.#piece(member, `${path}.${key}`, { ...at, steps: [...at.steps, key] }, pass));
      }
    } else if (value !== null && !isEnvelope(path)) pass.speaks = true;
    return value;
  }

  #string(value: string, path: string, at: Pick<Position, 'choice' | 'steps'>, pass: Pass): string {
    const mode = answerFieldMode(path, this.#answerMode);
    let restored = value;
    if (mode !== undefined && isStreamed(path)) {
      restored = this.#positionOf(at, mode).restorer.push(value);
      if (value !== '' && restored === '') pass.held = true;
    } else if (mode !== undefined) restored = this.#restoreWhole(value, mode);
    if (restored !== '') pass.speaks = true;
    return restored;
  }

  #positionOf({ choice, steps }: Pick<Position, 'choice' | 'steps'>, mode: AnswerMode): Position {
    let key = String(choice);
    for (const step of steps) key += typeof step === 'string' ? `.${step}` : `[${step.index}]`;
    let position = this.#positions.get(key);
    if (position === undefined) {
      position = { choice, steps, restorer: this.#create(mode) };
      this.#positions.set(key, position);
    }
    return position;
  }

  /** Ends the texts of one choice, or all; the rest of each goes into the chunk at hand or gets one of its own. */
  #release(choice?: number, chunk?: JsonObject): JsonObject[] {
    const chunks: JsonObject[] = [];
    for (const [key, position] of this.#positions) {
      if (choice !== undefined && position.choice !== choice) continue;
      this.#positions.delete(key);
      const rest = position.restorer.end();
      if (rest === '' || (chunk !== undefined && appendTo(chunk, position.steps, rest))) continue;
      chunks.push({ ...this.#envelope, choices: [choiceOf(position, rest)] });
    }
    return chunks;
  }

  #whole(value: JsonValue, path: string): JsonValue {
    if (typeof value === 'string') {
      const mode = answerFieldMode(path, this.#answerMode);
      return mode === undefined ? value : this.#restoreWhole(value, mode);
    }
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) value[index] = this.#whole(item, path);
    } else if (isObject(value)) {
      for (const [key, member] of Object.entries(value)) {
        setMember(value, key, this.#whole(member, path === '' ? key : `${path}.${key}`));
      }
    }
    return value;
  }

  #restoreWhole(value: string, mode: AnswerMode): string {
    const restorer = this.#create(mode);
    const text = restorer.push(value);
    return text + restorer.end();
  }
}

function choiceIndex(choice: JsonObject, position: number): number {
  return typeof choice['index'] === 'number' ? choice['index'] : position;
}

/** What every chunk of one answer repeats, so that a chunk of ours looks like its neighbours. */
function envelopeOf(chunk: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(chunk).filter(([key]) => isEnvelope(key) && key !== 'obfuscation'));
}

/** A choice that holds one text and nothing else. */
function choiceOf({ choice, steps }: Position, rest: string): JsonObject {
  const spoken = steps.toReversed().reduce<JsonValue>(wrap, rest);
  return {
    index: choice,
    ...(isObject(spoken) ? spoken : {}),
    ...(steps[0] === 'text' ? { logprobs: null } : {}),
    finish_reason: null,
  };
}

function wrap(value: JsonValue, step: Step): JsonValue {
  if (typeof step === 'string') return { [step]: value };
  return [isObject(value) ? { index: step.index, ...value } : value];
}

/** Adds a rest to the same text in a chunk that has it already; false when it has not. */
function appendTo(choice: JsonObject, steps: readonly Step[], rest: string): boolean {
  let holder: JsonValue | undefined = choice;
  for (const step of steps.slice(0, -1)) holder = memberAt(holder, step);
  const last = steps.at(-1);
  if (typeof last !== 'string' || !isObject(holder) || typeof holder[last] !== 'string') return false;
  holder[last] += rest;
  return true;
}

function memberAt(holder: JsonValue | undefined, step: Step): JsonValue | undefined {
  if (typeof step === 'string') return isObject(holder) ? holder[step] : undefined;
  if (!Array.isArray(holder)) return undefined;
  return holder.find(
    (item, at) => (isObject(item) && typeof item['index'] === 'number' ? item['index'] : at) === step.index,
  );
}

/** A member named `__proto__` is a member, not a prototype. */
function setMember(target: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else target[key] = value;
}

/** Whether a value holds anything at all: null, empty text, empty lists and objects do not. */
function speaks(value: JsonValue): boolean {
  if (value === null || value === '') return false;
  if (typeof value !== 'object') return true;
  return Object.values(value).some((member) => speaks(member));
}
