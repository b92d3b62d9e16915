/** What a machine tells of itself, once: its cards, memory, disk and tools. */
import { availableParallelism, hostname } from 'node:os';
import type { NodeFacts, NodeGpu } from '../../workflows/messages.js';
import type { Environment, ToolCommands } from '../config.js';
import { UsageError } from '../errors.js';
import { freeBytesOf } from '../external/disk-space.js';
import { findCard, type NvidiaCard } from '../external/nvidia-smi.js';
import { readToolVersions } from '../external/tool-versions.js';

export interface FactsOptions {
  /** As `CUDA_VISIBLE_DEVICES` takes them. */
  readonly gpus: readonly string[];
  /** All that nvidia-smi lists. */
  readonly cards: readonly NvidiaCard[];
  readonly gpusPerTrial: number;
  readonly workRoot: string;
  readonly diskQuotaBytes?: number | undefined;
  readonly tools: ToolCommands;
}

/** Never rejects: what can't be found out is left out, and the first trial says why. */
export async function readNodeFacts(options: FactsOptions): Promise<NodeFacts> {
  const { gpus, cards, gpusPerTrial, workRoot, diskQuotaBytes, tools } = options;
  const startedAt = new Date().toISOString();
  const [versions, diskFreeBytes] = await Promise.all([
    readToolVersions(tools).catch(() => ({})),
    freeBytesOf(workRoot).catch(() => 0),
  ]);
  return {
    host: hostname(),
    gpus: gpus.map((id) => describeGpu(id, findCard(cards, id))),
    gpusPerTrial,
    ramBytes: process.availableMemory(),
    diskFreeBytes,
    ...(diskQuotaBytes === undefined ? {} : { diskQuotaBytes }),
    cores: availableParallelism(),
    versions,
    startedAt,
  };
}

function describeGpu(id: string, card: NvidiaCard | undefined): NodeGpu {
  if (card === undefined) return { id };
  const { name, vramBytes } = card;
  return { id, name, ...(vramBytes === undefined ? {} : { vramBytes }) };
}

/**
 * The cards to use: those that were named, else those that CUDA_VISIBLE_DEVICES leaves, else all.
 *
 * @throws UsageError `gpus` for a card that was named and is not there
 */
export function chooseGpus(
  named: readonly string[] | undefined,
  cards: readonly NvidiaCard[],
  env: Environment,
): readonly string[] {
  const visible = env['CUDA_VISIBLE_DEVICES'];
  if (named === undefined && visible === undefined) return cards.map(({ index }) => index);
  const gpus = named ?? (visible?.trim() === '' ? [] : parseGpus(visible ?? ''));
  // Of MIG instances, and where nvidia-smi is not there, nothing is known.
  const missing = gpus.find((id) => !id.startsWith('MIG-') && findCard(cards, id) === undefined);
  if (cards.length > 0 && missing !== undefined) {
    const source = named === undefined ? 'CUDA_VISIBLE_DEVICES' : '--gpus';
    throw new UsageError(
      'gpus',
      `${source} ${gpus.join(',')}: expected cards of this machine, got ${missing}; nvidia-smi lists ${cards.map(({ index }) => index).join(', ')}.`,
    );
  }
  return gpus;
}

/** What `--gpus 0,1` means; UUIDs as nvidia-smi prints them are taken too. */
export function parseGpus(text: string): string[] {
  const gpus = text.split(',').map((part) => part.trim());
  const isValid = gpus.every((gpu) => /^(\d+|(GPU|MIG)-[\w-]+)$/.test(gpu));
  if (!isValid || new Set(gpus).size < gpus.length)
    throw new UsageError(
      'gpus',
      `--gpus ${text}: expected numbers or UUIDs of cards, each once, like 0,1 (see nvidia-smi -L).`,
    );
  return gpus;
}
