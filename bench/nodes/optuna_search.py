"""Optuna around the two stand-in programs, `n_jobs` threads at once.

python optuna_search.py SETTINGS.json

As its documentation tells one to run trials in parallel on one machine; the samplers as they come,
TPE with the constant liar that parallel trials call for.
"""

import json
import subprocess
import sys
from pathlib import Path

import optuna

settings = json.loads(Path(sys.argv[1]).read_text())
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def objective(trial):
    work = Path(settings["work"]) / str(trial.number + 1)
    work.mkdir(parents=True)
    lines = ["merge_method: dare_ties"]
    for parent in range(settings["parents"]):
        for name, bounds in settings["box"].items():
            lines.append(f"{name}: {trial.suggest_float(f'{name}_{parent}', *bounds)}")
    config, checkpoint, out = work / "merge.yaml", work / "checkpoint", work / "output"
    config.write_text("\n".join(lines) + "\n")
    subprocess.run([settings["mergekit_yaml"], str(config), str(checkpoint)], check=True, **QUIET)
    command = [
        *[settings["lm_eval"], "run", "--model_args", json.dumps({"pretrained": str(checkpoint)})],
        *[f"--tasks={','.join(settings['tasks'])}", f"--output_path={out}"],
    ]
    subprocess.run(command, check=True, **QUIET)
    results = json.loads(next(out.rglob("results_*.json")).read_text())["results"]
    scores = [results[task]["exact_match,none"] for task in settings["tasks"]]
    return sum(scores) / len(scores)


def make_sampler():
    if settings["sampler"] == "tpe":
        return optuna.samplers.TPESampler(seed=settings["seed"], constant_liar=True)
    return optuna.samplers.CmaEsSampler(seed=settings["seed"])


optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(direction="maximize", sampler=make_sampler())
study.optimize(objective, n_trials=settings["trials"], n_jobs=settings["slots"])
