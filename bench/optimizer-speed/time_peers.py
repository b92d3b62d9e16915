"""Times asking and telling: a job `{"library", "dimension", "covariance", "trials", "seed"}` a line in, seconds out.

No bounds, which is these libraries' quicker way; the function's own time is taken off.
"""

import json
import os
import sys
import time
from typing import Any

import numpy as np


def start(job: dict[str, Any]) -> Any:
    d, seed, is_separable = job["dimension"], job["seed"], job["covariance"] == "separable"
    if job["library"] == "pycma":
        import cma

        options = {"seed": seed, "verbose": -9, "CMA_diagonal": is_separable}
        return cma.CMAEvolutionStrategy([0.5] * d, 0.25, options)
    import cmaes

    make = cmaes.SepCMA if is_separable else cmaes.CMA
    return make(mean=np.full(d, 0.5), sigma=0.25, seed=seed)


def sphere(x: Any) -> float:
    shifted = x - 0.3
    return float(shifted @ shifted)


def run_pycma(search: Any, trials: int) -> list[Any]:
    points: list[Any] = []
    while len(points) < trials:
        generation = search.ask()
        search.tell(generation, [sphere(x) for x in generation])
        points += generation
    return points


def run_cmaes(search: Any, trials: int) -> list[Any]:
    points: list[Any] = []
    while len(points) < trials:
        told = []
        for _ in range(search.population_size):
            x = search.ask()
            told.append((x, sphere(x)))
        search.tell(told)
        points += [x for x, _ in told]
    return points


def measure(job: dict[str, Any]) -> dict[str, float]:
    search = start(job)
    run = run_pycma if job["library"] == "pycma" else run_cmaes
    before = (time.process_time(), time.perf_counter())
    points = run(search, job["trials"])
    between = (time.process_time(), time.perf_counter())
    for x in points:
        sphere(x)
    after = (time.process_time(), time.perf_counter())
    cpu, wall = (2 * b - a - c for a, b, c in zip(before, between, after, strict=True))
    return {
        "cpuMicroseconds": 1e6 * cpu / len(points),
        "wallMicroseconds": 1e6 * wall / len(points),
    }


for line in sys.stdin:
    os.write(1, (json.dumps(measure(json.loads(line))) + "\n").encode())
