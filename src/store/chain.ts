import type Database from 'better-sqlite3';
import type { Connection } from './connection.js';
import { sha256 } from './sha256.js';

/**
 * One link an accepted row: `sha256 = SHA-256(before ‖ sequence ‖ sweep ‖ kind ‖ key ‖ row)`, where `row`
 * is the digest of all that never changes in it. SQLite notices few flipped bits by itself (4 of 200);
 * here every one of an accepted row breaks a link.
 */
export type LinkKind = 'trial' | 'event' | 'failure' | 'journal';

interface Link {
  readonly sequence: number;
  readonly sweep: string;
  readonly kind: LinkKind;
  readonly key: string;
  readonly row_sha256: string;
  readonly sha256: string;
}

/** What a link vouches for: queries that give one row's lasting content, and all rows that need a link. */
interface Linked {
  /** By sweep and key. */
  readonly content: readonly string[];
  /** What a later version added: no part of the digest of a row that has none of it. */
  readonly added?: { readonly column: string; readonly content: string };
  /** `sweep, key`, in the order in which rows of before the chain are linked. */
  readonly all: string;
}

const lasting = (table: string, columns: string, where: string): string =>
  `SELECT ${columns} FROM ${table} WHERE ${where}`;

const linked: Readonly<Record<LinkKind, Linked>> = {
  trial: {
    content: [
      lasting(
        'trials',
        `kind, ordinal, label, confirms, promotes, rung, state, params, vector, input, fitness, node, attempt,
         merge_seconds, evaluate_seconds, checkpoint_sha256, checkpoint_files, device_class, versions,
         task_hashes, task_versions, work_dir, mode, mode_reason, leaf_counts, proposed_at, ended_at`,
        `sweep = ? AND trial = ? AND state = 'complete'`,
      ),
      lasting(
        'scores',
        'split, task, metric, value, stderr, documents, higher_is_better',
        'sweep = ? AND trial = ? ORDER BY task, metric',
      ),
      lasting(
        'documents',
        'split, task, metric, count, encoding, document_values, document_ids, documents_hash',
        'sweep = ? AND trial = ? ORDER BY task, metric',
      ),
    ],
    added: {
      column: 'gpu_seconds',
      content: lasting(
        'trials',
        'gpu_seconds, is_prefetched, slot, merge_wait_seconds, slot_wait_seconds, started_at',
        `sweep = ? AND trial = ? AND state = 'complete' AND gpu_seconds IS NOT NULL`,
      ),
    },
    all: `SELECT sweep, trial AS key FROM trials WHERE state = 'complete' ORDER BY sweep, ordinal`,
  },
  event: {
    content: [lasting('optimizer_events', 'kind, trial, payload', 'sweep = ? AND sequence = ?')],
    all: 'SELECT sweep, sequence AS key FROM optimizer_events ORDER BY sweep, sequence',
  },
  failure: {
    content: [
      lasting('failures', 'trial, class, failure, recorded_at', 'sweep = ? AND sequence = ?'),
    ],
    all: 'SELECT sweep, sequence AS key FROM failures ORDER BY sequence',
  },
  journal: {
    content: [
      lasting('journal', 'kind, request_id, detail, recorded_at', 'sweep = ? AND sequence = ?'),
    ],
    all: 'SELECT sweep, sequence AS key FROM journal ORDER BY sequence',
  },
};

const kinds = Object.keys(linked) as LinkKind[];

/**
 * Adds the link of a row that was just accepted: call it in the same transaction, once all of the row is
 * there.
 *
 * @param key the trial's id, or the row's sequence
 */
export function addLink(db: Connection, sweep: string, kind: LinkKind, key: string | number): void {
  const before = db
    .prepare('SELECT sequence, sha256 FROM chain ORDER BY sequence DESC LIMIT 1')
    .get() as Pick<Link, 'sequence' | 'sha256'> | undefined;
  const link = {
    sequence: (before?.sequence ?? 0) + 1,
    sweep,
    kind,
    key: String(key),
    row_sha256: createRowDigest(db)(kind, sweep, String(key)),
  };
  db.prepare(
    `INSERT INTO chain (sequence, sweep, kind, key, row_sha256, sha256)
     VALUES (@sequence, @sweep, @kind, @key, @row_sha256, @sha256)`,
  ).run({ ...link, sha256: hashLink(before?.sha256 ?? readStart(db), link) });
}

/** Links what was accepted before there was a chain. */
export function linkFormerRows(db: Connection): void {
  for (const kind of kinds) {
    for (const { sweep, key } of listUnlinked(db, kind)) addLink(db, sweep, kind, key);
  }
}

/** A row that is not what was accepted. */
export interface Damage {
  readonly sweep: string;
  readonly kind: LinkKind;
  readonly key: string;
  /** e.g. `is not what was accepted`, `is gone`, `was never accepted`. */
  readonly what: string;
}

export interface ChainReport {
  /** Links that were looked at. */
  readonly links: number;
  readonly damage: readonly Damage[];
}

/**
 * Compares the rows with their links, and the links with each other.
 *
 * @param last only so many links, the newest; @default all, and that every row has one
 */
