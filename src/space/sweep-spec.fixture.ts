import { parseSweepSpec } from '../spec/parse-sweep-spec.js';
import type { SweepSpec } from '../spec/sweep-spec.js';

export interface SpecFixtureOptions {
  readonly method?: string;
  /** YAML flow mapping. */
  readonly parameters?: string;
  /** YAML flow mapping: parameters of the first parent alone. */
  readonly ofFirst?: string;
  /** Further lines of `genome`, e.g. `normalize: true`. */
  readonly genome?: string;
  readonly seed?: number;
  readonly mergeSeed?: number;
  /** Further entries of `optimizer`, e.g. `start: single`. */
  readonly optimizer?: string;
}

/** A sweep over two parents, `a` and `b`. */
export function specFixture(options: SpecFixtureOptions = {}): SweepSpec {
  const {
    method = 'dare_ties',
    parameters = '{}',
    ofFirst = '{}',
    genome = '',
    seed = 7,
  } = options;
  const text = `version: 1
name: fixture
genome:
  merge_method: ${method}
  base_model: ./base
  models: [{model: ./a, parameters: ${ofFirst}}, ./b]
  parameters: ${parameters}
  ${genome}
optimizer: {seed: ${seed}, population_size: 6${options.optimizer === undefined ? '' : `, ${options.optimizer}`}}
merge: {seed: ${options.mergeSeed ?? 11}}
tasks:
  search:
    - {name: one, metric: "acc,none", for: a}
    - {name: two, metric: "acc,none", for: b}
`;
  const parsed = parseSweepSpec(text, '/sweeps/fixture.yaml');
  if (parsed.ok) return parsed.spec;
  throw new Error(parsed.diagnostics.map(({ message }) => message).join('\n'));
}
