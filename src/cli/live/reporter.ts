/** Tells how a sweep goes: a block that is redrawn, a line an event, or a JSON line an event. */
import { createLogUpdate } from 'log-update';
import type { SweepSnapshot } from '../../client/watch-sweep.js';
import type { CliIo } from '../verb.js';
import { formatEvent, listEvents } from './events.js';
import { viewProgress } from './progress-view.js';
import { renderProgress } from './render.js';

export interface Reporter {
  readonly show: (snapshot: SweepSnapshot) => void;
  /** A sentence beside the sweep, e.g. that a server was started again. */
  readonly say: (message: string) => void;
  /** Leaves the last block where it is. */
  readonly end: () => void;
}

export type ReportMode = 'block' | 'lines' | 'json';

export function createReporter(mode: ReportMode, io: CliIo, startedAtMs: number): Reporter {
  // The block is drawn on stderr, where it can be: some pseudo-terminals have no size.
  const { isTTY, rows } = process.stderr;
  const canDraw = isTTY && rows > 0;
  if (mode === 'block' && canDraw) return reportBlock(io, startedAtMs);
  return reportEvents(mode === 'json' ? 'json' : 'lines', io);
}

function reportBlock(io: CliIo, startedAtMs: number): Reporter {
  const update = createLogUpdate(process.stderr);
  let last = '';
  return {
    show: (snapshot) => {
      // Asked each time: terminals are resized.
      const columns = process.stderr.columns || io.columns;
      const style = { columns, color: io.hasColor };
      last = renderProgress(viewProgress(snapshot, startedAtMs), style).join('\n');
      update(last);
    },
    say: (message) => {
      update.clear();
      io.err(`${message}\n`);
      if (last !== '') update(last);
    },
    end: () => {
      // What is said from now on comes below the block.
      last = '';
      update.done();
    },
  };
}

function reportEvents(mode: 'lines' | 'json', io: CliIo): Reporter {
  let before: SweepSnapshot | undefined;
  return {
    show: (snapshot) => {
      for (const event of listEvents(before, snapshot))
        io.out(`${mode === 'json' ? JSON.stringify(event) : formatEvent(event)}\n`);
      before = keepProgress(before, snapshot);
    },
    say: (message) => {
      io.err(`${message}\n`);
    },
    end: () => undefined,
  };
}

/** A heartbeat that could not be read once must not announce its stage again. */
function keepProgress(before: SweepSnapshot | undefined, after: SweepSnapshot): SweepSnapshot {
  if (before === undefined) return after;
  return { ...after, progress: new Map([...before.progress, ...after.progress]) };
}
