"""The warm evaluator against the two command lines that it stands in for, bit for bit.

Each case is a method of mergesweep's table on parents of one family. Six of them, other ones each
day, run with every `npm test`; all of them in `npm run test:full`.

MERGESWEEP_TEST_DEVICE=cuda:0 evaluates on a card, and merges on the CPU and on the card. Whatever
computes does so in a child of this process, which never touches a card: it could not fork after.
"""

import datetime as dt
import hashlib
import json
import os
import random
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

METHODS = ("dare_ties", "dare_linear", "ties", "task_arithmetic", "linear")
CASES = [
    *((method, "llama", "tied", "bfloat16") for method in METHODS),
    *((method, "phi3", "untied", "float32") for method in METHODS),
    ("dare_ties", "llama", "untied", "float32"),
    ("dare_ties", "phi3", "untied", "bfloat16"),
]
TASKS = ("zoo_shift_search", "zoo_third_search", "zoo_text_search")
LIMIT = 24
SEED = 11
DEVICE = os.environ.get("MERGESWEEP_TEST_DEVICE", "cpu")
MERGE_OPTIONS: dict[str, dict[str, bool]] = {"cpu-merge": {}} | (
    {} if DEVICE == "cpu" else {"cuda-merge": {"cuda": True}}
)


def _mark_sample() -> list[Any]:
    # The same sample on every machine of a day, another one tomorrow.
    day = dt.datetime.now(dt.timezone.utc).date().toordinal()
    sample = set(random.Random(day).sample(range(len(CASES)), 6))
    return [
        pytest.param(case, marks=[] if index in sample else pytest.mark.slow, id="-".join(case))
        for index, case in enumerate(CASES)
    ]


def _make_models(zoo: Path, out: Path, family: str, *, is_tied: bool, dtype: str) -> list[Path]:
    """Save a base and two parents of random weights, with the zoo's tokenizer."""
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "max_position_embeddings": 64, "vocab_size": 48}
    tokens = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None}
    config = AutoConfig.for_model(family, **sizes, **heads, **tokens, tie_word_embeddings=is_tied)
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_config(config).to(getattr(torch, dtype))
    folders = [out / name for name in ("base", "a", "b")]
    for folder in folders:
        if folder.name != "base":
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.add_(torch.randn_like(parameter) * 0.02)
        model.save_pretrained(folder)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(zoo / "models" / "base" / name, folder)
    return folders


def _write_config(models: list[Path], method: str, dtype: str) -> str:
    base, *parents = models
    settings = {"weight": 0.6} | (
        {"density": 0.7} if method not in {"linear", "task_arithmetic"} else {}
    )
    return json.dumps(
        {
            "merge_method": method,
            **({} if method == "linear" else {"base_model": str(base)}),
            "models": [{"model": str(parent), "parameters": settings} for parent in parents],
            "dtype": dtype,
        }
    )


def _run_forked(main: Callable[[], object], log: Path) -> None:
    """Run a command line's own entry in a child of this process, which has imported it already."""
    child = os.fork()
    if child == 0:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        code = 1
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        except BaseException:  # noqa: BLE001 - a child must never come back as a second test run
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert status == 0, log.read_text()[-2000:]


def _merge_cold(config: str, out: Path, options: dict[str, bool]) -> None:
    from mergekit.scripts.run_yaml import main

    path = out.with_suffix(".yaml")
    path.write_text(config)
    flags = ["--lazy-unpickle", "--copy-tokenizer", "--no-write-model-card"]
    flags += [f"--{name}" for name in options]
    arguments = [str(path), str(out), f"--random-seed={SEED}", *flags]
    _run_forked(lambda: main(arguments), out.with_suffix(".log"))


