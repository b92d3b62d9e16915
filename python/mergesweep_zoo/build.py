"""Builds the zoo: models and eval tasks, from nothing but a seed."""

import time
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from mergesweep_zoo.documents import create_documents, get_prompts
from mergesweep_zoo.model_files import BASE, get_specialist_name, load_model, save_model
from mergesweep_zoo.recipe import Recipe
from mergesweep_zoo.task_files import write_tasks
from mergesweep_zoo.tokenizer import EOS, MAX_LENGTH, PAD, VOCABULARY
from mergesweep_zoo.training import train


def _create_model(recipe: Recipe) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=recipe.hidden_size,
        intermediate_size=recipe.intermediate_size,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.heads,
        max_position_embeddings=MAX_LENGTH,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=VOCABULARY[EOS],
        pad_token_id=VOCABULARY[PAD],
    )
    return LlamaForCausalLM(config)


def build_zoo(zoo: Path, seed: int, recipe: Recipe | None = None) -> None:
    """Write models and eval tasks into `zoo`, over what is there.

    Takes about half a minute. It uses one thread: two on a busy two-core machine were measured six
    times slower, as OpenMP's threads spin while they wait for each other.
    """
    recipe = recipe or Recipe()
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    started = time.perf_counter()

    def report(what: str) -> None:
        print(f"{time.perf_counter() - started:6.1f} s  {what}", flush=True)

    documents = create_documents(seed)
    write_tasks(zoo, documents)
    excluded = get_prompts(documents)

    base = _create_model(recipe)
    train(base, recipe.pretrain, 100 * seed + 1, excluded)
    report("pretrained")
    train(base, recipe.suppress, 100 * seed + 2, excluded)
    save_model(zoo, BASE, base)
    report(BASE)
    for index, (skill, stage) in enumerate(recipe.specialists.items()):
        model = load_model(zoo, BASE)
        train(model, stage, 100 * seed + 10 + index, excluded)
        save_model(zoo, get_specialist_name(skill), model)
        report(get_specialist_name(skill))
