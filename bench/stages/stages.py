"""What the stages of a cold and of a warm trial take on this machine, at a real model's size.

python bench/stages/stages.py --shape 7b --work /dev/shm/stages [--cold-work DIR]

Makes a base and two parents of RANDOM weights in a real model's shape (llama, bfloat16), with the
zoo's tokenizer and its vocabulary of 48: only times, bytes and whether warm equals cold mean
anything, scores nothing. Then runs, one after the other and alone on the machine:

- cold: `mergekit-yaml` (DARE-TIES, on the card where there is one), then `lm_eval` on tasks of the
  zoo, both as fresh processes;
- warm: the child `python -m mergesweep_warm` over its socket, as the node worker drives it: `init`,
  two trials, and between them `compare` with the cold checkpoint;
- with --cpu-layers N: a child that merges a model of N such layers on the CPU.

Run it by the Python that has mergekit and lm-eval. Progress goes to stderr; stdout gets one JSON
document, also when a stage fails, --seconds have passed or it gets SIGTERM. The work folder takes
three times the model, the other one once; both are emptied of what this made.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from synthetic_models import make_models

ROOT = Path(__file__).parents[2]
ZOO = ROOT / "zoo"
TASKS = ("zoo_shift_search", "zoo_third_search", "zoo_text_search")
SEED = 7
SHAPES = {
    "tiny": {"layers": 2, "hidden": 64, "intermediate": 168, "heads": 4},
    "3b": {"layers": 26, "hidden": 3200, "intermediate": 8640, "heads": 32},
    "7b": {"layers": 32, "hidden": 4096, "intermediate": 11008, "heads": 32},
    "13b": {"layers": 40, "hidden": 5120, "intermediate": 13824, "heads": 40},
}
Document = dict[str, Any]

started_at = time.monotonic()


def say(text: str) -> None:
    """Tell on stderr how far it is."""
    print(f"{time.monotonic() - started_at:7.1f} s  {text}", file=sys.stderr, flush=True)


def render_config(models: list[Path], weight: float) -> str:
    """Return the DARE-TIES of the two parents, as JSON, which is YAML too."""
    base, *parents = models
    parameters = {"weight": weight, "density": 0.7}
    return json.dumps(
        {
            "merge_method": "dare_ties",
            "base_model": str(base),
            "models": [{"model": str(parent), "parameters": parameters} for parent in parents],
            "dtype": "bfloat16",
        }
    )


def get_environment(work: Path) -> dict[str, str]:
    """Return ours, and what mergesweep sets for its tools."""
    threads = os.environ.get("OMP_NUM_THREADS", str(os.cpu_count()))
    return {
        **os.environ,
        "OMP_NUM_THREADS": threads,
        "OMP_WAIT_POLICY": "PASSIVE",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONUNBUFFERED": "1",
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "LM_HARNESS_CACHE_PATH": str(work / "cache"),
    }


def run_program(command: list[str], log: Path, marks: dict[str, str]) -> Document:
    """Run a program to its end; say when each mark first came in its output, and its peak RSS."""
    start = time.monotonic()
    seen: dict[str, float] = {}
    text = ""
    with log.open("w") as out:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            cwd=ROOT,
            env=get_environment(log.parent),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert process.stdout is not None  # noqa: S101 - asked for above
        try:
            while chunk := os.read(process.stdout.fileno(), 65_536):
                text = (text + chunk.decode(errors="replace"))[-100_000:]
                out.write(chunk.decode(errors="replace"))
                for name, mark in marks.items():
                    if name not in seen and mark in text:
                        seen[name] = time.monotonic() - start
        except BaseException:
            process.kill()
            raise
        finally:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {text[-1500:]}")
    return {
        "seconds": time.monotonic() - start,
        "cpuSeconds": usage.ru_utime + usage.ru_stime,
        "secondsUntil": seen,
        "peakRssBytes": usage.ru_maxrss * 1024,
    }


class Child:
    """The warm child, asked as the node worker asks it."""

    def __init__(self, work: Path) -> None:
        ours, theirs = socket.socketpair()
        self._log = (work / "child.log").open("a")
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "mergesweep_warm", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=ROOT,
            env={**get_environment(work), "PYTHONPATH": str(ROOT / "python")},
            stdout=self._log,
            stderr=self._log,
        )
        theirs.close()
        self._lines = ours.makefile("rw", encoding="utf-8")
        self._id = 0

    def ask(self, op: str, **parameters: object) -> Document:
        """Return the answer's result and, as `waitedSeconds`, how long it took to come."""
        start = time.monotonic()
        self._id += 1
        self._lines.write(json.dumps({"v": 1, "id": self._id, "op": op, **parameters}) + "\n")
        self._lines.flush()
        for line in self._lines:
            answer = json.loads(line)
            if "progress" in answer:
                continue
            if not answer["ok"]:
                raise RuntimeError(f"{op}: {answer['error']}: {answer['message']}")
            return {**answer["result"], "waitedSeconds": time.monotonic() - start}
        raise RuntimeError(f"{op}: the warm child ended with {self._process.wait()}")

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._log.close()


