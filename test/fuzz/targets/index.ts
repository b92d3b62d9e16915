import type { Fuzzer } from '../fuzzer.js';

/** Run when none is named, in this order: the long ones first. */
export const targetNames = [
  'ledger',
  'payload',
  'yaml',
  'argv',
  'results',
  'cuts',
  'safetensors',
] as const;
export const everyTarget = [...targetNames, 'planted'] as const;
export type TargetName = (typeof everyTarget)[number];

/** Each in its own process: nothing of a target is loaded where another runs. */
export async function loadFuzzer(name: string): Promise<Fuzzer<unknown>> {
  switch (name) {
    case 'results':
      return erase((await import('./results.js')).createResultsFuzzer());
    case 'cuts':
      return erase((await import('./results.js')).createCutsFuzzer());
    case 'yaml':
      return erase((await import('./yaml.js')).createYamlFuzzer());
    case 'argv':
      return erase(await (await import('./argv.js')).createArgvFuzzer());
    case 'ledger':
      return erase(await (await import('./ledger.js')).createLedgerFuzzer());
    case 'safetensors':
      return erase((await import('./safetensors.js')).createSafetensorsFuzzer());
    case 'payload':
      return erase(await (await import('./payload.js')).createPayloadFuzzer());
    case 'planted':
      return erase((await import('./planted.js')).createPlantedFuzzer());
    default:
      throw new Error(`no target ${name}`);
  }
}

/** Inputs of a fuzzer come from itself alone. */
function erase<Input>(fuzzer: Fuzzer<Input>): Fuzzer<unknown> {
  return fuzzer;
}
