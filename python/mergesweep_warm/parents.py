"""Where the tensors of base and parents come from: held in memory, or mapped from their files."""

from typing import Any, Literal

import torch
from mergekit.io.tasks import LoaderCache
from mergekit.options import MergeOptions

Residence = Literal["ram", "mapped"]


class _HeldTensors:
    """Stands in for mergekit's lazy loader: the same index, the tensors read once."""

    def __init__(self, loader: Any) -> None:  # noqa: ANN401 - mergekit has no type for it
        self.index = loader.index
        self._tensors: dict[str, torch.Tensor] = {
            key: loader.get_tensor(key).clone() for key in loader.index.tensor_paths
        }

    def get_tensor(self, key: str, device: str = "cpu", **_: object) -> torch.Tensor:
        return self._tensors[key].to(device)

    def flush(self) -> None:
        """Do nothing: there is no file to close."""


def open_parents(models: list[Any], options: MergeOptions, residence: Residence) -> None:
    """Make the tensors of `models` (mergekit's references) known to mergekit's own cache.

    Mapped tensors stay in the page cache, which all children of a node share.
    """
    cache = LoaderCache()
    cache.setup(options)
    for model in models:
        loader = cache.get(model)
        if residence == "ram" and not isinstance(loader, _HeldTensors):
            cache.loaders[model] = _HeldTensors(loader)
