"""Who sits where in a conversation. Pure.

A seat is a role's, and a reference has it: whoever is reached by that is told what happens, and is
brought to the conversation when they come. A seat that changes hands is an entry of the log, but no
turn. The log says that somebody has it, and not who: a reference that has lost its seat is to be
nowhere any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartline.host.turning import Turned
from heartline.host.values import FORKED, SEATED, Change, Entry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from heartline.host.turning import Held
    from heartline.host.values import Record

__all__ = ["role_of", "seat", "wrong_seat"]


def seat(
    held: Held, role: str, reference: str | None, now: datetime, *, key: str | None = None
) -> Turned | None:
    """A seat changes hands, which is no turn; None where it is in these already and no `key` is to
    be remembered."""
    old = held.record
    if key is None and old.seats.get(role) == reference:
        return None
    seats = dict(old.seats)
    if reference is None:
        seats.pop(role, None)
    else:
        seats[role] = reference
    data: dict[str, Any] = {
        "role": role,
        "held": reference is not None,
        "at_turn": old.turn,
        "state": old.state,
    }
    if old.outcome is not None:
        data["outcome"] = old.outcome
    record = old._replace(sequence=old.sequence + 1, touched=now, seats=seats)
    change = Change(record, old.sequence, (Entry(record.sequence, SEATED, key, now, data),))
    return Turned(change, held._replace(record=record))


def role_of(record: Record, reference: str) -> str | None:
    """The role whose seat a reference has: the first, where it has several."""
    return next((role for role, held in record.seats.items() if held == reference), None)


def wrong_seat(record: Record, entries: Iterable[Entry]) -> tuple[str, str, str] | None:
    """Which seat is not as the log says: what it is, how the record has it, and how the log."""
    held: dict[str, bool] = {}
    for entry in entries:
        if entry.kind == SEATED:
            held[entry.data["role"]] = entry.data["held"]
        elif entry.kind == FORKED:
            held.clear()  # a fork has seats of its own
    for role, by_somebody in held.items():
        if by_somebody != (role in record.seats):
            words = ("nobody", "somebody")
            return f"seat of {role!r}", words[role in record.seats], words[by_somebody]
    return None
