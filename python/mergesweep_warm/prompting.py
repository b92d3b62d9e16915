"""What lm_eval is asked, in the words of its command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LM_EVAL_SEEDS = "0,1234,1234,1234"
"""lm-eval's own defaults for Python, numpy, torch and few-shot examples."""


@dataclass(frozen=True)
class Prompting:
    """The arguments of lm_eval that decide what the prompts look like."""

    args: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seeds(self) -> list[int | None]:
        """Of Python, numpy, torch and the few-shot examples."""
        texts = str(self.args.get("seed", LM_EVAL_SEEDS)).split(",")
        values = [None if text == "None" else int(text) for text in texts]
        defaults = [int(text) for text in LM_EVAL_SEEDS.split(",")]
        if len(values) == 1:
            return values * len(defaults)
        return [*values, *defaults[len(values) :]]

    @property
    def template(self) -> bool | str:
        """The chat template: none, the tokenizer's, or the one of this name."""
        return self.args.get("apply_chat_template") or False

    @property
    def prompt(self) -> dict[str, Any]:
        """In the words of lm-eval's functions."""
        return {
            "system_instruction": self.args.get("system_instruction"),
            "apply_chat_template": self.template,
            # As its command line decides it.
            "fewshot_as_multiturn": bool(self.args.get("fewshot_as_multiturn", self.template)),
        }


@dataclass(frozen=True)
class Call:
    """One run of lm_eval: it takes one few-shot count and one limit for all its tasks."""

    names: tuple[str, ...]
    """Of tasks and groups."""
    num_fewshot: int | None = None
    """None: what each task says."""
    limit: int | None = None
    """The first so many documents; None: all."""
