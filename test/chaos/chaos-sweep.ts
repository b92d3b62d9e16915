/** One sweep under chaos: started, struck as its plan says, watched, and judged at its end. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunEvent } from '../../src/cli/live/events.js';
import { openLedgerReader } from '../../src/store/ledger.js';
import type { LedgerReader, TrialRow } from '../../src/store/rows.js';
import { checkLedger } from './check-ledger.js';
import { DeathWatch, graceMs } from './death-watch.js';
import { race } from './holder-race.js';
import { untilExit, type Exit } from './kept-process.js';
import { isSameProcess, listOurProcesses } from './our-processes.js';
import { baselines, confirmations, type Strike, type SweepPlan, type Target } from './plan.js';
import { measureRescheduling, readCalls, type NodeDeath } from './recovery-times.js';
import { Rig } from './rig.js';
import type { DeathKind, SweepReport, Violation, ViolationKind } from './sweep-report.js';
import { sweepName, type SweepFolder } from './sweep-folder.js';
import { Witness } from './witness.js';

const lookEveryMs = 100;
/** Without any change in the ledger for so long, and with all processes there, it is stuck. */
const stuckAfterMs = 120_000;
const mostPauses = 5;
/** Ends of one target that nobody brought about, without a change in the ledger: it can't start. */
const mostFutileExits = 60;

/** Where anything happened that delays recovery by itself: two faults at once are no measurement. */
interface Disturbance {
  readonly target: Target;
  readonly atMs: number;
}

export class ChaosSweep {
  private readonly root: string;
  private readonly folder: SweepFolder;
  private readonly plan: SweepPlan;
  private readonly witness = new Witness();
  private readonly watch: DeathWatch;
  private readonly violations: Violation[] = [];
  private readonly deaths: Record<DeathKind, number> = {
    kill: 0,
    point: 0,
    stop: 0,
    term: 0,
    race: 0,
    server: 0,
    wipe: 0,
  };
  private readonly points: Record<string, number> = {};
  private readonly exits: Record<string, number> = {};
  private readonly armed = new Map<number, string>();
  /** Pids that were struck, and how. */
  private readonly struck = new Map<number, { kind: Strike['kind']; atMs: number }>();
  private readonly disturbances: Disturbance[] = [];
  private readonly nodeDeaths: (NodeDeath & { how: 'kill' | 'term' })[] = [];
  private readonly termToEnd: number[] = [];
  private readonly toProgress: Record<'coordinator' | 'server', number[]> = {
    coordinator: [],
    server: [],
  };
  private starting: { target: 'coordinator' | 'server'; atMs: number } | undefined;
  private starts = 0;
  private pauses = 0;
  private readonly futileExits = new Map<Target, number>();
  private stoppedUntilMs = 0;
  private isOver = false;
  private reader: LedgerReader | undefined;

  constructor(root: string, folder: SweepFolder, plan: SweepPlan) {
    this.root = root;
    this.folder = folder;
    this.plan = plan;
    this.watch = new DeathWatch(folder.path);
  }

  async run(signal: AbortSignal): Promise<SweepReport> {
    const rig = await Rig.create(this.root, this.folder, this.plan, {
      onStart: (target, pid, crashAt) => {
        this.noteStart(target, pid, crashAt);
      },
      onExit: (target, exit, pid) => this.noteExit(target, exit, pid),
      onLine: (line) => {
        this.hear(line);
      },
    });
    rig.start();
    await this.drive(rig, signal);
    // A sweep that is stuck is no sweep that ends well: nothing is asked of how its processes end.
    const isWell = !this.violations.some(({ kind }) => kind === 'stuck') && !signal.aborted;
    const endedAt = Date.now();
    await rig.end(isWell ? 'SIGTERM' : 'SIGKILL');
    if (isWell) await this.expectSilence(endedAt);
    this.look();
    this.reader?.close();
    for (const { pid } of listOurProcesses(this.folder.path)) killQuietly(pid, 'SIGKILL');
    return this.report(isWell);
  }

  private async drive(rig: Rig, signal: AbortSignal): Promise<void> {
    const strikes = [...this.plan.strikes];
    let dueAtMs: number | undefined;
    let progress = '';
    let progressAtMs = Date.now();
    for (let tick = 0; !this.isOver && !signal.aborted; tick += 1) {
      await delay(lookEveryMs);
      const nowMs = Date.now();
      this.look();
      if (this.witness.progress !== progress || nowMs < this.stoppedUntilMs) {
        ({ progress } = this.witness);
        progressAtMs = nowMs;
      }
      if (nowMs - progressAtMs > stuckAfterMs) {
        this.violate('stuck', `no change for ${stuckAfterMs / 1000} s after: ${progress}`);
        return;
      }
      if (tick % 3 === 0) this.watch.look(pidsOf(rig));
      for (const text of this.watch.findOrphans(nowMs)) this.violate('orphan', text);
      const [next] = strikes;
      if (next === undefined || this.witness.scored < next.atScored) continue;
      dueAtMs ??= nowMs + next.delayMs;
      if (nowMs < dueAtMs || rig.pidOf(next.target) === undefined) continue;
      strikes.shift();
      dueAtMs = undefined;
      await this.strike(rig, next);
    }
  }

