"""What a conversation leaves behind: the way that was played and what was said on it.

The way is a list of moves (`heartline.moves`). Beside what is played again, each says what was
"typed", the "turn" and "state" that it led to, the player's time "now", and whether it is a "new"
turn: a wait may be quiet. Played again from the same beginning the way leads to the same snapshot,
so a conversation that is taken up from a file can also be undone, step by step, to its first turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from heartline.turn import Turn

__all__ = ["Beginning", "Record", "Saved"]


@dataclass(frozen=True, slots=True)
class Beginning:
    """All that decides how a conversation begins. `start` is a moment in ISO 8601, with its zone.

    `inputs` are values as they were typed; `draws` are what the engine's roles were told to draw
    at the start.
    """

    seed: int
    start: str
    inputs: tuple[tuple[str, str], ...] = ()
    persons: tuple[str, ...] = ()
    draws: tuple[str, ...] = ()


@dataclass(slots=True)
class Record:
    """The way so far and its transcript; both are cut back when a step is undone."""

    way: list[dict[str, Any]] = field(default_factory=list)
    transcript: list[dict[str, Any]] = field(default_factory=list)

    def began(self, turn: Turn) -> None:
        """Note the lines of the first turn."""
        self.transcript.append(_entry(turn, None))

    def moved(
        self, move: dict[str, Any], typed: str, turn: Turn, now: datetime, *, new: bool
    ) -> None:
        """Note a move; `new` says whether it led to another turn, whose lines are noted too."""
        reached = {"turn": turn.number, "state": turn.state, "now": now.isoformat(), "new": new}
        self.way.append({**move, "typed": typed, **reached})
        if new:
            self.transcript.append(_entry(turn, move.get("choose", typed)))

    def undone(self, turn: int, now: datetime) -> None:
        """Forget what came after this turn, and quiet waits that the clock went back over."""
        moment = now.isoformat()
        while self.way and (self.way[-1]["turn"] > turn or self.way[-1]["now"] > moment):
            self.way.pop()
        while self.transcript and self.transcript[-1]["turn"] > turn:
            self.transcript.pop()


@dataclass(frozen=True, slots=True)
class Saved:
    """A conversation as it is kept in a file.

    `path` is the scenario as it was named when it was played: a bundled name, or an absolute
    path. `now` is the player's time, in ISO 8601. `over` says whether it had ended. `draws` are
    what the engine's roles were told to draw, and have not drawn yet.
    """

    scenario: str
    version: str
    title: str
    path: str
    beginning: Beginning
    now: str
    over: bool
    snapshot: dict[str, Any]
    way: tuple[dict[str, Any], ...]
    transcript: tuple[dict[str, Any], ...]
    draws: tuple[str, ...] = ()


def _entry(turn: Turn, typed: str | None) -> dict[str, Any]:
    return {
        "turn": turn.number,
        "typed": typed,
        "state": turn.state,
        "time": turn.time.isoformat(),
        "lines": [
            {"speaker": line.speaker, "name": line.name, "text": line.text} for line in turn.lines
        ],
        "outcome": turn.outcome,
    }
