/** Orders of the user, through the sweep's workflow where there is one and to the ledger where not. */
import type { SteerOrder, SteerReply } from '../../activities/contracts.js';
import { createSearchSpace } from '../../src/space/search-space.js';
import { parseSweepSpec } from '../../src/spec/parse-sweep-spec.js';
import { sweepName, type World } from './world.js';

/** What steering may do where the order of events must stay what it is without. */
const harmless = ['pause', 'resume', 'stop', 'cancel'] as const;
const all = [...harmless, 'resume', 'extend', 'retry', 'inject', 'inject'] as const;

export class Orders {
  readonly #world: World;
  /** Orders that were given, each under its name. */
  readonly #given: { readonly requestId: string; readonly order: SteerOrder }[] = [];
  /** Told to be done. */
  readonly acknowledged = new Map<string, SteerOrder>();

  constructor(world: World) {
    this.#world = world;
  }

  giveAny(): void {
    const { faults } = this.#world;
    const old = this.#given[0] === undefined ? undefined : faults.random.pick(this.#given);
    // Who heard no answer gives the same order again.
    if (old !== undefined && faults.random.chance(0.25)) this.#send(old.requestId, old.order);
    else this.give(this.#choose());
  }

  give(order: SteerOrder): void {
    const requestId = `order-${this.#given.length + 1}`;
    this.#given.push({ requestId, order });
    this.#send(requestId, order);
    // Nobody holds a sweep for ever.
    if (order.kind !== 'pause') return;
    this.#world.queue.after(this.#world.faults.random.between(10, 2000), () => {
      if (!this.#world.isDone) this.give({ kind: 'resume' });
    });
  }

  retryBaselines(): void {
    const { coordinator } = this.#world;
    if (!coordinator.isUp) return;
    const trials = coordinator.ledger
      .listTrials(sweepName)
      .filter(({ kind, state }) => kind === 'baseline' && state === 'failed')
      .map(({ trial }) => trial);
    if (trials.length > 0) this.give({ kind: 'retry', trials });
  }

  #send(requestId: string, order: SteerOrder): void {
    const { sweepRun, calls } = this.#world;
    this.#world.trace(`order ${requestId}: ${JSON.stringify(order)}`);
    const done = (reply: SteerReply): void => {
      this.acknowledged.set(requestId, order);
      this.#world.trace(`order ${requestId} is carried out: ${reply.message}`);
    };
    if (sweepRun !== undefined) sweepRun.steer(requestId, order, done);
    else if (order.kind !== 'stop' && order.kind !== 'cancel') {
      calls.steer({ isAlive: true }, { requestId, order }, done, () => undefined);
    }
  }

  #choose(): SteerOrder {
    const { plan, faults, coordinator } = this.#world;
    const { random } = faults;
    const kind = random.pick(plan.hasOneSlot ? harmless : all);
    switch (kind) {
      case 'extend':
        return { kind, trials: 1 + random.below(3) };
      case 'retry': {
        if (!coordinator.isUp || random.chance(0.3)) return { kind };
        const failed = coordinator.ledger
          .listTrials(sweepName)
          .filter(({ state }) => state === 'failed')
          .map(({ trial }) => trial);
        return failed.length === 0 ? { kind } : { kind, trials: [random.pick(failed)] };
      }
      case 'inject':
        return { kind, params: this.#anyPoint() };
      case 'pause':
      case 'resume':
      case 'stop':
      case 'cancel':
        return { kind };
    }
  }

  #anyPoint(): Readonly<Record<string, number>> {
    const { plan, faults } = this.#world;
    const parsed = parseSweepSpec(plan.specText, '/sweeps/demo.yaml');
    if (!parsed.ok) throw new Error('expected a valid sweep file');
    const { dimensions } = createSearchSpace(parsed.spec);
    return Object.fromEntries(
      dimensions.map(({ name, min, max }) => [name, faults.random.between(min, max)]),
    );
  }
}
