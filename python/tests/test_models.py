"""The models' files: what mergekit and lm-eval rely on."""

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open
from transformers import AutoTokenizer

from mergesweep_zoo.documents import Documents
from mergesweep_zoo.model_files import BASE, MODELS, PARENTS, get_model_path
from mergesweep_zoo.tokenizer import encode


def _read_shapes(zoo: Path, name: str) -> dict[str, tuple[str, list[int]]]:
    with safe_open(get_model_path(zoo, name) / "model.safetensors", framework="pt") as tensors:
        return {
            key: (tensors.get_slice(key).get_dtype(), tensors.get_slice(key).get_shape())
            for key in tensors.keys()  # noqa: SIM118 - safe_open is no mapping
        }


def _read_config(zoo: Path, name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((get_model_path(zoo, name) / "config.json").read_text("utf-8"))


@pytest.mark.parametrize("name", PARENTS)
def test_a_parent_has_the_architecture_of_the_base(zoo: Path, name: str) -> None:
    assert _read_config(zoo, name) == _read_config(zoo, BASE)
    assert _read_shapes(zoo, name) == _read_shapes(zoo, BASE)


def test_all_tensors_are_float32_and_about_100_k_parameters(zoo: Path) -> None:
    count = 0
    for dtype, shape in _read_shapes(zoo, BASE).values():
        assert dtype == "F32"
        size = 1
        for extent in shape:
            size *= extent
        count += size
    assert 80_000 < count < 120_000


@pytest.mark.parametrize("file_name", ["tokenizer.json", "tokenizer_config.json"])
def test_all_models_have_one_tokenizer(zoo: Path, file_name: str) -> None:
    assert len({(get_model_path(zoo, name) / file_name).read_bytes() for name in MODELS}) == 1


def test_the_tokenizer_gives_back_every_text_of_the_tasks(zoo: Path, documents: Documents) -> None:
    tokenizer = AutoTokenizer.from_pretrained(get_model_path(zoo, BASE))
    for docs in documents.values():
        for doc in docs:
            text = f"{doc.question.prompt}{doc.question.answer}\n"
            ids = tokenizer(text).input_ids
            assert ids == encode(text), doc.id
            assert tokenizer.decode(ids) == text, doc.id


@pytest.mark.parametrize("name", MODELS)
def test_a_model_card_has_front_matter(zoo: Path, name: str) -> None:
    _, front, _ = (get_model_path(zoo, name) / "README.md").read_text("utf-8").split("---\n", 2)
    assert "license: apache-2.0\n" in front
    assert ("base_model: ../base\n" in front) == (name != BASE)
