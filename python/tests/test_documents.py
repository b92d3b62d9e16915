"""The eval tasks' documents, and their files."""

from pathlib import Path

import pytest

from mergesweep_zoo.documents import (
    SPLIT_SIZES,
    Document,
    Documents,
    create_documents,
    get_data_path,
)
from mergesweep_zoo.manifest import read_manifest
from mergesweep_zoo.questions import KINDS, create_question
from mergesweep_zoo.task_files import get_task_name, render_task


@pytest.mark.parametrize("kind", KINDS)
def test_search_and_confirm_share_no_document(documents: Documents, kind: str) -> None:
    prompts = [doc.question.prompt for split in SPLIT_SIZES for doc in documents[kind, split]]
    ids = [doc.id for split in SPLIT_SIZES for doc in documents[kind, split]]
    assert len(set(prompts)) == len(prompts) == sum(SPLIT_SIZES.values())
    assert len(set(ids)) == len(ids)


def test_the_committed_documents_follow_from_the_seed(zoo: Path, documents: Documents) -> None:
    assert create_documents(read_manifest(zoo)["seed"]) == documents


def test_answers_are_right(documents: Documents) -> None:
    for doc in documents["rev", "search"]:
        assert doc.question.answer == doc.question.prompt[1:-1][::-1]
    for doc in documents["shift", "search"]:
        shifted = [chr((ord(c) - ord("a") + 1) % 10 + ord("a")) for c in doc.question.prompt[1:-1]]
        assert doc.question.answer == "".join(shifted)
    for doc in documents["third", "search"]:
        assert doc.question.answer == doc.question.prompt[3]
        assert doc.question.answer in doc.question.choices
        assert len(set(doc.question.choices)) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_survives_its_file(documents: Documents, kind: str) -> None:
    for doc in documents[kind, "search"]:
        assert Document.from_json(doc.to_json()) == doc


def test_an_excluded_prompt_is_never_asked() -> None:
    import random

    first = create_question("text", random.Random(1))
    assert create_question("text", random.Random(1), {first.prompt}) != first


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("split", SPLIT_SIZES)
def test_a_task_file_is_current_and_names_its_data(zoo: Path, kind: str, split: str) -> None:
    text = (zoo / "tasks" / f"{get_task_name(kind, split)}.yaml").read_text("utf-8")
    assert text == render_task("zoo", kind, split)
    assert f"test: {get_data_path(Path('zoo'), kind, split).as_posix()} " in text
    assert "!function" not in text