  private async strike(rig: Rig, strike: Strike): Promise<void> {
    const { kind, target } = strike;
    const pid = rig.pidOf(target);
    if (pid === undefined) return;
    this.watch.look(pidsOf(rig));
    this.say(`${kind} ${target} ${pid} at ${this.witness.scored} scored`);
    this.disturb(target);
    this.struck.set(pid, { kind, atMs: Date.now() });
    const isServer = target === 'server';
    if (kind === 'kill' || kind === 'term') {
      this.deaths[kind === 'kill' && isServer ? 'server' : kind] += 1;
      killQuietly(pid, 'SIGCONT');
      killQuietly(pid, kind === 'kill' ? 'SIGKILL' : 'SIGTERM');
      if (kind === 'term') this.expectEnd(target, pid);
      return;
    }
    if (kind === 'wipe') {
      this.deaths.wipe += 1;
      killQuietly(pid, 'SIGCONT');
      killQuietly(pid, 'SIGKILL');
      // Before anybody starts the next one: a start takes longer than a death.
      while (rig.pidOf('server') === pid) await delay(1);
      rig.wipeDatabase();
      return;
    }
    if (kind === 'stop') {
      this.deaths.stop += 1;
      killQuietly(pid, 'SIGSTOP');
      this.stoppedUntilMs = Math.max(this.stoppedUntilMs, Date.now() + strike.forMs);
      setTimeout(() => {
        // Another process may have the pid by now; ours goes on, or is gone.
        if (rig.pidOf(target) === pid) killQuietly(pid, 'SIGCONT');
        this.disturb(target);
      }, strike.forMs);
      return;
    }
    this.deaths.race += 1;
    const child = rig.coordinator.drop();
    if (child === undefined) return;
    child.kill('SIGKILL');
    await untilExit(child);
    this.watch.mourn('coordinator', pid);
    const name = `race-${this.deaths.race}`;
    const { winner, violations } = await race(rig.runCommand, this.folder, name, (line) => {
      this.hear(line);
    });
    this.violations.push(...violations);
    if (winner === undefined) rig.coordinator.start();
    else rig.coordinator.take(winner);
  }

  private noteStart(target: Target, pid: number, crashAt: string | undefined): void {
    this.say(`watch ${target} ${pid}${crashAt === undefined ? '' : ` to crash ${crashAt}`}`);
    if (crashAt !== undefined) this.armed.set(pid, crashAt);
    this.starts += 1;
    const isFirst = this.starts <= 2 + 2 * Number(this.plan.topology === 'workers');
    if (!isFirst && (target === 'coordinator' || target === 'server'))
      this.starting = { target, atMs: Date.now() };
  }

