import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setCrashHook } from '../crash-points.js';
import { damageRows } from './damage.fixture.js';
import { addToJournal } from './journal.js';
import { type Ledger, openLedger, openLedgerReader } from './ledger.js';
import { recoverLedger, type RecoverOptions } from './recover-ledger.js';
import { parseLine, type RecoveryLine, renderLine } from './recovery-lines.js';

let folder: string;
let ledger: Ledger | undefined;
let number = 0;
const warnings: string[] = [];
const path = (): string => join(folder, 'ledger.sqlite');
const logPath = (): string => join(folder, 'recovery.jsonl');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recover-'));
  [ledger, number, warnings.length] = [undefined, 0, 0];
});
afterEach(() => {
  setCrashHook(undefined);
  ledger?.close();
  rmSync(folder, { recursive: true });
});

function open(): Ledger {
  ledger = openLedger(folder, { mode: 'write', warn: (text) => warnings.push(text) });
  return ledger;
}

/** One transaction: a sweep at first, then an entry in its journal and another reason. */
function write(): void {
  number += 1;
  ledger?.transact((db) => {
    db.prepare(
      `INSERT INTO sweeps (name, spec_text, spec_path, spec_hash, state, max_trials, created_at)
       VALUES ('demo', 'text ☃ "\n"', '/x', 'h', 'running', 1, 'now') ON CONFLICT DO NOTHING`,
    ).run();
    db.prepare('UPDATE sweeps SET reason = ?').run(`write ${number}`);
    addToJournal(db, 'demo', {
      kind: 'extend',
      detail: { number, share: 0.1 + number },
      at: 'now',
    });
  });
}

/** Everything but whose turn it is. */
function dump(file = path()): unknown {
  const db = new Database(file, { readonly: true });
  try {
    const tables = db
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
      .pluck()
      .all() as string[];
    return Object.fromEntries(
      tables.map((table) => [
        table,
        table === 'ledger'
          ? db.prepare('SELECT id, created_at, host, host_name FROM ledger').all()
          : db.prepare(`SELECT rowid, * FROM ${table} ORDER BY rowid`).all(),
      ]),
    );
  } finally {
    db.close();
  }
}

const options: RecoverOptions = { checkSearch: () => 'none', at: '2026-01-01T00:00:00Z' };
const recover = () => recoverLedger(folder, options);

function expectRecovered(before: unknown): void {
  const { journal, chain, ...rest } = dump() as Record<string, unknown[]>;
  const old = before as Record<string, unknown[]>;
  // The recovery itself is in the journal as well.
  expect(journal?.at(-1)).toMatchObject({ kind: 'recovered' });
  expect({ ...rest, journal: journal?.slice(0, -1), chain: chain?.slice(0, -1) }).toEqual(old);
}

