/** How many trials each sweep may have in flight, of those that the nodes can take. Pure. */
import type { NodeAnnouncement, SweepSubscription } from './messages.js';

/** Its slots, and what merges while they are taken. */
const trialsOf = ({ slots, prefetch = 1 }: NodeAnnouncement): number => slots + prefetch;

const defaultPriority = 3;

/** A node that takes trials, with what is not given away yet. */
interface Place {
  readonly refuses: ReadonlySet<string>;
  left: number;
}

/** A sweep with what it was given so far. */
interface Claim {
  readonly sweep: string;
  readonly weight: number;
  /** Whole, ≥ 0, or Infinity. */
  readonly need: number;
  given: number;
}

/**
 * Trials in flight by sweep, whole numbers ≥ 0: by priority alone, and within one by weight. What a
 * sweep has no need for goes to the others, and nothing is left that one of them could use on a node
 * that does not refuse it. Of those that share, each gets 1 at least, though then more are handed out
 * than run: the rest wait in line. Nodes that drain or are set aside count for nothing.
 */
export function shareSlots(
  nodes: readonly NodeAnnouncement[],
  subscriptions: readonly SweepSubscription[],
): ReadonlyMap<string, number> {
  const places = nodes
    .filter(({ state = 'ready' }) => state === 'ready')
    // The order in which nodes and sweeps came must not move trials about.
    .sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1))
    .map((node): Place => {
      const refuses = new Set((node.refuses ?? []).map(({ sweep }) => sweep));
      return { refuses, left: trialsOf(node) };
    });
  const shares = new Map<string, number>();
  const priorities = subscriptions.map(({ priority = defaultPriority }) => priority);
  for (const priority of [...new Set(priorities)].sort((a, b) => a - b)) {
    const claims = subscriptions
      .filter((subscription) => (subscription.priority ?? defaultPriority) === priority)
      .map(toClaim)
      .sort((a, b) => (a.sweep < b.sweep ? -1 : 1));
    share(places, claims);
    for (const { sweep, given } of claims) shares.set(sweep, given);
  }
  return shares;
}

function toClaim({ workflowId, weight = 1, need = Infinity }: SweepSubscription): Claim {
  return { sweep: workflowId, weight, need: Math.max(0, Math.floor(need)), given: 0 };
}

function share(places: readonly Place[], claims: readonly Claim[]): void {
  const isAnyLeft = places.some(({ left }) => left > 0);
  for (const claim of claims) {
    if (claim.need === 0 || !isAnyLeft) continue;
    // More sweeps than trials: the last ones wait in line.
    const runs = places.some(({ refuses }) => !refuses.has(claim.sweep));
    if (takeOne(places, claim) || runs) claim.given = 1;
  }
  for (let open = claims.filter(canTake); open.length > 0; open = open.filter(canTake)) {
    const next = open.reduce((first, other) => (turn(other) < turn(first) ? other : first));
    if (takeOne(places, next)) next.given += 1;
    else open = open.filter((claim) => claim !== next);
  }
}

const canTake = ({ given, need }: Claim): boolean => given < need;

/** Sainte-Laguë's quotient: whole shares that are nearest to the weights. Lowest first. */
const turn = ({ given, weight }: Claim): number => (2 * given + 1) / weight;

/** From the node that most refuse: others can take what is left elsewhere. */
function takeOne(places: readonly Place[], { sweep }: Claim): boolean {
  const fitting = places.filter(({ left, refuses }) => left > 0 && !refuses.has(sweep));
  const [first] = fitting;
  if (first === undefined) return false;
  const place = fitting.reduce(
    (most, other) => (other.refuses.size > most.refuses.size ? other : most),
    first,
  );
  place.left -= 1;
  return true;
}
