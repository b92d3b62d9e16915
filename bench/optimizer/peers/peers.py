"""The peers behind ask and tell. `ask` gives (token, x); `tell` takes that token and the value, minimised."""

import math
from typing import Any

import numpy as np


def generation_size(d: int, batch: int) -> int | None:
    """In batches a whole number of them, so that no worker waits; else the library's default."""
    return None if batch == 1 else max(1, math.ceil((4 + int(3 * math.log(d))) / batch)) * batch


class Random:
    def __init__(self, function: Any, seed: int, batch: int) -> None:
        self.d, self.random = function.dimension, np.random.RandomState(seed)

    def ask(self) -> tuple[Any, Any]:
        return None, self.random.rand(self.d)

    def tell(self, token: Any, value: float) -> None:
        pass


class Pycma:
    """Box bounds by pycma's transformation, start in the centre. Told a whole generation at a time."""

    def __init__(self, function: Any, seed: int, batch: int) -> None:
        import cma

        # It must not stop before the budget is spent. pycma takes seed 0 for none.
        options = {"seed": seed + 1, "verbose": -9, "tolfun": 0, "tolx": 0, "tolfunhist": 0}
        options |= {"tolstagnation": 0, "tolflatfitness": 10**6, **self.options(function)}
        if batch > 1:
            options["popsize"] = generation_size(function.dimension, batch)
        self.search = cma.CMAEvolutionStrategy(*self.start(function), options)
        self.points: list[Any] = []
        self.values: dict[int, float] = {}
        self.asked = 0

    def options(self, function: Any) -> dict[str, Any]:
        return {"bounds": [0, 1]}

    def start(self, function: Any) -> tuple[list[float], float]:
        return [0.5] * function.dimension, 0.25

    def repair(self, x: Any) -> Any:
        return np.array(x)

    def ask(self) -> tuple[Any, Any]:
        if self.asked == len(self.points):
            self.points, self.values, self.asked = self.search.ask(), {}, 0
        token = self.asked
        self.asked += 1
        return token, self.repair(self.points[token])

    def tell(self, token: Any, value: float) -> None:
        self.values[token] = value
        if len(self.values) == len(self.points):
            self.search.tell(self.points, [self.values[i] for i in range(len(self.points))])


class MergekitPreset(Pycma):
    """What mergekit-evolve hands to pycma: all parents alike at full density, one sixth, no bounds."""

    def options(self, function: Any) -> dict[str, Any]:
        return {}

    def start(self, function: Any) -> tuple[list[float], float]:
        size = function.parents * function.groups
        return [1 / function.parents] * size + [1.0] * size, 1 / 6

    def repair(self, x: Any) -> Any:
        return np.clip(np.abs(np.array(x)), 0, 1)


class Cmaes:
    """CyberAgent's cmaes: points outside the box are drawn again."""

    def __init__(self, function: Any, seed: int, batch: int) -> None:
        import cmaes

        d = function.dimension
        self.search = cmaes.CMA(
            mean=np.full(d, 0.5),
            sigma=0.25,
            bounds=np.array([[0, 1.0]] * d),
            seed=seed,
            population_size=generation_size(d, batch),
        )
        self.told: list[tuple[Any, float]] = []

    def ask(self) -> tuple[Any, Any]:
        x = self.search.ask()
        return x, x

    def tell(self, token: Any, value: float) -> None:
        self.told.append((token, value))
        if len(self.told) == self.search.population_size:
            self.search.tell(self.told)
            self.told = []


class Optuna:
    def __init__(self, function: Any, seed: int, batch: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.study = optuna.create_study(sampler=self.sampler(function, seed, batch))
        self.space: dict[str, Any] = {
            f"x{i:02d}": optuna.distributions.FloatDistribution(0, 1)
            for i in range(function.dimension)
        }

    def sampler(self, function: Any, seed: int, batch: int) -> Any:
        raise NotImplementedError

    def ask(self) -> tuple[Any, Any]:
        trial = self.study.ask(self.space)
        return trial, np.array([trial.params[name] for name in self.space])

    def tell(self, token: Any, value: float) -> None:
        self.study.tell(token, value)


class OptunaCma(Optuna):
    def sampler(self, function: Any, seed: int, batch: int) -> Any:
        from optuna.samplers import CmaEsSampler

        return CmaEsSampler(seed=seed)


class OptunaTpe(Optuna):
    """Multivariate, as version 5 does unless told otherwise."""

    def sampler(self, function: Any, seed: int, batch: int) -> Any:
        from optuna.samplers import TPESampler

        return TPESampler(seed=seed, constant_liar=True) if batch > 1 else TPESampler(seed=seed)


class OptunaGp(Optuna):
    def sampler(self, function: Any, seed: int, batch: int) -> Any:
        import torch
        from optuna.samplers import GPSampler

        torch.set_num_threads(1)
        return GPSampler(seed=seed, deterministic_objective=not function.is_noisy)


PEERS = {
    "random": Random,
    "pycma": Pycma,
    "mergekit": MergekitPreset,
    "cmaes": Cmaes,
    "optuna-cma": OptunaCma,
    "optuna-tpe": OptunaTpe,
    "optuna-gp": OptunaGp,
}
