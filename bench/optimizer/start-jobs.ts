/** Jobs in processes of the benchmark's own. */
import { fileURLToPath } from 'node:url';
import type { Answers, Job } from './jobs.js';
import { runLineWorkers } from './line-workers.js';

export async function runJobs<Kind extends Job>(
  jobs: readonly Kind[],
  processes: number,
  onAnswer: (answer: Answers[Kind['kind']], job: Kind) => void,
): Promise<void> {
  await runLineWorkers<Kind, Answers[Kind['kind']]>({
    command: process.execPath,
    args: ['--import', 'tsx', fileURLToPath(new URL('./run-jobs.ts', import.meta.url))],
    ...{ jobs, processes, onAnswer },
  });
}
