/** Programs that read a job a line and answer a line: several at once, each a job at a time. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface LineWorkers<Job, Answer> {
  readonly command: string;
  readonly args: readonly string[];
  readonly jobs: readonly Job[];
  readonly processes: number;
  /** In the order in which they come. `line` is the answer as it was written. */
  readonly onAnswer: (answer: Answer, job: Job, line: string) => void;
}

/** @throws when a program ends before it has answered, with what it wrote on standard error */
export async function runLineWorkers<Job, Answer>(
  workers: LineWorkers<Job, Answer>,
): Promise<void> {
  const queue = [...workers.jobs];
  const count = Math.min(workers.processes, queue.length);
  await Promise.all(Array.from({ length: count }, () => runOne(workers, queue)));
}

async function runOne<Job, Answer>(
  { command, args, onAnswer }: LineWorkers<Job, Answer>,
  queue: Job[],
): Promise<void> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk.toString()}`.slice(-4000);
  });
  // A program that has ended says so by its exit code.
  child.stdin.on('error', () => undefined);
  const exit = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  let job = queue.shift();
  const send = (): void => {
    if (job === undefined) child.stdin.end();
    else child.stdin.write(`${JSON.stringify(job)}\n`);
  };
  try {
    send();
    for await (const line of createInterface({ input: child.stdout })) {
      if (job === undefined) throw new Error(`${command} answers what was not asked: ${line}`);
      onAnswer(JSON.parse(line) as Answer, job, line);
      job = queue.shift();
      send();
    }
    const code = await exit;
    if (job !== undefined || code !== 0) {
      const at = job === undefined ? '' : ` at ${JSON.stringify(job)}`;
      throw new Error(
        `${[command, ...args].join(' ')} ended with code ${String(code)}${at}:\n${complaint}`,
      );
    }
  } finally {
    child.kill();
  }
}
