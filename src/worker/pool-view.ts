/** What a node knows of the others of its pool: asked of the registry, and kept for a while. */
import type { Client } from '@temporalio/client';
import { drainingQuestion, nodesQuestion, nodesWorkflowId } from '../../workflows/messages.js';
import type { KnownNode } from '../../workflows/messages.js';
import { askWorkflow } from '../client/ask-workflow.js';

/** A node that shares its pool looks again so soon, one that is alone so late. */
const freshMs = 5_000;
const aloneMs = 60_000;
/** The coordinator may be away: nobody waits for it longer. */
const answerWithinMs = 3_000;

export interface PoolViewOptions {
  readonly client: Client;
  readonly nodeId: string;
  readonly pool?: string | undefined;
  readonly now?: () => number;
}

export class PoolView {
  private readonly options: PoolViewOptions;
  private free = 0;
  private validUntil = -Infinity;
  private asking: Promise<void> | undefined;

  constructor(options: PoolViewOptions) {
    this.options = options;
  }

  /** Slots of other ready nodes that wait for a trial; `unknown` while that is asked. */
  get freeElsewhere(): number | 'unknown' {
    if (this.now() <= this.validUntil) return this.free;
    void this.refresh();
    return 'unknown';
  }

  /** Never rejects: what does not answer counts as no other node. */
  refresh(): Promise<void> {
    this.asking ??= this.ask().finally(() => (this.asking = undefined));
    return this.asking;
  }

  /** Whether somebody has told this node to drain; undefined where the registry does not answer. */
  async isToldToDrain(): Promise<boolean | undefined> {
    const told = await this.inquire<readonly string[]>(drainingQuestion);
    return told?.includes(this.options.nodeId);
  }

  private async ask(): Promise<void> {
    const nodes = (await this.inquire<readonly KnownNode[]>(nodesQuestion)) ?? [];
    const others = nodes.filter(({ nodeId }) => nodeId !== this.options.nodeId);
    this.free = others
      .filter(({ state = 'ready' }) => state === 'ready')
      .reduce((sum, { freeSlots = 0 }) => sum + freeSlots, 0);
    this.validUntil = this.now() + (others.length === 0 ? aloneMs : freshMs);
  }

  private async inquire<Answer>(question: string): Promise<Answer | undefined> {
    const { client, pool } = this.options;
    try {
      return await askWorkflow(client, nodesWorkflowId(pool), question, answerWithinMs);
    } catch {
      return undefined;
    }
  }

  private now(): number {
    return (this.options.now ?? performance.now.bind(performance))();
  }
}
