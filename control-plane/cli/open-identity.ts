// The company's ways to sign in, as the configuration names them: their secrets are read from files, once, at the start.
// Whether a provider answers is found out when someone signs in: one that is down keeps nobody else out.

import { readFile } from 'node:fs/promises';
import type { AdminDependencies } from '../admin/app.ts';
import { readGroupRoles } from '../admin/identity/group-roles.ts';
import { createLdapDirectory } from '../admin/identity/ldap-directory.ts';
import { createOidcSignIn } from '../admin/identity/oidc-sign-in.ts';
import { fail } from '../errors.ts';
import type { IdentityConfig } from '../identity-config.ts';

/** @throws AppError `invalid_configuration` naming the variable whose file cannot be read. */
export async function openIdentity({
  groupsFile,
  oidc,
  ldap,
}: IdentityConfig): Promise<Pick<AdminDependencies, 'directory' | 'oidc' | 'groupRoles'>> {
  const clientSecret = await readSecret(oidc?.clientSecretFile, 'INTRAMUROS_OIDC_CLIENT_SECRET_FILE');
  const bindPassword = await readSecret(ldap?.bindPasswordFile, 'INTRAMUROS_LDAP_BIND_PASSWORD_FILE');
  const ca = await readSecret(ldap?.caFile, 'INTRAMUROS_LDAP_CA_FILE');
  return {
    groupRoles: groupsFile === undefined ? undefined : await readGroupRoles(groupsFile),
    oidc: oidc === undefined ? undefined : createOidcSignIn({ ...oidc, clientSecret }),
    directory: ldap === undefined ? undefined : createLdapDirectory({ ...ldap, ca, bindPassword: bindPassword ?? '' }),
  };
}

async function readSecret(path: string | undefined, param: string): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const { code = 'unknown reason' } = cause as NodeJS.ErrnoException;
    throw fail('invalid_configuration', {
      param,
      detail: `The file cannot be read (${code}).`,
      remedy: 'Name a file that the user of this process can read.',
      cause,
    });
  });
  if (text.trim() !== '') return text.trim();
  throw fail('invalid_configuration', { param, detail: 'The file is empty.', remedy: 'Write the secret into it.' });
}
