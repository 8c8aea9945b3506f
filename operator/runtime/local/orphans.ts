// Engines end with us by their lifeline. One that was stopped or stuck in the kernel at that moment cannot; the next
// start finds it by the note that was left, and ends it. A process id alone proves nothing: ids are used again, so the
// note holds when the process was started.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processStart } from './process-group.ts';

const SUFFIX = '.pid';

/** Leaves a note of a process group. Best effort: without it only the lifeline ends the engine. */
export function notePid(folder: string | undefined, pid: number): void {
  const start = processStart(pid);
  if (folder === undefined || start === undefined) return;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, `${pid}${SUFFIX}`), start, { mode: 0o600 });
  } catch {
    // A full disk must not keep an engine from serving.
  }
}

export function dropPid(folder: string | undefined, pid: number): void {
  if (folder !== undefined) rmSync(join(folder, `${pid}${SUFFIX}`), { force: true });
}

/** Ends what an earlier life of the product left running. Returns how many process groups that were. */
export function endOrphans(folder: string): number {
  let ended = 0;
  for (const name of notes(folder)) {
    const pid = Number(name.slice(0, -SUFFIX.length));
    const path = join(folder, name);
    if (processStart(pid) === readFileSync(path, 'utf8')) {
      try {
        process.kill(-pid, 'SIGKILL');
        ended += 1;
      } catch {
        // It ended by itself meanwhile.
      }
    }
    rmSync(path, { force: true });
  }
  return ended;
}

function notes(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+\.pid$/.test(name));
  } catch {
    return [];
  }
}
