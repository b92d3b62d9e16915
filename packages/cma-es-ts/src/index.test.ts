import { describe, expect, it } from 'vitest';
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
      'parseCmaState',
      'parseSearchState',
      'propose',
      'searchStep',
      'step',
      'stopReasons',
      'surrogateTau',
    ]);
  });

  it('does what the README shows', () => {
    const evaluate = (x: readonly number[]) =>
      x.reduce((sum, value) => sum + (value - 0.2) ** 2, 0);
    const es = new api.Cma({ dimension: 8, seed: 1 });
    while (es.state.counters.asked < 300) {
      const candidate = es.ask();
      es.tell(candidate.id, evaluate(candidate.x));
    }
    expect(es.best?.value).toBeLessThan(0.05);
    const resumed = api.Cma.fromJSON(JSON.parse(JSON.stringify(es)));
    expect(resumed.ask()).toEqual(es.ask());
  });
});
