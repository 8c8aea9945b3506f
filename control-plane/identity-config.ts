// The part of the configuration that says how people of a company sign in: its variables, and what goes with what.
// config.ts reads the environment and hands it on. Imports zod and the error registry.

import * as z from 'zod';
import { fail } from './errors.ts';

const path = z.string().min(1);

export const identityVariables = {
  INTRAMUROS_GROUPS_FILE: path
    .optional()
    .describe(
      'YAML list of {group, role, tenant}: the role that a group of the company gives; the first entry that fits decides. Needed with OIDC and LDAP.',
    ),
  INTRAMUROS_OIDC_ISSUER: z
    .url({ error: 'must be the URL of an issuer', protocol: /^https?$/ })
    .optional()
    .describe('Issuer of the OpenID Connect provider by which people sign in; its metadata are found from it.'),
  INTRAMUROS_OIDC_CLIENT_ID: z.string().min(1).optional().describe('What the provider calls this installation.'),
  INTRAMUROS_OIDC_CLIENT_SECRET_FILE: path
    .optional()
    .describe(
      'Path of a file that holds the client secret alone. Without it the client is a public one, by PKCE only.',
    ),
  INTRAMUROS_OIDC_LABEL: z
    .string()
    .min(1)
    .max(60)
    .default('the company account')
    .describe('What the sign-in page calls it: "Sign in with ...".'),
  INTRAMUROS_OIDC_SCOPES: z
    .string()
    .regex(/(^| )openid( |$)/, 'must hold openid')
    .default('openid profile email')
    .describe('Scopes that are asked for; some providers give groups only with one of their own.'),
  INTRAMUROS_OIDC_GROUPS_CLAIM: z
    .string()
    .min(1)
    .default('groups')
    .describe('Claim that lists the groups of a person.'),
  INTRAMUROS_OIDC_NAME_CLAIM: z
    .string()
    .min(1)
    .default('preferred_username')
    .describe('Claim that names a person: it becomes the account oidc:NAME.'),
  INTRAMUROS_PUBLIC_URL: z
    .url({ error: 'must be a URL without a path', protocol: /^https?$/ })
    .optional()
    .describe('How browsers reach the console, for the way back from the provider: https://intramuros.example.com'),
  INTRAMUROS_LDAP_URL: z
    .string()
    .regex(/^ldaps?:\/\/[^/]+$/, 'must be ldaps://HOST or ldap://HOST (StartTLS)')
    .optional()
    .describe('Directory that checks passwords of names which no local account has. Always encrypted.'),
  INTRAMUROS_LDAP_CA_FILE: path
    .optional()
    .describe('Path of the authorities of the directory in PEM; without it those of the system.'),
  INTRAMUROS_LDAP_BIND_DN: z.string().min(1).optional().describe('Entry that may look for people.'),
  INTRAMUROS_LDAP_BIND_PASSWORD_FILE: path.optional().describe('Path of a file that holds its password alone.'),
  INTRAMUROS_LDAP_BASE: z.string().min(1).optional().describe('Where people are looked for, with everything below.'),
  INTRAMUROS_LDAP_USER_ATTRIBUTE: z
    .string()
    .regex(/^[A-Za-z][\w-]*$/, 'must be the name of an attribute')
    .default('uid')
    .describe('Attribute that holds what people type: uid, sAMAccountName.'),
  INTRAMUROS_LDAP_GROUP_BASE: z
    .string()
    .min(1)
    .optional()
    .describe('Where groups are looked for by their attribute member; without it memberOf of the person says them.'),
};

const schema = z.object(identityVariables);
type Values = z.output<typeof schema>;

/** Secrets stand in files: whoever lists processes or their environment sees only a path. */
export interface IdentityConfig {
  readonly groupsFile: string | undefined;
  readonly oidc:
    | {
        readonly issuer: string;
        readonly clientId: string;
        readonly clientSecretFile: string | undefined;
        readonly label: string;
        readonly scopes: string;
        readonly groupsClaim: string;
        readonly nameClaim: string;
        readonly publicUrl: string;
      }
    | undefined;
  readonly ldap:
    | {
        readonly url: string;
        readonly caFile: string | undefined;
        readonly bindDn: string;
        readonly bindPasswordFile: string;
        readonly base: string;
        readonly userAttribute: string;
        readonly groupBase: string | undefined;
      }
    | undefined;
}

/** @throws AppError `invalid_configuration` naming what is missing. */
export function readIdentity(values: Values): IdentityConfig {
  const { INTRAMUROS_OIDC_ISSUER: issuer, INTRAMUROS_LDAP_URL: url } = values;
  /** What goes with a variable that is set. */
  const needed = (name: keyof Values, by: keyof Values): string => {
    const value = values[name];
    if (value !== undefined) return value;
    throw fail('invalid_configuration', {
      param: name,
      detail: `${name} is missing: ${by} needs it.`,
      remedy: 'docs/guides/sign-in.md shows a whole example.',
    });
  };
  if (issuer !== undefined) needed('INTRAMUROS_GROUPS_FILE', 'INTRAMUROS_OIDC_ISSUER');
  if (url !== undefined) needed('INTRAMUROS_GROUPS_FILE', 'INTRAMUROS_LDAP_URL');
  return {
    groupsFile: values.INTRAMUROS_GROUPS_FILE,
    oidc:
      issuer === undefined
        ? undefined
        : {
            issuer,
            clientId: needed('INTRAMUROS_OIDC_CLIENT_ID', 'INTRAMUROS_OIDC_ISSUER'),
            clientSecretFile: values.INTRAMUROS_OIDC_CLIENT_SECRET_FILE,
            label: values.INTRAMUROS_OIDC_LABEL,
            scopes: values.INTRAMUROS_OIDC_SCOPES,
            groupsClaim: values.INTRAMUROS_OIDC_GROUPS_CLAIM,
            nameClaim: values.INTRAMUROS_OIDC_NAME_CLAIM,
            publicUrl: needed('INTRAMUROS_PUBLIC_URL', 'INTRAMUROS_OIDC_ISSUER'),
          },
    ldap:
      url === undefined
        ? undefined
        : {
            url,
            caFile: values.INTRAMUROS_LDAP_CA_FILE,
            bindDn: needed('INTRAMUROS_LDAP_BIND_DN', 'INTRAMUROS_LDAP_URL'),
            bindPasswordFile: needed('INTRAMUROS_LDAP_BIND_PASSWORD_FILE', 'INTRAMUROS_LDAP_URL'),
            base: needed('INTRAMUROS_LDAP_BASE', 'INTRAMUROS_LDAP_URL'),
            userAttribute: values.INTRAMUROS_LDAP_USER_ATTRIBUTE,
            groupBase: values.INTRAMUROS_LDAP_GROUP_BASE,
          },
  };
}
