import { expect, it } from 'vitest';
import { formatByteSize } from './byte-size.js';

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
