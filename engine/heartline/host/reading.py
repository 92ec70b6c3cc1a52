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
_RUNNING = re.compile(r'"([^"\\]*)":\{"is":"running","due":"')
_END = re.compile(
    r'"seed":([0-9]{1,19}),"draws":([0-9]{1,19}),"starts":([0-9]{1,19}),"turn":([0-9]{1,19}),'
    r'"time":"([^"\\]*)","whole":true\}'
)

# By the machine's fingerprint, which decides what a frame is, and a text without what differs: the
# frame, the names of the running timers as they stand there, the expired ones, and the persons.
_places: dict[tuple[str, ...], tuple[Frame, list[str], tuple[str, ...], tuple[str, ...]]] = {}


def read(machine: Machine, text: str) -> Snapshot:
    """The snapshot that `written` wrote. Raises SnapshotDamaged, SnapshotMismatch."""
    timers, end = text.find(_TIMERS), text.rfind('"seed":')
    tail = _END.fullmatch(text, end) if 0 < timers < end else None
    if tail is None:
        return _loaded(machine, text)
    # What is between the running timers, and of each when it is due and its generation.
    between, *running = text[timers:end].split('"due":"')
    parts, dues = [machine.fingerprint, text[:timers], between], []
    for each in running:
        due, _, rest = each.partition('","generation":')
        generation, _, rest = rest.partition("}")
        dues.append((due, generation))
        parts.append(rest)
    place = tuple(parts)
    found = _places.get(place)
    if found is None:
        return _met(machine, text, timers, place)
    frame, names, pending, persons = found
    seed, draws, starts, turn, time = tail.groups()
    try:
        first = int(starts)
        deadlines = []
        for name, (due, generation) in zip(names, dues, strict=True):
            number = int(generation)
            if not 0 < number <= first or str(number) != generation:
                return _loaded(machine, text)  # which says what is wrong
            deadlines.append(new_tuple(Due, (_moment(due), number, name)))
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


def _met(machine: Machine, text: str, timers: int, place: tuple[str, ...]) -> Snapshot:
    """The snapshot in a text like none before, whose timers begin here; what others will share
    with it is remembered."""
    snapshot = _loaded(machine, text)
    names = [match[1] for match in _RUNNING.finditer(text, timers)]
    if sorted(due.timer for due in snapshot.deadlines) == sorted(names):
        if len(_places) >= _MOST:
            del _places[next(iter(_places))]
        _places[place] = snapshot.frame, names, snapshot.pending, snapshot.persons
    return snapshot


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
