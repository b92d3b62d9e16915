import { initial } from './0001-initial.js';
import { promotions } from './0002-promotions.js';
import { chain } from './0003-chain.js';
import { budget } from './0004-budget.js';

/** Forward only, in order: migration k takes a ledger from version k-1 to version k. */
export const migrations: readonly string[] = [initial, promotions, chain, budget];
