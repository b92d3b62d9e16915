"""The in-process evaluator against the tool that it stands in for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mergesweep_zoo.landscape import draw_points, render_dare_ties, render_ties
from mergesweep_zoo.warm import WarmEvaluator


@pytest.mark.slow
@pytest.mark.parametrize("method", ["dare_ties", "ties"])
def test_a_warm_merge_is_bitwise_what_mergekit_writes(
    zoo: Path, tmp_path: Path, method: str
) -> None:
    merge_config = (
        render_dare_ties(zoo, draw_points(1, seed=4)[0])
        if method == "dare_ties"
        else render_ties(zoo)
    )
    config_path, out = tmp_path / "merge.yaml", tmp_path / "out"
    config_path.write_text(json.dumps(merge_config), "utf-8")  # JSON is YAML too
    subprocess.run(  # noqa: S603 - our own configuration
        [
            str(Path(sys.executable).with_name("mergekit-yaml")),
            *(str(config_path), str(out), "--random-seed", "7", "--quiet"),
        ],
        check=True,
        capture_output=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    cold = load_file(out / "model.safetensors")

    evaluator = WarmEvaluator(zoo)
    evaluator.merge(merge_config, seed=7)
    warm = evaluator.get_tensors()
    assert warm.keys() == cold.keys()
    for name, tensor in cold.items():
        assert torch.equal(warm[name], tensor), name
