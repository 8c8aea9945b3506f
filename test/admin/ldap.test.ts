// The company's directory: sign-in at a real OpenLDAP server over StartTLS and LDAPS, and the attacks on it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { PasswordDirectory } from '../../control-plane/admin/identity/directory-accounts.ts';
import { createLdapDirectory, type LdapOptions } from '../../control-plane/admin/identity/ldap-directory.ts';
import { AppError } from '../../control-plane/errors.ts';
import { LDAP_SERVICE, LDAP_SUFFIX, type Slapd, slapdFiles, startSlapd } from '../fixtures/slapd.ts';
import { Browser, runAdmin } from './admin-harness.ts';

const files = slapdFiles();
const skip = 'missing' in files && `not here: ${files.missing}`;
const secrets = { service: word(), alice: word(), star: word(), admin: word() };
const PEOPLE = `ou=people,${LDAP_SUFFIX}`;
const GROUPS = `ou=groups,${LDAP_SUFFIX}`;
const ADMINS = `cn=ml-admins,${GROUPS}`;

function word(): string {
  return randomBytes(12).toString('hex');
}

function person(uid: string, password: string, more = ''): string {
  return `dn: uid=${uid},${PEOPLE}\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: ${uid}\nuserPassword: ${password}\n${more}\n`;
}

const LDIF = `dn: ${PEOPLE}
objectClass: organizationalUnit
ou: people

dn: ${GROUPS}
objectClass: organizationalUnit
ou: groups

dn: ${LDAP_SERVICE}
objectClass: simpleSecurityObject
objectClass: organizationalRole
cn: svc
userPassword: ${secrets.service}

${person('alice', secrets.alice, `memberOf: ${ADMINS}\n`)}${person('bob*', secrets.star)}${person('admin', secrets.admin, `memberOf: ${ADMINS}\n`)}dn: ${ADMINS}
objectClass: groupOfNames
cn: ml-admins
member: uid=alice,${PEOPLE}
`;

describe('an LDAP directory', { skip }, () => {
  let slapd: Slapd;
  let options: LdapOptions;

  before(async () => {
    if ('missing' in files) return;
    slapd = await startSlapd(files, LDIF);
    options = {
      ...{ url: slapd.secureUrl, ca: slapd.ca, bindDn: LDAP_SERVICE, bindPassword: secrets.service },
      ...{ base: PEOPLE, userAttribute: 'uid', groupBase: undefined },
    };
  });
  after(() => slapd.stop());

  test('knows a person by the right password, over LDAPS and over StartTLS, with groups by memberOf and by member', async () => {
    for (const url of [slapd.secureUrl, slapd.url]) {
      for (const groupBase of [undefined, GROUPS]) {
        const found = await createLdapDirectory({ ...options, url, groupBase }).check('alice', secrets.alice);
        assert.equal(found?.username, 'alice');
        assert.match(found.subject, /^[0-9a-f-]{36}$/);
        assert.deepEqual(found.groups, [ADMINS]);
      }
    }
  });

  test('refuses wrong, empty and foreign passwords, and names that are made of syntax', async () => {
    const directory = createLdapDirectory(options);
    const wrong: [string, string][] = [
      ['alice', word()],
      ['alice', ''],
      ['', secrets.alice],
      ['nobody', secrets.alice],
      ['*', secrets.alice],
      ['a*', secrets.alice],
      ['alice)(uid=*', secrets.alice],
      ['*)(|(uid=alice', secrets.alice],
      ['alice\u0000', secrets.alice],
      ['\\61lice', secrets.alice],
    ];
    for (const [name, password] of wrong) assert.equal(await directory.check(name, password), undefined, name);
    assert.equal((await directory.check('bob*', secrets.star))?.username, 'bob*', 'a star is a letter like others');
  });

  test('is not spoken to without encryption, by an authority that is not ours, or when it is away', async () => {
    const refused: Partial<LdapOptions>[] = [
      { ca: undefined },
      { ca: undefined, url: slapd.url },
      { url: 'ldaps://127.0.0.1:1' },
      { bindPassword: word() },
      { bindPassword: '' },
    ];
    for (const change of refused) {
      await assert.rejects(
        createLdapDirectory({ ...options, ...change }).check('alice', secrets.alice),
        (error) => error instanceof AppError && error.code === 'identity_provider_unavailable',
        JSON.stringify(Object.keys(change)),
      );
    }
  });

  test('opens the console with the role of the groups; a local account is never looked for in it', async (t) => {
    const groupRoles = [{ group: ADMINS.toUpperCase(), role: 'officer' as const }];
    const directory = createLdapDirectory({ ...options, groupBase: GROUPS });
    const admin = await runAdmin({ directory, groupRoles });
    t.after(admin.stop);
    const browser = new Browser(admin.address);
    assert.equal((await browser.signIn('alice', secrets.alice)).status, 303);
    const { session } = (await browser.send('/api/v1/session')).json() as { session: Record<string, unknown> };
    assert.deepEqual([session['name'], session['role']], ['ldap:alice', 'officer']);
    assert.equal((await new Browser(admin.address).signIn('alice', word())).status, 401);
    assert.equal(
      (await new Browser(admin.address).signIn('admin', secrets.admin)).status,
      401,
      'admin is the local one',
    );

    slapd.change(`dn: ${ADMINS}\nchangetype: modify\nreplace: member\nmember: uid=admin,${PEOPLE}\n`);
    const refused = await new Browser(admin.address).signIn('alice', secrets.alice);
    assert.equal(refused.status, 401);
    assert.match(refused.text, /No group of the person gives a role here/);
    assert.deepEqual((await browser.send('/api/v1/session')).json(), { session: null }, 'what she had open is over');
  });
});

test('while the directory is away local accounts work, and other names are told so', async (t) => {
  const away: PasswordDirectory = createLdapDirectory({
    ...{ url: 'ldaps://127.0.0.1:1', ca: undefined, bindDn: 'cn=x', bindPassword: 'x', base: 'dc=x' },
    ...{ userAttribute: 'uid', groupBase: undefined },
  });
  const admin = await runAdmin({ directory: away, groupRoles: [] });
  t.after(admin.stop);
  const stranger = await new Browser(admin.address).signIn('alice', word());
  assert.equal(stranger.status, 503);
  assert.match(stranger.text, /company sign-in does not answer/);
  assert.equal((await new Browser(admin.address).signIn('admin', admin.password)).status, 303);
});
