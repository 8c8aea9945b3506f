// Months by UTC, `2026-11`: an auditor in another zone reads the same report.

const SHOWN = 13;

/** This month and the year before it, newest first. */
export function monthsBack(now: Date): string[] {
  return Array.from({ length: SHOWN }, (_, back) => {
    const at = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1));
    return at.toISOString().slice(0, 7);
  });
}

/** From its first instant to the first of the next. */
export function spanOf(month: string): { readonly from: string; readonly to: string } {
  const [year, number] = month.split('-').map(Number);
  const from = new Date(Date.UTC(year ?? 1970, (number ?? 1) - 1, 1));
  const to = new Date(Date.UTC(year ?? 1970, number ?? 1, 1));
  return { from: from.toISOString(), to: to.toISOString() };
}

export function isMonth(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-(?:0[1-9]|1[0-2])$/.test(value);
}
