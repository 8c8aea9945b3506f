// A Jinja template from a weights file, run within bounds: it is code from outside, and one that loops or doubles a text
// would hold up every request of the process. The interpreter runs under a watchdog that ends it whatever it does.
// Imports nothing of ours.
import { createContext, Script } from 'node:vm';
import { Template } from '@huggingface/jinja';

/** The longest templates known have 30,000. */
const MAX_TEMPLATE_CHARACTERS = 256 * 1024;
/** Less than what makes a process count as hung; a real template takes milliseconds. */
const RENDER_MS = 2000;
/** More than any context holds. */
const MAX_RENDERED_CHARACTERS = 64 * 1024 * 1024;

const SCRIPT = new Script('run()');
const SANDBOX: { run: () => unknown } = { run: () => undefined };
createContext(SANDBOX);

export interface BoundedTemplate {
  /** Throws an Error whose message says why: the template's own refusal, or a bound that it broke. */
  readonly render: (values: Readonly<Record<string, unknown>>) => string;
}

/** Throws an Error when the text is no template. */
export function compileTemplate(text: string): BoundedTemplate {
  if (text.length > MAX_TEMPLATE_CHARACTERS) throw new Error(`it is longer than ${MAX_TEMPLATE_CHARACTERS} characters`);
  const template = bounded(() => new Template(text));
  return {
    render(values) {
      const rendered = bounded(() => template.render({ ...values }));
      if (typeof rendered !== 'string') throw new Error('it makes no text');
      if (rendered.length > MAX_RENDERED_CHARACTERS) throw new Error('what it makes is too long');
      return rendered;
    },
  };
}

function bounded<T>(run: () => T): T {
  SANDBOX.run = run;
  try {
    return SCRIPT.runInContext(SANDBOX, { timeout: RENDER_MS }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new Error(`it does not end within ${RENDER_MS / 1000} s`, { cause: error });
  } finally {
    SANDBOX.run = () => undefined;
  }
}
