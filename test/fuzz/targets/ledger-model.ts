/** A finished sweep's ledger: its bytes at rest, while it is open, and what is in it. */
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { complete, CoordinatorFixture, failed } from '../../../activities/coordinator.fixture.js';
import type { RunTrialInput, TrialOutcome } from '../../../activities/contracts.js';
import { packDocuments } from '../../../src/external/packed-report.js';
import { openLedgerReader } from '../../../src/store/ledger.js';
import type { LedgerReader } from '../../../src/store/rows.js';

export const sweep = 'demo';

export interface LedgerModel {
  /** After a clean end. */
  readonly atRest: Readonly<Record<string, Buffer>>;
  /** While its writer lives, or as it left it when it was killed: rows are in the log. */
  readonly atWork: Readonly<Record<string, Buffer>>;
  readonly truth: Readonly<Record<string, string>>;
}

const names = ['ledger.sqlite', 'ledger.sqlite-wal', 'ledger.sqlite-shm'];

export async function createLedgerModel(scratch: string, searchTrials = 90): Promise<LedgerModel> {
  const fixture = new CoordinatorFixture({
    maxTrials: searchTrials,
    optimizer: 'name: random',
  });
  try {
    await fixture.open();
    await fixture.runToEnd(end);
    const live = join(scratch, 'live');
    mkdirSync(live);
    for (const name of names)
      if (existsSync(join(fixture.folder, name)))
        copyFileSync(join(fixture.folder, name), join(live, name));
    fixture.ledger.close();
    const reader = openLedgerReader(fixture.folder);
    const truth = readRows(reader);
    reader.close();
    return { atRest: readFiles(fixture.folder), atWork: readFiles(live), truth };
  } finally {
    fixture.dispose();
  }
}

/** Most are scored, with values per document; every ninth fails for a reason of the candidate's. */
function end(trial: RunTrialInput): TrialOutcome {
  if (trial.kind === 'search' && Number(trial.trial) % 9 === 0) return failed(trial, 'bad_score');
  const outcome = complete(trial);
  if (outcome.status !== 'complete') return outcome;
  const { report } = outcome.result;
  const documents = report.scores.map(({ task, metric, documents: count }) => {
    const documentIds = Array.from({ length: count }, (_, id) => id);
    const values = documentIds.map((id) => (id + trial.trial.length) % 2);
    return packDocuments({ task, metric, documentIds, values, documentsHash: 'ab'.repeat(32) });
  });
  return { ...outcome, result: { ...outcome.result, report: { ...report, documents } } };
}

function readFiles(folder: string): Record<string, Buffer> {
  return Object.fromEntries(
    names
      .filter((name) => existsSync(join(folder, name)))
      .map((name) => [name, readFileSync(join(folder, name))]),
  );
}

/** What was accepted, by row: what a reader must give back, or complain. */
export function readRows(reader: LedgerReader): Record<string, string> {
  const rows: Record<string, string> = {};
  for (const each of reader.listSweeps()) rows[`sweep ${each.name}`] = JSON.stringify(each);
  for (const row of reader.listTrials(sweep)) {
    const { isDivergent: _, ...lasting } = row;
    rows[`trial ${row.trial}`] = JSON.stringify(lasting);
    if (row.state === 'complete')
      rows[`documents ${row.trial}`] = JSON.stringify(reader.listDocuments(sweep, row.trial));
  }
  const scores = reader.listScores(sweep);
  for (const score of scores)
    rows[`score ${score.trial} ${score.task} ${score.metric}`] = JSON.stringify(score);
  return rows;
}
