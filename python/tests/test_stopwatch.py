"""What parts of a request cost."""

import pytest

from mergesweep_warm.stopwatch import Stopwatch


def test_what_is_measured_twice_adds_up() -> None:
    stopwatch = Stopwatch()
    with stopwatch.measure("copy"):
        pass
    once = stopwatch.take()["copy"]["seconds"]
    for _ in range(1000):
        with stopwatch.measure("copy"):
            sum(range(100))
    parts = stopwatch.take()
    assert list(parts) == ["copy"]
    assert parts["copy"]["seconds"] > once >= 0
    assert parts["copy"]["cpuSeconds"] > 0


def test_a_part_that_raises_counts() -> None:
    stopwatch = Stopwatch()
    with pytest.raises(ValueError, match="no such tensor"), stopwatch.measure("copy"):
        raise ValueError("no such tensor")
    assert "copy" in stopwatch.take()


def test_taking_begins_again() -> None:
    stopwatch = Stopwatch()
    with stopwatch.measure("copy"):
        pass
    stopwatch.take()
    assert stopwatch.take() == {}
