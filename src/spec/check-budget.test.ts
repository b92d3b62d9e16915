import { describe } from 'vitest';
import { expectDiagnostics } from './sweep-text.fixture.js';

describe('budget', () => {
  expectDiagnostics([
    [
      'money without a price',
      'version: 1',
      'version: 1\nbudget:\n  usd: 80',
      ['mix:3:3 error E061 a cap in money needs to know what a card costs'],
    ],
    [
      'money with a price',
      'version: 1',
      'version: 1\nbudget: { usd: 80, usd_per_gpu_hour: 2.99 }',
      [],
    ],
    ['a price alone', 'version: 1', 'version: 1\nbudget: { usd_per_gpu_hour: 2.99 }', []],
    [
      'money that is none',
      'version: 1',
      'version: 1\nbudget: { usd: much }',
      ['mix:2:16 error E013 budget.usd is `much`; expected a number'],
    ],
  ]);
});
