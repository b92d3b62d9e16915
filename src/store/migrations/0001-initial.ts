/** Embedded as text so that it is there in `dist` as well. Never change it once released: add 0002. */
export const initial = `
CREATE TABLE ledger (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  id         TEXT NOT NULL CHECK (length(id) = 36),
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE sweeps (
  name         TEXT PRIMARY KEY,
  spec_text    TEXT NOT NULL,
  spec_path    TEXT NOT NULL,
  spec_hash    TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('running', 'paused', 'finished')),
  reason       TEXT,
  max_trials   INTEGER NOT NULL CHECK (max_trials >= 1),
  -- The class of the latest failures, and how many there were in a row.
  streak_class TEXT,
  streak       INTEGER NOT NULL DEFAULT 0 CHECK (streak >= 0),
  created_at   TEXT NOT NULL,
  finished_at  TEXT
) STRICT;

CREATE TABLE trials (
  sweep             TEXT NOT NULL REFERENCES sweeps (name),
  trial             TEXT NOT NULL,
  kind              TEXT NOT NULL CHECK (kind IN ('search', 'baseline', 'confirm')),
  ordinal           INTEGER NOT NULL CHECK (ordinal >= 1),
  label             TEXT,
  confirms          TEXT,
  state             TEXT NOT NULL CHECK (state IN ('proposed', 'complete', 'failed', 'cancelled')),
  -- 1 once a workflow was told to run it.
  handed_out        INTEGER NOT NULL DEFAULT 0 CHECK (handed_out IN (0, 1)),
  params            TEXT CHECK (json_valid(params)),
  vector            TEXT CHECK (json_valid(vector)),
  input             TEXT NOT NULL CHECK (json_valid(input)),
  fitness           REAL CHECK (fitness BETWEEN -1e300 AND 1e300),
  failure           TEXT CHECK (json_valid(failure)),
  node              TEXT,
  attempt           INTEGER CHECK (attempt >= 1),
  merge_seconds     REAL CHECK (merge_seconds BETWEEN 0 AND 1e300),
  evaluate_seconds  REAL CHECK (evaluate_seconds BETWEEN 0 AND 1e300),
  checkpoint_sha256 TEXT,
  checkpoint_files  TEXT CHECK (json_valid(checkpoint_files)),
  device_class      TEXT,
  versions          TEXT CHECK (json_valid(versions)),
  task_hashes       TEXT CHECK (json_valid(task_hashes)),
  task_versions     TEXT CHECK (json_valid(task_versions)),
  work_dir          TEXT,
  is_divergent      INTEGER NOT NULL DEFAULT 0 CHECK (is_divergent IN (0, 1)),
  -- 1 while its checkpoint is kept on its node.
  is_kept           INTEGER NOT NULL DEFAULT 0 CHECK (is_kept IN (0, 1)),
  proposed_at       TEXT NOT NULL,
  ended_at          TEXT,
  PRIMARY KEY (sweep, trial),
  UNIQUE (sweep, ordinal),
  CHECK ((state = 'complete') = (fitness IS NOT NULL)),
  CHECK ((state = 'failed') = (failure IS NOT NULL))
) STRICT;

CREATE TABLE scores (
  sweep            TEXT NOT NULL,
  trial            TEXT NOT NULL,
  split            TEXT NOT NULL CHECK (split IN ('search', 'confirm')),
  task             TEXT NOT NULL,
  metric           TEXT NOT NULL,
  -- A NaN binds as NULL: NOT NULL refuses it, the range refuses the infinities.
  value            REAL NOT NULL CHECK (value BETWEEN -1e300 AND 1e300),
  stderr           REAL CHECK (stderr BETWEEN 0 AND 1e300),
  documents        INTEGER NOT NULL CHECK (documents > 0),
  higher_is_better INTEGER NOT NULL CHECK (higher_is_better IN (0, 1)),
  PRIMARY KEY (sweep, trial, task, metric),
  FOREIGN KEY (sweep, trial) REFERENCES trials (sweep, trial)
) STRICT;

-- Per-document values, packed as they travelled.
CREATE TABLE documents (
  sweep          TEXT NOT NULL,
  trial          TEXT NOT NULL,
  split          TEXT NOT NULL CHECK (split IN ('search', 'confirm')),
  task           TEXT NOT NULL,
  metric         TEXT NOT NULL,
  count          INTEGER NOT NULL CHECK (count >= 0),
  encoding       TEXT NOT NULL CHECK (encoding IN ('bits', 'float32')),
  document_values TEXT NOT NULL,
  document_ids   TEXT,
  documents_hash TEXT NOT NULL,
  PRIMARY KEY (sweep, trial, task, metric),
  FOREIGN KEY (sweep, trial) REFERENCES trials (sweep, trial)
) STRICT;

-- The optimizer's state is a fold over these rows, in order.
CREATE TABLE optimizer_events (
  sweep    TEXT NOT NULL REFERENCES sweeps (name),
  sequence INTEGER NOT NULL CHECK (sequence >= 1),
  kind     TEXT NOT NULL CHECK (kind IN ('ask', 'tell', 'fail', 'forget', 'inject', 'foreign')),
  trial    TEXT NOT NULL,
  payload  TEXT NOT NULL CHECK (json_valid(payload)),
  PRIMARY KEY (sweep, sequence)
) STRICT;

-- A cache of that fold, checked by its hash; the state itself is kept for the latest only.
CREATE TABLE snapshots (
  sweep       TEXT NOT NULL REFERENCES sweeps (name),
  sequence    INTEGER NOT NULL CHECK (sequence >= 1),
  state       TEXT,
  sha256      TEXT NOT NULL CHECK (length(sha256) = 64),
  diagnostics TEXT NOT NULL CHECK (json_valid(diagnostics)),
  -- Node's version: log and exp may differ in the last bit between engines.
  engine      TEXT NOT NULL,
  PRIMARY KEY (sweep, sequence)
) STRICT;

-- A repeated request gets the reply of the first; another request with a used id is a new one.
CREATE TABLE replies (
  sweep          TEXT NOT NULL REFERENCES sweeps (name),
  request_id     INTEGER NOT NULL,
  request_sha256 TEXT NOT NULL,
  reply          TEXT NOT NULL CHECK (json_valid(reply)),
  PRIMARY KEY (sweep, request_id, request_sha256)
) STRICT;

-- Every failed end of a trial, also of trials that were handed out again later.
CREATE TABLE failures (
  sequence    INTEGER PRIMARY KEY,
  sweep       TEXT NOT NULL,
  trial       TEXT NOT NULL,
  class       TEXT NOT NULL,
  failure     TEXT NOT NULL CHECK (json_valid(failure)),
  recorded_at TEXT NOT NULL,
  FOREIGN KEY (sweep, trial) REFERENCES trials (sweep, trial)
) STRICT;

-- Ends that came after the trial had ended otherwise: recorded, never applied.
CREATE TABLE divergences (
  sequence    INTEGER PRIMARY KEY,
  sweep       TEXT NOT NULL,
  trial       TEXT NOT NULL,
  outcome     TEXT NOT NULL CHECK (json_valid(outcome)),
  recorded_at TEXT NOT NULL,
  FOREIGN KEY (sweep, trial) REFERENCES trials (sweep, trial)
) STRICT;

CREATE TRIGGER events_are_gap_free BEFORE INSERT ON optimizer_events
WHEN NEW.sequence <> 1 + (SELECT coalesce(max(sequence), 0) FROM optimizer_events WHERE sweep = NEW.sweep)
BEGIN SELECT RAISE(ABORT, 'optimizer events must follow each other without a gap'); END;

CREATE TRIGGER complete_trials_are_final
BEFORE UPDATE OF sweep, trial, kind, ordinal, confirms, state, params, vector, fitness, checkpoint_sha256 ON trials
WHEN OLD.state = 'complete'
BEGIN SELECT RAISE(ABORT, 'the result of a complete trial never changes'); END;

CREATE TRIGGER trials_stay BEFORE DELETE ON trials
BEGIN SELECT RAISE(ABORT, 'trials are never deleted'); END;

CREATE TRIGGER scores_are_final BEFORE UPDATE ON scores
BEGIN SELECT RAISE(ABORT, 'accepted scores never change'); END;

CREATE TRIGGER scores_stay BEFORE DELETE ON scores
BEGIN SELECT RAISE(ABORT, 'accepted scores are never deleted'); END;

CREATE TRIGGER documents_are_final BEFORE UPDATE ON documents
BEGIN SELECT RAISE(ABORT, 'accepted per-document values never change'); END;

CREATE TRIGGER documents_stay BEFORE DELETE ON documents
BEGIN SELECT RAISE(ABORT, 'accepted per-document values are never deleted'); END;

CREATE TRIGGER events_are_final BEFORE UPDATE ON optimizer_events
BEGIN SELECT RAISE(ABORT, 'optimizer events never change'); END;

CREATE TRIGGER events_stay BEFORE DELETE ON optimizer_events
BEGIN SELECT RAISE(ABORT, 'optimizer events are never deleted'); END;
`;
