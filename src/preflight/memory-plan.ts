/** How much memory the trials of a sweep need, from safetensors headers alone. */
import type { CheckpointFacts, TensorFacts } from './checkpoint-facts.js';

/**
 * Where the parents live while a sweep runs. `ram`: warm, each child holds them; `mapped`: warm,
 * read from their files through the page cache, which all children share; `cold`: new processes for
 * each trial, which hand the merged model over on disk.
 */
export type Residence = 'ram' | 'mapped' | 'cold';

export interface MemorySetting {
  /** `genome.dtype`. */
  readonly mergeDtype: string;
  /** `genome.out_dtype`; @default mergeDtype */
  readonly outDtype?: string;
  /** lm-eval's `dtype`; `auto`, or one that is not known here, is that of the merged weights. @default outDtype */
  readonly evaluationDtype?: string;
  /** mergekit's name. */
  readonly method: string;
  /** Models are evaluated on the CPU: their copies are in RAM and none is on a card. */
  readonly isOnCpu: boolean;
  /** `merge.cuda`: the peak of a merge is in GPU memory. */
  readonly isMergedOnCard: boolean;
  /** Processes on the node: its slots and one for the next merge; an integer >= 2. */
  readonly children: number;
}

/** All numbers are bytes. What is not in headers (KV cache, activations, documents) comes on top. */
export interface MemoryPlan {
  /** Base and parents as stored. */
  readonly parentsBytes: number;
  /** One copy of the merged model, in the type in which it is evaluated. */
  readonly modelBytes: number;
  /** Merging the largest tensor; one merge at a time on a node. */
  readonly mergePeakBytes: number;
  /** A merged checkpoint on disk. */
  readonly checkpointBytes: number;
  /** As in the setting. */
  readonly children: number;
  /**
   * RAM of a node by residence: a merge being made and written, the interpreters of the children,
   * their parents (`ram`), their copies of the model (on the CPU) or one on its way to a card.
   * Mapped parents don't count: their pages go when memory is short.
   */
  readonly ramBytes: Readonly<Record<Residence, number>>;
  /** Available RAM from which on a residence is advised (`ram`, `mapped`) or possible (`cold`). */
  readonly leastRamBytes: Readonly<Record<Residence, number>>;
  /** GPU memory of one model that is evaluated; 0 on the CPU. */
  readonly vramPerModelBytes: number;
  /** On the card where the next merge waits while a model is evaluated: a second copy when warm. */
  readonly vramPerCardBytes: { readonly warm: number; readonly cold: number };
}

/** Buffers, fragments and the CUDA context beside the weights. */
const vramFactor = 1.1;
/** Python with torch, transformers, mergekit and lm-eval: 0.6 GB measured without CUDA. */
const interpreterBytes = 1e9;
/** mergekit gathers so much of the result before it writes: its default of `--out-shard-size`. */
const mostInShardBytes = 5e9;
/** The rest is for the page cache, documents and others on the machine. */
const mostOfParents = 0.5;
const mostInAll = 0.8;

/**
 * Sizes follow from the base's tensors: a merge has the same. An upper bound for the methods of
 * `mergeMethods` and for TIES, which is a baseline of every sweep.
 * @param base with safetensors weights, like all `parents`
 */
export function planMemory(
  base: Pick<CheckpointFacts, 'tensors' | 'config'>,
  parents: readonly Pick<CheckpointFacts, 'tensors'>[],
  setting: MemorySetting,
): MemoryPlan {
  const { mergeDtype, outDtype = mergeDtype, evaluationDtype = outDtype, children } = setting;
  const sizes = Object.entries(base.tensors)
    // A tied head is the embedding once more: mergekit writes none.
    .filter(([name]) => !(base.config.tiesEmbeddings === true && name === 'lm_head.weight'))
    .map(([, tensor]) => countElements(tensor));
  const elements = sum(sizes);
  const outWidth = widthOf(outDtype) ?? 4;
  const parentsBytes = sum(
    [base, ...parents].flatMap(({ tensors }) => Object.values(tensors).map(countBytes)),
  );
  const modelBytes = elements * (widthOf(evaluationDtype) ?? outWidth);
  const checkpointBytes = elements * outWidth;
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  const mergePeakBytes =
    largest * peakPerElement(parents.length, widthOf(mergeDtype) ?? 4, setting.method);

  const { isOnCpu, isMergedOnCard } = setting;
  // A node merges, or writes a merge, one at a time.
  const merge = (isMergedOnCard ? 0 : mergePeakBytes) + Math.min(checkpointBytes, mostInShardBytes);
  const shared = merge + children * interpreterBytes;
  const mapped = shared + (isOnCpu ? children : 1) * modelBytes;
  const ram = mapped + children * parentsBytes;
  const cold = shared + (isOnCpu ? children - 1 : 1) * modelBytes;
  const vramPerModelBytes = isOnCpu ? 0 : Math.ceil(modelBytes * vramFactor);
  const mergeOnCard = isMergedOnCard ? mergePeakBytes : 0;
  return {
    ...{ parentsBytes, modelBytes, mergePeakBytes, checkpointBytes, children },
    ramBytes: { ram, mapped, cold },
    leastRamBytes: {
      ram: Math.ceil(Math.max((children * parentsBytes) / mostOfParents, ram / mostInAll)),
      mapped: Math.ceil(mapped / mostInAll),
      // On its way to a card a model only passes through the page cache.
      cold: isOnCpu ? cold : shared,
    },
    vramPerModelBytes,
    vramPerCardBytes: {
      warm: 2 * vramPerModelBytes + mergeOnCard,
      cold: vramPerModelBytes + mergeOnCard,
    },
  };
}

/**
 * Bytes at once per element of the largest tensor, n parents beside the base. Fitted from above to
 * mergekit 0.1.5 with torch 2.13 on the CPU (docs/memory.md).
 */
function peakPerElement(n: number, width: number, method: string): number {
  // n + 1 inputs, n task vectors, their votes: n masks as bytes, n of them widened, n products.
  const consensus = (4 * n + 3) * width + n;
  // TIES sorts a task vector: 64-bit indices, twice, and the values as float32.
  const sort = (2 * n + 1) * width + 30;
  return method === 'ties' ? Math.max(consensus, sort) : consensus;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const countElements = ({ shape }: TensorFacts): number => shape.reduce((a, b) => a * b, 1);

/** The bits of a safetensors type are in its name (`F8_E4M3`), but for `BOOL`. */
function countBytes(tensor: TensorFacts): number {
  const bits = Number(/\d+/.exec(tensor.dtype)?.[0] ?? 8);
  return Math.ceil((countElements(tensor) * bits) / 8);
}

/** Bytes of torch's type. */
function widthOf(dtype: string): number | undefined {
  return new Map([
    ['float64', 8],
    ['double', 8],
    ['float32', 4],
    ['float', 4],
    ['float16', 2],
    ['half', 2],
    ['bfloat16', 2],
  ]).get(dtype.replace(/^torch\./, ''));
}
