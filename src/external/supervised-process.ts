import { spawn, type ChildProcess } from 'node:child_process';
import { basename } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { passCrashPoint } from '../crash-points.js';
import { GroupKiller } from './group-killer.js';
import { endMarked, workVariable } from './marked-processes.js';
import { signalOfExitCode, supervised } from './supervise.js';

export interface SpawnOrder {
  /** Absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing of ours is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether it gets a socket to us as descriptor `socketFd`. */
  readonly hasSocket?: boolean;
  /** Between TERM and KILL of the group. @default 10000 */
  readonly graceMs?: number | undefined;
}

export interface ProcessEnd {
  /** Undefined where a signal ended it. */
  readonly exitCode?: number;
  readonly signal?: string;
}

/** Descriptor of a socket to the program; the supervisor reads 0 and uses 3. */
export const socketFd = 4;
const socketStdio = ['ignore', 'pipe'] as const;

/** Open pipes of a program that has ended and left nothing alive that we could find are closed after that. */
const pipesOutliveMs = 1000;

/**
 * A program under its supervisor, in a process group of its own. When it ends, the group and all that
 * carries its mark are killed, and `ended` resolves once they are gone.
 */
export class SupervisedProcess {
  readonly groupId: number;
  readonly outputs: readonly Readable[];
  /** Present where it was asked for. */
  readonly socket: Duplex | undefined;
  readonly killer: GroupKiller;
  /** True from the program's end on; what it left may still be there. */
  hasExited = false;
  /** Never rejects. */
  readonly ended: Promise<ProcessEnd>;

  private constructor(child: ChildProcess, groupId: number, order: SpawnOrder) {
    this.groupId = groupId;
    this.outputs = [child.stdout, child.stderr].filter((stream) => stream !== null);
    this.socket = (child.stdio[socketFd] ?? undefined) as Duplex | undefined;
    this.killer = new GroupKiller(groupId, order.graceMs ?? 10_000);
    this.ended = new Promise((resolve) => {
      let leftovers = Promise.resolve();
      child.on('exit', () => {
        this.hasExited = true;
        // The watcher and what was left of the group hold our pipes until they are killed.
        this.killer.finish();
        leftovers = this.endLeftovers(order.env[workVariable]);
      });
      child.on('close', (code, signalName) => {
        const signal = signalName ?? signalOfExitCode(code ?? undefined);
        const end = signal === undefined ? (code === null ? {} : { exitCode: code }) : { signal };
        void leftovers.then(() => {
          resolve(end);
        });
      });
    });
  }

  /** @throws Error with the system's `code` where it can't be started */
  static async start(order: SpawnOrder): Promise<SupervisedProcess> {
    const [command, args] = supervised(order.command, order.args);
    const name = basename(order.command);
    passCrashPoint('before spawn', name);
    try {
      const child = spawn(command, args, {
        cwd: order.cwd,
        env: order.env,
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe', ...(order.hasSocket === true ? socketStdio : [])],
      });
      const failed = new Promise<never>((_, reject) => child.on('error', reject));
      const { pid } = child;
      // Without an id the error is on its way, and there may be no streams to listen to.
      if (pid === undefined) return await failed;
      failed.catch(() => undefined);
      passCrashPoint('after spawn', name);
      return new SupervisedProcess(child, pid, order);
    } catch (error) {
      const { code = 'an error' } = error as NodeJS.ErrnoException;
      const reason = `Expected ${order.command} to start in ${order.cwd}, got ${code}.`;
      throw Object.assign(new Error(reason, { cause: error }), { code });
    }
  }

  private async endLeftovers(mark: string | undefined): Promise<void> {
    if (mark !== undefined) await endMarked(mark);
    // Somebody without our mark may have been given them.
    setTimeout(() => {
      for (const stream of [...this.outputs, this.socket]) stream?.destroy();
    }, pipesOutliveMs).unref();
  }
}
