/** Bytes as people read them, in powers of 1000 as disks and cards are sold: `1.7 MB`, `24 GB`. */
export function formatByteSize(bytes: number): string {
  const [unit, factor] =
    bytes >= 1e9 ? ['GB', 1e9] : bytes >= 1e6 ? ['MB', 1e6] : bytes >= 1e3 ? ['kB', 1e3] : ['B', 1];
  const value = bytes / factor;
  return `${factor === 1 || value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${unit}`;
}

const unitBytes: Readonly<Record<string, number>> = {
  ...{ '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 },
};

/** What `200 GB`, `1.5TB` or `64GiB` means in bytes, whole and > 0; undefined where it means nothing. */
export function parseByteSize(text: string): number | undefined {
  const [, value, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const bytes = Math.round(Number(value) * (unitBytes[unit.toLowerCase()] ?? NaN));
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}
