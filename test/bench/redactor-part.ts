// One redactor at work, ours or a peer's, in a process of its own. `node redactor-part.ts NAME FOLDER SECONDS COUNT`.
// Says how much of what was planted is gone, how many innocent sentences were changed, and how fast it reads.

import { effectivePolicy, INTERNAL_POLICY } from '../../control-plane/policy/effective-policy.ts';
import { inspect } from '../../control-plane/redaction/inspect.ts';
import { redact as redactFindings } from '../../control-plane/redaction/redact.ts';
import { type DetectionSet, detectionSet, isGone } from './detection-set.ts';
import { serveAsPart } from './part.ts';
import { REDACTORS, type Redact } from './redactors.ts';

export interface RedactorResult {
  /** Share of planted values of which nothing is left. */
  readonly structured: number;
  readonly names: number;
  /** Share of innocent sentences that were changed. */
  readonly changed: number;
  /** Millions of UTF-8 bytes a CPU second, by kind of text. */
  readonly speed: Readonly<Record<string, number>>;
  readonly crashes: number;
}

export const OURS = 'intramuros';

const [name = OURS, folder = '', seconds = '1', count = '20'] = process.argv.slice(2);

function openOurs(): Redact {
  const policy = effectivePolicy([INTERNAL_POLICY]);
  return (text) => redactFindings(inspect([{ path: 'text', text }]), policy, 'kt').texts[0] ?? '';
}

async function measure(redact: Redact, { planted, innocent, timed }: DetectionSet): Promise<RedactorResult> {
  let crashes = 0;
  const left = async (text: string): Promise<string> => {
    try {
      return await redact(text);
    } catch {
      crashes += 1;
      return text;
    }
  };
  const recall = async (kind: 'structured' | 'names') => {
    const texts = planted.filter((one) => one.kind === kind);
    let gone = 0;
    for (const { text, value } of texts) if (isGone(text, value, await left(text))) gone += 1;
    return gone / texts.length;
  };
  let changed = 0;
  for (const text of innocent) if ((await left(text)) !== text) changed += 1;
  const [structured, names] = [await recall('structured'), await recall('names')];
  const speed: Record<string, number> = {};
  for (const [kind, documents] of Object.entries(timed)) speed[kind] = await speedOf(left, documents);
  return { structured, names, changed: changed / innocent.length, speed, crashes };
}

/** Whole rounds over the documents, or as far as the time goes. */
async function speedOf(work: (text: string) => Promise<string>, documents: readonly string[]): Promise<number> {
  for (const document of documents.slice(0, 3)) await work(document);
  const before = process.cpuUsage();
  let bytes = 0;
  for (let at = 0; ; at += 1) {
    const document = documents[at % documents.length] ?? '';
    await work(document);
    bytes += Buffer.byteLength(document);
    const { user, system } = process.cpuUsage(before);
    if (user + system > Number(seconds) * 1e6) return bytes / (user + system);
  }
}

if (import.meta.main) {
  const open = REDACTORS[name];
  const redact = open === undefined ? openOurs() : await open(folder);
  serveAsPart({ url: name }, () => undefined, {
    measure: () => measure(redact, detectionSet(Number(count), 400_000)),
  });
}
