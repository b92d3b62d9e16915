"""The merge search that people copy today: Optuna's CMA-ES around two command lines, in a loop.

python search.py SETTINGS.json [--replay]

Kept as such scripts are: serial, no seed for DARE's masks, no log kept, one score a trial. What it is
compared with gets the same models, eval tasks, box and threads (bench/naive.ts). With --replay it
runs neither program: it prints each merge and reads the scores from standard input.
"""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import optuna
import yaml

settings = json.loads(Path(sys.argv[1]).read_text())
work = Path(settings["work"])


def configure(trial):
    models = [
        {
            "model": model,
            "parameters": {
                name: trial.suggest_float(f"{name}_{index}", *bounds)
                for name, bounds in settings["ranges"].items()
            },
        }
        for index, model in enumerate(settings["models"])
    ]
    config = {
        "merge_method": settings["merge_method"],
        "base_model": settings["base_model"],
        "models": models,
        "dtype": settings["dtype"],
    }
    return yaml.safe_dump(config)


def merge(config):
    (work / "config.yaml").write_text(config)
    out = work / "merged"
    shutil.rmtree(out, ignore_errors=True)
    command = [settings["mergekit_yaml"], str(work / "config.yaml"), str(out), "--lazy-unpickle"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return out


def evaluate(model):
    out = work / "eval"
    shutil.rmtree(out, ignore_errors=True)
    command = [
        *[settings["lm_eval"], "--model", "hf"],
        *["--model_args", f"pretrained={model},dtype={settings['dtype']}"],
        *["--tasks", ",".join(settings["tasks"]), "--include_path", settings["include_path"]],
        *["--device", "cpu", "--batch_size", str(settings["batch_size"])],
        *["--output_path", str(out)],
    ]
    subprocess.run(
        command,
        check=True,
        cwd=settings["cwd"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return json.loads(next(out.rglob("results_*.json")).read_text())["results"]


def mean_score(results):
    scores = [results[task][metric] for task, metric in settings["tasks"].items()]
    return sum(scores) / len(scores)


def objective(trial):
    started = time.monotonic()
    score = mean_score(evaluate(merge(configure(trial))))
    event = {"trial": trial.number + 1, "score": score, "seconds": time.monotonic() - started}
    print(json.dumps(event), flush=True)
    return score


def replay(trial):
    print(json.dumps({"trial": trial.number + 1, "config": configure(trial)}), flush=True)
    return mean_score(json.loads(sys.stdin.readline()))


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(
    direction="maximize", sampler=optuna.samplers.CmaEsSampler(seed=settings["seed"])
)
print(json.dumps({"ready": True}), flush=True)
study.optimize(replay if "--replay" in sys.argv else objective, n_trials=settings["trials"])
