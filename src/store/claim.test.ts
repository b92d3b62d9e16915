import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LedgerError } from '../errors.js';
import { damageRows } from './damage.fixture.js';
import type { Host } from './host.js';
import { identifyHost } from './host.js';
import { listJournal } from './journal.js';
import { type Ledger, ledgerFileName, openLedger } from './ledger.js';
import { appendEvent } from './optimizer-log.js';
import { insertSweep } from './sweeps.js';

let folder: string;
let open: Ledger[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'claim-'));
  open = [];
});
afterEach(() => {
  for (const ledger of open) ledger.close();
  rmSync(folder, { recursive: true });
});

const here: Host = { id: 'a'.repeat(16), name: 'here' };
const there: Host = { id: 'b'.repeat(16), name: 'there' };

function openOn(host: Host, adopt = false): Ledger {
  const ledger = openLedger(folder, { mode: 'write', host, adopt });
  open.push(ledger);
  return ledger;
}

function begin(ledger: Ledger): void {
  ledger.transact((db) => {
    const spec = { specText: 't', specPath: '/s.yaml', specHash: 'h' };
    insertSweep(db, { name: 'demo', ...spec, maxTrials: 5, createdAt: 'now' });
    for (let event = 1; event <= 300; event += 1)
      appendEvent(db, 'demo', { kind: 'ask', trial: String(event) });
  });
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
  return 'nothing thrown';
}

/** Changes an event as no program of ours would. */
function flip(sequence: number): void {
  damageRows(
    join(folder, ledgerFileName),
    `UPDATE optimizer_events SET trial = 'x' WHERE sequence = ${sequence}`,
  );
}

describe('a ledger on another machine', () => {
  it('asks before it is taken over, names both, and goes on once told', () => {
    const first = openOn(here);
    begin(first);
    first.close();
    expect(() => openOn(there)).toThrow('was last written on here, this is there');
    expect(codeOf(() => openOn(there))).toBe('ledger_other_host');
    const adopted = openOn(there, true);
    expect(adopted.transact((db) => listJournal(db, 'demo'))).toMatchObject([
      { kind: 'adopted', detail: { from: 'here', to: 'there' } },
    ]);
    adopted.close();
    openOn(there);
  });

  it('is known by a set id where the name of the machine changes', () => {
    const pod = (name: string) => identifyHost({ MERGESWEEP_HOST_ID: name });
    expect(pod('mine')).toEqual(pod('mine'));
    expect(pod('mine').id).not.toBe(pod('other').id);
    expect(identifyHost({}, () => 'machine-1\n').id).toBe(identifyHost({}, () => 'machine-1').id);
    const failing = () => {
      throw new Error('ENOENT');
    };
    expect(identifyHost({}, failing).id).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('a writer', () => {
  it('may write no more once another has opened the ledger', () => {
    const first = openOn(here);
    begin(first);
    const second = openOn(here);
    expect(
      codeOf(() => {
        first.transact((db) => {
          appendEvent(db, 'demo', { kind: 'ask', trial: 'late' });
        });
      }),
    ).toBe('ledger_taken');
    second.transact((db) => {
      appendEvent(db, 'demo', { kind: 'ask', trial: '301' });
    });
  });

  it('learns that one before died, until one has looked at all of it and ended by itself', () => {
    const first = openOn(here);
    expect(first.wasClosed).toBe(true);
    const left = mkdtempSync(join(tmpdir(), 'left-'));
    // As a killed process leaves it: file and log, no close.
    for (const name of [ledgerFileName, `${ledgerFileName}-wal`])
      copyFileSync(join(folder, name), join(left, name));
    const second = openLedger(left, { mode: 'write', host: here });
    expect(second.wasClosed).toBe(false);
    second.close();
    // Its end was clean, and what the death before may have left was not looked at.
    const third = openLedger(left, { mode: 'write', host: here });
    expect(third.wasClosed).toBe(false);
    for (const _ of third.verify());
    third.close();
    const fourth = openLedger(left, { mode: 'write', host: here });
    expect(fourth.wasClosed).toBe(true);
    fourth.close();
    rmSync(left, { recursive: true });
  });

  it('refuses a ledger whose newest rows are not as they were written, and says what to do', () => {
    const first = openOn(here);
    begin(first);
    first.close();
    flip(299);
    expect(() => openOn(here)).toThrow('event 299 of sweep demo is not what was accepted');
    expect(codeOf(() => openOn(here))).toBe('ledger_damaged');
    expect(() => openOn(here)).toThrow('`mergesweep recover`');
  });

  it('finds older damage when it looks at all of it', () => {
    const first = openOn(here);
    begin(first);
    first.close();
    flip(3);
    const second = openOn(here);
    expect(
      codeOf(() => {
        for (const _ of second.verify());
      }),
    ).toBe('ledger_damaged');
  });
});
