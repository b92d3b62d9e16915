"""A merge in this process, tensor by tensor, by mergekit's own planner and executor."""

from collections.abc import Iterator
from pathlib import Path

import torch
import yaml
from mergekit.architecture import get_architecture_info
from mergekit.config import MergeConfiguration
from mergekit.graph import Executor
from mergekit.io.tasks import ReturnTensor
from mergekit.merge import _model_out_config, run_merge
from mergekit.options import MergeOptions
from mergekit.plan import MergePlanner
from transformers.trainer_utils import set_seed

from mergesweep_warm.parents import Residence, open_parents


class DegenerateMergeError(ValueError):
    """The merge gave NaN or an infinity."""


def merge_tensors(
    merge_config: str, seed: int, options: MergeOptions, residence: Residence = "ram"
) -> Iterator[tuple[str, torch.Tensor, int]]:
    """Yield (name, tensor, how many there are) of the merge of the YAML text `merge_config`.

    The tensors are those that `mergekit-yaml --random-seed=<seed>` writes, bit for bit. Consume all
    of it before anything else draws from torch's generator.

    Raises:
        DegenerateMergeError: at the first tensor that is not finite.
    """
    config = MergeConfiguration.model_validate(yaml.safe_load(merge_config))
    open_parents(config.referenced_models(), options, residence)
    architecture = get_architecture_info(config, options)
    planner = MergePlanner(
        config,
        architecture,
        options=options,
        out_model_config=_model_out_config(config, architecture),
    )
    # Not planner.plan_in_memory(): in mergekit 0.1.5 it raises under pydantic 2.14, because it
    # validates ReturnTensor, which holds an abstract class.
    planner._plan()  # noqa: SLF001
    targets = [
        ReturnTensor.model_construct(
            weight_info=info, tensor_task=task, dtype=info.force_dtype or config.out_dtype
        )
        for info, task in planner._tensors  # noqa: SLF001
    ]
    set_seed(seed)
    # Where a tensor lies between two steps changes no bit of it: the model takes it from there.
    executor = Executor(targets, math_device=options.device, storage_device=options.device)
    with torch.no_grad():
        for target, tensor in executor.run(quiet=True):
            if tensor is None:  # an optional tensor that no parent has
                continue
            name = target.weight_info.name
            if not _is_finite(tensor):
                raise DegenerateMergeError(
                    f"Expected finite weights, got NaN or an infinity in the merged tensor {name}"
                )
            yield name, tensor, len(targets)


def _is_finite(tensor: torch.Tensor) -> bool:
    """Tell whether there is no NaN and no infinity.

    Both carry over to the extremes, which take one pass: about 1 CPU-second at 7B, where `isfinite`
    took some 50.
    """
    if tensor.numel() == 0:
        return True
    return bool(torch.isfinite(torch.stack(torch.aminmax(tensor))).all())


def save_merge(merge_config: str, seed: int, options: MergeOptions, out: Path) -> None:
    """Write the merge as `mergekit-yaml` would, from the tensors that are held here."""
    config = MergeConfiguration.model_validate(yaml.safe_load(merge_config))
    run_merge(config, str(out), options.model_copy(update={"random_seed": seed}))
