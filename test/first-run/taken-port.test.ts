// A port that somebody else has is told before anything is started.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { REPOSITORY } from '../house/sources.ts';

for (const variable of ['INTRAMUROS_PORT', 'INTRAMUROS_GATEWAY_PORT']) {
  test(`${variable} on a taken port: exit 1, the port and the variable named, nothing begun`, async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const address = holder.address();
    assert.ok(address !== null && typeof address === 'object');
    const folder = mkdtempSync(join(tmpdir(), 'intramuros-port-'));
    try {
      const ended = spawnSync(process.execPath, [join(REPOSITORY, 'control-plane/launch.js'), 'serve'], {
        env: {
          PATH: process.env['PATH'] ?? '',
          INTRAMUROS_DATA: join(folder, 'data'),
          INTRAMUROS_PORT: '0',
          INTRAMUROS_GATEWAY_PORT: '0',
          [variable]: String(address.port),
        },
        encoding: 'utf8',
        timeout: 20_000,
      });
      assert.equal(ended.status, 1);
      assert.match(ended.stderr, new RegExp(`${address.port}[^]*${variable}`));
      assert.equal(existsSync(join(folder, 'data')), false);
    } finally {
      holder.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
