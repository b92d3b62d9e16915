"""The builder: a rebuilt zoo need not have the same bytes, but has the same properties."""

from pathlib import Path

import pytest

from mergesweep_zoo.__main__ import main
from mergesweep_zoo.landscape import Effort, Landscape, search, survey
from mergesweep_zoo.manifest import find_differences
from mergesweep_zoo.model_files import MODELS


@pytest.mark.slow
def test_a_rebuilt_zoo_is_worth_searching(tmp_path: Path) -> None:
    zoo = tmp_path / "zoo"
    assert main(["build", str(zoo)]) == 0
    assert find_differences(zoo) == []

    landscape = Landscape(zoo)
    baselines = survey(landscape, Effort(points=1)).baselines["confirm"]
    best = search(landscape, trials=40, seed=1).confirm.mean
    for name in (*MODELS, "uniform"):
        assert best - baselines[name].mean >= 0.10, name
    assert best - baselines["ties"].mean >= 0.05
