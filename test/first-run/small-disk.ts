// A disk of one's own for a test: small enough to be filled, and one that can turn read-only under way. Needs root.

import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** False, or why such tests are skipped. */
export const NO_DISK = canMount() ? false : 'not here: a disk that can be filled (mounting one needs root)';

export interface SmallDisk {
  readonly path: string;
  /** Takes all room that is left. */
  fill(): void;
  free(): void;
  /** As a kernel does that met an error of the disk: what is open for writing fails from now on. */
  failReadOnly(): void;
  remove(): void;
}

/** ext4 in a file, where a journal and reserved blocks behave as on a disk. */
export function makeSmallDisk(megabytes: number): SmallDisk {
  const base = mkdtempSync(join(tmpdir(), 'intramuros-disk-'));
  const [image, path] = [join(base, 'image'), join(base, 'disk')];
  execFileSync('truncate', ['-s', `${megabytes}M`, image]);
  // No blocks are kept for root: the product may run as root here, and full must mean full.
  execFileSync('mkfs.ext4', ['-q', '-m', '0', '-F', image]);
  execFileSync('mkdir', [path]);
  execFileSync('mount', ['-o', 'loop', image, path]);
  const filler = join(path, 'filler');
  return {
    path,
    fill() {
      const fd = openSync(filler, 'a');
      try {
        for (let bytes = 2 ** 20; bytes >= 512; ) {
          try {
            writeSync(fd, Buffer.alloc(bytes, 1));
          } catch {
            bytes /= 2;
          }
        }
      } finally {
        closeSync(fd);
      }
    },
    free: () => rmSync(filler, { force: true }),
    failReadOnly: () => void execFileSync('mount', ['-o', 'remount,abort', path]),
    remove() {
      spawnSync('umount', ['-l', path]);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const script = 'mount -t tmpfs -o size=1m tmpfs /mnt && command -v mkfs.ext4 && test -e /dev/loop-control';
  return spawnSync('unshare', ['--mount', 'sh', '-c', script]).status === 0;
}
