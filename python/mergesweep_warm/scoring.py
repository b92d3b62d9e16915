"""Scores the weights that are in the model, and leaves what lm_eval leaves."""

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lm_eval.evaluator import evaluate
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

from mergesweep_warm.prompting import Call, Prompting
from mergesweep_warm.stopwatch import Stopwatch
from mergesweep_warm.tasks import Documents, TaskSet, make_task_manager

MOST_HALVINGS = 2
"""Of the batch size, in one evaluation: `mostBatchHalvings` of src/errors.ts."""

Tick = Callable[[str, int, int], None]
"""(activity, done, total), between two batches; raises to stop the evaluation."""


class Scorer:
    """Scores one lm-eval model again and again; its tasks are loaded when first asked for."""

    def __init__(
        self,
        lm: Any,  # noqa: ANN401 - lm-eval is untyped
        include_path: str | None,
        metadata: Mapping[str, Any],
        prompting: Prompting,
        stopwatch: Stopwatch,
    ) -> None:
        """Tell the stopwatch what the model's calls (`forward`) and the files (`write`) cost."""
        self.lm = lm
        self._include_path = include_path
        self._metadata = metadata
        self._prompting = prompting
        self._stopwatch = stopwatch
        self._managers: dict[bool, TaskManager] = {}
        self._sets: dict[Call, TaskSet] = {}
        self._done, self._total = 0, 1
        self._tick: Tick = lambda *_: None
        self._watch("_model_call")
        self._watch("_model_generate")

    def evaluate(
        self,
        call: Call,
        out: Path,
        tick: Tick,
        documents: Documents | None = None,
    ) -> int:
        """Write lm-eval's own results and samples files below `out`; return the batch size used.

        Out of memory: half the batch, at most twice.
        """
        tasks = self._get_set(call)
        tick("Loading tasks", 0, 1)
        self._tick = tick
        configured = self.lm.batch_size_per_gpu
        least = max(1, configured >> MOST_HALVINGS)
        try:
            while True:
                self._done, self._total = 0, tasks.choose(documents)
                try:
                    self._run(tasks, out)
                except torch.OutOfMemoryError:
                    if self.lm.batch_size_per_gpu <= least:
                        raise
                else:
                    return int(self.lm.batch_size_per_gpu)
                self.lm.batch_size_per_gpu //= 2
                if torch.cuda.is_available():
                    torch.cuda.empty_cache()
        finally:
            self.lm.batch_size_per_gpu = configured
            tasks.forget()

    def _run(self, tasks: TaskSet, out: Path) -> None:
        python_seed, numpy_seed, torch_seed, _ = self._prompting.seeds
        if python_seed is not None:
            random.seed(python_seed)
        if numpy_seed is not None:
            np.random.seed(numpy_seed)  # noqa: NPY002 - what lm-eval's tasks draw from
        if torch_seed is not None:
            torch.manual_seed(torch_seed)
        with torch.no_grad():
            results = evaluate(
                self.lm,
                tasks.loaded,
                confirm_run_unsafe_code=bool(
                    self._prompting.args.get("confirm_run_unsafe_code", False)
                ),
            )
        with self._stopwatch.measure("write"):
            self._write(results, out)

    @staticmethod
    def _write(results: dict[str, Any], out: Path) -> None:
        samples = results.pop("samples")
        tracker = EvaluationTracker(output_path=str(out))
        tracker.general_config_tracker.model_name_sanitized = "warm"
        # It only logs what it could not write: the reader finds no file then.
        tracker.save_results_aggregated(results=results, samples=samples)
        for name in results["configs"]:
            tracker.save_results_samples(task_name=name, samples=samples[name])

    def _get_set(self, call: Call) -> TaskSet:
        if call not in self._sets:
            manager = self._get_manager(call.names)
            self._sets[call] = TaskSet(manager, self.lm, call, self._prompting)
        return self._sets[call]

    def _get_manager(self, names: Sequence[str]) -> TaskManager:
        """Index the sweep's own folder where that is enough: all of lm-eval's take 7 seconds."""
        for has_defaults in (False, True):
            if self._include_path is None and not has_defaults:
                continue
            if has_defaults not in self._managers:
                self._managers[has_defaults] = make_task_manager(
                    self._include_path, self._metadata, has_defaults=has_defaults
                )
            manager = self._managers[has_defaults]
            missing = [name for name in names if not manager.match_tasks([name])]
            if not missing:
                return manager
        raise ValueError(f"Tasks not found: {', '.join(missing)}")

    def _watch(self, method: str) -> None:
        """Tick after each call of the model: between two batches is where work can be stopped."""
        call = getattr(self.lm, method, None)
        if call is None:
            return

        def watched(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever lm-eval passes
            with self._stopwatch.measure("forward"):
                answer = call(*args, **kwargs)
            inputs = args[0] if args else kwargs["context" if "context" in kwargs else "inps"]
            self._done += int(inputs.shape[0])
            self._tick(f"Scoring ({method.removeprefix('_model_')})", self._done, self._total)
            return answer

        setattr(self.lm, method, watched)
