// Both listeners over TLS with certificates made here: what clients see, what changes when the files do, and what is
// refused before it starts.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { fakeDependencies } from '../../control-plane/admin/fake-dependencies.ts';
import { startAdmin } from '../../control-plane/admin/start-admin.ts';
import { findProduct } from '../../control-plane/cli/find-product.ts';
import { standingWarnings } from '../../control-plane/cli/standing-warnings.ts';
import { readConfig } from '../../control-plane/config.ts';
import { openTlsFiles } from '../../control-plane/tls/tls-files.ts';
import { makeCertificate } from '../fixtures/certificates.ts';
import { startGatewayUnderTest } from '../gateway/gateway-under-test.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';
const files = makeCertificate();
after(() => rmSync(files.folder, { recursive: true, force: true }));

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

function get(url: string, ca: Buffer | undefined, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { ...(ca === undefined ? {} : { ca }), headers, agent: false, servername: 'localhost' },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
        response.on('error', reject);
      },
    );
    sent.on('error', reject).end();
  });
}

async function runAdmin(dataFolder?: string) {
  const tls = await openTlsFiles(files, { pollMs: 20 });
  tls.start();
  const dependencies = fakeDependencies({ publicHosts: () => tls.status().names });
  const folder = dataFolder === undefined ? {} : { dataFolder };
  const admin = await startAdmin({ ...dependencies, ...folder, host: '127.0.0.1', port: 0, tls });
  return {
    tls,
    address: admin.address,
    async stop() {
      await admin.stop();
      await tls.stop();
    },
  };
}

test('the console speaks TLS alone: secure cookies, HSTS for its names, no answer without the certificate', async () => {
  const admin = await runAdmin();
  const ca = readFileSync(files.certificate);
  try {
    assert.match(admin.address, /^https:\/\/127\.0\.0\.1:\d+$/);
    const page = await get(`${admin.address}/sign-in`, ca);
    assert.equal(page.status, 200);
    assert.match(String(page.headers['set-cookie']), /; Secure/);
    assert.equal(page.headers['strict-transport-security'], undefined, 'not for loopback');
    const named = await get(`${admin.address}/sign-in`, ca, { host: 'console.example' });
    assert.equal(named.status, 200);
    assert.equal(named.headers['strict-transport-security'], 'max-age=31536000');
    const foreign = await get(`${admin.address}/sign-in`, ca, { host: 'elsewhere.example' });
    assert.equal(foreign.status, 403);
    await assert.rejects(get(`${admin.address}/livez`, undefined), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    assert.deepEqual(admin.tls.status().names, ['localhost', 'console.example', '127.0.0.1']);
    assert.ok(admin.tls.status().expiresAt > new Date());
  } finally {
    await admin.stop();
  }
});

test('plain HTTP and broken handshakes on a TLS port are closed, and leave no record', async () => {
  const tls = await openTlsFiles(files);
  const gateway = await startGatewayUnderTest({ tls });
  try {
    const port = Number(new URL(gateway.address).port);
    const heard = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () => socket.write('GET /livez HTTP/1.1\r\nhost: a\r\n\r\n'));
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
      });
      socket.on('error', () => {}).on('close', () => resolve(text));
    });
    assert.doesNotMatch(heard, /HTTP\/1/);
    const answer = await get(`${gateway.address}/livez`, readFileSync(files.certificate));
    assert.equal(answer.status, 200);
    assert.equal(gateway.audit.records.length, 0);
  } finally {
    await gateway.end();
  }
});

test('a renewed certificate is served without a restart, and no request fails while it changes', async () => {
  const admin = await runAdmin();
  const authorities = [readFileSync(files.certificate)];
  let failures = 0;
  let answered = 0;
  const traffic = new AbortController();
  const clients = Array.from({ length: 4 }, async () => {
    while (!traffic.signal.aborted) {
      const ca = Buffer.concat(authorities);
      await get(`${admin.address}/livez`, ca).then(
        ({ status }) => (status === 200 ? answered++ : failures++),
        () => failures++,
      );
    }
  });
  try {
    for (let renewal = 0; renewal < (LONG ? 30 : 3); renewal += 1) {
      const next = makeCertificate();
      const pem = readFileSync(next.certificate);
      authorities.push(pem);
      // Between the two writes the pair does not fit: the old one must stay.
      writeFileSync(files.certificate, pem);
      await delay(60);
      writeFileSync(files.key, readFileSync(next.key));
      rmSync(next.folder, { recursive: true });
      const wanted = new X509Certificate(pem).fingerprint256;
      while ((await shownBy(admin.address)) !== wanted) await delay(20);
    }
    assert.equal(admin.tls.status().problem, undefined);
  } finally {
    traffic.abort();
    await Promise.all(clients);
    await admin.stop();
  }
  assert.equal(failures, 0, `of ${answered}`);
  assert.ok(answered > 20, `${answered}`);
});

