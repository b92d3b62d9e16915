"""The zoo's manifest: what every file is, who made it, and how well the models do."""

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mergesweep_zoo.documents import read_documents
from mergesweep_zoo.model_files import MODELS, load_model
from mergesweep_zoo.scoring import score_model

FILE_NAME = "manifest.json"

_FORMAT = 1
_FOLDERS = ("models", "tasks")
_PACKAGES = ("safetensors", "tokenizers", "torch", "transformers")


def describe_files(zoo: Path) -> dict[str, dict[str, object]]:
    """Return SHA-256 and size of every model and task file, by path within the zoo."""
    paths = sorted(path for folder in _FOLDERS for path in (zoo / folder).rglob("*"))
    return {
        path.relative_to(zoo).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in paths
        if path.is_file()
    }


def write_manifest(zoo: Path, seed: int) -> None:
    """Score the models and write the manifest; `seed` is the one that the zoo was built from."""
    documents = read_documents(zoo)
    manifest = {
        "format": _FORMAT,
        "builder": f"python -m mergesweep_zoo build {zoo.name} --seed {seed}",
        "seed": seed,
        "versions": {
            "python": platform.python_version(),
            **{package: version(package) for package in _PACKAGES},
        },
        "scores": {name: _round(score_model(load_model(zoo, name), documents)) for name in MODELS},
        "files": describe_files(zoo),
    }
    (zoo / FILE_NAME).write_text(f"{json.dumps(manifest, indent=1)}\n", "utf-8")


def _round(scores: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    return {
        split: {kind: round(score, 4) for kind, score in by_kind.items()}
        for split, by_kind in scores.items()
    }


def read_manifest(zoo: Path) -> dict[str, Any]:
    """Return the manifest as it was written."""
    manifest: dict[str, Any] = json.loads((zoo / FILE_NAME).read_text("utf-8"))
    return manifest


def find_differences(zoo: Path) -> list[str]:
    """Return one sentence for each file that is not as the manifest says; empty when all are."""
    recorded: dict[str, dict[str, object]] = read_manifest(zoo)["files"]
    found = describe_files(zoo)
    differences = []
    for path in sorted(recorded.keys() | found.keys()):
        if path not in found:
            differences.append(f"{path} is in the manifest but not in the zoo")
        elif path not in recorded:
            differences.append(f"{path} is in the zoo but not in the manifest")
        elif found[path] != recorded[path]:
            differences.append(
                f"{path} is {found[path]['sha256']} ({found[path]['bytes']} bytes), the manifest "
                f"has {recorded[path]['sha256']} ({recorded[path]['bytes']} bytes)"
            )
    return differences