def read_documents(out: Path) -> list[Any]:
    """Return what lm-eval logged of each document, task by task."""
    files = sorted(out.rglob("samples_*.jsonl"), key=lambda path: path.name.rsplit("_", 1)[0])
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


class Stages:
    """The stages, in order; each leaves its figures in `result`."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self._shape = SHAPES[arguments.shape]
        self._work: Path = arguments.work
        self._cold: Path = arguments.cold_work
        self._is_on_card = arguments.device.startswith("cuda")
        self._models: list[Path] = []
        self.result: Document = {"isRandomWeights": True, "arguments": vars(arguments)}

    def run(self) -> None:
        """Run them all, or until the time is over."""
        for stage in (
            self.describe,
            self.make,
            self.merge_cold,
            self.evaluate_cold,
            self.run_warm,
            self.merge_on_cpu,
        ):
            if time.monotonic() - started_at > self._arguments.seconds:
                self.result["stoppedBefore"] = stage.__name__
                return
            say(stage.__name__)
            stage()

    def describe(self) -> None:
        """What this machine is."""
        packages = ("torch", "transformers", "mergekit", "lm-eval", "safetensors")
        self.result["machine"] = {
            "python": platform.python_version(),
            "versions": {name: importlib.metadata.version(name) for name in packages},
            "cores": os.cpu_count(),
            "ramBytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "card": torch.cuda.get_device_name() if self._is_on_card else None,
        }

    def make(self) -> None:
        """Write base and parents."""
        start = time.monotonic()
        self._models = make_models(self._work / "models", self._shape, self._arguments.device)
        files = list(self._models[0].glob("*.safetensors"))
        size = sum(path.stat().st_size for path in files)
        self.result["model"] = {**self._shape, "bytes": size, "parameters": size // 2}
        self.result["makeSeconds"] = time.monotonic() - start
        if self._is_on_card:
            torch.cuda.empty_cache()

    def merge_cold(self) -> None:
        """A fresh mergekit-yaml."""
        path = self._work / "merge.yaml"
        path.write_text(render_config(self._models, 0.6))
        command = [
            *(sys.executable, "-m", "mergekit.scripts.run_yaml", str(path)),
            *(str(self._cold / "checkpoint"), f"--random-seed={SEED}", "--lazy-unpickle"),
            *("--copy-tokenizer", "--no-write-model-card"),
            *(["--cuda"] if self._is_on_card else []),
        ]
        marks = {"executing": "Executing graph", "firstTensors": "%|"}
        self.result["coldMerge"] = run_program(command, self._work / "cold-merge.log", marks)
        say(f"cold merge {self.result['coldMerge']['seconds']:.1f} s")

    def evaluate_cold(self) -> None:
        """A fresh lm_eval."""
        arguments = self._arguments
        model = {"pretrained": str(self._cold / "checkpoint"), "dtype": "bfloat16"}
        command = [
            *(sys.executable, "-m", "lm_eval", "run", "--model=hf", "--model_args"),
            *(json.dumps(model), f"--tasks={','.join(TASKS)}", f"--include_path={ZOO / 'tasks'}"),
            *(f"--device={arguments.device}", f"--batch_size={arguments.batch_size}"),
            *(f"--limit={arguments.limit}", "--log_samples"),
            f"--output_path={self._work / 'cold-scores'}",
        ]
        marks = {"loadingWeights": "Loading weights", "scoring": "Running generate_until"}
        self.result["coldEvaluate"] = run_program(command, self._work / "cold-evaluate.log", marks)
        say(f"cold evaluation {self.result['coldEvaluate']['seconds']:.1f} s")

    def run_warm(self) -> None:
        """Two trials in one child; the first is the cold one."""
        child = Child(self._work)
        warm: Document = {"trials": []}
        self.result["warm"] = warm
        try:
            warm["init"] = self._start(child, self._models, on_card=self._is_on_card)
            for number, weight in enumerate((0.6, 0.4), start=1):
                out = self._work / f"warm-{number}"
                merge = child.ask(
                    "merge",
                    config=render_config(self._models, weight),
                    seed=SEED,
                    weights=str(number),
                )
                say(f"warm merge {merge['seconds']:.1f} s")
                evaluate = self._evaluate(child, str(number), out)
                say(f"warm evaluation {evaluate['seconds']:.1f} s")
                warm["trials"].append({"merge": merge, "evaluate": evaluate})
                if number == 1:
                    compare = child.ask("compare", checkpoint=str(self._cold / "checkpoint"))
                    different = compare.pop("different")
                    warm["compare"] = compare
                    documents = read_documents(out)
                    self.result["isTensorsEqual"] = different == []
                    self.result["differentTensors"] = different[:3]
                    self.result["documents"] = len(documents)
                    self.result["isDocumentsEqual"] = documents == read_documents(
                        self._work / "cold-scores"
                    )
                    say(f"compared: {len(different)} tensors differ")
        finally:
            child.close()

    def merge_on_cpu(self) -> None:
        """A merge of few layers on the CPU, in a child that would evaluate on the card."""
        layers = self._arguments.cpu_layers
        if layers == 0 or not self._is_on_card:
            return
        shape = {**self._shape, "layers": layers}
        models = make_models(self._work / "few-layers", shape, self._arguments.device)
        torch.cuda.empty_cache()
        child = Child(self._work)
        try:
            self._start(child, models, on_card=False)
            merge = child.ask("merge", config=render_config(models, 0.6), seed=SEED, weights="cpu")
        finally:
            child.close()
        size = sum(path.stat().st_size for path in models[0].glob("*.safetensors"))
        self.result["cpuMerge"] = {"layers": layers, "bytes": size, **merge}

    def _start(self, child: Child, models: list[Path], *, on_card: bool) -> Document:
        answer = child.ask(
            "init",
            base=str(models[0]),
            modelArgs={"dtype": "bfloat16"},
            batchSize=self._arguments.batch_size,
            device=self._arguments.device,
            includePath=str(ZOO / "tasks"),
            args={},
            parents=self._arguments.parents,
            mergeOptions={"cuda": True, "low_cpu_memory": False} if on_card else {},
        )
        say(f"warm child ready after {answer['waitedSeconds']:.1f} s")
        return answer

    def _evaluate(self, child: Child, weights: str, out: Path) -> Document:
        return child.ask(
            "evaluate",
            tasks=TASKS,
            numFewshot=None,
            limit=self._arguments.limit,
            documents=None,
            weights=weights,
            out=str(out),
        )


def list_leftovers(arguments: argparse.Namespace) -> Iterator[Path]:
    """Yield what takes space."""
    yield arguments.work / "models"
    yield arguments.work / "few-layers"
    yield arguments.cold_work / "checkpoint"


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", choices=SHAPES, default="tiny")
    parser.add_argument("--work", type=Path, required=True, help="new folder: models and logs")
    parser.add_argument("--cold-work", type=Path, help="folder of the checkpoint (default: work)")
    parser.add_argument("--device", default="cuda:0" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--parents", choices=("ram", "mapped"), default="mapped")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--limit", type=int, default=64, help="documents of each task")
    parser.add_argument("--cpu-layers", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3600, help="begin no stage after these")
    arguments = parser.parse_args()
    arguments.cold_work = arguments.cold_work or arguments.work
    return arguments


def stop(*_: object) -> None:
    """End with what there is."""
    raise TimeoutError("stopped by SIGTERM")


def main() -> None:
    """Print the JSON document, whatever happens."""
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, stop)
    arguments.work.mkdir(parents=True)
    arguments.cold_work.mkdir(parents=True, exist_ok=True)
    stages = Stages(arguments)
    try:
        stages.run()
    except (RuntimeError, OSError, ValueError) as error:
        stages.result["error"] = f"{type(error).__name__}: {error}"
    finally:
        for folder in list_leftovers(arguments):
            shutil.rmtree(folder, ignore_errors=True)
        stages.result["seconds"] = time.monotonic() - started_at
        print(json.dumps(stages.result, default=str, allow_nan=False))
    if "error" in stages.result:
        sys.exit(1)


if __name__ == "__main__":
    main()
