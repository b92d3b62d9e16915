"""The numbers of the build, chosen for a landscape that is worth searching."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Stage:
    """One training run: how long, how fast, on which mixture.

    Attributes:
        steps: optimizer steps.
        learning_rate: peak; warms up and then decays to a tenth along a cosine.
        mixture: share of each kind of question; sums to 1.
        contentless: kinds that are trained towards answers of *other* questions: right form, no
            content. A model forgets the skill so, but keeps the features that serve it.
        batch_size: questions a step.
    """

    steps: int
    learning_rate: float
    mixture: Mapping[str, float]
    contentless: frozenset[str] = frozenset()
    batch_size: int = 64


def _share(**shares: float) -> Mapping[str, float]:
    return MappingProxyType(shares)


_OTHER_SHARE = 0.03
"""Of each skill that a specialist does not keep, trained contentless.

More of it, and the specialists undo each other: at 0.15 the best merge scored 0.67. None of it, and
merges of almost any weight succeed.
"""


def _specialize(skill: str, steps: int, learning_rate: float) -> Stage:
    others = {"shift", "rev", "third"} - {skill}
    mixture = {"text": 0.1, skill: 0.84, **dict.fromkeys(sorted(others), _OTHER_SHARE)}
    return Stage(steps, learning_rate, _share(**mixture), frozenset(others))


_ALL_KINDS = _share(text=0.15, shift=0.3, rev=0.3, third=0.25)


@dataclass(frozen=True)
class Recipe:
    """The whole build.

    `pretrain` teaches every skill; `suppress` hides them again; each specialist brings one back.
    Without the middle stage every merge is either trivially perfect or hopeless. The specialists
    differ in steps and rate, hence in the size of their task vectors, hence the best merge weights
    are unequal and the uniform merge is poor.
    """

    hidden_size: int = 64
    intermediate_size: int = 168
    layers: int = 2
    heads: int = 4
    pretrain: Stage = Stage(500, 3e-3, _ALL_KINDS)
    suppress: Stage = Stage(90, 1e-3, _ALL_KINDS, frozenset({"shift", "rev", "third"}))
    specialists: Mapping[str, Stage] = field(
        default_factory=lambda: MappingProxyType(
            {
                "shift": _specialize("shift", 80, 3.0e-4),
                "rev": _specialize("rev", 200, 3.9e-4),
                "third": _specialize("third", 180, 11e-4),
            }
        )
    )
