import { describe, expect, it } from 'vitest';
import { paretoFront } from './pareto.js';
import { Search } from './search.js';

describe('paretoFront', () => {
  it('keeps what nothing else beats in every component, failures left out', () => {
    const search = new Search({ dimension: 2, seed: 1, objective: [{ weight: 1 }, { weight: 1 }] });
    const told = [[1, 5], [3, 3], [4, 4], [5, 1], [3, 3], [6, 6]]; // prettier-ignore
    for (const values of told) search.tell(search.ask().id, { values });
    search.fail(search.ask().id);
    expect(paretoFront(search.state).map(({ id }) => id)).toEqual([0, 1, 3, 4]);
  });

  it('is the best alone where there is one component', () => {
    const search = new Search({ dimension: 2, seed: 1 });
    for (const value of [3, 1, 2]) search.tell(search.ask().id, value);
    expect(paretoFront(search.state).map(({ id }) => id)).toEqual([1]);
    expect(paretoFront(new Search({ dimension: 2, seed: 1 }).state)).toEqual([]);
  });
});
