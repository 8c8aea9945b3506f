// A receipt as a command takes it. Imports command.ts.

import { UsageError } from './command.ts';

/** @throws UsageError */
export function readReceipt(text: string): string {
  if (/^imr_[0-9A-Za-z]{26}$/.test(text)) return text;
  throw new UsageError('RECEIPT', 'must be imr_ and 26 characters, as in the response header x-intramuros-receipt');
}
