"""What the warm child does with requests, on the committed zoo."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from mergesweep_warm.channel import CancelledError
from mergesweep_warm.merge import DegenerateMergeError
from mergesweep_warm.model import UnsupportedError
from mergesweep_warm.worker import WarmWorker
from mergesweep_zoo.landscape import draw_points, render_dare_ties

TASKS = ("zoo_shift_search", "zoo_third_search")


class _Channel:
    """Counts signs of life, and cancels after so many of them."""

    def __init__(self) -> None:
        self.ticks = 0
        self.cancel_after = 1_000_000

    def tick(self, *_: object) -> None:
        self.ticks += 1
        if self.ticks > self.cancel_after:
            raise CancelledError


@pytest.fixture(scope="module")
def channel() -> _Channel:
    return _Channel()


@pytest.fixture(scope="module")
def worker(zoo: Path, channel: _Channel) -> Iterator[WarmWorker]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(zoo.parent)
        made = WarmWorker(channel)  # type: ignore[arg-type]
        made.handle(
            {
                "op": "init",
                "base": str(zoo / "models" / "base"),
                "modelArgs": {"dtype": "float32"},
                "batchSize": 16,
                "device": "cpu",
                "includePath": str(zoo / "tasks"),
                "args": {},
                "parents": "mapped",
                "mergeOptions": {},
            }
        )
        yield made


def _merge(worker: WarmWorker, zoo: Path) -> None:
    config = json.dumps(render_dare_ties(zoo, draw_points(1, seed=4)[0]))
    worker.handle({"op": "merge", "config": config, "seed": 7, "weights": "merge"})


def _evaluate(worker: WarmWorker, out: Path, documents: Any = None) -> dict[str, Any]:  # noqa: ANN401
    request = {"tasks": TASKS, "numFewshot": None, "limit": 40, "weights": "merge"}
    return worker.handle({"op": "evaluate", **request, "documents": documents, "out": str(out)})


def _read_samples(out: Path) -> dict[tuple[str, int], Any]:
    samples = {}
    for path in out.rglob("samples_*.jsonl"):
        for line in path.read_text().splitlines():
            sample = json.loads(line)
            key = (path.name.split("_search")[0], sample["doc_id"])
            samples[key] = (sample["doc_hash"], sample["filtered_resps"])
    return samples


def test_a_part_of_the_documents_is_scored_as_in_the_whole_under_their_own_numbers(
    worker: WarmWorker, zoo: Path, tmp_path: Path
) -> None:
    _merge(worker, zoo)
    _evaluate(worker, tmp_path / "all")
    chosen = {"zoo_shift_search": [3, 17, 30], "zoo_third_search": [0, 39]}
    _evaluate(worker, tmp_path / "part", chosen)
    whole, part = _read_samples(tmp_path / "all"), _read_samples(tmp_path / "part")
    assert len(whole) == 80
    assert sorted(id_ for _, id_ in part) == [0, 3, 17, 30, 39]
    assert all(whole[key] == value for key, value in part.items())


def test_a_document_that_is_not_there_is_an_error(
    worker: WarmWorker, zoo: Path, tmp_path: Path
) -> None:
    _merge(worker, zoo)
    with pytest.raises(ValueError, match="Expected documents of zoo_shift_search below 40"):
        _evaluate(worker, tmp_path, {"zoo_shift_search": [40], "zoo_third_search": [0]})


def test_out_of_memory_is_tried_again_with_half_the_batch(
    worker: WarmWorker, zoo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _merge(worker, zoo)
    scorer = worker._scorer  # noqa: SLF001
    assert scorer is not None
    generate = scorer.lm._model_generate  # noqa: SLF001

    def greedy(context: torch.Tensor, **rest: object) -> torch.Tensor:
        if context.shape[0] > 5:
            raise torch.OutOfMemoryError("CUDA out of memory")
        answer: torch.Tensor = generate(context=context, **rest)
        return answer

    monkeypatch.setattr(scorer.lm, "_model_generate", greedy)
    assert _evaluate(worker, tmp_path / "small")["batchSize"] == 4
    monkeypatch.undo()
    assert _evaluate(worker, tmp_path / "usual")["batchSize"] == 16


def test_a_cancelled_evaluation_stops_between_batches_and_the_next_one_is_whole(
    worker: WarmWorker, channel: _Channel, zoo: Path, tmp_path: Path
) -> None:
    _merge(worker, zoo)
    channel.cancel_after = channel.ticks + 2
    with pytest.raises(CancelledError):
        _evaluate(worker, tmp_path / "cut")
    channel.cancel_after = 1_000_000
    _evaluate(worker, tmp_path / "next")
    assert len(_read_samples(tmp_path / "next")) == 80


def test_a_cancelled_merge_leaves_no_weights_that_could_be_scored(
    worker: WarmWorker, channel: _Channel, zoo: Path, tmp_path: Path
) -> None:
    channel.cancel_after = channel.ticks + 1
    config = json.dumps(render_dare_ties(zoo, draw_points(1, seed=5)[0]))
    with pytest.raises(CancelledError):
        worker.handle({"op": "merge", "config": config, "seed": 7, "weights": "cut"})
    channel.cancel_after = 1_000_000
    with pytest.raises(ValueError, match="expected the weights merge, got None"):
        _evaluate(worker, tmp_path)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_parent_that_is_not_finite_makes_a_degenerate_merge(
    worker: WarmWorker, zoo: Path, tmp_path: Path, value: str
) -> None:
    parent = tmp_path / "spec-rev"
    parent.mkdir()
    for path in (zoo / "models" / "spec-rev").iterdir():
        (parent / path.name).write_bytes(path.read_bytes())
    tensors = load_file(parent / "model.safetensors")
    tensors["model.norm.weight"][3] = float(value)
    save_file(tensors, parent / "model.safetensors", metadata={"format": "pt"})
    config = render_dare_ties(zoo, draw_points(1, seed=4)[0])
    text = json.dumps(config).replace(str(zoo / "models" / "spec-rev"), str(parent))
    with pytest.raises(DegenerateMergeError, match=r"model\.norm\.weight"):
        worker.handle({"op": "merge", "config": text, "seed": 7, "weights": "nan"})


def test_a_model_of_other_tensors_is_not_for_this_child(worker: WarmWorker, tmp_path: Path) -> None:
    save_file({"other.weight": torch.zeros(2)}, tmp_path / "model.safetensors")
    with pytest.raises(UnsupportedError, match="no such tensor"):
        worker.handle({"op": "load", "model": str(tmp_path), "weights": "other"})
