import { describe, expect, it } from 'vitest';
import { assignCards, nameNode, parseGpus } from './local-node.js';

describe('nameNode', () => {
  it('keeps to what queue names and folders take', () => {
    expect(nameNode('ab12', 'GPU_Box.Lab (2)')).toBe('gpu-box-lab-2--ab12');
  });
});

describe('parseGpus', () => {
  it('takes numbers and UUIDs', () => {
    expect(parseGpus('0, 3')).toEqual(['0', '3']);
    expect(parseGpus('GPU-1f-2,MIG-3')).toEqual(['GPU-1f-2', 'MIG-3']);
  });
  it.each(['', '0,', '0,0', 'all', '-1'])('refuses %j', (text) => {
    expect(() => parseGpus(text)).toThrow(/expected numbers or UUIDs of cards, each once/);
  });
});

describe('assignCards', () => {
  it('shares cards in turn, and gives none where there are none', () => {
    expect(assignCards(['a', 'b', 'c'], ['0', '1'])).toEqual([
      { id: 'a', cudaDevice: '0' },
      { id: 'b', cudaDevice: '1' },
      { id: 'c', cudaDevice: '0' },
    ]);
    expect(assignCards(['a'], [])).toEqual([{ id: 'a' }]);
  });
});
