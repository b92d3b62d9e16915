/**
 * Trials on part of the documents and their promotions, and how each trial was evaluated. The table
 * is made anew because SQLite can't change a CHECK.
 */
export const promotions = `
CREATE TABLE new_trials (
  sweep             TEXT NOT NULL REFERENCES sweeps (name),
  trial             TEXT NOT NULL,
  kind              TEXT NOT NULL CHECK (kind IN ('search', 'baseline', 'confirm', 'promotion')),
  ordinal           INTEGER NOT NULL CHECK (ordinal >= 1),
  label             TEXT,
  confirms          TEXT,
  -- The trial that a promotion evaluates on more documents.
  promotes          TEXT,
  -- Rung of the documents it is scored on, from 1; NULL: on all.
  rung              INTEGER CHECK (rung >= 1),
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
  -- NULL for trials from before version 2.
  mode              TEXT CHECK (mode IN ('cold', 'warm')),
  mode_reason       TEXT,
  -- Documents per leaf task.
  leaf_counts       TEXT CHECK (json_valid(leaf_counts)),
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

INSERT INTO new_trials (sweep, trial, kind, ordinal, label, confirms, state, handed_out, params, vector, input, fitness, failure, node, attempt, merge_seconds, evaluate_seconds, checkpoint_sha256, checkpoint_files, device_class, versions, task_hashes, task_versions, work_dir, is_divergent, is_kept, proposed_at, ended_at)
SELECT sweep, trial, kind, ordinal, label, confirms, state, handed_out, params, vector, input, fitness, failure, node, attempt, merge_seconds, evaluate_seconds, checkpoint_sha256, checkpoint_files, device_class, versions, task_hashes, task_versions, work_dir, is_divergent, is_kept, proposed_at, ended_at FROM trials;
DROP TABLE trials;
ALTER TABLE new_trials RENAME TO trials;

CREATE TRIGGER complete_trials_are_final
BEFORE UPDATE OF sweep, trial, kind, ordinal, confirms, state, params, vector, fitness, checkpoint_sha256 ON trials
WHEN OLD.state = 'complete'
BEGIN SELECT RAISE(ABORT, 'the result of a complete trial never changes'); END;

CREATE TRIGGER trials_stay BEFORE DELETE ON trials
BEGIN SELECT RAISE(ABORT, 'trials are never deleted'); END;
`;
