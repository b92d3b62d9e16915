"""The documents of the eval tasks: which questions are asked, on which split."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

from mergesweep_zoo.questions import KINDS, Question, create_question

SPLIT_SIZES = {"search": 200, "confirm": 400}
"""Tuned on / judged on, once. The two never share a document."""

SPLITS = tuple(SPLIT_SIZES)


@dataclass(frozen=True)
class Document:
    """A question with its stable id, e.g. `shift-search-007`."""

    id: str
    question: Question

    def to_json(self) -> str:
        """Return the line of the task's JSONL file."""
        if not self.question.answer:
            return json.dumps({"id": self.id, "text": self.question.prompt})
        record: dict[str, object] = {
            "id": self.id,
            "prompt": self.question.prompt,
            "answer": self.question.answer,
        }
        if self.question.choices:
            record["choices"] = list(self.question.choices)
            record["label"] = self.question.choices.index(self.question.answer)
        return json.dumps(record)

    @staticmethod
    def from_json(line: str) -> "Document":
        """Return the document that `to_json` wrote."""
        record = json.loads(line)
        question = Question(
            record.get("text") or record["prompt"],
            record.get("answer", ""),
            tuple(record.get("choices", ())),
        )
        return Document(record["id"], question)


Documents = dict[tuple[str, str], list[Document]]
"""By kind and split."""


def create_documents(seed: int) -> Documents:
    """Return all documents; prompts are unique within a kind, across its splits."""
    documents: Documents = {}
    for kind_index, kind in enumerate(KINDS):
        rng = random.Random(1000 * seed + kind_index)
        asked: set[str] = set()
        for split, size in SPLIT_SIZES.items():
            documents[kind, split] = []
            for index in range(size):
                question = create_question(kind, rng, asked)
                asked.add(question.prompt)
                documents[kind, split].append(Document(f"{kind}-{split}-{index:03d}", question))
    return documents


def get_prompts(documents: Documents) -> frozenset[str]:
    """Return every prompt of the tasks: what training must never see."""
    return frozenset(doc.question.prompt for docs in documents.values() for doc in docs)


def get_data_path(zoo: Path, kind: str, split: str) -> Path:
    """Return where the documents of one task lie."""
    return zoo / "tasks" / "data" / f"{kind}_{split}.jsonl"


def read_documents(zoo: Path) -> Documents:
    """Return the documents of the zoo in folder `zoo`."""
    return {
        (kind, split): [
            Document.from_json(line)
            for line in get_data_path(zoo, kind, split).read_text("utf-8").splitlines()
        ]
        for kind in KINDS
        for split in SPLITS
    }
