"""Runs peers: a job a line on standard input, a record a line on standard output.

A job is `{"peer", "spec", "instance", "batch", "budget"}`; its record has, besides, per trial the measured and the
true value, and the CPU-seconds that asking and telling took. The seed is the instance's number.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

# One run, one core: a second thread of BLAS would only take it from the run beside.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

from functions import check_vectors, make_function  # noqa: E402
from peers import PEERS  # noqa: E402


def run(job: dict[str, Any]) -> dict[str, Any]:
    function = make_function(job["spec"], job["instance"])
    started = time.process_time()
    search = PEERS[job["peer"]](function, job["instance"], job["batch"])
    points: list[Any] = []
    measured: list[float] = []
    while len(points) < job["budget"]:
        asked = [search.ask() for _ in range(min(job["batch"], job["budget"] - len(points)))]
        for token, x in asked:
            value = function.measured(x)
            points.append(x)
            measured.append(value)
            search.tell(token, value)
    seconds = round(time.process_time() - started, 3)
    # Ten digits are more than a regret needs; the measured ones are whole, for ties decide who is shipped.
    true = [float(f"{function.true(x):.10g}") for x in points]
    return {**job, "cpuSeconds": seconds, "measured": measured, "true": true}


def main() -> None:
    warnings.filterwarnings("ignore")
    check_vectors(Path(__file__).parent.parent / "golden" / "function-vectors.json")
    for line in sys.stdin:
        # One write a record: a run that is stopped leaves whole lines.
        os.write(1, (json.dumps(run(json.loads(line)), separators=(",", ":")) + "\n").encode())


if __name__ == "__main__":
    main()
