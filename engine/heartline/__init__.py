"""Heartline: conversations as state machines that are proved, tested, and kept alive.

    import heartline

    scenario = heartline.load("reconciliation")
    conversation = scenario.start(seed=7)
    turn = conversation.choose(conversation.turn.choices[0].id)

`load` and `loads` give a Scenario; `Scenario.start` and `Scenario.resume` a Conversation; each of
its methods a Turn. Below them lie the pure `start`, `step` and `view`. Everything that is raised
on purpose is a HeartlineError (heartline.errors).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heartline.clock import Clock, ManualClock, SystemClock
    from heartline.conversation import Conversation, Scenario, load, loads
    from heartline.diagnostics import Diagnostic, Location, Severity
    from heartline.errors import (
        CallerError,
        ChoiceClosed,
        ConversationOver,
        DrawImpossible,
        HeartlineError,
        InputError,
        NothingToUndo,
        RunawayError,
        ScenarioError,
        SnapshotDamaged,
        SnapshotError,
        SnapshotMismatch,
        StaleTurn,
        UndoForbidden,
        UnknownChoice,
        UnknownEvent,
    )
    from heartline.rendering import view
    from heartline.runtime import Step, start, step
    from heartline.snapshot import Choose, Send, Snapshot, Tick
    from heartline.turn import Change, Choice, Deadline, Said, Turn

# Where each public name lives: a name is imported when it is first used, so that the command
# line answers `--help` without loading the engine.
_HOMES = {
    "clock": ("Clock", "ManualClock", "SystemClock"),
    "conversation": ("Conversation", "Scenario", "load", "loads"),
    "diagnostics": ("Diagnostic", "Location", "Severity"),
    "errors": (
        "CallerError", "ChoiceClosed", "ConversationOver", "DrawImpossible", "HeartlineError",
        "InputError", "NothingToUndo", "RunawayError", "ScenarioError", "SnapshotDamaged",
        "SnapshotError", "SnapshotMismatch", "StaleTurn", "UndoForbidden", "UnknownChoice",
        "UnknownEvent",
    ),
    "runtime": ("Step", "start", "step"),
    "snapshot": ("Choose", "Send", "Snapshot", "Tick"),
    "turn": ("Change", "Choice", "Deadline", "Said", "Turn"),
    "rendering": ("view",),
}  # fmt: skip
_HOME = {name: room for room, names in _HOMES.items() for name in names}

__all__ = [
    "CallerError", "Change", "Choice", "ChoiceClosed", "Choose", "Clock", "Conversation",
    "ConversationOver", "Deadline", "Diagnostic", "DrawImpossible", "HeartlineError", "InputError",
    "Location", "ManualClock", "NothingToUndo", "RunawayError", "Said", "Scenario",
    "ScenarioError", "Send", "Severity", "Snapshot", "SnapshotDamaged", "SnapshotError",
    "SnapshotMismatch", "StaleTurn", "Step", "SystemClock", "Tick", "Turn", "UndoForbidden",
    "UnknownChoice", "UnknownEvent", "load", "loads", "start", "step", "view",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOME:
        return getattr(import_module(f"heartline.{_HOME[name]}"), name)
    raise AttributeError(f"module 'heartline' has no attribute {name!r}")
