/** The headers of Llama 2, for tests: names and shapes as in its checkpoints. */
import type { CheckpointFacts, TensorFacts } from './checkpoint-facts.js';

export interface LlamaSizes {
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
  /** Width of keys and values: less than `hidden` with grouped queries. */
  readonly keyValue: number;
}

/** By the name that people give them. */
export const llamaSizes: Readonly<Record<'7B' | '13B' | '70B', LlamaSizes>> = {
  '7B': { layers: 32, hidden: 4096, intermediate: 11008, keyValue: 4096 },
  '13B': { layers: 40, hidden: 5120, intermediate: 13824, keyValue: 5120 },
  '70B': { layers: 80, hidden: 8192, intermediate: 28672, keyValue: 1024 },
};

export function createLlamaFacts(sizes: LlamaSizes, dtype = 'BF16'): CheckpointFacts {
  const { layers, hidden, intermediate, keyValue } = sizes;
  const tensor = (...shape: number[]): TensorFacts => ({ dtype, shape });
  const layer = {
    'self_attn.q_proj': tensor(hidden, hidden),
    'self_attn.k_proj': tensor(keyValue, hidden),
    'self_attn.v_proj': tensor(keyValue, hidden),
    'self_attn.o_proj': tensor(hidden, hidden),
    'mlp.gate_proj': tensor(intermediate, hidden),
    'mlp.up_proj': tensor(intermediate, hidden),
    'mlp.down_proj': tensor(hidden, intermediate),
    input_layernorm: tensor(hidden),
    post_attention_layernorm: tensor(hidden),
  };
  const stack = Array.from({ length: layers }, (_, index) =>
    Object.entries(layer).map(([name, facts]) => [`model.layers.${index}.${name}.weight`, facts]),
  );
  return {
    label: 'base',
    directory: '/models/llama',
    config: { tiesEmbeddings: false, hasCustomCode: false },
    tensors: {
      'model.embed_tokens.weight': tensor(32000, hidden),
      ...(Object.fromEntries(stack.flat()) as Record<string, TensorFacts>),
      'model.norm.weight': tensor(hidden),
      'lm_head.weight': tensor(32000, hidden),
    },
    weights: 'safetensors',
    provenance: { baseModels: [] },
  };
}
