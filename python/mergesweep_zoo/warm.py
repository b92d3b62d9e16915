"""Merges with mergekit and scores with lm-eval inside one process, at about half a second a merge.

The tensors are bitwise those that `mergekit-yaml --random-seed N` writes and the scores those that
lm-eval logs; only the start-up of both tools is saved.
"""

import contextlib
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
import yaml
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
from mergekit.options import MergeOptions
from transformers import AutoTokenizer

from mergesweep_warm.merge import merge_tensors
from mergesweep_warm.model import LoadedModel
from mergesweep_zoo.documents import SPLITS
from mergesweep_zoo.model_files import BASE, get_model_path, load_model
from mergesweep_zoo.questions import SKILLS
from mergesweep_zoo.task_files import get_task_name

_METRICS = {"shift": "exact_match", "rev": "exact_match", "third": "acc"}

DocumentScores = dict[str, list[float]]
"""By skill, one score a document, in the order of the data file."""


@contextlib.contextmanager
def _change_directory(folder: Path) -> Iterator[None]:
    previous = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(previous)


class WarmEvaluator:
    """Holds one zoo's parents, and the requests of its search and confirm tasks, in memory."""

    def __init__(self, zoo: Path) -> None:
        self._zoo = zoo.resolve()
        torch.set_num_threads(1)
        self._options = MergeOptions(quiet=True)
        model = load_model(self._zoo, BASE).requires_grad_(requires_grad=False)
        tokenizer = AutoTokenizer.from_pretrained(get_model_path(self._zoo, BASE))
        self._lm = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=256)
        self._model = LoadedModel(model)
        with _silence():
            self._tasks = self._load_tasks()
        self._instances = {name: list(task.instances) for name, task in self._tasks.items()}

    def _load_tasks(self) -> dict[str, Any]:
        names = [get_task_name(skill, split) for skill in SKILLS for split in SPLITS]
        with _change_directory(self._zoo.parent):
            manager = TaskManager(include_path=str(self._zoo / "tasks"), include_defaults=False)
            tasks: dict[str, Any] = manager.load(names)["tasks"]
        for task in tasks.values():
            task.set_fewshot_seed(seed=1234)
            task.build_all_requests(limit=None, rank=0, world_size=1)
        return tasks

    def load(self, name: str) -> None:
        """Take the weights of model `name` as they are."""
        self._model.load(get_model_path(self._zoo, name))

    def merge(self, merge_config: Mapping[str, object], seed: int) -> None:
        """Take the weights of the merge; `seed` is what `--random-seed` gives mergekit."""
        tensors = merge_tensors(yaml.safe_dump(dict(merge_config)), seed, self._options)
        self._model.take((name, tensor) for name, tensor, _ in tensors)

    def get_tensors(self) -> dict[str, torch.Tensor]:
        """Return the weights taken last; they change with the next merge."""
        return self._model.get_tensors()

    def score(self, split: str) -> DocumentScores:
        """Return the score of every document of `split` under the weights taken last."""
        scores: DocumentScores = {}
        for skill in SKILLS:
            name = get_task_name(skill, split)
            task, instances = self._tasks[name], self._instances[name]
            for instance in instances:
                instance.resps, instance.filtered_resps = [], {}
            with _silence():
                answer = getattr(self._lm, instances[0].request_type)
                for instance, response in zip(instances, answer(instances), strict=True):
                    instance.resps.append(response)
            task.apply_filters()
            scores[skill] = _process(task, instances, _METRICS[skill])
        return scores


def _process(task: Any, instances: list[Any], metric: str) -> list[float]:  # noqa: ANN401 - lm-eval is untyped
    by_document: dict[int, list[Any]] = {}
    for instance in instances:
        by_document.setdefault(instance.doc_id, []).append(instance)
    return [
        float(
            task.process_results(
                group[0].doc,
                [
                    next(iter(instance.filtered_resps.values()))
                    for instance in sorted(group, key=lambda instance: instance.idx)
                ],
            )[metric]
        )
        for _, group in sorted(by_document.items())
    ]


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Hide the progress bars that lm-eval has no switch for."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield
