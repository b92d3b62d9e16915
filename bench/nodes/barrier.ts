/** The generation barrier: the plain CMA-ES, the next generation once all of this one are told. */
import { Cma } from 'cma-es-ts';
import { generationSize } from '../optimizer/plain-cma.js';
import { mergeAndEvaluate } from './call-stand-ins.js';
import { dimension } from './problem.js';
import { makeStandIns, type Pace } from './stand-in.js';
import { summarizePeer, type PeerResult } from './peer-result.js';

export interface BarrierOrder {
  /** Exists; its alone. */
  readonly folder: string;
  readonly slots: number;
  readonly pace: Pace;
  readonly trials: number;
  /** λ; the default does not fill the slots evenly, the least multiple of the slots above it does. */
  readonly size: number;
}

/** λ, and the least multiple of the slots that is not below it: no slot is empty in a last round. */
export function barrierSizes(slots: number): { readonly plain: number; readonly filled: number } {
  const plain = generationSize(dimension);
  return { plain, filled: Math.ceil(plain / slots) * slots };
}

export async function runBarrier(order: BarrierOrder): Promise<PeerResult> {
  const { folder, slots, pace, trials, size } = order;
  const tools = makeStandIns(folder, pace);
  const cma = new Cma({ dimension, seed: pace.seed, populationSize: size });
  for (let done = 0; done < trials;) {
    const generation = Array.from({ length: Math.min(size, trials - done) }, () => cma.ask());
    const waiting = generation.map((candidate, index) => ({
      ...candidate,
      trial: done + index + 1,
    }));
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const score = await mergeAndEvaluate(folder, tools, next.trial, next.x);
        cma.tell(next.id, -score);
      }
    };
    await Promise.all(Array.from({ length: slots }, worker));
    done += generation.length;
  }
  return summarizePeer(tools.readTimeline(), slots);
}
