/** Several line programs at once, each a job at a time. */
import { LineProgram } from './line-program.js';

export interface LineWorkers<Job, Answer> {
  readonly command: string;
  readonly args: readonly string[];
  readonly jobs: readonly Job[];
  readonly processes: number;
  /** In the order in which they come. `line` is the answer as it was written. */
  readonly onAnswer: (answer: Answer, job: Job, line: string) => void;
}

/** @throws when a program ends before it has answered */
export async function runLineWorkers<Job, Answer>({
  command,
  args,
  jobs,
  processes,
  onAnswer,
}: LineWorkers<Job, Answer>): Promise<void> {
  const queue = [...jobs];
  const programs = Array.from(
    { length: Math.min(processes, queue.length) },
    () => new LineProgram<Job, Answer>(command, args),
  );
  const work = async (program: LineProgram<Job, Answer>): Promise<void> => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const line = await program.askLine(job);
      onAnswer(JSON.parse(line) as Answer, job, line);
    }
  };
  try {
    await Promise.all(programs.map(work));
  } finally {
    for (const program of programs) program.close();
  }
}
