/** Bytes as people read them, in powers of 1000 as disks and cards are sold: `1.7 MB`, `24 GB`. */
export function formatByteSize(bytes: number): string {
  const [unit, factor] =
    bytes >= 1e9 ? ['GB', 1e9] : bytes >= 1e6 ? ['MB', 1e6] : bytes >= 1e3 ? ['kB', 1e3] : ['B', 1];
  const value = bytes / factor;
  return `${factor === 1 || value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${unit}`;
}
