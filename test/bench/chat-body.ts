// The chat request that the gateway benchmarks send: 1 KB, two messages, with the personal data of a short letter.
// Its values are made at run time.

import { PLANTED } from '../quality/entities.ts';
import { seededRandom } from '../quality/random.ts';

const BYTES = 1024;
const FILLER =
  'Merci de résumer le compte rendu ci-dessous en trois points, et de dire ce qui reste à faire et pour quand. ';

export interface ChatBody {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/** Always the same for a seed. */
export function chatBody(seed = 1): ChatBody {
  const random = seededRandom(seed);
  const sentences = PLANTED.filter(({ type }) => ['PERSON', 'PHONE', 'EMAIL', 'FR_NIR', 'IBAN'].includes(type)).map(
    ({ frames, plain }) => random.pick(frames.fr).replace('{}', plain(random, 'fr')),
  );
  const system = { role: 'system', content: 'Vous êtes un assistant.' };
  const sizeOf = (content: string) =>
    Buffer.byteLength(JSON.stringify({ model: 'bench', messages: [system, { role: 'user', content }] }));
  let content = sentences.join(' ');
  while (sizeOf(content) < BYTES) content += ` ${FILLER}`;
  while (sizeOf(content) > BYTES) content = content.slice(0, -1);
  return { model: 'bench', messages: [system, { role: 'user', content }] };
}
