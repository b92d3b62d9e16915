"""The warm evaluator against the two command lines that it stands in for, bit for bit.

Each case is a method of mergesweep's table on parents of one family. Six of them, other ones each
day, run with every `npm test`; all of them in `npm run test:full`.
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


def _merge_cold(config: str, out: Path) -> None:
    from mergekit.scripts.run_yaml import main

    path = out.with_suffix(".yaml")
    path.write_text(config)
    flags = ["--lazy-unpickle", "--copy-tokenizer", "--no-write-model-card"]
    arguments = [str(path), str(out), f"--random-seed={SEED}", *flags]
    _run_forked(lambda: main(arguments), out.with_suffix(".log"))


def _evaluate_cold(zoo: Path, model: Path, dtype: str, out: Path) -> None:
    from lm_eval.__main__ import cli_evaluate

    def main() -> None:
        os.chdir(zoo.parent)
        sys.argv = [
            *("lm_eval", "run", "--model=hf", "--model_args"),
            json.dumps({"pretrained": str(model), "dtype": dtype}),
            *(f"--tasks={','.join(TASKS)}", f"--include_path={zoo / 'tasks'}", "--device=cpu"),
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


@pytest.mark.parametrize("case", _mark_sample())
def test_a_warm_trial_is_bitwise_the_cold_one(
    zoo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: tuple[str, str, str, str]
) -> None:
    from mergesweep_warm.worker import WarmWorker

    method, family, tie, dtype = case
    models = _make_models(zoo, tmp_path, family, is_tied=tie == "tied", dtype=dtype)
    config = _write_config(models, method, dtype)
    cold, warm, saved = tmp_path / "cold", tmp_path / "warm", tmp_path / "saved"
    _merge_cold(config, cold)
    _evaluate_cold(zoo, cold, dtype, tmp_path / "cold-scores")

    monkeypatch.chdir(zoo.parent)
    worker = WarmWorker(_NoChannel())  # type: ignore[arg-type]
    worker.handle(
        {
            "op": "init",
            "base": str(models[0]),
            "modelArgs": {"dtype": dtype},
            "batchSize": 8,
            "device": "cpu",
            "includePath": str(zoo / "tasks"),
            "args": {},
            "parents": "ram",
            "mergeOptions": {},
        }
    )
    # Another merge first: nothing of it may be left in the next one.
    worker.handle({"op": "load", "model": str(models[1]), "weights": "other"})
    request = {"tasks": TASKS, "numFewshot": None, "limit": LIMIT, "documents": None}
    worker.handle({"op": "evaluate", "weights": "other", **request, "out": str(tmp_path / "other")})
    worker.handle({"op": "merge", "config": config, "seed": SEED, "weights": "this"})
    worker.handle({"op": "evaluate", "weights": "this", **request, "out": str(warm)})
    worker.handle({"op": "save", "config": config, "seed": SEED, "out": str(saved)})

    assert worker.handle({"op": "compare", "checkpoint": str(cold)})["different"] == []
    assert worker.handle({"op": "compare", "checkpoint": str(models[0])})["different"] != []
    assert _hash_weights(saved) == _hash_weights(cold)
    assert _read_results(warm) == _read_results(tmp_path / "cold-scores")
    assert list(_read_samples(warm)) == list(_read_samples(tmp_path / "cold-scores"))