def _evaluate_cold(zoo: Path, model: Path, dtype: str, out: Path) -> None:
    from lm_eval.__main__ import cli_evaluate

    def main() -> None:
        os.chdir(zoo.parent)
        sys.argv = [
            *("lm_eval", "run", "--model=hf", "--model_args"),
            json.dumps({"pretrained": str(model), "dtype": dtype}),
            *(
                f"--tasks={','.join(TASKS)}",
                f"--include_path={zoo / 'tasks'}",
                f"--device={DEVICE}",
            ),
            *("--batch_size=8", f"--limit={LIMIT}", "--log_samples", f"--output_path={out}"),
        ]
        cli_evaluate()

    _run_forked(main, out.with_suffix(".log"))


def _read_samples(out: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(out.rglob("samples_*.jsonl")):
        for line in path.read_text().splitlines():
            yield path.name.split("_2", 1)[0], json.loads(line)


def _read_results(out: Path) -> dict[str, Any]:
    (path,) = out.rglob("results_*.json")
    results = json.loads(path.read_text())
    keys = ("results", "n-samples", "higher_is_better", "versions", "group_subtasks", "task_hashes")
    return {key: results[key] for key in keys}


def _hash_weights(folder: Path) -> dict[str, str]:
    files = folder.glob("*.safetensors")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


class _NoChannel:
    def tick(self, *_: object) -> None:
        """Nobody listens."""


def _run_warm(
    zoo: Path, models: list[Path], config: str, out: Path, init: dict[str, Any]
) -> dict[str, Any]:
    """Merge and evaluate in one process, as the warm child does; return what it says of itself."""
    from mergesweep_warm.worker import WarmWorker

    def main() -> None:
        os.chdir(zoo.parent)
        worker = WarmWorker(_NoChannel())  # type: ignore[arg-type]
        worker.handle({"op": "init", "base": str(models[0]), **init})
        # Another merge first: nothing of it may be left in the next one.
        worker.handle({"op": "load", "model": str(models[1]), "weights": "other"})
        request = {"tasks": TASKS, "numFewshot": None, "limit": LIMIT, "documents": None}
        evaluate = {"op": "evaluate", **request}
        worker.handle({**evaluate, "weights": "other", "out": str(out / "other")})
        worker.handle({"op": "merge", "config": config, "seed": SEED, "weights": "this"})
        worker.handle({**evaluate, "weights": "this", "out": str(out / "warm")})
        worker.handle({"op": "save", "config": config, "seed": SEED, "out": str(out / "saved")})
        answer = {
            name: worker.handle({"op": "compare", "checkpoint": str(folder)})["different"]
            for name, folder in (("cold", out / "cold"), ("base", models[0]))
        }
        (out / "warm.json").write_text(json.dumps(answer))

    _run_forked(main, out / "warm.log")
    answer: dict[str, Any] = json.loads((out / "warm.json").read_text())
    return answer


@pytest.mark.parametrize("options", MERGE_OPTIONS.values(), ids=MERGE_OPTIONS.keys())
@pytest.mark.parametrize("case", _mark_sample())
def test_a_warm_trial_is_bitwise_the_cold_one(
    zoo: Path, tmp_path: Path, case: tuple[str, str, str, str], options: dict[str, bool]
) -> None:
    method, family, tie, dtype = case
    models = _make_models(zoo, tmp_path, family, is_tied=tie == "tied", dtype=dtype)
    config = _write_config(models, method, dtype)
    _merge_cold(config, tmp_path / "cold", options)
    _evaluate_cold(zoo, tmp_path / "cold", dtype, tmp_path / "cold-scores")
    init = {
        "modelArgs": {"dtype": dtype},
        "batchSize": 8,
        "device": DEVICE,
        "includePath": str(zoo / "tasks"),
        "args": {},
        "parents": "ram",
        "mergeOptions": options,
    }
    different = _run_warm(zoo, models, config, tmp_path, init)

    assert different["cold"] == []
    assert different["base"] != []
    assert _hash_weights(tmp_path / "saved") == _hash_weights(tmp_path / "cold")
    assert _read_results(tmp_path / "warm") == _read_results(tmp_path / "cold-scores")
    assert list(_read_samples(tmp_path / "warm")) == list(_read_samples(tmp_path / "cold-scores"))
