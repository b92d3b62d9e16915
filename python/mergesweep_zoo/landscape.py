"""Measures how the mean score varies over the box that a DARE-TIES sweep searches."""

import json
import random
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mergesweep_zoo.documents import SPLITS
from mergesweep_zoo.evolution import minimize
from mergesweep_zoo.model_files import BASE, MODELS, PARENTS, get_model_path
from mergesweep_zoo.questions import SKILLS
from mergesweep_zoo.warm import WarmEvaluator

WEIGHT_BOUNDS = (0.2, 0.8)
DENSITY_BOUNDS = (0.3, 0.9)
_BOUNDS = (WEIGHT_BOUNDS,) * len(PARENTS) + (DENSITY_BOUNDS,) * len(PARENTS)

UNIFORM = (1 / 3,) * len(PARENTS) + (0.6,) * len(PARENTS)
"""The uniform merge: equal merge weights, the density in the middle of the box."""

EQUAL_WEIGHTS = tuple(
    (weight,) * len(PARENTS) + (density,) * len(PARENTS)
    for weight in (0.4, 0.5, 0.6, 0.7, 0.8)
    for density in (0.6, 0.9)
)
"""What a user would try by hand: one merge weight and one density for all parents."""

Point = tuple[float, ...]
"""The merge weight of each of `PARENTS`, then the density of each."""


@dataclass(frozen=True)
class Height:
    """The score of one merge on one split: each skill's, and their mean."""

    skills: dict[str, float]
    mean: float


def render_dare_ties(zoo: Path, point: Point) -> dict[str, object]:
    """Return the merge config of `point`."""
    weights, densities = point[: len(PARENTS)], point[len(PARENTS) :]
    return _render(
        zoo,
        "dare_ties",
        [
            {"weight": weight, "density": density}
            for weight, density in zip(weights, densities, strict=True)
        ],
    )


def render_ties(zoo: Path) -> dict[str, object]:
    """Return the merge config of TIES as mergekit does it when told nothing else."""
    return _render(zoo, "ties", [{"weight": 1.0}] * len(PARENTS))


def _render(zoo: Path, method: str, parameters: Sequence[dict[str, float]]) -> dict[str, object]:
    return {
        "merge_method": method,
        "base_model": str(get_model_path(zoo, BASE).resolve()),
        "dtype": "float32",
        "models": [
            {"model": str(get_model_path(zoo, name).resolve()), "parameters": dict(values)}
            for name, values in zip(PARENTS, parameters, strict=True)
        ],
    }


class Landscape:
    """The mean score as a function of the point, on either split."""

    def __init__(self, zoo: Path) -> None:
        self._zoo = zoo
        self._evaluator = WarmEvaluator(zoo)

    def _score(self, split: str) -> Height:
        skills = {
            skill: statistics.fmean(scores)
            for skill, scores in self._evaluator.score(split).items()
        }
        return Height(skills, statistics.fmean(skills[skill] for skill in SKILLS))

    def measure(self, point: Point, split: str, dare_seed: int) -> Height:
        """Return the height at `point`; `dare_seed` draws DARE's masks."""
        self._evaluator.merge(render_dare_ties(self._zoo, point), dare_seed)
        return self._score(split)

    def measure_ties(self, split: str) -> Height:
        """Return the height of the default TIES merge."""
        self._evaluator.merge(render_ties(self._zoo), seed=0)
        return self._score(split)

    def measure_model(self, name: str, split: str) -> Height:
        """Return the height of a model of the zoo as it is."""
        self._evaluator.load(name)
        return self._score(split)


def draw_points(count: int, seed: int) -> list[Point]:
    """Return `count` points, uniform in the box."""
    rng = random.Random(seed)
    return [tuple(rng.uniform(*bounds) for bounds in _BOUNDS) for _ in range(count)]


@dataclass(frozen=True)
class Search:
    """What one search found: on the search split, then the same merge on the confirm split."""

    seed: int
    trials: int
    point: Point
    search: Height
    confirm: Height
    best_after: dict[int, float]


