import { expect, it } from 'vitest';
import { NodeStanding } from './node-standing.js';

it('is ready again only when nothing holds the node back, and tells what lasts first', () => {
  const standing = new NodeStanding();
  expect([standing.state, standing.reason]).toEqual(['ready', undefined]);
  standing.leave('draining', 'it was told to drain');
  standing.leave('set-aside', 'three trials failed');
  expect([standing.state, standing.reason]).toEqual(['set-aside', 'three trials failed']);
  standing.clear('set-aside');
  expect([standing.state, standing.reason]).toEqual(['draining', 'it was told to drain']);
  standing.clear('draining');
  expect(standing.state).toBe('ready');
});

it('wants one trial again when it was aside for long, unless it drains', () => {
  const standing = new NodeStanding();
  expect(standing.isOnTrial(99)).toBe(false);
  standing.leave('set-aside', 'three trials failed', 10);
  expect([standing.isOnTrial(9), standing.isOnTrial(10)]).toEqual([false, true]);
  standing.leave('draining', 'it was told to drain');
  expect(standing.isOnTrial(10)).toBe(false);
});

it('names each refused sweep once, with the latest reason, until it is accepted', () => {
  const standing = new NodeStanding();
  standing.refuse('a', 'torch 2.4');
  standing.refuse('b', 'no card');
  standing.refuse('a', 'torch 2.5');
  expect(standing.refuses).toEqual([
    { sweep: 'a', reason: 'torch 2.5' },
    { sweep: 'b', reason: 'no card' },
  ]);
  standing.accept('a');
  expect(standing.refuses.map(({ sweep }) => sweep)).toEqual(['b']);
});
