// What the request holds: every text of it is looked at once, for all targets. Changes nothing.

import { inspect } from '../redaction/inspect.ts';
import { type Admitted, advance, type Inspected, type InspectedFacts } from './exchange.ts';

export function inspectRequest(admitted: Admitted): Inspected {
  const inspection = inspect(admitted.parsed.slots);
  // The class is the key's entitlement; it holds for every target.
  return advance<'Inspected', InspectedFacts>({ ...admitted, inspection, dataClass: admitted.caller.dataClass });
}
