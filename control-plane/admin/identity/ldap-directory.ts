// A company's LDAP directory: finds the entry of a name with an account of its own, then tries to bind as that entry with
// the password given. Always encrypted: `ldaps://`, or StartTLS before anything is said. Imports errors and ldapts.

import { randomBytes } from 'node:crypto';
import { Client, type Entry, EqualityFilter, InvalidCredentialsError } from 'ldapts';
import { fail } from '../../errors.ts';
import type { DirectoryPerson, PasswordDirectory } from './directory-accounts.ts';

export interface LdapOptions {
  /** `ldaps://host` or `ldap://host`, which is upgraded by StartTLS or not used. */
  readonly url: string;
  /** Authorities in PEM; undefined: those of the system. */
  readonly ca: string | undefined;
  readonly bindDn: string;
  readonly bindPassword: string;
  /** Where people are looked for, with everything below. */
  readonly base: string;
  /** Attribute that holds what people type: `uid`, `sAMAccountName`. */
  readonly userAttribute: string;
  /** Where groups are looked for by `member`; undefined: `memberOf` of the person says them. */
  readonly groupBase: string | undefined;
}

const TIMEOUT_MS = 5000;
const ID_ATTRIBUTE = 'entryUUID';

export function createLdapDirectory(options: LdapOptions): PasswordDirectory {
  const { url, ca, bindDn, bindPassword, base, userAttribute, groupBase } = options;
  const tls = { minVersion: 'TLSv1.2' as const, ...(ca === undefined ? {} : { ca: [ca] }) };
  const isPlain = url.startsWith('ldap:');

  async function withClient<T>(dn: string, password: string, work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({
      ...{ url, timeout: TIMEOUT_MS, connectTimeout: TIMEOUT_MS },
      ...(isPlain ? {} : { tlsOptions: tls }),
    });
    try {
      if (isPlain) await client.startTLS({ ...tls, host: new URL(url).hostname });
      await client.bind(dn, password);
      return await work(client);
    } finally {
      await client.unbind().catch(() => {});
    }
  }

  async function findPerson(username: string): Promise<(DirectoryPerson & { readonly dn: string }) | undefined> {
    return withClient(bindDn, bindPassword, async (client) => {
      // Built from parts, never from text: nothing that is typed can become syntax (RFC 4515).
      const filter = new EqualityFilter({ attribute: userAttribute, value: username });
      const attributes = [userAttribute, 'memberOf', ID_ATTRIBUTE];
      const { searchEntries } = await client.search(base, { scope: 'sub', filter, attributes, sizeLimit: 2 });
      const [entry, second] = searchEntries;
      // Two people of one name: nobody can say which of them this is.
      if (entry === undefined || second !== undefined) return undefined;
      const groups =
        groupBase === undefined ? valuesOf(entry, 'memberOf') : await groupsOf(client, entry.dn, groupBase);
      const [subject = entry.dn] = valuesOf(entry, ID_ATTRIBUTE);
      return { dn: entry.dn, username: valuesOf(entry, userAttribute)[0] ?? username, subject, groups };
    });
  }

  return {
    async check(username, password) {
      // An empty password is an anonymous bind, which succeeds (RFC 4513, 5.1.2).
      if (username === '' || password === '') return undefined;
      try {
        const found = await findPerson(username);
        // A name that is not there costs a bind as well: it takes as long to refuse as a wrong password.
        const dn = found?.dn ?? `cn=${randomBytes(12).toString('hex')},${base}`;
        const isRight = await withClient(dn, password, async () => true).catch((error: unknown) => {
          if (error instanceof InvalidCredentialsError) return false;
          throw error;
        });
        if (!isRight || found === undefined) return undefined;
        const { dn: _dn, ...person } = found;
        return person;
      } catch (cause) {
        throw fail('identity_provider_unavailable', {
          detail: 'The directory does not answer, or does not let us in.',
          remedy: 'Look at INTRAMUROS_LDAP_*; local accounts still work.',
          retryAfterS: 5,
          cause,
        });
      }
    },
  };
}

async function groupsOf(client: Client, dn: string, groupBase: string): Promise<string[]> {
  const filter = new EqualityFilter({ attribute: 'member', value: dn });
  const { searchEntries } = await client.search(groupBase, { scope: 'sub', filter, attributes: ['cn'] });
  return searchEntries.map((entry) => entry.dn);
}

/** One value comes as a string, several as a list. */
function valuesOf(entry: Entry, name: string): string[] {
  const value = entry[name];
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.map(String).filter((text) => text !== '');
}
