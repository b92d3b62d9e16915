"""Models of random weights in a real model's shape, with the zoo's tokenizer."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from safetensors.torch import save_file

ZOO = Path(__file__).parents[2] / "zoo"
SHARD_BYTES = 4_000_000_000
Tensors = list[tuple[str, tuple[int, ...]]]


def list_tensors(shape: dict[str, int], vocabulary: int) -> Tensors:
    """Return name and size of each tensor of a llama, in the order of its layers."""
    hidden, intermediate = shape["hidden"], shape["intermediate"]
    tensors: Tensors = [("model.embed_tokens.weight", (vocabulary, hidden))]
    for layer in range(shape["layers"]):
        prefix = f"model.layers.{layer}"
        tensors += [(f"{prefix}.self_attn.{name}_proj.weight", (hidden, hidden)) for name in "qkvo"]
        tensors += [
            (f"{prefix}.mlp.{name}_proj.weight", (intermediate, hidden)) for name in ("gate", "up")
        ]
        tensors += [
            (f"{prefix}.mlp.down_proj.weight", (hidden, intermediate)),
            (f"{prefix}.input_layernorm.weight", (hidden,)),
            (f"{prefix}.post_attention_layernorm.weight", (hidden,)),
        ]
    return [*tensors, ("model.norm.weight", (hidden,)), ("lm_head.weight", (vocabulary, hidden))]


def split_into_shards(tensors: Tensors) -> list[Tensors]:
    """Return them in files of at most SHARD_BYTES."""
    shards: list[Tensors] = [[]]
    size = 0
    for name, sizes in tensors:
        count = 2 * torch.Size(sizes).numel()
        if size + count > SHARD_BYTES and shards[-1]:
            shards.append([])
            size = 0
        shards[-1].append((name, sizes))
        size += count
    return shards


def draw(sizes: tuple[int, ...], seeds: tuple[int, ...], device: str) -> torch.Tensor:
    """Return a tensor of the base (one seed) or of a parent (the base's seed and its own)."""
    if len(sizes) == 1:
        return torch.ones(sizes, dtype=torch.bfloat16)
    total = torch.zeros(sizes, device=device)
    for seed, scale in zip(seeds, (0.02, 0.002), strict=False):
        generator = torch.Generator(device).manual_seed(seed)
        total += torch.randn(sizes, device=device, generator=generator) * scale
    return total.to(torch.bfloat16).cpu()


def make_models(folder: Path, shape: dict[str, int], device: str) -> list[Path]:
    """Write base and two parents; return their folders."""
    config = json.loads((ZOO / "models" / "base" / "config.json").read_text())
    config |= {
        "dtype": "bfloat16",
        "hidden_size": shape["hidden"],
        "intermediate_size": shape["intermediate"],
        "num_hidden_layers": shape["layers"],
        "num_attention_heads": shape["heads"],
        "num_key_value_heads": shape["heads"],
        "head_dim": shape["hidden"] // shape["heads"],
    }
    shards = split_into_shards(list_tensors(shape, config["vocab_size"]))

    def make(index: int) -> Path:
        model = folder / ("base", "parent-a", "parent-b")[index]
        model.mkdir(parents=True)
        (model / "config.json").write_text(json.dumps(config))
        for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
            shutil.copy(ZOO / "models" / "base" / name, model)
        weight_map = {}
        seed = 0
        for number, shard in enumerate(shards, start=1):
            file = f"model-{number:05}-of-{len(shards):05}.safetensors"
            tensors = {}
            for name, sizes in shard:
                seed += 1
                own = (seed, 1_000_000 * index + seed) if index > 0 else (seed,)
                tensors[name] = draw(sizes, own, device)
                weight_map[name] = file
            save_file(tensors, model / file, metadata={"format": "pt"})
        index_file = {"metadata": {}, "weight_map": weight_map}
        (model / "model.safetensors.index.json").write_text(json.dumps(index_file))
        return model

    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(make, range(3)))
