"""What makes the zoo a fair test of a search: the properties, on a seeded sample."""

from pathlib import Path

import pytest

from mergesweep_zoo.documents import SPLIT_SIZES
from mergesweep_zoo.landscape import UNIFORM, Landscape, Survey, draw_points, summarize
from mergesweep_zoo.manifest import read_manifest
from mergesweep_zoo.model_files import MODELS, PARENTS
from mergesweep_zoo.questions import SKILLS


def test_points_are_drawn_from_the_box_by_their_seed() -> None:
    assert draw_points(5, 3) == draw_points(5, 3) != draw_points(5, 4)
    for point in draw_points(50, 0):
        assert all(0.2 <= weight <= 0.8 for weight in point[:3])
        assert all(0.3 <= density <= 0.9 for density in point[3:])


def test_quantiles_are_values_of_the_sample() -> None:
    assert summarize([3.0, 1.0, 2.0]) == {
        "0": 1.0,
        "0.1": 1.0,
        "0.25": 1.0,
        "0.5": 2.0,
        "0.75": 2.0,
        "0.9": 2.0,
        "1": 3.0,
    }


@pytest.mark.parametrize("split", SPLIT_SIZES)
@pytest.mark.parametrize("name", MODELS)
def test_lm_eval_agrees_with_the_scores_in_the_manifest(
    zoo: Path, sample: Survey, name: str, split: str
) -> None:
    recorded = read_manifest(zoo)["scores"][name][split]
    measured = sample.baselines[split][name]
    for skill in SKILLS:
        # Two documents of slack: another CPU may round a near tie the other way.
        slack = 2 / SPLIT_SIZES[split]
        assert measured.skills[skill] == pytest.approx(recorded[skill], abs=slack)


def test_each_parent_has_its_skill_and_no_merged_skill(sample: Survey) -> None:
    for skill, name in zip(SKILLS, PARENTS, strict=True):
        height = sample.baselines["search"][name]
        assert height.skills[skill] >= 0.95
        assert height.mean <= 0.65


def test_random_points_spread_widely(sample: Survey) -> None:
    heights = [height.mean for _, height in sample.random_points]
    assert max(heights) >= 0.85
    assert min(heights) <= 0.45
    assert sample.random_quantiles["0.9"] - sample.random_quantiles["0.1"] >= 0.25


def test_the_best_of_24_leads_parents_uniform_and_ties(sample: Survey) -> None:
    best = max(height.mean for _, height in sample.random_points)
    baselines = sample.baselines["search"]
    for name in (*MODELS, "uniform"):
        assert best - baselines[name].mean >= 0.15, name
    assert best - baselines["ties"].mean >= 0.10


def test_no_equal_weights_come_near_the_best(sample: Survey) -> None:
    best = max(height.mean for _, height in sample.random_points)
    assert max(height.mean for _, height in sample.equal_weights) <= best - 0.10


def test_one_seed_gives_one_score(landscape: Landscape, sample: Survey) -> None:
    again = landscape.measure(UNIFORM, "search", sample.effort.seed)
    assert again == sample.baselines["search"]["uniform"]


def test_a_small_step_changes_the_score_little(landscape: Landscape) -> None:
    for point in draw_points(3, seed=5):
        near = tuple(value + 0.005 for value in point)
        here = landscape.measure(point, "search", 0).mean
        assert abs(landscape.measure(near, "search", 0).mean - here) <= 0.06
