"""mergekit-evolve on a machine without a GPU; a JSON line on standard output as an evaluation ends.

python run.py SETTINGS.json

Ray is told of a GPU, or the search waits for one forever. pycma gets a seed, for which
mergekit-evolve has no flag (its --random-seed is that of DARE's masks), and a place for its log
files. All that the programs themselves print goes to standard error.
"""

import json
import os
import sys
from pathlib import Path

import cma
import ray
import ray.util
from mergekit.scripts.evolve import main

settings = json.loads(Path(sys.argv[1]).read_text())
events = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

fmin2 = cma.fmin2


class TellingPool(ray.util.ActorPool):
    def map(self, fn, values):
        for result in super().map(fn, values):
            if result["score"] is None:
                raise RuntimeError("a merge failed: see the lines above")
            print(json.dumps({"score": result["score"]}), file=events)
            yield result


def fmin2_with_options(*args, options, **kwargs):
    return fmin2(*args, options={**options, **settings["cma_options"]}, **kwargs)


ray.util.ActorPool = TellingPool
cma.fmin2 = fmin2_with_options
ray.init(num_gpus=1, num_cpus=2, _temp_dir=settings["ray_folder"])
main(settings["arguments"])
