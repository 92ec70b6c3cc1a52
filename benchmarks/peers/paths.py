"""XState's getShortestPaths on a model of benchmarks/models.py, in a process of its own.

It visits every state, as an exploration does, and gives a shortest path to each. node measures
itself: the search alone, without starting or reading the model.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Missing
from benchmarks.models import Model
from benchmarks.peers import node

__all__ = ["Paths", "shortest_paths"]

_SCRIPT = Path(__file__).resolve().parent / "paths.mjs"
_HEAP = 8_000  # megabytes that node may use; by itself it stops at two to four thousand


@dataclass(frozen=True)
class Paths:
    """How many states were found, how far the furthest is, and the seconds."""

    states: int
    deepest: int
    seconds: float


def shortest_paths(model: Model, *, most_seconds: float) -> Paths:
    """Search a model. Raises Missing where XState cannot, or does not come to an end in time."""
    if "xstate" not in node.versions():
        raise Missing("XState's getShortestPaths is left out: XState is not installed.")
    command = ["node", f"--max-old-space-size={_HEAP}", str(_SCRIPT)]
    try:
        done = subprocess.run(
            command, input=model.json(), capture_output=True, text=True, timeout=most_seconds
        )
    except subprocess.TimeoutExpired as slow:
        raise Missing(
            f"XState's getShortestPaths on {model.size:,} configurations was stopped after "
            f"{most_seconds:g} seconds."
        ) from slow
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if "rror" in line]
        raise Missing(
            f"XState's getShortestPaths failed on {model.size:,} configurations: "
            f"{errors[0][:200] if errors else 'no word'}."
        )
    return Paths(**json.loads(done.stdout))
