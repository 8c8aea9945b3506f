// The playground: one question of the signed-in person through the real pipe, answered with what the model saw and what
// it wrote. It goes to this one person and is kept nowhere; the record of the request is the gateway's own, and names
// the person. Imports data classes, entity types and http/.

import * as z from 'zod';
import { fail } from '../../errors.ts';
import { DATA_CLASSES, type DataClass } from '../../policy/data-class.ts';
import { type Call, defineRoute, type Route } from '../http/route.ts';
import { ownTenant } from '../identity/own-tenant.ts';
import { explainedSpan, place } from '../redaction/explained-span.ts';
import { answerEvents } from './answer-events.ts';

const MAX_TEXT_CHARS = 100_000;

export const playgroundQuestion = z.strictObject({
  model: z.string().min(1).max(200).meta({ description: 'MODEL, or MODEL:ADAPTER.' }),
  text: z.string().min(1, 'must not be empty').max(MAX_TEXT_CHARS).meta({ description: 'What the person typed.' }),
  tenant: z.string().max(63).optional().meta({ description: 'In whose name; default: the tenant of the account.' }),
  dataClass: z
    .enum(DATA_CLASSES)
    .default('internal')
    .meta({ description: 'Least class that the request is treated as.' }),
});

export type PlaygroundRequest = z.input<typeof playgroundQuestion>;

export const playgroundAnswer = z.object({
  receipt: z.string().optional().meta({ description: 'Of the record of this request.' }),
  policy: z.string(),
  policyHash: z.string(),
  spans: z
    .array(explainedSpan.extend({ rule: z.string().meta({ description: 'Policy whose rule decided.' }) }))
    .readonly(),
  saw: z.string().optional().meta({ description: 'What went to the model; absent where nothing did.' }),
  answered: z.string().optional().meta({ description: 'What the model wrote.' }),
  got: z.string().optional().meta({ description: 'What a caller gets: the same, restored.' }),
  restored: z.array(z.object({ answered: place, got: place })).readonly(),
  refusal: z
    .object({
      status: z.int(),
      code: z.string(),
      message: z.string(),
      retryAfterS: z.number().optional().meta({ description: 'When to ask again.' }),
    })
    .optional()
    .meta({ description: 'Why there is no answer, as a caller is told.' }),
  totalMs: z.number(),
  engineMs: z.number().optional().meta({ description: 'Of them, in the engine.' }),
  promptTokens: z.int().optional(),
  completionTokens: z.int().optional(),
});
export type PlaygroundAnswer = z.output<typeof playgroundAnswer>;

export interface PlaygroundQuestion {
  readonly person: { readonly kind: 'account' | 'cli'; readonly id: string };
  readonly tenant: string;
  readonly dataClass: DataClass;
  readonly model: string;
  readonly text: string;
}

/** Told while an answer comes; with it the answer is streamed. */
export interface PlaygroundProgress {
  readonly sent: (sight: Pick<PlaygroundAnswer, 'policy' | 'policyHash' | 'spans' | 'saw'>) => void;
  readonly came: (piece: { readonly answered: string; readonly got: string }) => void;
}

/** What the gateway does for us. @throws AppError `model_not_found` or `model_not_ready` where nothing was asked. */
export type AskModel = (
  question: PlaygroundQuestion,
  signal: AbortSignal,
  progress?: PlaygroundProgress,
) => Promise<Readonly<PlaygroundAnswer>>;

type Asking = Call<undefined, undefined, z.output<typeof playgroundQuestion>>;

export function playgroundRoutes(ask: AskModel): Route[] {
  const turns = createTurns();
  return [
    defineRoute({
      method: 'post',
      path: '/api/v1/playground',
      summary: 'Ask a model one thing, and see what it saw',
      action: 'playground.ask',
      body: playgroundQuestion,
      answer: { description: 'The four texts, aligned; kept nowhere.', schema: playgroundAnswer },
      handle: (call) => turns.take(call.caller, async () => ({ json: await ask(questionOf(call), call.signal) })),
    }),
    defineRoute({
      method: 'post',
      path: '/api/v1/playground/stream',
      summary:
        'The same as it comes: events `sent` (what the model sees), `came` (pieces of the answer), `answer` (all of it)',
      action: 'playground.ask',
      body: playgroundQuestion,
      answer: {
        description: 'Server-Sent Events; the last is `answer`, or `problem` where there is none.',
        contentType: 'text/event-stream',
      },
      handle: async (call) => {
        const stream = answerEvents((progress) =>
          turns.take(call.caller, () => ask(questionOf(call), call.signal, progress)),
        );
        return { stream, contentType: 'text/event-stream' };
      },
    }),
  ];
}

function questionOf({ body, caller, principal }: Asking): PlaygroundQuestion {
  const { model, text, dataClass } = body;
  const tenant = ownTenant(principal?.tenant, body.tenant);
  return { person: { kind: principal?.kind ?? 'account', id: caller }, tenant, dataClass, model, text };
}

/** One person asks one thing at a time: the playground is no second way to the models. */
function createTurns() {
  const asking = new Set<string>();
  return {
    async take<T>(caller: string, work: () => Promise<T>): Promise<T> {
      if (asking.has(caller)) throw busy();
      asking.add(caller);
      try {
        return await work();
      } finally {
        asking.delete(caller);
      }
    },
  };
}

function busy() {
  return fail('rate_limited', {
    detail: 'A question of this person is being answered.',
    remedy: 'Wait for its answer.',
    retryAfterS: 1,
  });
}
