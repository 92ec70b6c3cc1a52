"""How long loading and compiling take, and that twice the states take twice as long, not more.

Seconds of the processor, not of the clock on the wall: it is one thread's work, and what else the
machine does meanwhile is nobody's business.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import heartline
from benchmarks.generate import generate
from benchmarks.targets import Finding

__all__ = ["findings"]


def findings(flagship: Path | None, *, sizes: tuple[int, ...], samples: int) -> list[Finding]:
    """Seconds for the biggest generated scenario and the flagship, and how the time grows.

    The sizes take turns; each size's time per state is compared with that of the smallest.
    """
    texts = {size: generate(size) for size in sizes}
    taken: dict[int, list[float]] = {size: [] for size in sizes}
    heartline.loads(texts[sizes[0]])
    for _ in range(samples):
        for size, text in texts.items():
            taken[size].append(_seconds(partial(heartline.loads, text)))
    small, big = sizes[0], sizes[-1]
    found = []
    for size in sizes[1:]:
        growth = statistics.median(
            (b / size) / (a / small) for a, b in zip(taken[small], taken[size], strict=True)
        )
        found.append(
            Finding(f"time per state at {size:,} states / at {small:,}", growth, "x", at_most=1.5)
        )
    found.append(
        Finding(f"load and compile {big:,} states", statistics.median(taken[big]), " s", at_most=10)
    )
    if flagship is not None:
        load = statistics.median(_seconds(lambda: heartline.load(flagship)) for _ in range(samples))
        found.append(Finding("load and compile the flagship", load, " s", at_most=0.3))
    return found


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    begun = time.process_time()
    work()
    return time.process_time() - begun
