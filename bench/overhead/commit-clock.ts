import type { Ledger } from '../../src/store/ledger.js';
import { addCosts, noCost, startCost, subtractCost, type Cost } from './cost.js';

/** What beginning and committing transactions costs, without the work in them. */
export class CommitClock {
  cost: Cost = noCost;

  /** The ledger, with its transactions measured. */
  watch(ledger: Ledger): Ledger {
    return {
      ...ledger,
      transact: (work) => {
        let inside = noCost;
        const stop = startCost();
        const result = ledger.transact((db) => {
          const stopInside = startCost();
          const done = work(db);
          inside = stopInside();
          return done;
        });
        this.cost = addCosts(this.cost, subtractCost(stop(), inside));
        return result;
      },
    };
  }
}
