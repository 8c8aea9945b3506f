// The npm redactors that detection is measured beside, each behind one question: what is left of this text? Runs in a
// process of its own (redactor-part.ts), since some of them crash, and all of them load what the others should not pay.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The text with what was found replaced. */
export type Redact = (text: string) => string | Promise<string>;

/** Opens a redactor from the folder of its packages. */
export type OpenRedactor = (folder: string) => Promise<Redact>;

const MARK = '\u0001';

/** Packages of other people have no types here: what is used of them is written down at each use. */
async function load<T>(folder: string, name: string): Promise<T> {
  const require = createRequire(join(folder, 'package.json'));
  try {
    return require(name) as T;
  } catch {
    const path = pathToFileURL(require.resolve(name));
    return (await import(path.href)) as T;
  }
}

interface Place {
  readonly start: number;
  readonly length: number;
}
interface NlpDocument {
  match(pattern: string): { json(options: { offset: true }): readonly { offset: Place }[] };
}
type Nlp = (text: string) => NlpDocument;

function openCompromise(name: string): OpenRedactor {
  const kinds = ['#Person+', '#Place+', '#Organization+', '#Email', '#PhoneNumber', '#Url'];
  return async (folder) => {
    const loaded = await load<Nlp | { default: Nlp }>(folder, name);
    const nlp = typeof loaded === 'function' ? loaded : loaded.default;
    return (text) => {
      const document = nlp(text);
      const places = kinds.flatMap((kind) =>
        document
          .match(kind)
          .json({ offset: true })
          .map(({ offset }) => offset),
      );
      return blank(
        text,
        places.map(({ start, length }) => [start, start + length] as const),
      );
    };
  };
}

/** The text without these ranges, which may overlap. */
function blank(text: string, ranges: readonly (readonly [from: number, to: number])[]): string {
  let out = '';
  let done = 0;
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    if (to <= done) continue;
    out += text.slice(done, Math.max(done, from)) + MARK;
    done = to;
  }
  return out + text.slice(done);
}

export const REDACTORS: Readonly<Record<string, OpenRedactor>> = {
  'redact-pii': async (folder) => {
    const { SyncRedactor } = await load<{ SyncRedactor: new () => { redact: Redact } }>(folder, 'redact-pii');
    const redactor = new SyncRedactor();
    return (text) => redactor.redact(text);
  },
  '@openredaction/core': async (folder) => {
    interface Detections {
      readonly detections: readonly { readonly position: readonly [number, number] }[];
    }
    type Core = { OpenRedaction: new (options: object) => { detect(text: string): Promise<Detections> } };
    const { OpenRedaction } = await load<Core>(folder, '@openredaction/core');
    const redactor = new OpenRedaction({ redactionMode: 'placeholder' });
    return async (text) => {
      const { detections } = await redactor.detect(text);
      return blank(
        text,
        detections.map(({ position }) => position),
      );
    };
  },
  '@redactpii/node': async (folder) => {
    const { Redactor } = await load<{ Redactor: new () => { redact: Redact } }>(folder, '@redactpii/node');
    const redactor = new Redactor();
    return (text) => redactor.redact(text);
  },
  cloakllm: async (folder) => {
    type Sanitised = readonly [string, unknown];
    type Cloak = {
      Shield: new (config: object) => { sanitize(text: string): Sanitised };
      ShieldConfig: new (options: object) => object;
    };
    const { Shield, ShieldConfig } = await load<Cloak>(folder, 'cloakllm');
    const shield = new Shield(new ShieldConfig({ auditEnabled: false }));
    return (text) => shield.sanitize(text)[0];
  },
  'llm-redact': async (folder) => {
    type Module = { redact(text: string, options?: object): { text: string } };
    const module = await load<Module>(folder, 'llm-redact');
    return (text) => module.redact(text).text;
  },
  '@arcjet/redact': async (folder) => {
    type Module = { redact(text: string, options: object): Promise<readonly [string, unknown]> };
    const module = await load<Module>(folder, '@arcjet/redact');
    const entities = ['email', 'phone-number', 'ip-address', 'credit-card-number'];
    return async (text) => (await module.redact(text, { entities }))[0];
  },
  'anonymize-nlp': async (folder) => {
    const { AnonymizeNlp } = await load<{ AnonymizeNlp: new () => { anonymize: Redact } }>(folder, 'anonymize-nlp');
    return (text) => new AnonymizeNlp().anonymize(text);
  },
  compromise: openCompromise('compromise'),
  'fr-compromise': openCompromise('fr-compromise'),
};
