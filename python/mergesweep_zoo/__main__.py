"""Build the zoo, check its files, or measure how informative its landscape is."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

# The libraries below read these as they are imported. One thread, because two were measured six
# times slower on a busy two-core machine; offline, because the zoo needs nothing from outside.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def _build(options: argparse.Namespace) -> int:
    from mergesweep_zoo.build import build_zoo

    build_zoo(options.zoo, options.seed)
    return _write_manifest(options)


def _write_manifest(options: argparse.Namespace) -> int:
    from mergesweep_zoo.manifest import write_manifest

    write_manifest(options.zoo.resolve(), options.seed)
    return 0


def _check(options: argparse.Namespace) -> int:
    from mergesweep_zoo.manifest import find_differences

    differences = find_differences(options.zoo)
    for difference in differences:
        print(difference, file=sys.stderr)
    return 1 if differences else 0


def _survey(options: argparse.Namespace) -> int:
    from mergesweep_zoo.landscape import Effort, print_survey

    print_survey(
        options.zoo,
        Effort(options.points, options.seed, tuple(options.search_seeds), options.trials),
    )
    return 0


def _create_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mergesweep_zoo", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)

    def add(name: str, run: object, what: str) -> argparse.ArgumentParser:
        verb = verbs.add_parser(name, help=what, description=what)
        verb.set_defaults(run=run)
        verb.add_argument("zoo", type=Path, help="folder of the zoo; best named zoo")
        return verb

    build = add("build", _build, "Train the models, write the eval tasks and the manifest.")
    build.add_argument("--seed", type=int, default=0)
    manifest = add("manifest", _write_manifest, "Score the models and write the manifest anew.")
    manifest.add_argument("--seed", type=int, default=0, help="what the zoo was built from")
    add("check", _check, "Compare the files with the manifest; exit 1 if they differ.")
    landscape = add(
        "landscape", _survey, "Measure baselines, random points and searches; JSON on stdout."
    )
    landscape.add_argument("--points", type=int, default=24, help="random points to measure")
    landscape.add_argument("--seed", type=int, default=0, help="draws the points and DARE's masks")
    landscape.add_argument(
        "--search-seeds", type=int, nargs="*", default=[], help="one search for each"
    )
    landscape.add_argument("--trials", type=int, default=40, help="of each search")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    options = _create_parser().parse_args(arguments)
    exit_code: int = options.run(options)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
