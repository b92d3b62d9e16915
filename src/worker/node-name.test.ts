import { describe, expect, it } from 'vitest';
import { nameNode } from './node-name.js';

describe('nameNode', () => {
  it('keeps to what queue names and folders take', () => {
    expect(nameNode('ab12', 'GPU_Box.Lab (2)')).toBe('gpu-box-lab-2--ab12');
  });
});
