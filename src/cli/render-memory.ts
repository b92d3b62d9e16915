/** What `check` says of memory: the way to run that suits this machine, and what it needs. */
import type { createColors } from 'picocolors';
import type { SweepMemory } from '../client/plan-sweep-memory.js';
import { formatByteSize } from '../preflight/byte-size.js';
import type { Residence } from '../preflight/memory-plan.js';

const ways: Readonly<Record<Residence, string>> = {
  ram: 'warm, parents in RAM',
  mapped: 'warm, parents mapped',
  cold: 'cold',
};

/** @returns lines, the first with its mark and head */
export function renderMemory(
  memory: SweepMemory | undefined,
  colors: ReturnType<typeof createColors>,
): string[] {
  const head = 'memory'.padEnd(11);
  if (memory === undefined)
    return [`${colors.dim('?')} ${head} not known here: it takes the headers of every model`];
  const { plan, choice, availableRamBytes, slots } = memory;
  const { residence, fits, reason } = choice;
  const size = formatByteSize;
  const slotsText = `${slots} ${slots === 1 ? 'slot' : 'slots'}`;
  return [
    `${fits ? ' ' : colors.yellow('!')} ${head} ${ways[residence]}: ${size(plan.ramBytes[residence])} ` +
      `of RAM for ${slotsText}, ${size(availableRamBytes)} available here`,
    ...(residence === 'ram' ? [] : [reason]).map(indent),
    indent(describeCopies(memory)),
  ];
}

const indent = (text: string): string => `${' '.repeat(14)}${text}`;

function describeCopies({ plan, choice }: SweepMemory): string {
  const size = formatByteSize;
  const copy = `base and parents ${size(plan.parentsBytes)}, a model copy ${size(plan.modelBytes)}`;
  if (plan.vramPerModelBytes === 0) return `${copy}, in RAM: the models run on the CPU`;
  const card = plan.vramPerCardBytes[choice.residence === 'cold' ? 'cold' : 'warm'];
  const most =
    card === plan.vramPerModelBytes ? '' : ` (${size(card)} where the next merge is made)`;
  return `${copy}: ${size(plan.vramPerModelBytes)} of GPU memory${most} and the KV cache`;
}
