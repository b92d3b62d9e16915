/** One step of the set-up: a program, its log, and one line for the person who waits. */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { SetupError } from './setup-error.mjs';

/** A pipe gets a sign of life this often. */
const quietSeconds = 30;

/**
 * Runs `command` and says what it did in how many seconds; its output goes to `.setup/logs`.
 * @throws SetupError with an excerpt of the log when the program fails
 */
export async function runStep({ root, title, name, command, args, env = process.env, hint = '' }) {
  const logs = join(root, '.setup', 'logs');
  mkdirSync(logs, { recursive: true });
  const logPath = join(logs, `${name}.log`);
  const log = createWriteStream(logPath);
  const started = Date.now();
  const seconds = () => ((Date.now() - started) / 1000).toFixed(1);
  let lastLine = '';
  const ticker = startTicker(() => `  … ${title}  ${seconds()} s  ${lastLine}`);
  const outcome = await new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        log.write(text);
        const line = text
          .trim()
          .split(/[\r\n]/)
          .at(-1);
        if (line && !/^(npm )?warn/i.test(line)) lastLine = line.slice(0, 60);
      });
    }
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) =>
      resolve(code === 0 ? undefined : `ended with ${signal ?? code}`),
    );
  });
  await new Promise((resolve) => log.end(resolve));
  ticker.stop();
  if (outcome === undefined) {
    console.error(`  ✓ ${title}  ${seconds()} s`);
    return;
  }
  throw new SetupError(
    [
      `${title}: ${[command, ...args].join(' ')} ${outcome}. From ${relative(root, logPath)}:`,
      ...excerpt(readFileSync(logPath, 'utf8')).map((line) => `    ${line}`),
      ...(hint === '' ? [] : [hint]),
      'The same command goes on from here.',
    ].join('\n'),
  );
}

/** Both ends: npm says what is wrong first, pip and compilers say it last. */
function excerpt(log) {
  const lines = log.trimEnd().split('\n');
  return lines.length <= 30 ? lines : [...lines.slice(0, 12), '…', ...lines.slice(-16)];
}

function startTicker(render) {
  const isTty = process.stderr.isTTY;
  const clear = () => {
    if (isTty) process.stderr.write('\r\x1b[K');
  };
  const timer = setInterval(
    () => {
      clear();
      const text = render();
      process.stderr.write(isTty ? text.slice(0, (process.stderr.columns ?? 80) - 1) : `${text}\n`);
    },
    isTty ? 200 : quietSeconds * 1000,
  );
  return {
    stop: () => {
      clearInterval(timer);
      clear();
    },
  };
}
