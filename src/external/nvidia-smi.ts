/** The cards of this machine, as nvidia-smi lists them. */
import { execa } from 'execa';
import { childEnvironment } from './child-environment.js';

export interface NvidiaCard {
  /** As nvidia-smi counts: by bus address. */
  readonly index: string;
  /** `GPU-…`. */
  readonly uuid: string;
  readonly name: string;
  /** Absent where the driver does not tell. */
  readonly vramBytes?: number;
}

const query = '--query-gpu=index,uuid,name,memory.total';
const bytesPerMib = 2 ** 20;

/** None where there is no nvidia-smi, or where it gives no answer within 10 s. */
export async function listCards(
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly NvidiaCard[]> {
  const { stdout, failed } = await execa('nvidia-smi', [query, '--format=csv,noheader,nounits'], {
    env: childEnvironment(env, 1),
    extendEnv: false,
    reject: false,
    timeout: 10_000,
    killSignal: 'SIGKILL',
  });
  return failed ? [] : parseCards(stdout);
}

/** Lines of `index, uuid, name, MiB`; names may hold commas. Others are left out. */
export function parseCards(csv: string): readonly NvidiaCard[] {
  return csv.split('\n').flatMap((line): NvidiaCard[] => {
    const [, index, uuid, name, memory] =
      /^\s*(\d+)\s*,\s*([^,\s]+)\s*,\s*(.*?)\s*,\s*([^,]*?)\s*$/.exec(line) ?? [];
    if (index === undefined || uuid === undefined || name === undefined) return [];
    const vramBytes = memory === '' ? NaN : Number(memory) * bytesPerMib;
    return [{ index, uuid, name, ...(Number.isFinite(vramBytes) ? { vramBytes } : {}) }];
  });
}

/** The card that `CUDA_VISIBLE_DEVICES` means by `id`: its index, or the beginning of its UUID. */
export function findCard(cards: readonly NvidiaCard[], id: string): NvidiaCard | undefined {
  return cards.find(
    ({ index, uuid }) => index === id || (id.startsWith('GPU-') && uuid.startsWith(id)),
  );
}
