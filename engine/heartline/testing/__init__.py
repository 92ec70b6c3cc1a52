"""Testing scenario files: tests beside a scenario, their runner, coverage, and mutation.

    files        test files: their shape, and how they become cases
    case         one test, ready to be run, and what came of it
    runs         one case, played and judged
    suite        many files in one go, and what is told of them
    coverage     what tests met of a scenario, and what they did not
    making       where tests come from: written, recorded, generated
    walks        random plays, many of them
    mutation     whether the tests would notice a mistake
    plugin       for pytest
    helpers      plays and expectations for tests in Python
    rehearsal    what both of these and random plays are made of
    strategies   random plays with hypothesis

Nothing here is imported by what runs a conversation. The names below are for tests in Python
(docs/testing-in-code.md); each is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heartline.testing.helpers import NotAsExpected, Trial
    from heartline.testing.rehearsal import PlayFailed, Rehearsal
    from heartline.testing.strategies import plays, scenario_machine

_HOMES = {
    "helpers": ("NotAsExpected", "Trial"),
    "rehearsal": ("PlayFailed", "Rehearsal"),
    "strategies": ("plays", "scenario_machine"),
}
_HOME = {name: room for room, names in _HOMES.items() for name in names}

__all__ = ["NotAsExpected", "PlayFailed", "Rehearsal", "Trial", "plays", "scenario_machine"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOME:
        return getattr(import_module(f"heartline.testing.{_HOME[name]}"), name)
    raise AttributeError(f"module 'heartline.testing' has no attribute {name!r}")
