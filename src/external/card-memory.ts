/** Who has memory on which card: nvidia-smi's word, and what a node does about it. */
import { readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { childEnvironment } from './child-environment.js';
import { isAlive, readMark } from './marked-processes.js';
import { killGroupOf } from './process-group.js';

export interface CardProcess {
  readonly pid: number;
  /** Absent where the driver does not tell. */
  readonly usedMib?: number;
}

export interface CardOccupancyOptions {
  /** As in the marks of processes. */
  readonly workRoot: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether work of that mark, its path below the work root, goes on. */
  readonly isRunning: (work: string) => boolean;
  /** Others' memory is waited for so long, once a process. @default 30000 */
  readonly patienceMs?: number;
  /** Between two looks. @default 1000 */
  readonly pauseMs?: number;
  /** nvidia-smi is given up after that. @default 10000 */
  readonly askMs?: number;
}

/** Keeps the cards of a node to its running work. */
export class CardOccupancy {
  private readonly options: Required<CardOccupancyOptions>;
  /** Strangers that did not go while they were waited for. */
  private readonly staying = new Set<number>();
  /** A driver that hangs would cost each trial its time-out. */
  private hasHung = false;

  constructor(options: CardOccupancyOptions) {
    this.options = { patienceMs: 30_000, pauseMs: 1_000, askMs: 10_000, ...options };
  }

  /**
   * Ends what this node's ended work left on the cards, and waits for the memory of others' processes.
   * Those are never ended, and a node is not held up for them again while they stay. Where nvidia-smi
   * can't tell, the cards count as free.
   * @param onWait told what is waited for, one clause
   * @returns what is on them still, one clause
   * @throws the signal's reason when aborted
   */
  async clear(
    cards: readonly string[],
    signal: AbortSignal,
    onWait: (what: string) => void,
  ): Promise<string | undefined> {
    const { patienceMs, pauseMs } = this.options;
    if (cards.length === 0) return undefined;
    let deadline: number | undefined;
    for (;;) {
      const strangers = (await this.look(cards)).filter((found) => this.isStranger(found));
      signal.throwIfAborted();
      if (strangers.length === 0) return undefined;
      const what = describe(cards, strangers);
      deadline ??= performance.now() + patienceMs;
      const isKnown = strangers.every(({ pid }) => this.staying.has(pid));
      if (isKnown || performance.now() > deadline) {
        for (const { pid } of strangers) this.staying.add(pid);
        return what;
      }
      onWait(what);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }

  private async look(cards: readonly string[]): Promise<readonly CardProcess[]> {
    const { env, askMs } = this.options;
    if (this.hasHung) return [];
    const found = await listCardProcesses(cards, env, askMs);
    this.hasHung = found === 'hung';
    return found === 'hung' ? [] : found;
  }

  /** Remains of our own are killed, and strangers until they are gone. */
  private isStranger({ pid }: CardProcess): boolean {
    // A container sees no ids but its own: whose memory it is can't be told there.
    if (!isAlive(pid)) return false;
    const root = `${this.options.workRoot}${sep}`;
    const mark = readMark(pid);
    if (mark?.startsWith(root) !== true) return true;
    if (this.options.isRunning(mark.slice(root.length))) return false;
    killGroupOf(pid);
    return true;
  }
}

/**
 * Processes that compute on the cards; none where there is no nvidia-smi or it fails.
 * @returns `hung` when it gave no answer within `askMs`
 */
async function listCardProcesses(
  cards: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  askMs: number,
): Promise<readonly CardProcess[] | 'hung'> {
  const query = '--query-compute-apps=pid,used_memory';
  const asking = execa(
    'nvidia-smi',
    [query, '--format=csv,noheader,nounits', '-i', cards.join(',')],
    { env: childEnvironment(env, 1), extendEnv: false, reject: false, killSignal: 'SIGKILL' },
  );
  // One that waits for the device does not even die of SIGKILL.
  const giveUp = new AbortController();
  const answer = await Promise.race([
    asking,
    sleep(askMs, 'hung' as const, { ref: false, signal: giveUp.signal }).catch(
      () => 'hung' as const,
    ),
  ]);
  giveUp.abort();
  if (answer === 'hung') {
    asking.kill();
    return 'hung';
  }
  return answer.failed ? [] : parseCardProcesses(answer.stdout);
}

/** Lines of `pid, MiB`; a process on two cards has two. */
export function parseCardProcesses(csv: string): readonly CardProcess[] {
  const found = new Map<number, CardProcess>();
  for (const line of csv.split('\n')) {
    const [pidText = '', memoryText = ''] = line.split(',').map((part) => part.trim());
    const pid = Number(pidText);
    if (pidText === '' || !Number.isSafeInteger(pid) || pid <= 0) continue;
    const usedMib = memoryText === '' ? NaN : Number(memoryText);
    const before = found.get(pid)?.usedMib ?? 0;
    found.set(pid, Number.isFinite(usedMib) ? { pid, usedMib: before + usedMib } : { pid });
  }
  return [...found.values()];
}

function describe(cards: readonly string[], strangers: readonly CardProcess[]): string {
  const noun = cards.length === 1 ? 'card' : 'cards';
  const who = strangers.map(({ pid, usedMib }) => {
    const size = usedMib === undefined ? 'memory' : `${usedMib} MiB`;
    return `process ${pid} (${readName(pid)}) with ${size}`;
  });
  return `${noun} ${cards.join(',')} not free: ${who.join(', ')}, not of this node's running trials`;
}

function readName(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'gone';
  }
}
