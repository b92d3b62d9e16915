import { describe, expect, it } from 'vitest';
import { sizeLease } from './lease.js';

const question = { available: 1000, sharers: 4, worst: 5000, least: 100 };

describe('sizeLease', () => {
  it('is the worst case where the cap allows that for all', () => {
    expect(sizeLease({ ...question, worst: 250 })).toBe(250);
    expect(sizeLease({ ...question, available: Infinity })).toBe(5000);
  });

  it('is else a fair share', () => {
    expect(sizeLease(question)).toBe(250);
  });

  it('is never less than what a trial needs, and nothing where less is available', () => {
    expect(sizeLease({ ...question, available: 300 })).toBe(100);
    expect(sizeLease({ ...question, available: 100 })).toBe(100);
    expect(sizeLease({ ...question, available: 99.9 })).toBeUndefined();
    expect(sizeLease({ ...question, available: -5 })).toBeUndefined();
  });

  it('asks for no more than the limits allow, however much a trial seems to need', () => {
    expect(sizeLease({ available: 60, sharers: 1, worst: 50, least: 100 })).toBe(50);
  });
});
