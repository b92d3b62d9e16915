/** One set-up at a time in a checkout: two would write the same folders. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a running set-up, takes over from a dead one, and gives the lock's release. */
export async function acquireSetupLock(setupDir, say) {
  mkdirSync(setupDir, { recursive: true });
  const path = join(setupDir, 'lock');
  let hasSaid = false;
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => {
        if (readHolder(path) === process.pid) rmSync(path, { force: true });
      };
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = readHolder(path);
    if (holder !== undefined && !isAlive(holder)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!hasSaid)
      say(`another set-up of this checkout is running (process ${holder ?? '?'}): waiting for it`);
    hasSaid = true;
    await sleep(500);
  }
}

function readHolder(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
