/** What can be known of a checkpoint without reading its weights. */

/** The essentials of config.json; absent where the file does not say. */
export interface ModelConfig {
  readonly modelType?: string;
  readonly architecture?: string;
  readonly layers?: number;
  readonly hiddenSize?: number;
  readonly heads?: number;
  readonly keyValueHeads?: number;
  readonly intermediateSize?: number;
  readonly vocabSize?: number;
  readonly tiesEmbeddings?: boolean;
  readonly dtype?: string;
  /** `auto_map` names Python files of the repository that would be run. */
  readonly hasCustomCode: boolean;
  /** An adapter lies beside the model: transformers would put it on top, mergekit would not. */
  readonly hasAdapter?: boolean;
  /** Weights stored as GPTQ, AWQ, bitsandbytes, …: the method's name. */
  readonly quantization?: string;
}

export interface TokenizerFacts {
  readonly className?: string;
  /** `auto_map` names Python files of the repository; they are not run. */
  readonly hasCustomCode?: boolean;
  /** Added tokens included. Absent where the vocabulary is not in a file that is read here. */
  readonly size?: number;
  /** SHA-256 over the sorted (token, id) pairs. */
  readonly vocabularyHash?: string;
  /** `bos_token` → `<s>`. */
  readonly specialTokens: Readonly<Record<string, string>>;
  readonly chatTemplateHash?: string;
}

export interface TensorFacts {
  /** As in the header, e.g. `BF16`. */
  readonly dtype: string;
  readonly shape: readonly number[];
}

export interface CheckpointFacts {
  /** `base`, or the parent's label. */
  readonly label: string;
  /** The folder that was read. */
  readonly directory: string;
  readonly config: ModelConfig;
  readonly tokenizer?: TokenizerFacts;
  readonly tensors: Readonly<Record<string, TensorFacts>>;
  readonly weights: 'safetensors' | 'pickle' | 'none';
  readonly provenance: {
    /** `base_model` of the model card. */
    readonly baseModels: readonly string[];
    /** Of the Hub cache's snapshot. */
    readonly commit?: string;
  };
}
