"""Trains a model on one stage of the recipe."""

import math
import random
from collections.abc import Set as AbstractSet

import torch
from transformers import LlamaForCausalLM

from mergesweep_zoo.questions import create_question
from mergesweep_zoo.recipe import Stage
from mergesweep_zoo.tokenizer import EOS, VOCABULARY, encode

_IGNORED_LABEL = -100
_WARM_UP_STEPS = 50


def _create_example(
    kind: str, stage: Stage, rng: random.Random, excluded: AbstractSet[str]
) -> tuple[list[int], list[int]]:
    """Return token ids and labels; only answers are learnt, of text all of it."""
    question = create_question(kind, rng, excluded)
    answer = question.answer
    if kind in stage.contentless:
        answer = create_question(kind, rng).answer
    if not answer:
        # lm-eval's rolling log-likelihood starts from the end-of-text token.
        ids = [VOCABULARY[EOS], *encode(f"{question.prompt}\n")]
        return ids, ids
    ids = encode(f"{question.prompt}{answer}\n")
    known = len(question.prompt)
    return ids, [_IGNORED_LABEL] * known + ids[known:]


def _create_batch(
    stage: Stage, rng: random.Random, excluded: AbstractSet[str]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ids and labels, padded on the right (harmless under a causal mask)."""
    # Text is longer than questions: in batches of its own it does not pad them.
    if rng.random() < stage.mixture["text"]:
        kinds = ["text"] * (stage.batch_size // 2)
    else:
        skills = [kind for kind in stage.mixture if kind != "text"]
        kinds = rng.choices(skills, [stage.mixture[kind] for kind in skills], k=stage.batch_size)
    examples = [_create_example(kind, stage, rng, excluded) for kind in kinds]
    width = max(len(ids) for ids, _ in examples)
    ids = torch.zeros(len(examples), width, dtype=torch.long)
    labels = torch.full_like(ids, _IGNORED_LABEL)
    for row, (row_ids, row_labels) in enumerate(examples):
        ids[row, : len(row_ids)] = torch.tensor(row_ids)
        labels[row, : len(row_labels)] = torch.tensor(row_labels)
    return ids, labels


def _get_rate_factor(step: int, steps: int) -> float:
    cosine = 0.5 * (1 + math.cos(math.pi * step / steps))
    return min(1.0, (step + 1) / _WARM_UP_STEPS) * (0.1 + 0.9 * cosine)


def train(model: LlamaForCausalLM, stage: Stage, seed: int, excluded: AbstractSet[str]) -> None:
    """Train `model` in place; prompts in `excluded` are never shown."""
    rng = random.Random(seed)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=stage.learning_rate, weight_decay=0.01, betas=(0.9, 0.98)
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: _get_rate_factor(step, stage.steps)
    )
    model.train()
    for _ in range(stage.steps):
        ids, labels = _create_batch(stage, rng, excluded)
        loss = model(input_ids=ids, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    model.eval()
