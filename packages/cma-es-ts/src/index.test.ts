import { describe, expect, it } from 'vitest';
import page from '../API.md?raw';
import * as api from './index.js';

describe('the package', () => {
  it('exports what it promises and nothing else', () => {
    expect(Object.keys(api).sort()).toEqual([
      'Cma',
      'CmaError',
      'CmaEventError',
      'CmaOptionsError',
      'CmaStateError',
      'Search',
      'createBox',
      'createCmaState',
      'createSearchState',
      'diagnostics',
      'finalists',
      'isTrusted',
      'lossOf',
      'outcomeEvent',
      'paretoFront',
      'parseCmaState',
      'parseSearchState',
      'propose',
      'searchStep',
      'step',
      'stopReasons',
      'surrogateTau',
    ]);
  });

  it('has a page that names every export', () => {
    for (const name of Object.keys(api)) expect(page).toContain(name);
  });

  it('does what the README shows', () => {
    const evaluate = (x: readonly number[]) =>
      x.reduce((sum, value) => sum + (value - 0.2) ** 2, 0);
    const search = new api.Search({ dimension: 8, seed: 1 });
    search.inject(new Array<number>(8).fill(0.3));
    while (search.state.counters.told < 100) {
      const { id, x } = search.ask();
      search.tell(id, { values: [evaluate(x)], errors: [0.01] });
    }
    expect(evaluate(search.finalists(5)[0]?.x ?? [])).toBeLessThan(0.05);
    const resumed = api.Search.fromJSON(JSON.parse(JSON.stringify(search)));
    expect(resumed.ask()).toEqual(search.ask());
  });
});
