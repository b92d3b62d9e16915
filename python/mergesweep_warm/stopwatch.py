"""What parts of a request cost, so that an overhead can be told from work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Adds up seconds and CPU-seconds of this process by the name of the part.

    On a card a part ends when its last kernel is queued, not when it has run.
    """

    def __init__(self) -> None:
        self._parts: dict[str, dict[str, float]] = {}

    @contextmanager
    def measure(self, part: str) -> Iterator[None]:
        """Count what passes until the block ends, also where it raises."""
        seconds, cpu_seconds = time.monotonic(), time.process_time()
        try:
            yield
        finally:
            cost = self._parts.setdefault(part, {"seconds": 0.0, "cpuSeconds": 0.0})
            cost["seconds"] += time.monotonic() - seconds
            cost["cpuSeconds"] += time.process_time() - cpu_seconds

    def take(self) -> dict[str, dict[str, float]]:
        """Return what was measured, and begin again."""
        parts, self._parts = self._parts, {}
        return parts
