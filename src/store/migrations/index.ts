import { initial } from './0001-initial.js';

/** Forward only, in order: migration k takes a ledger from version k-1 to version k. */
export const migrations: readonly string[] = [initial];
