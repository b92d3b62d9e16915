/**
 * What makes a ledger tell of its own damage, of its owner, and of what was done to its sweeps: a digest of
 * every accepted row, chained to the one before; host and epoch; a journal. And what a sweep pins when it
 * begins: its file with every default written out, the bytes of its parents.
 */
export const chain = `
-- The machine that wrote last, as a hash of its identity and as its name; NULL in older ledgers.
ALTER TABLE ledger ADD COLUMN host TEXT;
ALTER TABLE ledger ADD COLUMN host_name TEXT;
-- Counts the openings for writing: each writer checks in every transaction that it is still the last.
ALTER TABLE ledger ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0 CHECK (epoch >= 0);
-- 0 while a writer has it open: found so, the writer before died.
ALTER TABLE ledger ADD COLUMN is_closed INTEGER NOT NULL DEFAULT 1 CHECK (is_closed IN (0, 1));

-- The sweep file with every default written out, as JSON: a later version's defaults change nothing.
-- NULL in sweeps of versions that did not pin it.
ALTER TABLE sweeps ADD COLUMN pinned_spec TEXT CHECK (json_valid(pinned_spec));
-- 1 while the user holds it: what runs goes on, nothing is handed out.
ALTER TABLE sweeps ADD COLUMN is_held INTEGER NOT NULL DEFAULT 0 CHECK (is_held IN (0, 1));
-- SHA-256 of base and parents by label, JSON, from the first trial that was scored.
ALTER TABLE sweeps ADD COLUMN parents TEXT CHECK (json_valid(parents));

-- What was done to a sweep besides its search: steering, pauses, another engine or host, recoveries.
CREATE TABLE journal (
  sequence    INTEGER PRIMARY KEY,
  sweep       TEXT NOT NULL REFERENCES sweeps (name),
  kind        TEXT NOT NULL,
  -- Of an order of the user: a repeated one is done already.
  request_id  TEXT,
  detail      TEXT NOT NULL CHECK (json_valid(detail)),
  recorded_at TEXT NOT NULL,
  UNIQUE (sweep, request_id)
) STRICT;

-- One link an accepted row: what is in it, and what came before. Damage of any byte of either breaks it.
CREATE TABLE chain (
  sequence   INTEGER PRIMARY KEY CHECK (sequence >= 1),
  sweep      TEXT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('trial', 'event', 'failure', 'journal')),
  -- Trial id, or the row's sequence.
  key        TEXT NOT NULL,
  row_sha256 TEXT NOT NULL CHECK (length(row_sha256) = 64),
  -- SHA-256 over the link before, this row's identity and its digest.
  sha256     TEXT NOT NULL CHECK (length(sha256) = 64),
  UNIQUE (sweep, kind, key)
) STRICT;

CREATE TRIGGER chain_is_gap_free BEFORE INSERT ON chain
WHEN NEW.sequence <> 1 + (SELECT coalesce(max(sequence), 0) FROM chain)
BEGIN SELECT RAISE(ABORT, 'links of the chain must follow each other without a gap'); END;

CREATE TRIGGER chain_is_final BEFORE UPDATE ON chain
BEGIN SELECT RAISE(ABORT, 'links of the chain never change'); END;

CREATE TRIGGER chain_stays BEFORE DELETE ON chain
BEGIN SELECT RAISE(ABORT, 'links of the chain are never deleted'); END;

CREATE TRIGGER journal_is_final BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal never changes'); END;

CREATE TRIGGER journal_stays BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is never deleted'); END;

CREATE TRIGGER failures_are_final BEFORE UPDATE ON failures
BEGIN SELECT RAISE(ABORT, 'recorded failures never change'); END;

CREATE TRIGGER failures_stay BEFORE DELETE ON failures
BEGIN SELECT RAISE(ABORT, 'recorded failures are never deleted'); END;

CREATE TRIGGER divergences_are_final BEFORE UPDATE ON divergences
BEGIN SELECT RAISE(ABORT, 'recorded divergences never change'); END;

CREATE TRIGGER divergences_stay BEFORE DELETE ON divergences
BEGIN SELECT RAISE(ABORT, 'recorded divergences are never deleted'); END;
`;
