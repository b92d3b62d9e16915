import { statfsSync } from 'node:fs';
import { LedgerError } from '../errors.js';

/** Linux' `f_type` of file systems on which SQLite's locks and shared memory can't be trusted. */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x0bd00bd0, 'Lustre'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
]);

/** @throws LedgerError `ledger_network_fs` */
export function refuseNetworkFileSystem(
  folder: string,
  typeOf: (folder: string) => number = (path) => statfsSync(path).type,
): void {
  const name = networkFileSystems.get(typeOf(folder));
  if (name === undefined) return;
  throw new LedgerError(
    'ledger_network_fs',
    `${folder} lies on ${name}, where SQLite can lose or mix up writes; ` +
      'name a folder on a local disk with --results',
  );
}
