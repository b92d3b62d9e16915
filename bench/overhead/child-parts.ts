import { addCosts, noCost, subtractCost, type Cost } from './cost.js';
import type { Answered } from './observed-children.js';

/** What the requests of one trial cost; the CPU is the child's. */
export interface ChildParts {
  /** Or loading, of a model that is scored as it is. */
  readonly merge: Cost;
  /** The merged tensors into the model. */
  readonly copy: Cost;
  /** The calls of the model. */
  readonly forward: Cost;
  /** What lm-eval does before, between and after them. */
  readonly score: Cost;
  /** lm-eval's files. */
  readonly write: Cost;
  /** The way there and back. */
  readonly ipcMs: number;
}

export function splitRequests(answered: readonly Answered[]): ChildParts {
  const partOf = (name: string): Cost =>
    addCosts(...answered.map(({ parts }) => parts[name] ?? noCost));
  const insideOf = (requests: readonly Answered[]): Cost =>
    addCosts(...requests.map(({ insideMs, cost }) => ({ wallMs: insideMs, cpuMs: cost.cpuMs })));
  const evaluations = answered.filter(({ op }) => op === 'evaluate');
  const others = answered.filter(({ op }) => op !== 'evaluate');
  const [copy, forward, write] = [partOf('copy'), partOf('forward'), partOf('write')];
  return {
    merge: subtractCost(insideOf(others), copy),
    copy,
    forward,
    score: subtractCost(insideOf(evaluations), addCosts(forward, write)),
    write,
    ipcMs: answered.reduce((sum, { cost, insideMs }) => sum + cost.wallMs - insideMs, 0),
  };
}
