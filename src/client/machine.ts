import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';

/** What this machine has for a sweep. */
export interface Machine {
  /** Bytes that processes can still get, in a container the container's. */
  readonly availableRamBytes: number;
  readonly cores: number;
  /** NVIDIA cards; CUDA_VISIBLE_DEVICES narrows them. */
  readonly cards: number;
}

/** Starts no process: the driver lists its cards as folders. */
export async function readMachine(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Machine> {
  const cards =
    env['CUDA_VISIBLE_DEVICES']?.split(',').filter((card) => card.trim() !== '') ??
    (await readdir('/proc/driver/nvidia/gpus').catch(() => []));
  return {
    availableRamBytes: process.availableMemory(),
    cores: availableParallelism(),
    cards: cards.length,
  };
}