export function verifyChain(db: Connection, last?: number): ChainReport {
  const steps = verifyChainInSteps(db, last);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** As `verifyChain`, with a pause after every hundred links in which rows may be added. */
export function* verifyChainInSteps(
  db: Connection,
  last?: number,
): Generator<undefined, ChainReport> {
  const damage: Damage[] = [];
  const digest = createRowDigest(db);
  const end = Number(db.prepare('SELECT coalesce(max(sequence), 0) FROM chain').pluck().get());
  const start = last === undefined ? 0 : Math.max(0, end - last);
  const read = db.prepare('SELECT * FROM chain WHERE sequence > ? ORDER BY sequence LIMIT 100');
  let before =
    start === 0
      ? readStart(db)
      : String(db.prepare('SELECT sha256 FROM chain WHERE sequence = ?').pluck().get(start));
  let links = 0;
  for (let at = start; at < end;) {
    const page = read.all(at) as Link[];
    const from = at;
    for (const link of page) {
      if (link.sequence !== at + 1)
        damage.push(say(link, `comes after link ${at}: links are gone`));
      const found = digest(link.kind, link.sweep, link.key);
      if (found !== link.row_sha256)
        damage.push(say(link, found === nothing ? 'is gone' : 'is not what was accepted'));
      if (hashLink(before, link) !== link.sha256)
        damage.push(say(link, 'has a link that does not follow from the one before'));
      before = link.sha256;
      at = Math.max(at, link.sequence);
      links += 1;
    }
    // None are left, or a broken page leads back to where we were.
    if (at === from) break;
    yield;
  }
  if (last === undefined) {
    for (const kind of kinds) {
      for (const row of listUnlinked(db, kind))
        damage.push({ ...row, kind, what: 'was never accepted: it has no link' });
    }
  }
  return { links, damage };
}

const say = ({ sweep, kind, key }: Link, what: string): Damage => ({ sweep, kind, key, what });

/** One sentence, the first few rows named. */
export function describeDamage(damage: readonly Damage[]): string {
  const named = damage
    .slice(0, 3)
    .map(({ sweep, kind, key, what }) => `${kind} ${key} of sweep ${sweep} ${what}`);
  const more = damage.length > named.length ? `; and ${damage.length - named.length} more` : '';
  return `${named.join('; ')}${more}`;
}

function listUnlinked(db: Connection, kind: LinkKind): { sweep: string; key: string }[] {
  const rows = db
    .prepare(
      `SELECT sweep, CAST(key AS TEXT) AS key FROM (${linked[kind].all}) AS row WHERE NOT EXISTS
         (SELECT 1 FROM chain WHERE chain.sweep = row.sweep AND chain.kind = ? AND chain.key = CAST(row.key AS TEXT))`,
    )
    .all(kind);
  return rows as { sweep: string; key: string }[];
}

/** A kind that a flipped bit made up has no rows. */
const linkedOf = (kind: LinkKind): Linked | undefined =>
  Object.hasOwn(linked, kind) ? linked[kind] : undefined;

/** A ledger is looked at before it is brought up to date, too. */
const hasColumn = (db: Connection, column: string): boolean =>
  db.prepare(`SELECT 1 FROM pragma_table_info('trials') WHERE name = ?`).get(column) !== undefined;

type RowStatement = Database.Statement<[string, string | number]>;

/** Digest of a row that is not there. */
const nothing = sha256('[]');

/** The digest of a row's lasting content as it is stored; numbers as JSON writes them: bit for bit. */
function createRowDigest(db: Connection): (kind: LinkKind, sweep: string, key: string) => string {
  const prepare = (sql: string): RowStatement => db.prepare<[string, string | number]>(sql).raw();
  const prepared = new Map<LinkKind, { always: RowStatement[]; added?: RowStatement }>();
  return (kind, sweep, key) => {
    let statements = prepared.get(kind);
    if (statements === undefined) {
      const { content = [], added } = linkedOf(kind) ?? {};
      const isThere = added !== undefined && hasColumn(db, added.column);
      statements = {
        always: content.map(prepare),
        ...(isThere && { added: prepare(added.content) }),
      };
      prepared.set(kind, statements);
    }
    // A trial's id is text; a sequence must not be compared as one.
    const bound = kind === 'trial' ? key : Number(key);
    const parts = statements.always.map((statement) => statement.all(sweep, bound));
    const later = statements.added?.all(sweep, bound) ?? [];
    if (later.length > 0) parts.push(later);
    return parts[0]?.length === 0 ? nothing : sha256(JSON.stringify(parts));
  };
}

function hashLink(
  before: string,
  { sequence, sweep, kind, key, row_sha256 }: Omit<Link, 'sha256'>,
) {
  return sha256(JSON.stringify([before, sequence, sweep, kind, key, row_sha256]));
}

/** Where the chain begins: another ledger's rows have no place in it. */
function readStart(db: Connection): string {
  return sha256(`mergesweep ${String(db.prepare('SELECT id FROM ledger').pluck().get())}`);
}
