import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CoordinatorFixture } from '../../activities/coordinator.fixture.js';
import { damageRows } from '../store/damage.fixture.js';
import { ledgerFileName } from '../store/ledger.js';
import { checkLedger } from './doctor-ledger.js';

let fixture: CoordinatorFixture;
afterEach(() => {
  fixture.dispose();
});

async function playSweep(): Promise<void> {
  fixture = new CoordinatorFixture({ maxTrials: 4, optimizer: 'surrogate: off' });
  await fixture.open();
  await fixture.runToEnd();
}

function alter(sql: string): void {
  fixture.ledger.close();
  damageRows(join(fixture.folder, ledgerFileName), sql);
}

describe('checkLedger', () => {
  it('looks at every row and every search, beside the writer', async () => {
    await playSweep();
    const { status, text } = checkLedger(fixture.folder);
    expect(text).toMatch(
      /^1 sweep, all \d+ accepted rows as they were written, every search made anew/,
    );
    expect(status).toBe('ok');
    fixture.ledger.close();
  });

  it('says which score is not the one that was accepted, and how to mend it', async () => {
    await playSweep();
    alter("UPDATE scores SET value = value / 2 WHERE trial = '3' AND task = 'rev'");
    expect(checkLedger(fixture.folder)).toMatchObject({
      status: 'missing',
      text: 'trial 3 of sweep demo is not what was accepted',
      fix: expect.stringContaining('mergesweep recover') as string,
    });
  });

  it('says that a search is not what its events make', async () => {
    await playSweep();
    alter(`UPDATE snapshots SET sha256 = '${'0'.repeat(64)}'`);
    expect(checkLedger(fixture.folder).text).toContain('Going on would be another search');
  });

  it('says that pages are broken, that there is none, and that it is older', async () => {
    await playSweep();
    alter('PRAGMA user_version = 2');
    expect(checkLedger(fixture.folder)).toMatchObject({ status: 'ok' });
    expect(checkLedger(join(fixture.folder, 'nothing'))).toEqual({
      status: 'ok',
      text: 'none yet',
    });
    alter('PRAGMA application_id = 7');
    expect(checkLedger(fixture.folder)).toMatchObject({ status: 'missing' });
  });
});
