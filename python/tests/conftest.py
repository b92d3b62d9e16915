"""The zoo under test, and its landscape, loaded once."""

import os
from pathlib import Path

# Before anything imports torch or datasets; see mergesweep_zoo/__main__.py.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest

from mergesweep_zoo.documents import Documents, read_documents
from mergesweep_zoo.landscape import Effort, Landscape, Survey, survey

ZOO = Path(__file__).parents[2] / "zoo"


@pytest.fixture(scope="session")
def zoo() -> Path:
    """Return the committed zoo."""
    return ZOO


@pytest.fixture(scope="session")
def documents(zoo: Path) -> Documents:
    """Return the committed zoo's documents."""
    return read_documents(zoo)


@pytest.fixture(scope="session")
def landscape(zoo: Path) -> Landscape:
    """Return the committed zoo's landscape; loading it takes some ten seconds."""
    return Landscape(zoo)


@pytest.fixture(scope="session")
def sample(landscape: Landscape) -> Survey:
    """Return the baselines and 24 random points of the committed zoo."""
    return survey(landscape, Effort(points=24))
