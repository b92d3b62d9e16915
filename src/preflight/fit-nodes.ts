/** Whether a node has what a trial needs, from headers and from what the node says of itself. */
import { formatByteSize } from './byte-size.js';
import type { Finding } from './finding.js';
import type { MemoryPlan } from './memory-plan.js';

/** A machine that runs trials; what is absent is not known. */
export interface NodeRoom {
  /** e.g. `h100-0`, or `this machine`. */
  readonly name: string;
  /** Evaluations at once, ≥ 1. */
  readonly slots: number;
  /** Of one slot: the cards' memory together. */
  readonly vramBytes?: number;
  readonly ramBytes?: number;
  /** That the work folder may still take. */
  readonly diskBytes?: number;
}

/** Bytes that trials need on a node with so many slots. */
export interface TrialNeeds {
  readonly vramBytes: number;
  readonly ramBytes: number;
  /** A checkpoint for each slot, and the next one; nothing for merges that are held in memory. */
  readonly diskBytes: number;
}

/** The least: cold, one merge ahead. */
export function needsOf(plan: MemoryPlan, slots: number): TrialNeeds {
  return {
    vramBytes: plan.vramPerModelBytes,
    ramBytes: plan.leastRamBytes.cold,
    diskBytes: plan.checkpointBytes * (slots + 1),
  };
}

/** One finding for each thing that a node has too little of; `nodes` that fit give none. */
export function fitNodes(plan: MemoryPlan, nodes: readonly NodeRoom[]): Finding[] {
  return nodes.flatMap((node) => {
    const needs = needsOf(plan, node.slots);
    const size = formatByteSize;
    const tooSmall = (
      code: string,
      what: string,
      need: number,
      has: number | undefined,
      way: string,
    ) =>
      has === undefined || has >= need
        ? []
        : [
            {
              ...{ code, severity: 'warning' as const, subject: node.name },
              message: `a trial needs ${size(need)} of ${what} there, the node has ${size(has)}`,
              waysOut: [way],
            },
          ];
    return [
      ...tooSmall(
        'P070',
        'GPU memory',
        needs.vramBytes,
        node.vramBytes,
        'give a trial several cards (`mergesweep worker --gpus-per-trial N`), or evaluate with weights of another type',
      ),
      ...tooSmall(
        'P071',
        'RAM',
        needs.ramBytes,
        node.ramBytes,
        'fewer slots on that node, or another node',
      ),
      ...tooSmall(
        'P072',
        'disk',
        needs.diskBytes,
        node.diskBytes,
        'free space there, raise its quota, or use fewer slots',
      ),
    ];
  });
}
