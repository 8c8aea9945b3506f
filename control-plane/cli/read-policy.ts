// The policy that `redact --policy` names: built in, or a PrivacyPolicy in a file. Imports policy and operator/api.

import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail } from '../errors.ts';
import { type EffectivePolicy, effectivePolicy, INTERNAL_POLICY } from '../policy/effective-policy.ts';
import type { CliIo } from './command.ts';
import { readResources } from './read-input.ts';

export async function readPolicy(io: CliIo, name: string | undefined): Promise<EffectivePolicy> {
  if (name === undefined || name === INTERNAL_POLICY.name) return effectivePolicy([INTERNAL_POLICY]);
  if (!/[./\\-]/.test(name) && !(await exists(io, name))) {
    throw fail('invalid_field', {
      param: '--policy',
      detail: 'No built-in policy has this name, and there is no such file.',
      remedy: `Write ${INTERNAL_POLICY.name}, or the path of a file with a PrivacyPolicy.`,
    });
  }
  const resources = await readResources(io, [name], '--policy');
  const [policy] = resources;
  if (policy?.kind === 'PrivacyPolicy' && resources.length === 1) {
    return effectivePolicy([{ name: policy.metadata.name, spec: policy.spec }]);
  }
  throw fail('invalid_field', {
    param: '--policy',
    detail: 'The file must hold exactly one PrivacyPolicy.',
    remedy: 'Take the other resources out of it.',
  });
}

async function exists(io: CliIo, name: string): Promise<boolean> {
  return access(resolve(io.cwd, name)).then(
    () => true,
    () => false,
  );
}