function shownBy(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port: Number(new URL(address).port), host: '127.0.0.1', rejectUnauthorized: false });
    socket.once('error', reject).once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
      socket.destroy();
    });
  });
}

test('the command line finds a product over TLS by its data folder, and takes no other certificate', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'intramuros-tls-cli-'));
  const admin = await runAdmin(folder);
  try {
    const place = { dataFolder: folder, databaseUrl: undefined };
    const found = await findProduct(place);
    assert.deepEqual(await found.call('GET', '/api/v1/keys'), { keys: [], next: null });
    await found.stop();
    const other = makeCertificate();
    const path = join(folder, 'admin.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(files.certificate, other.certificate));
    const misled = await findProduct(place);
    await assert.rejects(misled.call('GET', '/api/v1/keys'), { code: 'not_running' });
    await misled.stop();
    rmSync(other.folder, { recursive: true });
  } finally {
    await admin.stop();
    await rm(folder, { recursive: true });
  }
});

test('files that cannot serve are named before anything starts', async () => {
  const other = makeCertificate();
  const refused = (paths: { certificate: string; key: string }, param: string) =>
    assert.rejects(openTlsFiles(paths), { code: 'invalid_configuration', param });
  await refused({ ...files, certificate: join(files.folder, 'none') }, 'INTRAMUROS_TLS_CERT');
  await refused({ certificate: files.key, key: files.key }, 'INTRAMUROS_TLS_CERT');
  await refused({ certificate: files.certificate, key: files.certificate }, 'INTRAMUROS_TLS_KEY');
  await refused({ certificate: files.certificate, key: other.key }, 'INTRAMUROS_TLS_KEY');
  rmSync(other.folder, { recursive: true });
});

test('an address beyond loopback needs TLS, or a proxy that is spoken of, which is warned of for as long', () => {
  const refused = (env: Record<string, string>, param: string) =>
    assert.throws(() => readConfig(env), { code: 'invalid_configuration', param });
  refused({ INTRAMUROS_HOST: '0.0.0.0' }, 'INTRAMUROS_HOST');
  refused({ INTRAMUROS_HOST: '::' }, 'INTRAMUROS_HOST');
  refused({ INTRAMUROS_HOST: 'example.com' }, 'INTRAMUROS_HOST');
  refused({ INTRAMUROS_TLS_CERT: '/a' }, 'INTRAMUROS_TLS_KEY');
  refused({ INTRAMUROS_TLS_KEY: '/a' }, 'INTRAMUROS_TLS_CERT');
  refused({ INTRAMUROS_HOST: '0.0.0.0', INTRAMUROS_ALLOW_PLAIN: 'yes' }, 'INTRAMUROS_ALLOW_PLAIN');
  assert.deepEqual(standingWarnings(readConfig({ INTRAMUROS_HOST: '127.0.0.2' })), []);
  const plain = readConfig({ INTRAMUROS_HOST: '0.0.0.0', INTRAMUROS_ALLOW_PLAIN: '1', DATABASE_URL: 'postgresql://a' });
  assert.equal(plain.behindProxy, true);
  assert.deepEqual(
    standingWarnings(plain).map(({ code }) => code),
    ['plain_http'],
  );
  const tls = { INTRAMUROS_TLS_CERT: '/a', INTRAMUROS_TLS_KEY: '/b', DATABASE_URL: 'postgresql://a' };
  assert.deepEqual(standingWarnings(readConfig({ INTRAMUROS_HOST: '10.0.0.1', ...tls })), []);
});
