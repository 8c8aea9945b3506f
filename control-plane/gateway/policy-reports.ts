// Tells whoever asks which policies this gateway answers under: at once when they change, and a sign of life in between.
// The report is made from the very snapshot that requests are answered from. Nothing waits for it: where the database is
// away, requests go on under the last good snapshot, and this gateway is not counted until it can report again.
// Imports the policy room and types.

import { effectivePolicy } from '../policy/effective-policy.ts';
import type { Catalog } from './catalog.ts';

/** Generation (0: built in) and hash of the rules, by name. */
export type PolicyReport = Readonly<Record<string, { readonly generation: number; readonly hash: string }>>;

export interface PolicyReportsOptions {
  readonly catalog: Pick<Catalog, 'policies' | 'onPolicies'>;
  readonly report: (policies: PolicyReport) => Promise<void>;
  /** False: the last report is lost, and is sent again. */
  readonly beat: () => Promise<boolean>;
  readonly leave: () => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly beatMs?: number;
}

/** A gateway that says nothing for three of these, and a little, is taken to be gone. */
export const BEAT_MS = 2000;
export const GONE_MS = 3 * BEAT_MS + 500;

export interface PolicyReports {
  stop(): Promise<void>;
}

export function startPolicyReports(options: PolicyReportsOptions): PolicyReports {
  const { catalog, beatMs = BEAT_MS } = options;
  let stopped = false;
  let due = true;
  let failed = false;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    try {
      if (due || !(await options.beat())) {
        due = false;
        await options.report(reportOf(catalog));
      }
      failed = false;
    } catch (error) {
      due = true;
      // Said once, not every two seconds.
      if (!failed) options.onError(error);
      failed = true;
    }
  }

  function run(): void {
    if (stopped || working !== undefined) return;
    clearTimeout(timer);
    working = work().finally(() => {
      working = undefined;
      if (due && !failed) run();
      else if (!stopped) timer = setTimeout(run, beatMs);
    });
  }

  catalog.onPolicies(() => {
    due = true;
    run();
  });
  run();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await working;
      await options.leave().catch(options.onError);
    },
  };
}

export function reportOf(catalog: Pick<Catalog, 'policies'>): PolicyReport {
  return Object.fromEntries(
    catalog
      .policies()
      .map((policy) => [policy.name, { generation: policy.generation ?? 0, hash: effectivePolicy([policy]).hash }]),
  );
}
