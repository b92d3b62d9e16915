import fc from 'fast-check';
import type { CmaEvent } from '../events.js';

/** What happens, without ids: which candidate is meant is decided while the events are made. */
type Move =
  | { readonly kind: 'ask'; readonly attempt?: number }
  | { readonly kind: 'tell' | 'fail' | 'forget'; readonly pick: number; readonly value: number }
  | { readonly kind: 'inject'; readonly x: number[] }
  | { readonly kind: 'foreign'; readonly x: number[]; readonly value: number };

/** Events of every kind in any order, with ties, repeated ids and every kind of finite value. */
export function randomEvents(dimension: number, minLength = 40, maxLength = 120) {
  const coordinate = fc.double({ min: 0, max: 1, noNaN: true });
  const value = fc.oneof(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.integer({ min: 0, max: 2 }),
    fc.constantFrom(-0, 1e300, -1e300),
  );
  const x = fc.array(coordinate, { minLength: dimension, maxLength: dimension });
  const kinds = ['tell', 'tell', 'tell', 'fail', 'forget'] as const;
  const move: fc.Arbitrary<Move> = fc.oneof(
    { weight: 6, arbitrary: fc.constant<Move>({ kind: 'ask' }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('ask' as const), attempt: fc.nat(2 ** 31) }),
    },
    {
      weight: 7,
      arbitrary: fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat(), value }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('inject' as const), x }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('foreign' as const), x, value }) },
  );
  return fc.array(move, { minLength, maxLength, size: 'max' }).map(eventsOf);
}

/** Ids are drawn from all that were asked, so that some events come a second time. */
function eventsOf(list: readonly Move[]): CmaEvent[] {
  let asked = 0;
  return list.flatMap((item): CmaEvent[] => {
    if (item.kind === 'ask') asked++;
    if (!('pick' in item)) return [item];
    if (asked === 0) return [];
    const id = item.pick % asked;
    return item.kind === 'tell'
      ? [{ kind: 'tell', id, value: item.value }]
      : [{ kind: item.kind, id }];
  });
}
