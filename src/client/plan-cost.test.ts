import { describe, expect, it } from 'vitest';
import type { KnownNode, NodeFacts } from '../../workflows/messages.js';
import { planMemory } from '../preflight/memory-plan.js';
import { parseSweepSpec } from '../spec/parse-sweep-spec.js';
import { sweepPath, sweepText } from '../spec/sweep-text.fixture.js';
import { planCost } from './plan-cost.js';
import type { SweepMemory } from './plan-sweep-memory.js';

const specWith = (budget = '') => {
  const parsed = parseSweepSpec(`${sweepText}${budget}`, sweepPath, '/home/me');
  if (!parsed.ok) throw new Error('a sweep file');
  return parsed.spec;
};
const tensors = { weight: { dtype: 'BF16', shape: [5000, 1_300_000] } };
const plan = planMemory({ tensors, config: { hasCustomCode: false } }, [{ tensors }, { tensors }], {
  ...{ mergeDtype: 'bfloat16', method: 'dare_ties', isOnCpu: false, isMergedOnCard: false },
  children: 2,
});
const memory: SweepMemory = {
  ...{ availableRamBytes: 64e9, slots: 2, plan },
  choice: { residence: 'cold', fits: true, reason: 'r' },
};
const facts: NodeFacts = {
  ...{ host: 'h', gpus: [{ id: '0', vramBytes: 80e9 }], gpusPerTrial: 1, ramBytes: 500e9 },
  ...{ diskFreeBytes: 1e12, cores: 8, versions: {}, startedAt: '2026-01-01T00:00:00Z' },
};
const node = (nodeId: string, over: Partial<KnownNode> = {}): KnownNode => ({
  ...{ nodeId, slots: 4, seenAtMs: 0, facts },
  ...over,
});

describe('planCost', () => {
  it('plans for this machine where no node is known', () => {
    const { forecast, nodes, findings } = planCost(specWith(), memory, {});
    expect([forecast?.slots, nodes, findings]).toEqual([2, [], []]);
  });

  it('plans for the slots of nodes that take trials, and for what each of them has', () => {
    const quota = { ...facts, diskQuotaBytes: 20e9 };
    const plan = planCost(specWith(), memory, {
      nodes: [node('a'), node('b', { facts: quota }), node('c', { state: 'draining' })],
    });
    expect(plan.forecast?.slots).toBe(8);
    expect(plan.nodes.map(({ name, diskBytes }) => [name, diskBytes])).toEqual([
      ['a', 1e12],
      ['b', 20e9],
    ]);
    expect(plan.findings.map(({ code, subject }) => `${code} ${subject}`)).toEqual(['P072 b']);
  });

  it('counts the cards of a slot together', () => {
    const gpus = [0, 1].map((id) => ({ id: String(id), vramBytes: 10e9 }));
    const two = { ...facts, gpus, gpusPerTrial: 2 };
    expect(planCost(specWith(), memory, { nodes: [node('a', { facts: two })] }).findings).toEqual(
      [],
    );
    const one = { ...two, gpusPerTrial: 1 };
    const { findings } = planCost(specWith(), memory, { nodes: [node('a', { facts: one })] });
    expect(findings.map(({ code }) => code)).toEqual(['P070']);
  });

  it('says that a cap would end the search early', () => {
    const { findings } = planCost(specWith('budget: { gpu_hours: 0.1 }\n'), memory, {});
    expect(findings.map(({ code, subject, severity }) => [code, subject, severity])).toEqual([
      ['P073', 'budget.gpu_hours', 'warning'],
    ]);
  });

  it('leaves the caps of a sweep that was begun to its ledger', () => {
    const spec = specWith('budget: { gpu_hours: 0.1 }\n');
    const formers = [{ name: spec.name, readSpec: () => specWith(), listTrials: () => [] }];
    expect(planCost(spec, memory, { formers }).findings).toEqual([]);
  });

  it('knows nothing where the models were not read', () => {
    expect(planCost(specWith(), undefined, { nodes: [node('a')] })).toEqual({
      ...{ nodes: [], findings: [] },
    });
  });
});
