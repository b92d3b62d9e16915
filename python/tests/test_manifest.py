"""The manifest, and what it promises of the files."""

import json
import shutil
from pathlib import Path

from mergesweep_zoo.__main__ import main
from mergesweep_zoo.manifest import describe_files, find_differences, read_manifest

_LIMIT_BYTES = 2_000_000


def test_committed_files_are_as_the_manifest_says(zoo: Path) -> None:
    assert find_differences(zoo) == []


def test_check_names_each_changed_missing_and_added_file(zoo: Path, tmp_path: Path) -> None:
    copy = tmp_path / "zoo"
    shutil.copytree(zoo, copy)
    assert main(["check", str(copy)]) == 0
    (copy / "models/base/model.safetensors").write_bytes(b"short")
    (copy / "models/base/config.json").unlink()
    (copy / "tasks/extra.yaml").write_text("task: extra\n", "utf-8")
    differences = find_differences(copy)
    assert [difference.split(" is ")[0] for difference in differences] == [
        "models/base/config.json",
        "models/base/model.safetensors",
        "tasks/extra.yaml",
    ]
    assert main(["check", str(copy)]) == 1


def test_the_zoo_is_under_two_megabytes(zoo: Path) -> None:
    size = sum(path.stat().st_size for path in zoo.rglob("*") if path.is_file())
    assert size < _LIMIT_BYTES


def test_no_file_names_a_place_on_the_machine_that_built_it(zoo: Path) -> None:
    for path in describe_files(zoo):
        if not path.endswith(".safetensors"):
            text = (zoo / path).read_text("utf-8")
            for place in ("/home/", "/work/", "/tmp/", "/root/", "/usr/", "C:\\"):  # noqa: S108 - looked for, not written
                assert place not in text, path
    assert "/" not in json.dumps(read_manifest(zoo)["builder"])


def test_every_file_can_be_read_by_other_users(zoo: Path) -> None:
    for path in describe_files(zoo):
        assert (zoo / path).stat().st_mode & 0o044 == 0o044, path