def search(landscape: Landscape, trials: int, seed: int) -> Search:
    """Return the best of `trials` points of a small CMA-ES; `seed` draws the masks too."""
    heights: list[tuple[Point, Height]] = []

    def loss(unit: Sequence[float]) -> float:
        point = tuple(
            low + (high - low) * share for (low, high), share in zip(_BOUNDS, unit, strict=True)
        )
        heights.append((point, landscape.measure(point, "search", seed)))
        return -heights[-1][1].mean

    minimize(loss, dimension=len(_BOUNDS), trials=trials, seed=seed)
    best_point, best = max(heights, key=lambda pair: pair[1].mean)
    return Search(
        seed=seed,
        trials=trials,
        point=best_point,
        search=best,
        confirm=landscape.measure(best_point, "confirm", seed),
        best_after={
            count: round(max(height.mean for _, height in heights[:count]), 4)
            for count in (12, 24, 40, 80)
            if count <= trials
        },
    )


_QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


def summarize(values: Sequence[float]) -> dict[str, float]:
    """Return the quantiles of `values`, each being the nearest value below."""
    ordered = sorted(values)
    return {
        f"{quantile:g}": round(ordered[int(quantile * (len(ordered) - 1))], 4)
        for quantile in _QUANTILES
    }


@dataclass(frozen=True)
class Effort:
    """How much a survey measures.

    Attributes:
        points: random points.
        seed: draws the points, and DARE's masks outside the searches.
        search_seeds: one search for each.
        trials: of each search.
    """

    points: int
    seed: int = 0
    search_seeds: tuple[int, ...] = ()
    trials: int = 40


@dataclass(frozen=True)
class Survey:
    """Everything the command measures; baselines by split, then name."""

    effort: Effort
    baselines: dict[str, dict[str, Height]]
    equal_weights: list[tuple[Point, Height]]
    random_points: list[tuple[Point, Height]]
    random_quantiles: dict[str, float]
    searches: list[Search]


def survey(
    landscape: Landscape, effort: Effort, report: Callable[[str], None] = lambda _: None
) -> Survey:
    """Measure baselines on both splits, the rest on the search split, then search."""
    baselines: dict[str, dict[str, Height]] = {}
    for split in SPLITS:
        measured = {name: landscape.measure_model(name, split) for name in MODELS}
        measured["uniform"] = landscape.measure(UNIFORM, split, effort.seed)
        measured["ties"] = landscape.measure_ties(split)
        baselines[split] = measured
        for name, height in measured.items():
            report(f"{split:8}{name:11} {_format(height)}")
    equal, drawn = (
        [(point, landscape.measure(point, "search", effort.seed)) for point in points]
        for points in (EQUAL_WEIGHTS, draw_points(effort.points, effort.seed))
    )
    report(f"equal weights, best: {max(height.mean for _, height in equal):.4f}")
    quantiles = summarize([height.mean for _, height in drawn])
    report(f"{effort.points} random points, quantiles: {quantiles}")
    searches = []
    for seed in effort.search_seeds:
        found = search(landscape, effort.trials, seed)
        searches.append(found)
        report(f"search, seed {seed}: best after {found.best_after}")
        report(f"    point   {', '.join(f'{value:.2f}' for value in found.point)}")
        report(f"    search  {_format(found.search)}")
        report(f"    confirm {_format(found.confirm)}")
    return Survey(effort, baselines, equal, drawn, quantiles, searches)


def _format(height: Height) -> str:
    skills = " ".join(f"{skill} {score:.4f}" for skill, score in height.skills.items())
    return f"mean {height.mean:.4f}  {skills}"


def print_survey(zoo: Path, effort: Effort) -> None:
    """Print a survey of `zoo`: progress to stderr, JSON to stdout."""

    def report(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    print(json.dumps(asdict(survey(Landscape(zoo), effort, report)), indent=1))
