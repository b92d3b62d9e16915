"""Remembers what the libraries work out anew for every trial although it can't change."""

import copy
import functools
from typing import TYPE_CHECKING, Any

import lm_eval.utils
from mergekit.common import ModelReference

if TYPE_CHECKING:
    from collections.abc import Callable

_ENCODED_CHARACTERS = 50_000_000
"""Of prompts, beyond which no more token ids are kept: some hundreds of MB."""


def remember_templates() -> None:
    """Compile each Jinja template of a task once: half of a small evaluation is compiling."""
    environment = lm_eval.utils.env
    environment.from_string = functools.cache(environment.from_string)


def remember_configs() -> None:
    """Read each model's config.json once; a merge reads it thirteen times."""
    read = functools.cache(ModelReference.config)

    def config(self: ModelReference, **kwargs: Any) -> Any:  # noqa: ANN401 - mergekit's signature
        # A copy: who asks may change it.
        return copy.deepcopy(read(self, **kwargs))

    ModelReference.config = config


def remember_tokens(lm: Any) -> None:  # noqa: ANN401 - lm-eval is untyped
    """Keep the token ids of prompts: every trial is asked the same ones."""
    encode: Callable[..., list[int]] = lm.tok_encode
    known: dict[tuple[Any, ...], list[int]] = {}
    kept = 0

    def tok_encode(string: str, *args: Any, **kwargs: Any) -> list[int]:  # noqa: ANN401
        nonlocal kept
        key = (string, args, tuple(sorted(kwargs.items())))
        ids = known.get(key)
        if ids is None:
            ids = encode(string, *args, **kwargs)
            if kept + len(string) > _ENCODED_CHARACTERS:
                return ids
            kept += len(string)
            known[key] = ids
        return list(ids)

    lm.tok_encode = tok_encode
