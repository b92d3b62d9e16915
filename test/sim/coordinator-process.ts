/** The coordinator as a process that can die between any two steps: the real activities on a real ledger. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createCoordinatorActivities } from '../../activities/coordinator.js';
import type { CoordinatorActivities, TellAskInput } from '../../activities/contracts.js';
import { setCrashHook, type CrashPoint } from '../../src/crash-points.js';
import { type Ledger, ledgerFileName, openLedger } from '../../src/store/ledger.js';

/** The process is gone: nothing of the product may catch it and go on. */
export class SimulatedCrash extends Error {}

/** Lets a test plant a bug: what the activities get in place of the ledger, or of the activities. */
export interface Sabotage {
  readonly ledger?: (ledger: Ledger) => Ledger;
  readonly activities?: (activities: CoordinatorActivities) => CoordinatorActivities;
}

export interface CoordinatorOptions {
  readonly folder: string;
  readonly now: () => Date;
  readonly sabotage?: Sabotage;
  readonly trace?: (line: string) => void;
}

export class CoordinatorProcess {
  readonly folder: string;
  isUp = false;
  /** Space for the ledger, and for what lies beside it. */
  isLedgerFull = false;
  areFilesFull = false;
  crashes = 0;
  readonly #options: CoordinatorOptions;
  #ledger: Ledger | undefined;
  #activities: CoordinatorActivities | undefined;
  #countdown: number | undefined;
  #connection: Database.Database | undefined;
  #changesBefore = 0;
  #didWrite = false;
  /** Every call that changed the ledger, in the order in which it did. */
  readonly effective: { readonly name: keyof CoordinatorActivities; readonly input: unknown }[] =
    [];

  constructor(options: CoordinatorOptions) {
    this.folder = options.folder;
    this.#options = options;
  }

  get ledger(): Ledger {
    if (this.#ledger === undefined) throw new SimulatedCrash('the coordinator is down');
    return this.#ledger;
  }

  start(): void {
    const { folder, now, sabotage } = this.#options;
    this.isUp = true;
    // Crashes while it opens are those of `npm run chaos` and `npm run powercut`.
    setCrashHook(undefined);
    this.#ledger = openLedger(folder, { mode: 'write', now: now() });
    this.#connection = this.#ledger.transact((db) => db);
    setCrashHook((point, what) => {
      this.#pass(point, what);
    });
    const activities = createCoordinatorActivities({
      ledger: sabotage?.ledger?.(this.#ledger) ?? this.#ledger,
      resultsDir: folder,
      clock: { now },
      warn: (message) => {
        // What swallows errors swallows a crash as well, and then says so here.
        if (!this.isUp) throw new SimulatedCrash('dead already');
        this.#options.trace?.(`warning: ${message.replaceAll(folder, '')}`);
      },
    });
    this.#activities = sabotage?.activities?.(activities) ?? activities;
  }

  /** Dies at the n-th crash point from now on, unless it is killed before. */
  dieAtPoint(n: number): void {
    this.#countdown = n;
  }

  /** As SIGKILL does: what was not committed is gone, and nothing is tidied up. */
  kill(): void {
    this.#options.trace?.('the coordinator is killed');
    this.isUp = false;
    this.crashes += 1;
    this.#countdown = undefined;
    // Closing the last connection writes the log back into the file, unless it may only read: a killed
    // process does not, and the next one has to recover it.
    const last = new Database(join(this.folder, ledgerFileName), { readonly: true });
    last.pragma('user_version');
    this.#connection?.close();
    last.close();
    this.#ledger = undefined;
    this.#activities = undefined;
  }

  /** A clean end. */
  close(): void {
    setCrashHook(undefined);
    this.#ledger?.close();
    this.#ledger = undefined;
    this.isUp = false;
  }

  /** @throws SimulatedCrash where the process died on the way, or is dead */
  async run<Name extends keyof CoordinatorActivities>(
    name: Name,
    input: Parameters<CoordinatorActivities[Name]>[0],
  ): Promise<Awaited<ReturnType<CoordinatorActivities[Name]>>> {
    if (this.#activities === undefined) throw new SimulatedCrash('the coordinator is down');
    const activity = this.#activities[name] as (
      given: typeof input,
    ) => Promise<Awaited<ReturnType<CoordinatorActivities[Name]>>>;
    this.#changesBefore = this.#countChanges();
    this.#didWrite = false;
    try {
      const reply = await activity(input);
      if (this.isUp) return reply;
    } catch (error) {
      if (this.isUp) throw error;
    } finally {
      if (this.#hasWritten()) this.effective.push({ name, input });
    }
    this.kill();
    throw new SimulatedCrash('died on the way');
  }

  /**
   * Whether a run of the sweep or an order may have put trials back in line since the request was first
   * carried out. Nobody need have heard of that: the process may have died right after the commit.
   */
  mayHavePutBackSince(request: TellAskInput): boolean {
    const text = JSON.stringify(request);
    const first = this.effective.findIndex(
      ({ name, input }) => name === 'tellAsk' && JSON.stringify(input) === text,
    );
    const later = first < 0 ? [] : this.effective.slice(first + 1);
    return later.some(({ name }) => name === 'openSweep' || name === 'steer');
  }

  #hasWritten(): boolean {
    return this.#didWrite;
  }

  #countChanges(): number {
    return Number(this.#connection?.prepare('SELECT total_changes()').pluck().get() ?? 0);
  }

  #pass(point: CrashPoint, what: string): void {
    if (!this.isUp) throw new SimulatedCrash('dead already');
    if (point === 'after commit' && this.#countChanges() > this.#changesBefore) {
      this.#didWrite = true;
    }
    if (this.#countdown !== undefined) {
      this.#countdown -= 1;
      if (this.#countdown === 0) {
        this.isUp = false;
        this.#options.trace?.(`the coordinator dies ${point} of ${what}`);
        throw new SimulatedCrash(`${point} of ${what}`);
      }
    }
    if (point === 'before commit' && this.isLedgerFull) {
      throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
    }
    if (point === 'before rename' && this.areFilesFull) {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    }
  }
}
