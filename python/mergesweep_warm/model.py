"""The one copy of the model, whose weights are overwritten trial by trial."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open


class UnsupportedError(Exception):
    """What was asked for can't be done warm; the cold way can."""


class LoadedModel:
    """The parameters of a model by name, ties and all."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - a transformers model
        self._parameters: dict[str, torch.Tensor] = dict(model.state_dict(keep_vars=True))
        self._needed = {tensor.data_ptr() for tensor in self._parameters.values()}
        self._buffers = {name for name, _ in model.named_buffers()}

    def take(self, tensors: Iterable[tuple[str, torch.Tensor]]) -> int:
        """Overwrite the weights; return how many tensors were written.

        Raises:
            UnsupportedError: when the tensors are not those of this model, one by one.
        """
        written = set()
        count = 0
        for name, tensor in tensors:
            own = self._parameters.get(name)
            if own is None or own.shape != tensor.shape:
                there = "no such tensor" if own is None else f"shape {tuple(own.shape)}"
                raise UnsupportedError(
                    f"Expected the tensors of the merge to be the model's own, got {name} "
                    f"{tuple(tensor.shape)} where the model has {there}"
                )
            own.data.copy_(tensor)
            written.add(own.data_ptr())
            count += 1
        missing = [
            name
            for name, own in self._parameters.items()
            if own.data_ptr() not in written and name not in self._buffers
        ]
        if missing:
            raise UnsupportedError(f"Expected every weight to be given, got none of {missing[:3]}")
        return count

    def load(self, folder: Path) -> int:
        """Take the weights of a model folder as they are."""
        return self.take(read_tensors(folder))

    def get_tensors(self) -> dict[str, torch.Tensor]:
        """Return the weights by name; they change with the next ones taken."""
        return {name: own.detach() for name, own in self._parameters.items()}

    def differs_from(self, folder: Path) -> list[str]:
        """Return the names of tensors of the checkpoint whose bits are not these."""
        different = []
        for name, tensor in read_tensors(folder):
            own = self._parameters.get(name)
            if own is None or not _is_same(own, tensor):
                different.append(name)
        return different


def _is_same(own: torch.Tensor, tensor: torch.Tensor) -> bool:
    expected = tensor.to(own.dtype)
    return own.shape == expected.shape and torch.equal(own.detach().cpu(), expected)


def read_tensors(folder: Path) -> Iterable[tuple[str, torch.Tensor]]:
    """Yield (name, tensor) of all safetensors files of a folder, one in memory at a time."""
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118 - not a dict
                yield name, file.get_tensor(name)