  private noteExit(target: Target, { code, signal, atMs }: Exit, pid: number): boolean {
    this.say(`exit ${target} ${pid} ${signal ?? code ?? ''}`);
    this.watch.mourn(target, pid);
    this.countFutile(target);
    const struck = this.struck.get(pid);
    const crashAt = this.armed.get(pid);
    const isCrash = signal === 'SIGKILL' && struck?.kind !== 'kill' && crashAt !== undefined;
    if (isCrash) {
      this.deaths.point += 1;
      const point = crashAt.replace(/[:#].*$/, '');
      this.points[point] = (this.points[point] ?? 0) + 1;
      this.disturb(target);
    }
    if (struck?.kind === 'term') this.termToEnd.push((atMs - struck.atMs) / 1000);
    if (target.startsWith('node') && signal === 'SIGKILL')
      this.nodeDeaths.push({ folder: target, atMs, how: 'kill' });
    if (target.startsWith('node') && struck?.kind === 'term')
      this.nodeDeaths.push({ folder: target, atMs: struck.atMs, how: 'term' });
    const isWanted =
      target !== 'coordinator' || this.noteRunExit(code, signal, struck !== undefined);
    return isWanted && !this.isOver;
  }

  private noteRunExit(code: number | null, signal: string | null, isStruck: boolean): boolean {
    if (code === 0) {
      this.isOver = true;
      return false;
    }
    if (code !== null && !isStruck) {
      this.exits[String(code)] = (this.exits[String(code)] ?? 0) + 1;
      if (code === 2 || code === 3)
        this.violate('refused', `run exited with ${code}: ${this.tailOf('coordinator')}`);
      if (code === 4 && (this.pauses += 1) > mostPauses)
        this.violate('stuck', `paused again and again: ${this.tailOf('coordinator')}`);
      if (code === 2 || code === 3 || this.pauses > mostPauses) this.isOver = true;
    }
    return signal !== 'SIGINT';
  }

  private countFutile(target: Target): void {
    const count = (this.futileExits.get(target) ?? 0) + 1;
    this.futileExits.set(target, count);
    if (count < mostFutileExits || this.isOver) return;
    this.violate('stuck', `${target} ends again and again: ${this.tailOf(target)}`);
    this.isOver = true;
  }

  private look(): void {
    try {
      this.reader ??= openLedgerReader(this.folder.results);
      const before = this.witness.progress;
      this.witness.look(this.reader, sweepName);
      if (before !== this.witness.progress) this.futileExits.clear();
      if (before !== this.witness.progress && this.starting !== undefined) {
        const { target, atMs } = this.starting;
        this.toProgress[target].push((Date.now() - atMs) / 1000);
        this.starting = undefined;
      }
    } catch (error) {
      // Before the first run has made it.
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code !== 'ledger_missing')
        this.violate('integrity', `reading the ledger: ${String(error)}`);
    }
  }

  private hear(line: string): void {
    try {
      this.witness.hear(JSON.parse(line) as RunEvent);
    } catch {
      // It was killed in the middle of a line.
    }
  }

  private disturb(target: Target): void {
    this.disturbances.push({ target, atMs: Date.now() });
    this.starting = undefined;
  }

  private expectEnd(target: Target, pid: number): void {
    const process = listOurProcesses(this.folder.path).find((known) => known.pid === pid);
    if (process === undefined) return;
    setTimeout(() => {
      if (!isSameProcess(process)) return;
      this.violate('slow_end', `${target} ${pid} lives ${graceMs / 1000} s after SIGTERM`);
      killQuietly(pid, 'SIGKILL');
    }, graceMs);
  }

  /** All that the sweep started is gone 10 s after its end. */
  private async expectSilence(endedAtMs: number): Promise<void> {
    let left = listOurProcesses(this.folder.path);
    while (left.length > 0 && Date.now() - endedAtMs < graceMs) {
      await delay(lookEveryMs);
      left = listOurProcesses(this.folder.path);
    }
    for (const { pid, command } of left)
      this.violate('orphan', `${pid} outlives the sweep: ${command.slice(0, 200)}`);
  }

  private report(isWell: boolean): SweepReport {
    const { results } = this.folder;
    let trials: readonly TrialRow[] = [];
    let begunAgain = 0;
    try {
      const reader = openLedgerReader(results);
      trials = reader.listTrials(sweepName);
      begunAgain = reader
        .listJournal(sweepName)
        .filter(({ kind }) => kind === 'begun_again').length;
      reader.close();
      if (isWell)
        this.violations.push(
          ...checkLedger(results, {
            ...{ sweep: sweepName, search: this.plan.trials },
            ...{ baseline: baselines, confirm: confirmations },
          }),
        );
    } catch (error) {
      this.violate('integrity', String(error));
    }
    this.violations.push(...this.witness.conclude(trials));
    const calls = readCalls(this.folder.calls);
    const ended = new Map(
      trials.map(({ input, endedAt }) => [input.workKey, Date.parse(endedAt ?? '9999')]),
    );
    const reschedule = (how: 'kill' | 'term'): number[] =>
      measureRescheduling(
        this.nodeDeaths.filter((death) => death.how === how),
        calls,
        ended,
        (fromMs, toMs) =>
          this.disturbances.filter(({ atMs }) => atMs > fromMs - 3_000 && atMs < toMs).length > 1,
      );
    const started = new Map<string, number>();
    for (const { work } of calls)
      if (work !== null) started.set(work, (started.get(work) ?? 0) + 1);
    return {
      ...{
        violations: this.violations,
        deaths: this.deaths,
        points: this.points,
        exits: this.exits,
      },
      scored: trials.filter(({ state }) => state === 'complete').length,
      restarted: [...started.values()].filter((count) => count > 2).length,
      begunAgain,
      rescheduledAfterKill: reschedule('kill'),
      rescheduledAfterTerm: reschedule('term'),
      coordinatorToProgress: this.toProgress.coordinator,
      serverToProgress: this.toProgress.server,
      termToEnd: this.termToEnd,
    };
  }

  private tailOf(target: Target): string {
    return readFileSync(join(this.folder.path, `${target}.log`), 'utf8').slice(-600);
  }

  private violate(kind: ViolationKind, text: string): void {
    this.say(`VIOLATION ${kind}: ${text}`);
    this.violations.push({ kind, text });
  }

  private say(text: string): void {
    const line = `${new Date().toISOString()} ${text}\n`;
    appendFileSync(join(this.folder.path, 'driver.log'), line);
  }
}

function pidsOf(rig: Rig): Map<Target, number | undefined> {
  const targets: readonly Target[] = ['coordinator', 'node-1', 'node-2'];
  return new Map(targets.map((target) => [target, rig.pidOf(target)]));
}

function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}
