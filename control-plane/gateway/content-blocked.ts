// The refusal of a request by its policy, with what the record of it says beside the code: how much of what was blocked,
// by which policy of which model. Imports the error registry and types.

import { AppError } from '../errors.ts';
import type { Target } from './exchange.ts';

export class ContentBlocked extends AppError {
  /** Facts of the record. */
  readonly facts: {
    readonly blocked: Readonly<Record<string, number>>;
    readonly model: { readonly name: string; readonly generation: number };
    readonly policy: { readonly name: string; readonly hash: string };
  };

  constructor(blocked: readonly { readonly path: string; readonly type: string }[], { model, policy }: Target) {
    const [first] = blocked;
    super('content_blocked', {
      ...(first === undefined ? {} : { param: first.path }),
      detail: `The policy of this model blocks ${first?.type ?? 'this content'}.`,
      remedy: 'Take it out of the text, or ask your officer for a model whose policy allows it.',
    });
    const counts: Record<string, number> = {};
    for (const { type } of blocked) counts[type] = (counts[type] ?? 0) + 1;
    this.facts = {
      blocked: counts,
      model: { name: model.name, generation: model.generation },
      policy: { name: policy.sources.join('+'), hash: policy.hash },
    };
  }
}
