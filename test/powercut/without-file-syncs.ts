import type { Operation } from './trace.js';

/** A planted fault: files that are to be renamed are not fsynced; the ledger and folders are. */
export function withoutFileSyncs(operations: readonly Operation[]): Operation[] {
  return operations.filter((operation) => {
    return operation.kind !== 'sync' || !operation.path.endsWith('.partial');
  });
}
