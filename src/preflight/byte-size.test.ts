import { expect, it } from 'vitest';
import { formatByteSize, parseByteSize } from './byte-size.js';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [414_976, '415 kB'],
  [1_660_000, '1.7 MB'],
  [2e9, '2 GB'],
  [24_462_422_016, '24.5 GB'],
  [560e9, '560 GB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatByteSize(bytes)).toBe(text);
});

it.each([
  ['200 GB', 200e9],
  ['1.5TB', 1.5e12],
  ['64GiB', 64 * 2 ** 30],
  ['500m', undefined],
  ['4096', 4096],
  ['0', undefined],
  ['-1 GB', undefined],
  ['1e9', undefined],
  ['', undefined],
  ['lots', undefined],
])('%j is %s bytes', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes);
});