describe('a ledger that is lost', () => {
  it('is built anew, row by row under the same numbers, with its id, and goes on', () => {
    open();
    for (let turn = 0; turn < 5; turn++) write();
    const { ledgerId } = open();
    ledger?.close();
    const before = dump();
    rmSync(path());
    expect(recover()).toMatchObject({
      ...{ ledgerId, lostLines: 0, links: 5 },
      sweeps: [{ name: 'demo', scored: 0, open: 0, events: 0, search: 'none' }],
    });
    expectRecovered(before);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path()}.partial`)).toBe(false);
    open();
    write();
    ledger?.close();
    const later = dump();
    rmSync(path());
    recover();
    expectRecovered(later);
  });

  it('is not begun anew by whoever opens the folder, for writing or for reading', () => {
    open();
    write();
    ledger?.close();
    rmSync(path());
    expect(open).toThrow(/mergesweep recover/);
    expect(() => openLedgerReader(folder)).toThrow(/mergesweep recover/);
    writeFileSync(path(), '');
    expect(open).toThrow(/mergesweep recover/);
    recover();
    expect(openLedgerReader(folder).getSweep('demo')?.reason).toBe('write 1');
  });

  it('lacks the last transaction at most when its writer died between commit and log', () => {
    open();
    write();
    write();
    setCrashHook((point, what) => {
      if (point === 'after commit' && what === 'ledger.sqlite') throw new Error('killed');
    });
    expect(write).toThrow('killed');
    setCrashHook(undefined);
    const copy = join(folder, 'copy');
    mkdirSync(copy);
    cpSync(logPath(), join(copy, 'recovery.jsonl'));
    expect(recoverLedger(copy, options).links).toBe(2);
    // The next writer adds what the log lacks.
    open();
    ledger?.close();
    rmSync(path());
    expect(recover().links).toBe(3);
    expect(openLedgerReader(folder).getSweep('demo')?.reason).toBe('write 3');
  });

  it('is the same whatever the log was cut off at: all whole lines count', () => {
    open();
    const ends = [0, 1, 2, 3].map(() => {
      write();
      return statSync(logPath()).size;
    });
    ledger?.close();
    const whole = readFileSync(logPath());
    rmSync(path());
    for (const [index, end] of ends.entries()) {
      for (const cut of [end, end + 1, end + 17, (ends[index + 1] ?? whole.length + 40) - 1]) {
        const copy = mkdtempSync(join(folder, 'cut-'));
        writeFileSync(join(copy, 'recovery.jsonl'), whole.subarray(0, cut));
        expect(recoverLedger(copy, options).links).toBe(index + 1);
      }
    }
  });
});

describe('a ledger that is broken', () => {
  it('is set aside with its side files, and what was accepted is back', () => {
    open();
    write();
    ledger?.close();
    const before = dump();
    damageRows(path(), `UPDATE journal SET detail = '{"number":2}'`);
    expect(open).toThrow(/mergesweep recover/);
    expect(recover().aside).toBe(`${path()}.corrupt-1`);
    expectRecovered(before);
    expect(existsSync(`${path()}.corrupt-1`)).toBe(true);
    truncateSync(path(), 4096 * 3);
    expect(recover().aside).toBe(`${path()}.corrupt-2`);
    writeFileSync(path(), 'no database at all, but long enough to be looked at as one'.repeat(99));
    expect(recover().aside).toBe(`${path()}.corrupt-3`);
  });

  it('is told from an older state of itself, and gets back what that lacks', () => {
    open();
    write();
    ledger?.close();
    cpSync(path(), join(folder, 'older'));
    open();
    write();
    write();
    ledger?.close();
    const before = dump();
    cpSync(join(folder, 'older'), path());
    expect(open).toThrow('its last 2 accepted rows are gone, which recovery.jsonl has');
    recover();
    expectRecovered(before);
  });

  it('is left alone when it is whole, of another program, or when the log does not prove its rows', () => {
    open();
    write();
    ledger?.close();
    expect(recover).toThrow(/nothing to recover/);
    const log = readFileSync(logPath(), 'utf8');
    rmSync(path());
    const other = new Database(path());
    other.exec('PRAGMA application_id = 77; CREATE TABLE t (x)');
    other.close();
    expect(recover).toThrow(/another program/);
    rmSync(path());
    rmSync(logPath());
    expect(recover).toThrow(/recovery.jsonl is not there/);
    writeFileSync(logPath(), '');
    expect(recover).toThrow(/no whole line/);
    // Lines that are as they were written, of rows that are not as they were accepted.
    const forged = log
      .trim()
      .split('\n')
      .map((text) => {
        const line = parseLine(text);
        const changed = JSON.stringify(line).replaceAll('\\"number\\":1', '\\"number\\":2');
        return renderLine(JSON.parse(changed) as RecoveryLine);
      });
    expect(forged.join('')).not.toBe(log);
    writeFileSync(logPath(), forged.join(''));
    expect(recover).toThrow(/not what was accepted/);
    expect(existsSync(path())).toBe(false);
    writeFileSync(logPath(), log);
    expect(recover().links).toBe(1);
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('is recovered up to the first line that is not as it was written, and the rest kept', () => {
    open();
    for (let turn = 0; turn < 4; turn++) write();
    ledger?.close();
    const lines = readFileSync(logPath(), 'utf8').split('\n');
    const flipped = lines.map((line, index) => (index === 3 ? line.replace('1', '2') : line));
    writeFileSync(logPath(), flipped.join('\n'));
    rmSync(path());
    const { transactions, lostLines, links } = recover();
    expect({ transactions, lostLines, links }).toEqual({ transactions: 3, lostLines: 3, links: 2 });
    expect(readFileSync(`${logPath()}.broken-1`, 'utf8')).toBe(flipped.join('\n'));
    open();
    write();
    ledger?.close();
    rmSync(path());
    expect(recover().links).toBe(4);
  });
});

describe('the log', () => {
  it('holds one line a transaction, whole after each, and is only its owner’s to read', () => {
    open();
    const count = () => readFileSync(logPath(), 'utf8').split('\n').length - 1;
    const before = count();
    write();
    write();
    expect(count()).toBe(before + 2);
    ledger?.transact((db) => db.prepare('SELECT * FROM sweeps').all());
    expect(count()).toBe(before + 2);
    for (const line of readFileSync(logPath(), 'utf8').trim().split('\n'))
      expect(parseLine(line)).toBeDefined();
    expect(statSync(logPath()).mode & 0o777).toBe(0o600);
  });

  it('goes on behind a torn line, and in a new file where there was none or another ledger’s', () => {
    open();
    write();
    ledger?.close();
    appendFileSync(logPath(), '{"sum":"0123456789abcdef","n":7');
    open();
    write();
    ledger?.close();
    const torn = readFileSync(logPath(), 'utf8');
    expect(
      torn
        .split('\n')
        .slice(0, -1)
        .every((line) => parseLine(line) !== undefined),
    ).toBe(true);
    rmSync(logPath());
    open();
    ledger?.close();
    const again = mkdtempSync(join(folder, 'again-'));
    cpSync(logPath(), join(again, 'recovery.jsonl'));
    expect(recoverLedger(again, options).links).toBe(2);
    const other = mkdtempSync(join(folder, 'other-'));
    openLedger(other, { mode: 'write' }).close();
    cpSync(join(other, 'recovery.jsonl'), logPath());
    open();
    ledger?.close();
    expect(existsSync(`${logPath()}.aside-1`)).toBe(true);
    rmSync(path());
    expect(recover().links).toBe(2);
  });

  it('copies a long ledger in lines of bounded length', () => {
    open();
    write();
    ledger?.transact((db) => {
      for (let index = 0; index < 500; index++)
        addToJournal(db, 'demo', { kind: 'extend', detail: { index }, at: 'now' });
    });
    ledger?.close();
    rmSync(logPath());
    open();
    ledger?.close();
    const lines = readFileSync(logPath(), 'utf8').trim().split('\n').map(parseLine);
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines)
      for (const rows of Object.values(line?.rows ?? {})) expect(rows.length).toBeLessThan(201);
    rmSync(path());
    expect(recover().links).toBe(501);
  });

  it('costs no transaction when its place is taken, and holds all again when that is free', () => {
    open();
    write();
    rmSync(logPath());
    mkdirSync(logPath());
    write();
    write();
    expect(warnings).toEqual([expect.stringContaining('no second copy')]);
    rmSync(logPath(), { recursive: true });
    write();
    expect(warnings[1]).toContain('written again');
    ledger?.close();
    rmSync(path());
    expect(recover().links).toBe(4);
  });
});
