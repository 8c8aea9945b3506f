// The one way to the API: JSON in, JSON out, a problem (RFC 9457) as an error that screens can show. Changes carry the
// form token of the session; idempotent by a key of their own, so that a click that is sent twice happens once.

export interface ProblemFacts {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly param?: string;
  readonly remedy?: string;
  readonly problems?: readonly { readonly field: string; readonly message: string; readonly remedy: string }[];
}

/** What the API refused, or why it could not be reached; `remedy` is a sentence for people. */
export class ApiProblem extends Error {
  readonly facts: ProblemFacts;

  constructor(facts: ProblemFacts) {
    super(facts.detail);
    this.name = 'ApiProblem';
    this.facts = facts;
  }
}

let formToken = '';

/** From the session's answer; sent with every change. */
export function setFormToken(token: string): void {
  formToken = token;
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return send<T>(path, { method: 'GET', ...(signal === undefined ? {} : { signal }) });
}

export function change<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { 'x-form-token': formToken };
  if (method === 'POST') headers['idempotency-key'] = crypto.randomUUID();
  if (body === undefined) return send<T>(path, { method, headers });
  headers['content-type'] = 'application/json';
  return send<T>(path, { method, headers, body: JSON.stringify(body) });
}

export interface StreamedEvent {
  readonly name: string;
  readonly data: unknown;
}

/** What a change is answered with, event by event. @throws ApiProblem where nothing was begun. */
export async function* changeEvents(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<StreamedEvent> {
  const headers = { 'x-form-token': formToken, 'content-type': 'application/json', accept: 'text/event-stream' };
  const response = await reach(path, { method: 'POST', headers, body: JSON.stringify(body), signal });
  if (!response.ok || response.body === null) {
    throw new ApiProblem(problemFrom(response.status, await response.json().catch(() => undefined)));
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) yield readEvent(event);
    }
  } catch (cause) {
    if (signal.aborted || cause instanceof ApiProblem) throw cause;
    throw unreachable();
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** As our own server writes them: one line of name, one of data. */
function readEvent(text: string): StreamedEvent {
  const fields = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  return { name: fields.get('event') ?? 'message', data: JSON.parse(fields.get('data') ?? 'null') as unknown };
}

interface Sent {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

async function send<T>(path: string, sent: Sent): Promise<T> {
  const response = await reach(path, sent);
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer as T;
  throw new ApiProblem(problemFrom(response.status, answer));
}

async function reach(path: string, sent: Sent): Promise<Response> {
  try {
    return await fetch(path, { ...sent, headers: { accept: 'application/json', ...sent.headers } });
  } catch (cause) {
    if (sent.signal?.aborted === true) throw cause;
    throw unreachable();
  }
}

function unreachable(): ApiProblem {
  return new ApiProblem({
    status: 0,
    code: 'unreachable',
    title: 'Unreachable',
    detail: 'The console cannot reach Intramuros.',
    remedy: 'Look whether it runs and whether this browser still reaches it; what is shown may be old.',
  });
}

function problemFrom(status: number, answer: unknown): ProblemFacts {
  if (typeof answer === 'object' && answer !== null && 'detail' in answer) return answer as ProblemFacts;
  return { status, code: 'unreadable', title: 'Unreadable answer', detail: `The API answered with status ${status}.` };
}
