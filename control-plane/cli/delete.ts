// Deletes one resource; what runs for it ends after the requests that it has.

import type { Model } from '../../operator/api/v1alpha1/model.ts';
import type { Command } from './command.ts';
import type { FoundProduct } from './find-product.ts';
import { write } from './print.ts';
import { NAMESPACE_OPTION, readKind, readNamespace, resourceName, resourcePath } from './resource-path.ts';

export const deleteCommand: Command = {
  name: 'delete',
  usage: 'KIND NAME',
  summary: 'Delete a resource',
  positionals: { min: 2, max: 2 },
  options: NAMESPACE_OPTION,
  async run({ io, positionals: [word = '', name = ''], values, product }) {
    const kind = readKind(word);
    const namespace = readNamespace(kind, values);
    const path = resourcePath(kind, namespace === undefined ? { name } : { namespace, name });
    const found = await product();
    const users = kind === 'PrivacyPolicy' ? await modelsUnder(name, found) : [];
    await found.call('DELETE', path);
    await write(io.stdout, `${resourceName(kind, name)} deleted\n`);
    if (users.length > 0) await write(io.stderr, warningOf(name, users));
    return 0;
  },
};

/** The Models that name a policy. */
async function modelsUnder(policy: string, product: FoundProduct): Promise<readonly string[]> {
  const { items } = (await product.call('GET', '/api/v1/resources/models')) as { items: readonly Model[] };
  return items
    .filter(({ spec }) => spec.privacy?.policy === policy)
    .map(({ metadata }) => `${metadata.namespace ?? 'default'}/${metadata.name}`);
}

function warningOf(policy: string, models: readonly string[]): string {
  return (
    `intramuros: warning: the policy ${policy} is still named by ${models.join(', ')}: their requests are refused ` +
    'until a PrivacyPolicy of that name is applied, or spec.privacy.policy is changed.\n'
  );
}
