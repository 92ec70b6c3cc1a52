"""How long it takes to find out whether the flagship's tests would notice 300 mistakes.

Seconds of the clock on the wall, in two processes: that is what somebody waits for.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.targets import Finding
from heartline.testing.mutation.session import Wanted, mutate

__all__ = ["findings"]

SIZE, PROCESSES, MOST_SECONDS = 300, 2, 60


def findings(flagship: Path, *, size: int = SIZE) -> list[Finding]:
    """The time for a sample of the flagship's mutants, by all its tests, nothing known before."""
    outcome = mutate(str(flagship), Wanted((), limit=size, seed=1, workers=PROCESSES))
    what = f"{size} mutants of the flagship, {outcome.tests} tests"
    promised = MOST_SECONDS if size == SIZE else None
    return [Finding(what, outcome.seconds, " s", at_most=promised)]
