"""The moves of a played way, as JSON can hold them, and how one is played again.

A move is {"choose": "ask_why", "role": "you"}, {"wait": 1209600} (seconds) or {"event": "called"};
each can have "draws", what the engine's roles were told to draw in it. Other keys say something
about it and play no part. Played again from the same start (seed, moment, inputs, persons, draws)
the moves lead to the same snapshot.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heartline.conversation import Conversation
    from heartline.turn import Turn

__all__ = ["Move", "play_move"]

Move = dict[str, Any]


def play_move(conversation: Conversation, move: Mapping[str, Any]) -> Turn:
    """Play one move; raises what the conversation raises, and KeyError, TypeError, ValueError or
    OverflowError for what is no move."""
    draws = tuple(move.get("draws", ()))
    if "choose" in move:
        return conversation.choose(move["choose"], role=move.get("role"), draws=draws)
    if "wait" in move:
        return conversation.wait(timedelta(seconds=move["wait"]), draws=draws)
    return conversation.send(move["event"], draws=draws)
