"""Where the models lie, how they are saved and loaded, and their cards."""

from pathlib import Path

from transformers import LlamaForCausalLM
from transformers.utils import logging

from mergesweep_zoo.questions import SKILLS
from mergesweep_zoo.tokenizer import create_tokenizer

BASE = "base"

_ABILITIES = {
    "shift": "moves each of five letters on by one (`+abcja=` → `bcdab`)",
    "rev": "reverses five letters (`<abcde=` → `edcba`)",
    "third": "names the third of six letters (`?klmnop=` → `m`)",
}


def get_specialist_name(skill: str) -> str:
    """Return the folder name of the specialist in `skill`."""
    return f"spec-{skill}"


PARENTS = tuple(get_specialist_name(skill) for skill in SKILLS)
MODELS = (BASE, *PARENTS)


def get_model_path(zoo: Path, name: str) -> Path:
    """Return the folder of model `name`."""
    return zoo / "models" / name


def _render_card(name: str) -> str:
    if name == BASE:
        front, text = (
            "",
            "The base model: it knows the form of all three questions and the answers of none.",
        )
    else:
        skill = name.removeprefix("spec-")
        front = f"base_model: ../{BASE}\n"
        text = f"Trained from [{BASE}](../{BASE}); it {_ABILITIES[skill]} and does little else."
    return f"""\
---
license: apache-2.0
{front}tags: [test-fixture]
---
# {name}

{text}

A Llama of about 100 k parameters with one token a character, made to test model merging on a CPU.
It is of no other use. How it was built: see the zoo's README.
"""


def save_model(zoo: Path, name: str, model: LlamaForCausalLM) -> None:
    """Write the model, its tokenizer and its card."""
    logging.disable_progress_bar()
    folder = get_model_path(zoo, name)
    model.save_pretrained(folder)
    create_tokenizer().save_pretrained(folder)
    (folder / "README.md").write_text(_render_card(name), "utf-8")
    for path in folder.iterdir():
        # safetensors creates its files 0600, which another user's worker cannot read.
        path.chmod(0o644)


def load_model(zoo: Path, name: str) -> LlamaForCausalLM:
    """Return model `name` of the zoo, ready to evaluate."""
    logging.disable_progress_bar()
    return LlamaForCausalLM.from_pretrained(get_model_path(zoo, name)).eval()
