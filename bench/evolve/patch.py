"""Copies the installed mergekit to a folder and makes mergekit-evolve start there.

python patch.py FOLDER

mergekit-evolve 0.1.5 as installed dies on import (1). The search, the merge and the scoring stay as
they are. A text that is not there exactly once is an error: another mergekit needs another look.
"""

import importlib.util
import shutil
import sys
from pathlib import Path

# File, its text, what comes in its place.
PATCHES = [
    # 1. lm-eval 0.4.13 loads its models lazily, so there is no such attribute. Only an annotation.
    ("evo/actors.py", "lm_eval.models.vllm_causallms.VLLM, None", "None"),
    # 2. Imported also with --no-vllm, and lm-eval's module asks for vLLM then.
    (
        "evo/monkeypatch.py",
        "for vLLM\n    import lm_eval.models.vllm_causallms\n",
        (
            "for vLLM\n    try:\n        import lm_eval.models.vllm_causallms\n"
            "    except ImportError:\n        return\n"
        ),
    ),
    # 3. torch.cpu has no such function.
    (
        "evo/actors.py",
        "torch_accelerator_module.empty_cache()",
        'getattr(torch_accelerator_module, "empty_cache", lambda: None)()',
    ),
    # 4. lm-eval's default device is CUDA.
    (
        "evo/helpers.py",
        '"dtype": "bfloat16",\n',
        '"dtype": "bfloat16",\n            "device": "cpu",\n',
    ),
]


def main():
    installed = Path(importlib.util.find_spec("mergekit").origin).parent
    copy = Path(sys.argv[1]) / "mergekit"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(installed, copy)
    for name, old, new in PATCHES:
        text = (copy / name).read_text()
        if text.count(old) != 1:
            sys.exit(f"mergekit/{name}: expected once, found {text.count(old)} times: {old!r}")
        (copy / name).write_text(text.replace(old, new))


main()
