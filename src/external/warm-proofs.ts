import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from './atomic-file.js';

/** Whether warm evaluation was found equal to cold on this node, for one kind of work. */
export interface WarmProof {
  readonly isEqual: boolean;
  /** Who found it, and what differed; one clause. */
  readonly reason: string;
}

/** `<workRoot>/warm-proofs/<key>.json`; a proof is made once, and all others wait for it. */
export class WarmProofs {
  private readonly folder: string;
  private readonly remembered = new Map<string, WarmProof>();
  private readonly underWay = new Map<string, Promise<unknown>>();

  constructor(workRoot: string) {
    this.folder = join(workRoot, 'warm-proofs');
  }

  isUnderWay(key: string): boolean {
    return this.underWay.has(key);
  }

  /** The proof, once nobody is at it any more; undefined where there is none. */
  async find(key: string, aborted: Promise<never>): Promise<WarmProof | undefined> {
    for (let work = this.underWay.get(key); work !== undefined; work = this.underWay.get(key)) {
      await Promise.race([work, aborted]);
    }
    return this.read(key);
  }

  /** Runs `work` alone for its key; undefined, and nothing was run, where another is at it already. */
  async prove<T>(key: string, work: () => Promise<T>): Promise<T | undefined> {
    if (this.underWay.has(key)) return undefined;
    const going = work();
    this.underWay.set(
      key,
      going.then(
        () => undefined,
        () => undefined,
      ),
    );
    try {
      return await going;
    } finally {
      this.underWay.delete(key);
    }
  }

  /** As `store`, until this process ends. */
  remember(key: string, proof: WarmProof): void {
    this.remembered.set(key, proof);
  }

  async store(key: string, proof: WarmProof): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await writeFileAtomic(this.path(key), `${JSON.stringify(proof)}\n`);
  }

  private async read(key: string): Promise<WarmProof | undefined> {
    const remembered = this.remembered.get(key);
    if (remembered !== undefined) return remembered;
    try {
      return JSON.parse(await readFile(this.path(key), 'utf8')) as WarmProof;
    } catch {
      // Absent or torn: it is proved again.
      return undefined;
    }
  }

  private path(key: string): string {
    return join(this.folder, `${key}.json`);
  }
}
