"""The values that a conversation is made of: Snapshot, the inputs, and what one step gives back.

All of them are data. A snapshot holds everything that decides what can happen next; it can be
stored, sent, compared and gone on with, on another machine and months later. In memory its
finite part is one flat tuple, the frame, whose slots the compiled machine knows by name; in JSON
every slot is written under its name, so that a stored snapshot can be read, and compared with
another version of the scenario.

Snapshots and what belongs to a step are named tuples: Python makes one five times as fast as a
frozen dataclass of the same fields, and a step makes several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Choose", "Due", "Frame", "Input", "Send", "Snapshot", "Tick", "new_tuple"]

Frame = tuple[Any, ...]

# What the constructor of a named tuple does, without the call of it, which takes longer than the
# rest. For the few places that make one at each step; the fields come in their order.
new_tuple = tuple.__new__


class Due(NamedTuple):
    """A running timer: when it is due (aware, UTC), its name, and which start of it this is."""

    due: datetime
    generation: int
    timer: str


class Snapshot(NamedTuple):
    """Where a conversation stands.

    `frame[0]` is the leaf state; the machine's layout names the other slots. `deadlines` are the
    running timers in order of due time, `pending` the expired ones that nothing has handled yet,
    in order of expiry. `time` is the moment of the last thing that happened (aware, UTC).
    """

    scenario: str
    version: str
    fingerprint: str
    frame: Frame
    deadlines: tuple[Due, ...]
    pending: tuple[str, ...]
    persons: tuple[str, ...]
    seed: int
    draws: int
    starts: int
    turn: int
    time: datetime

    @property
    def state(self) -> str:
        """The leaf state."""
        leaf: str = self.frame[0]
        return leaf


@dataclass(frozen=True, slots=True)
class Choose:
    """A role takes a choice. `turn` is the turn that this answers; None means the present one.

    `role` says which; a choice of another role is refused then. None means whoever's it is.
    """

    choice: str
    turn: int | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """The host reports an event that no player is shown."""

    event: str
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """Nothing but time: deadlines that are due fire."""


Input = Choose | Send | Tick
