// The Vault store against a real OpenBao: keys, signatures of Transit, rotation, both sign-ins, and what happens when
// the server is sealed, hung, gone, or takes the token away.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { AppError } from '../../control-plane/errors.ts';
import { openVaultSecrets, type VaultPlace, type VaultSecrets } from '../../control-plane/secrets/vault-secrets.ts';
import { type OpenBao, openBaoBinary, startOpenBao } from '../fixtures/openbao.ts';

const binary = openBaoBinary();
const NO_STATEMENT = async () => 'statement';
/** Of the two seconds of a call, and a busy machine. */
const SOON_MS = 3_500;

/** The policy that the documentation tells people to set. */
const POLICY = /```hcl\n([\s\S]*?)```/.exec(
  readFileSync(new URL('../../docs/reference/secrets.md', import.meta.url), 'utf8'),
)?.[1];

describe('secrets in a real OpenBao', { skip: 'missing' in binary ? binary.missing : false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'intramuros-vault-'));
  const opened: VaultSecrets[] = [];
  let bao: OpenBao;

  before(async () => {
    bao = await startOpenBao((binary as { path: string }).path);
    await bao.call('POST', 'sys/mounts/transit', { type: 'transit' });
    await bao.call('POST', 'sys/policies/acl/intramuros', { policy: POLICY });
    await bao.call('POST', 'sys/auth/approle', { type: 'approle' });
    await makeRole('intramuros', { token_ttl: '20m' });
  });
  after(async () => {
    await Promise.all(opened.map((secrets) => secrets.stop()));
    await bao?.stop();
    rmSync(folder, { recursive: true });
  });

  async function makeRole(name: string, facts: Record<string, unknown>): Promise<void> {
    await bao.call('POST', `auth/approle/role/${name}`, { token_policies: ['intramuros'], ...facts });
    const { data: role } = await bao.call('GET', `auth/approle/role/${name}/role-id`);
    writeFileSync(join(folder, `${name}-role`), `${(role as { role_id: string }).role_id}\n`, { mode: 0o600 });
    await newSecretId(name);
  }

  async function newSecretId(name: string): Promise<void> {
    const { data } = await bao.call('POST', `auth/approle/role/${name}/secret-id`, {});
    writeFileSync(join(folder, `${name}-secret`), (data as { secret_id: string }).secret_id, { mode: 0o600 });
  }

  function placeOf(role = 'intramuros', facts: Partial<VaultPlace> = {}): VaultPlace {
    const files = { roleIdFile: join(folder, `${role}-role`), secretIdFile: join(folder, `${role}-secret`) };
    return {
      address: bao.address,
      namespace: undefined,
      ca: undefined,
      signIn: { kind: 'approle', mount: 'approle', ...files },
      kvMount: 'secret',
      path: 'intramuros',
      transitMount: 'transit',
      transitKey: 'intramuros-log',
      ...facts,
    };
  }

  async function open(place = placeOf(), make = true): Promise<VaultSecrets> {
    const secrets = await openVaultSecrets(place, { make });
    opened.push(secrets);
    return secrets;
  }

  const text = () => Buffer.from(`checkpoint ${process.hrtime.bigint()}`);

  function holds(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const x = Buffer.from(publicKey).toString('base64url');
    return verify(null, message, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }), signature);
  }

  async function failsSoon(run: () => Promise<unknown>, detail: RegExp): Promise<void> {
    const begun = performance.now();
    await assert.rejects(run(), (error: AppError) => {
      assert.equal(error.code, 'secret_unavailable');
      assert.match(error.detail, detail);
      assert.ok(error.remedy);
      return true;
    });
    assert.ok(performance.now() - begun < SOON_MS, `it took ${Math.round(performance.now() - begun)} ms`);
  }

  async function until(run: () => Promise<unknown>): Promise<void> {
    const deadline = performance.now() + 20_000;
    for (;;) {
      try {
        await run();
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await delay(100);
      }
    }
  }

  test('a process that joins makes no keys', async () => {
    await failsSoon(
      () => open(placeOf('intramuros', { path: 'intramuros/nobody' }), false),
      /Vault has no secret\/data\/intramuros\/nobody/,
    );
  });

  test('processes that found at once have the same keys, by the documented policy alone', async () => {
    const both = await Promise.all([open(), open()]);
    const third = await open(placeOf(), false);
    for (const name of ['digest', 'surrogate', 'api-key-pepper', 'session', 'engine-bearer'] as const) {
      const texts = await Promise.all([...both, third].map(async (secrets) => (await secrets.read(name)).text()));
      assert.equal(new Set(texts).size, 1, name);
    }
    assert.deepEqual(both[0]?.heldSigner().publicKey, third.heldSigner().publicKey);
  });

  test('Transit signs, its public key verifies, and the key itself is not to be had', async () => {
    const signer = (await open()).heldSigner();
    const message = text();
    const signature = await signer.sign(message);
    assert.equal(signature.length, 64);
    assert.ok(holds(signer.publicKey, message, signature));
    await assert.rejects(bao.call('GET', 'transit/export/signing-key/intramuros-log'), /not exportable/);
    const { data } = await bao.call('GET', 'secret/data/intramuros/log-signing');
    assert.deepEqual(Object.keys((data as { data: object }).data).toSorted(), ['key', 'versions']);
  });

  test('a rotation reaches other processes, and the old signing key signs the new one in Transit', async () => {
    const [one, two] = [await open(), await open()];
    const old = one.heldSigner();
    const message = text();
    await one.rotate('log-signing', async (former, next) => {
      assert.ok(holds(former.publicKey, message, await former.sign(message)));
      assert.ok(holds(next.publicKey, message, await next.sign(message)));
      return 'handed over';
    });
    await one.rotate('digest', NO_STATEMENT);
    await two.refresh();
    const next = two.heldSigner();
    assert.notDeepEqual(next.publicKey, old.publicKey);
    assert.deepEqual(next.firstKey, old.publicKey);
    assert.deepEqual(next.endorsements, ['handed over']);
    assert.ok(holds(next.publicKey, message, await next.sign(message)));
    assert.ok(holds(old.publicKey, message, await old.sign(message)), 'what is in flight is still signed');
    assert.equal(two.versions('digest').length, 2);
  });

  test('sealed: keys in memory go on, signing and starting fail soon, and all works again once it is unsealed', async () => {
    const secrets = await open();
    const mac = await secrets.mac('digest');
    const before = mac.compute('a text');
    await bao.seal();
    try {
      await failsSoon(() => secrets.heldSigner().sign(text()), /sealed/);
      await failsSoon(() => secrets.rotate('digest', NO_STATEMENT), /sealed/);
      await failsSoon(() => open(), /sealed/);
      await secrets.refresh();
      assert.match(secrets.status().problem ?? '', /sealed/);
      assert.deepEqual(mac.compute('a text'), before);
      assert.equal(secrets.held('session').length, 1);
    } finally {
      await bao.unseal();
    }
    await until(() => secrets.heldSigner().sign(text()));
    await secrets.refresh();
    assert.equal(secrets.status().problem, undefined);
  });

  test('hung: a call is over within its time, and the next one after it wakes is served', async () => {
    const secrets = await open();
    process.kill(bao.pid, 'SIGSTOP');
    try {
      await failsSoon(() => secrets.heldSigner().sign(text()), /did not answer within 2 s/);
      await failsSoon(() => open(), /did not answer within 2 s/);
      await secrets.refresh();
      assert.match(secrets.status().problem ?? '', /did not answer/);
    } finally {
      process.kill(bao.pid, 'SIGCONT');
    }
    await until(() => secrets.heldSigner().sign(text()));
  });

  test('slow: an answer that trickles is not waited for beyond the time, one that is late within it is taken', async () => {
    const slow = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const dripping = setInterval(() => response.write(' '), 200);
      response.on('close', () => clearInterval(dripping));
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    const { port } = slow.address() as { port: number };
    await failsSoon(() => open(placeOf('intramuros', { address: `http://127.0.0.1:${port}` })), /did not answer/);
    slow.closeAllConnections();
    slow.close();
  });

  test('nobody there, or a server that speaks no HTTP', async () => {
    const mute = createTcpServer((socket) => {
      socket.resume();
      socket.write('ssh\n', () => socket.destroy());
    });
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { port: number };
    const place = placeOf('intramuros', { address: `http://127.0.0.1:${port}` });
    await failsSoon(() => open(place), /cannot be reached/);
    await new Promise((resolve) => mute.close(resolve));
    await failsSoon(() => open(place), /cannot be reached \(ECONNREFUSED\)/);
  });

  test('a token that was revoked is replaced within the call', async () => {
    const secrets = await open();
    await delay(1_100); // a refusal right after a sign-in is not put down to the token
    const { data } = await bao.call('LIST', 'auth/token/accessors');
    for (const accessor of (data as { keys: string[] }).keys) {
      // A token of an earlier test may end between the list and this: then there is nothing to revoke.
      const known = await bao.call('POST', 'auth/token/lookup-accessor', { accessor }).catch(() => undefined);
      if ((known?.['data'] as { path: string } | undefined)?.path.includes('approle'))
        await bao.call('POST', 'auth/token/revoke-accessor', { accessor });
    }
    const message = text();
    const signature = await secrets.heldSigner().sign(message);
    assert.ok(holds(secrets.heldSigner().publicKey, message, signature));
  });

  test('a short token is renewed, and replaced at the end that no renewal moves; a changed secret id is read', async () => {
    await makeRole('brief', { token_ttl: '2s', token_max_ttl: '4s' });
    const secrets = await open(placeOf('brief'));
    await bao.call('POST', 'auth/approle/role/brief/secret-id/destroy', {
      secret_id: readFileSync(join(folder, 'brief-secret'), 'utf8'),
    });
    await newSecretId('brief');
    const end = performance.now() + 7_000;
    while (performance.now() < end) {
      await secrets.heldSigner().sign(text());
      await delay(300);
    }
    assert.equal(secrets.status().problem, undefined);
  });

  test('wrong credentials and a missing policy are told apart', async () => {
    writeFileSync(join(folder, 'wrong'), 'nothing');
    const signIn = { kind: 'approle', mount: 'approle', roleIdFile: join(folder, 'intramuros-role') } as const;
    const wrong = { signIn: { ...signIn, secretIdFile: join(folder, 'wrong') } };
    await failsSoon(() => open(placeOf('intramuros', wrong)), /refuses the sign-in by approle/);
    const absent = { signIn: { ...signIn, secretIdFile: join(folder, 'absent') } };
    await failsSoon(() => open(placeOf('intramuros', absent)), /absent cannot be read \(ENOENT\)/);
    await failsSoon(() => open(placeOf('intramuros', { path: 'others' })), /Vault refuses secret\/data\/others/);
  });

  test('the service account of a pod signs in, by what a TokenReview says of it', async () => {
    const reviewed: string[] = [];
    const api = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        const { spec } = JSON.parse(body) as { spec: { token: string } };
        reviewed.push(request.url ?? '');
        const authenticated = spec.token === jwt;
        const user = { username: 'system:serviceaccount:intramuros:gateway', uid: UID, groups: [] };
        response.writeHead(201, { 'content-type': 'application/json' });
        const status = authenticated ? { authenticated, user, audiences: ['vault'] } : { authenticated };
        response.end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status }));
      });
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    after(() => {
      api.closeAllConnections();
      api.close();
    });
    const { port } = api.address() as { port: number };
    const UID = '5e1f0c3a-0000-4000-8000-000000000001';
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1_000);
    const account = { namespace: 'intramuros', serviceaccount: { name: 'gateway', uid: UID } };
    const claims = { iss: 'kubernetes', sub: 'system:serviceaccount:intramuros:gateway', iat: now, exp: now + 3_600 };
    const signature = Buffer.alloc(256, 1).toString('base64url');
    const jwt = `${part({ alg: 'RS256', kid: 'a' })}.${part({ ...claims, aud: ['vault'], 'kubernetes.io': account })}.${signature}`;
    await bao.call('POST', 'sys/auth/kubernetes', { type: 'kubernetes' });
    await bao.call('POST', 'auth/kubernetes/config', {
      kubernetes_host: `http://127.0.0.1:${port}`,
      disable_local_ca_jwt: true,
      kubernetes_ca_cert: selfSigned(),
      token_reviewer_jwt: jwt,
    });
    await bao.call('POST', 'auth/kubernetes/role/gateway', {
      bound_service_account_names: ['gateway'],
      bound_service_account_namespaces: ['intramuros'],
      token_policies: ['intramuros'],
      audience: 'vault',
    });
    const tokenFile = join(folder, 'pod-token');
    const signIn = { kind: 'kubernetes', mount: 'kubernetes', role: 'gateway', tokenFile } as const;
    writeFileSync(tokenFile, jwt);
    const secrets = await open(placeOf('intramuros', { signIn }));
    assert.equal((await secrets.heldSigner().sign(text())).length, 64);
    assert.match(reviewed[0] ?? '', /tokenreviews/);
    writeFileSync(tokenFile, `${jwt.slice(0, -8)}AAAAAAAA`);
    await failsSoon(() => open(placeOf('intramuros', { signIn })), /refuses the sign-in by kubernetes/);
  });

  function selfSigned(): string {
    const args = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=test',
    ];
    return execFileSync('openssl', [...args, '-keyout', join(folder, 'ca.key'), '-days', '1'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
  }

  test('a namespace is asked for in each call', async () => {
    await bao.call('POST', 'sys/namespaces/bank', {});
    const elsewhere = openVaultSecrets(placeOf('intramuros', { namespace: 'bank' }));
    await failsSoon(() => elsewhere, /refuses the sign-in/);
  });
});
