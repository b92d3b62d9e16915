/** Cards by kind: `2 × NVIDIA H100 80GB HBM3 (85 GB)`. */
import { formatByteSize } from '../preflight/byte-size.js';

/** @param gpus at least one */
export function describeCards(
  gpus: readonly { readonly name?: string; readonly vramBytes?: number }[],
): string {
  const kinds = new Map<string, number>();
  for (const { name = 'card', vramBytes } of gpus) {
    const kind = vramBytes === undefined ? name : `${name} (${formatByteSize(vramBytes)})`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, count]) => (count === 1 ? kind : `${count} × ${kind}`)).join(', ');
}
