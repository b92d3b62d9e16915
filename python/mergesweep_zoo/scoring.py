"""Scores a model on the documents by lm-eval's rules, without it; a test holds the two equal."""

import math

import torch
from transformers import LlamaForCausalLM

from mergesweep_zoo.documents import SPLITS, Document, Documents
from mergesweep_zoo.questions import KINDS
from mergesweep_zoo.tokenizer import EOS, VOCABULARY, encode

Scores = dict[str, dict[str, float]]
"""By split, then kind: exact match, accuracy, or bits per byte of text; `mean` is of the skills."""


def _score_generation(model: LlamaForCausalLM, docs: list[Document]) -> float:
    """Return the share of documents whose greedy answer is exact, end of line included."""
    ids = torch.tensor([encode(doc.question.prompt) for doc in docs])
    targets = torch.tensor([encode(f"{doc.question.answer}\n") for doc in docs])
    is_exact = torch.ones(len(docs), dtype=torch.bool)
    for position in range(targets.shape[1]):
        predicted = model(input_ids=ids).logits[:, -1].argmax(-1)
        is_exact &= predicted == targets[:, position]
        ids = torch.cat([ids, predicted[:, None]], 1)
    return is_exact.double().mean().item()


def _score_choice(model: LlamaForCausalLM, docs: list[Document]) -> float:
    """Return the share of documents where the right letter is the likeliest of the choices."""
    logits = model(input_ids=torch.tensor([encode(doc.question.prompt) for doc in docs])).logits
    choices = torch.tensor([[encode(letter)[0] for letter in doc.question.choices] for doc in docs])
    labels = torch.tensor([doc.question.choices.index(doc.question.answer) for doc in docs])
    picked = logits[:, -1].gather(1, choices).argmax(1)
    return float((picked == labels).double().mean().item())


def _score_text(model: LlamaForCausalLM, docs: list[Document]) -> float:
    """Return bits per byte over all documents, each read from the end-of-text token."""
    nats = 0.0
    for doc in docs:
        ids = torch.tensor([[VOCABULARY[EOS], *encode(doc.question.prompt)]])
        loss: torch.Tensor = model(input_ids=ids, labels=ids).loss
        nats += loss.item() * (ids.shape[1] - 1)
    return nats / math.log(2) / sum(len(doc.question.prompt.encode()) for doc in docs)


_SCORERS = {
    "shift": _score_generation,
    "rev": _score_generation,
    "third": _score_choice,
    "text": _score_text,
}


@torch.no_grad()
def score_model(model: LlamaForCausalLM, documents: Documents) -> Scores:
    """Return the model's scores on every document."""
    scores: Scores = {}
    for split in SPLITS:
        by_kind = {kind: _SCORERS[kind](model, documents[kind, split]) for kind in KINDS}
        mean = sum(by_kind[kind] for kind in KINDS if kind != "text") / (len(KINDS) - 1)
        scores[split] = {**by_kind, "mean": mean}
    return scores
