// How smooth the list of the log is in a real Chromium: the frames of ten seconds of scrolling through a log of a million
// records, beside the frames of the same page at rest. `npm run bench -- scroll [--json FILE]`.

import type { LogSearcher } from '../../control-plane/admin/log/search-routes.ts';
import type { SearchHit } from '../../control-plane/audit/search/log-search.ts';
import { type BenchOptions, readOptions } from '../bench/options.ts';
import { barOf, describeMachine, type Report, tell } from '../bench/report.ts';
import { percentile } from '../bench/samples.ts';
import { ConsoleRunner, noBrowser } from './console-harness.ts';

const RECORDS = 1_000_000;
const MEASURED_MS = 10_000;
const SMOKE_MS = 500;
/** Pixels a frame, a row of the list being 40 high: 7,200 pixels or 180 rows a second at 60 frames. */
const PX_A_FRAME = 120;
const BAR_MS = 50;

/** Any page of a log of that many, at no cost: what is measured is the browser. */
const search: LogSearcher = {
  page: async ({ limit, before = RECORDS }) => {
    const hits = Array.from({ length: Math.min(limit, before) }, (_, at) => hitOf(before - 1 - at));
    return { hits, older: hits.at(-1)?.index, newer: before - 1, size: RECORDS };
  },
  names: async () => ({}) as Awaited<ReturnType<LogSearcher['names']>>,
  rebuild: async () => {},
};

function hitOf(index: number): SearchHit {
  const receipt = `imr_${String(index).padStart(26, '0')}`;
  const actor = { kind: 'key', id: '0190c5f0-0000-7000-8000-000000000000' };
  const said = {
    kind: 'intent',
    action: 'chat.completions',
    tenant: 'cardiology',
    actor,
    model: 'clinical-extraction',
  };
  const unsaid = { status: undefined, outside: undefined, object: undefined, intent: undefined, digests: [] };
  const facts = { ...said, ...unsaid, receipt, atMs: Date.parse('2026-11-01T00:00:00Z') + index * 1_000 };
  return {
    ...{ index, state: 'intact', code: 'answered' },
    facts: {
      ...facts,
      dataClass: 'internal',
      policy: 'internal',
      code: undefined,
      entities: { PERSON: 2 },
      isReadable: true,
    },
  };
}

export async function benchScroll({ smoke }: Pick<BenchOptions, 'smoke'>): Promise<Report> {
  const machine = describeMachine();
  if (noBrowser !== false) throw new Error(noBrowser);
  const ms = smoke ? SMOKE_MS : MEASURED_MS;
  const runner = new ConsoleRunner();
  try {
    await runner.start();
    const { page, admin } = await runner.open(await runner.serve({ logSearch: search }));
    await page.goto(`${admin.address}/records`);
    await page.getByRole('dialog').getByRole('button').last().click();
    await page.locator('tbody tr').nth(8).waitFor();
    const rest = await framesOf(0);
    const scrolled = await framesOf(PX_A_FRAME);
    const { length: rows } = await page.locator('tbody tr').all();
    const reached = await page.locator('.record-rows').evaluate((place) => Math.round(place.scrollTop / 40));
    const row = (what: string, times: number[]): [string, ...number[]] => [
      ...([what, times.length, percentile(times, 0.5), percentile(times, 0.99), Math.max(...times)] as const),
      times.filter((time) => time > BAR_MS).length,
    ];
    return {
      bench: 'scroll',
      machine,
      notes: [
        `${ms / 1000} s each in headless Chromium, ${PX_A_FRAME} pixels a frame; ${reached} rows passed, of which ${rows} were in the page at the end`,
      ],
      tables: [
        {
          title: 'Frames',
          columns: ['', 'frames', 'p50 ms', 'p99 ms', 'longest ms', `over ${BAR_MS} ms`],
          rows: [row('the page at rest', rest), row('the list, scrolled', scrolled)],
        },
      ],
      bars: [barOf('a frame while scrolling, p99', percentile(scrolled, 0.99), { most: BAR_MS, unit: ' ms' })],
    };

    async function framesOf(px: number): Promise<number[]> {
      return page.locator('.record-rows').evaluate(
        (place, [step = 0, lastMs = 0]) =>
          new Promise<number[]>((resolve) => {
            const times: number[] = [];
            let before = performance.now();
            const end = before + lastMs;
            const frame = (now: number) => {
              times.push(now - before);
              before = now;
              place.scrollTop += step;
              if (now < end) requestAnimationFrame(frame);
              else resolve(times.slice(1));
            };
            requestAnimationFrame(frame);
          }),
        [px, ms],
      );
    }
  } finally {
    await runner.stop();
  }
}

if (import.meta.main) {
  const options = readOptions();
  tell(await benchScroll(options), options.json);
}
