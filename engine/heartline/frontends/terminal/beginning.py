"""How a conversation that is played begins, and how a saved one is played again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from heartline.clock import ManualClock
from heartline.errors import HeartlineError
from heartline.moves import play_move

if TYPE_CHECKING:
    from heartline import Conversation, Scenario
    from heartline.frontends.terminal.record import Beginning, Saved

__all__ = ["begin", "play_again"]

UNDO_DEPTH = 1_000  # turns; a play that is longer has been going on for days


def begin(scenario: Scenario, beginning: Beginning) -> tuple[Conversation, ManualClock]:
    """Start a conversation; raises InputError, and DrawImpossible."""
    clock = ManualClock(datetime.fromisoformat(beginning.start))
    inputs: dict[str, Any] = dict(beginning.inputs)
    conversation = scenario.start(
        inputs,
        seed=beginning.seed,
        clock=clock,
        seats=beginning.persons,
        undo_depth=UNDO_DEPTH,
        draws=beginning.draws,
    )
    return conversation, clock


def play_again(scenario: Scenario, saved: Saved) -> tuple[Conversation, ManualClock] | None:
    """The saved conversation with all its steps to undo, where its way leads to it again."""
    try:
        conversation, clock = begin(scenario, saved.beginning)
        for move in saved.way:
            play_move(conversation, move)
        behind = datetime.fromisoformat(saved.now) - clock.now()
        if conversation.snapshot() != saved.snapshot or behind:
            return None
    except (HeartlineError, ValueError, TypeError, KeyError, OverflowError):
        return None
    return conversation, clock
