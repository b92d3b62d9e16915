/** One program of a suite: in its own process group, output to a log, ended when it takes too long. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** From the request to end until the group is killed. */
const graceMs = 10_000;
const running = new Set();

/** @returns {Promise<{ code: number | null, timedOut: boolean }>} */
export function runCommand({ argv, cwd, env, logPath, timeoutMs }) {
  const [command, ...args] = argv;
  const log = openSync(logPath, 'a');
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', log, log] });
  running.add(child);
  let timedOut = false;
  const timers = [
    setTimeout(() => {
      timedOut = true;
      signalGroup(child, 'SIGTERM');
      timers.push(setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs));
    }, timeoutMs),
  ];
  return new Promise((resolve) => {
    const finish = (code) => {
      timers.forEach(clearTimeout);
      running.delete(child);
      closeSync(log);
      resolve({ code, timedOut });
    };
    child.on('error', (error) => {
      console.log(`${command}: ${error.message}`);
      finish(null);
    });
    child.on('close', (code) => {
      if (timedOut) signalGroup(child, 'SIGKILL'); // grandchildren that outlived their parent
      finish(code);
    });
  });
}

/** For Ctrl-C: the groups are not ours, so the terminal does not reach them. */
export function stopAll() {
  for (const child of running) signalGroup(child, 'SIGTERM');
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // gone already
  }
}
