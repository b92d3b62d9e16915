/** What a sweep will cost, and whether the nodes have what its trials need: before it starts. */
import type { KnownNode } from '../../workflows/messages.js';
import type { CostEstimates } from '../budget/cost.js';
import { estimateCosts } from '../budget/estimate.js';
import { forecast, type Forecast } from '../budget/forecast.js';
import { learnFromFormer, type FormerSweep } from '../budget/former-sweep.js';
import type { Finding } from '../preflight/finding.js';
import { fitNodes, needsOf, type NodeRoom, type TrialNeeds } from '../preflight/fit-nodes.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import type { SweepMemory } from './plan-sweep-memory.js';

/** What is known beside the file and its models. */
export interface Surroundings {
  /** Of the registry; absent: nobody could be asked, this machine is planned for. */
  readonly nodes?: readonly KnownNode[];
  /** Sweeps of the ledger, latest last. @default none */
  readonly formers?: readonly FormerSweep[];
}

export interface CostPlan {
  readonly estimates?: CostEstimates;
  readonly forecast?: Forecast;
  /** Per node what it has and what trials need there; empty when no node was asked. */
  readonly nodes: readonly (NodeRoom & { readonly needs: TrialNeeds })[];
  readonly findings: readonly Finding[];
}

/** Parts stay out where the models' headers are not known here. */
export function planCost(
  spec: SweepSpec,
  memory: SweepMemory | undefined,
  { nodes = [], formers = [] }: Surroundings,
): CostPlan {
  const ready = nodes.filter(({ state = 'ready' }) => state === 'ready');
  const cards = Math.max(1, ...ready.map(({ facts }) => facts?.gpusPerTrial ?? 1));
  const planned =
    memory === undefined
      ? undefined
      : estimateCosts(spec.file, memory.plan, {
          isOnCpu: spec.file.evaluation.device === 'cpu',
          ...{ cards, isWarm: memory.choice.residence !== 'cold' },
        });
  const estimates = learnFromFormer(spec, formers, planned) ?? planned;
  const slots = ready.reduce((sum, node) => sum + node.slots, 0) || (memory?.slots ?? 1);
  const rooms = ready.map(toRoom);
  // The caps of one that was begun are the ledger's: they may have been raised.
  const isBegun = formers.some(({ name }) => name === spec.name);
  const { plan } = memory ?? {};
  return {
    ...(estimates !== undefined && { estimates, forecast: forecast(spec.file, estimates, slots) }),
    nodes:
      plan === undefined
        ? []
        : rooms.map((room) => ({ ...room, needs: needsOf(plan, room.slots) })),
    findings:
      plan === undefined
        ? []
        : [...fitNodes(plan, rooms), ...(isBegun ? [] : checkBudget(spec, estimates, slots))],
  };
}

function toRoom({ nodeId, slots, facts }: KnownNode): NodeRoom {
  if (facts === undefined) return { name: nodeId, slots };
  const { gpus, gpusPerTrial, ramBytes, diskFreeBytes, diskQuotaBytes } = facts;
  const vram = gpus.flatMap(({ vramBytes }) => vramBytes ?? []);
  const isKnown = gpus.length > 0 && vram.length === gpus.length;
  return {
    ...{ name: nodeId, slots, ramBytes },
    ...(isKnown && { vramBytes: Math.min(...vram) * Math.max(1, gpusPerTrial) }),
    diskBytes: Math.min(diskFreeBytes, diskQuotaBytes ?? Infinity),
  };
}

/** A cap that is certainly, or perhaps, too small for all trials: said before the first is paid for. */
function checkBudget(
  { file }: SweepSpec,
  estimates: CostEstimates | undefined,
  slots: number,
): Finding[] {
  if (estimates === undefined) return [];
  const { gpuHours, wallClockHours, usd, factor } = forecast(file, estimates, slots);
  const { gpu_hours, usd: mostUsd, wall_clock_hours } = file.budget;
  const short = (key: string, cap: number | undefined, need: number | undefined): Finding[] =>
    cap === undefined || need === undefined || need <= cap
      ? []
      : [
          {
            ...{ code: 'P073', severity: 'warning', subject: `budget.${key}` },
            message: `about ${round(need)} are needed for all trials (up to ${round(factor)} times more or less), the cap is ${round(cap)}: the search would end early`,
            waysOut: ['raise it, ask for fewer trials, or let it end the search'],
          },
        ];
  return [
    ...short('gpu_hours', gpu_hours, gpuHours),
    ...short('usd', mostUsd, usd),
    ...short('wall_clock_hours', wall_clock_hours, wallClockHours),
  ];
}

const round = (value: number): string => String(Number(value.toPrecision(2)));
