"""What a warm child does for its node worker, request by request."""

import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from lm_eval.api.registry import get_model
from mergekit.options import MergeOptions

from mergesweep_warm.channel import Channel, Message
from mergesweep_warm.memoize import remember_configs, remember_templates, remember_tokens
from mergesweep_warm.merge import merge_tensors, save_merge
from mergesweep_warm.model import LoadedModel
from mergesweep_warm.prompting import Call, Prompting
from mergesweep_warm.scoring import Scorer
from mergesweep_warm.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable


class WarmWorker:
    """One model in memory. `init` first; then `merge` or `load`, `evaluate`, `compare`, `save`."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stopwatch = Stopwatch()
        remember_templates()
        remember_configs()
        self._scorer: Scorer | None = None
        self._model: LoadedModel | None = None
        self._options = MergeOptions(quiet=True)
        self._residence: Any = "ram"
        self._weights: str | None = None

    def handle(self, request: Message) -> Message:
        """Do what the request says and return the answer's `result`."""
        started = time.monotonic()
        self._stopwatch.take()  # of a request that failed
        operations: dict[str, Callable[[Message], Message]] = {
            "init": self._init,
            "merge": self._merge,
            "load": self._load,
            "evaluate": self._evaluate,
            "compare": self._compare,
            "save": self._save,
            "ping": lambda _: {},
        }
        result = operations[request["op"]](request)
        return {
            **result,
            "seconds": time.monotonic() - started,
            "cpuSeconds": time.process_time(),
            "timings": self._stopwatch.take(),
            "rssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "gpuBytes": torch.cuda.max_memory_reserved() if torch.cuda.is_available() else 0,
        }

    def _init(self, request: Message) -> Message:
        arguments = {"pretrained": request["base"], **request["modelArgs"]}
        hf: Any = get_model("hf")
        lm = hf.create_from_arg_obj(
            arguments,
            {
                "batch_size": request["batchSize"],
                "max_batch_size": None,
                "device": request["device"],
            },
        )
        remember_tokens(lm)
        lm.model.requires_grad_(False)  # noqa: FBT003 - torch's own signature
        self._model = LoadedModel(lm.model)
        self._scorer = Scorer(
            lm, request["includePath"], arguments, Prompting(request["args"]), self._stopwatch
        )
        self._residence = request["parents"]
        self._options = MergeOptions(
            quiet=True,
            lazy_unpickle=True,
            copy_tokenizer=True,
            write_model_card=False,
            **request["mergeOptions"],
        )
        return {"device": str(lm.device), "dtype": str(lm.model.dtype)}

    def _merge(self, request: Message) -> Message:
        model, key = self._require()[0], request["weights"]
        if self._weights == key:
            return {"tensors": 0}
        # Whatever ends this early leaves a mixture behind.
        self._weights = None
        tensors = merge_tensors(request["config"], request["seed"], self._options, self._residence)
        count = model.take(self._ticking(tensors))
        self._weights = key
        return {"tensors": count}

    def _ticking(self, tensors: Any) -> Any:  # noqa: ANN401 - an iterator of triples
        for done, (name, tensor, total) in enumerate(tensors):
            self._channel.tick("Merging", done, total)
            # Until the next one is asked for, this one is copied.
            with self._stopwatch.measure("copy"):
                yield name, tensor

    def _load(self, request: Message) -> Message:
        model = self._require()[0]
        self._weights = None
        count = model.load(Path(request["model"]))
        self._weights = request["weights"]
        return {"tensors": count}

    def _evaluate(self, request: Message) -> Message:
        scorer = self._require()[1]
        if self._weights is None or self._weights != request["weights"]:
            raise ValueError(f"expected the weights {request['weights']}, got {self._weights}")
        batch_size = scorer.evaluate(
            Call(tuple(request["tasks"]), request["numFewshot"], request["limit"]),
            Path(request["out"]),
            self._channel.tick,
            request["documents"],
        )
        return {"batchSize": batch_size}

    def _compare(self, request: Message) -> Message:
        return {"different": self._require()[0].differs_from(Path(request["checkpoint"]))}

    def _save(self, request: Message) -> Message:
        save_merge(request["config"], request["seed"], self._options, Path(request["out"]))
        return {}

    def _require(self) -> tuple[LoadedModel, Scorer]:
        if self._model is None or self._scorer is None:
            raise ValueError("expected init first")
        return self._model, self._scorer
