"""A snapshot from its text, faster where another was like it.

Timers fire as sets, of conversations that often stand at one place: their texts differ in when they
were touched, in their draws and in their timers' times. So what else stands in a text is read once,
with all its checks (heartline.stored), and looked up for the next conversation: a fifth of the
time. A text that is not as `heartline.host.writing` writes it is read as any other is.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from heartline.snapshot import Due, Snapshot, new_tuple
from heartline.stored import load

if TYPE_CHECKING:
    from heartline.machine import Machine
    from heartline.snapshot import Frame

__all__ = ["read"]

_MOST = 2048  # places that are remembered, of all scenarios

# A quotation mark within a value has a backslash before it, so that none of these is ever found
# in one.
_TIMERS = ',"timers":{'
_RUNNING = re.compile(
    r'"([^"\\]*)":\{"is":"running","due":"([^"\\]*)","generation":([0-9]{1,19})\}'
)
_END = re.compile(
    r'"seed":([0-9]{1,19}),"draws":([0-9]{1,19}),"starts":([0-9]{1,19}),"turn":([0-9]{1,19}),'
    r'"time":"([^"\\]*)","whole":true\}'
)

# By the machine's fingerprint, which decides what a frame is, and a text without what differs: the
# frame, the expired timers and the persons.
_places: dict[tuple[str, ...], tuple[Frame, tuple[str, ...], tuple[str, ...]]] = {}


def read(machine: Machine, text: str) -> Snapshot:
    """The snapshot that `written` wrote. Raises SnapshotDamaged, SnapshotMismatch."""
    timers, end = text.find(_TIMERS), text.rfind('"seed":')
    tail = _END.fullmatch(text, end) if 0 < timers < end else None
    if tail is None:
        return _loaded(machine, text)
    parts = _RUNNING.split(text[timers:end])  # what is between timers, and three of each
    names = parts[1::4]
    place = machine.fingerprint, text[:timers], *parts[::4], *names
    found = _places.get(place)
    if found is None:
        snapshot = _loaded(machine, text)
        if len(_places) >= _MOST:
            del _places[next(iter(_places))]
        if len(snapshot.deadlines) == len(names):
            _places[place] = snapshot.frame, snapshot.pending, snapshot.persons
        return snapshot
    frame, pending, persons = found
    seed, draws, starts, turn, time = tail.groups()
    try:
        first = int(starts)
        deadlines = [
            new_tuple(Due, (_moment(due), int(generation), name))
            for name, due, generation in zip(names, parts[2::4], parts[3::4], strict=True)
        ]
        if any(not 0 < due.generation <= first for due in deadlines):
            return _loaded(machine, text)  # which says what is wrong
        if len(deadlines) > 1:
            deadlines.sort()
        return new_tuple(
            Snapshot,
            (
                machine.id, machine.version, machine.fingerprint, frame, tuple(deadlines), pending,
                persons, int(seed), int(draws), first, int(turn), _moment(time),
            ),
        )  # fmt: skip
    except ValueError:
        return _loaded(machine, text)


def _loaded(machine: Machine, text: str) -> Snapshot:
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    return load(machine, data)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not UTC:
        raise ValueError(text)
    return moment
