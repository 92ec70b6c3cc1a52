"""The text of a snapshot, as `json.dumps(stored.dump(machine, snapshot, whole=True))` gives it.

A host writes one at each turn, and of the hundred parts of it two or three are others than before.
So each part's text is made once for each value, and looked up after that: a tenth of the time.
Where a conversation stands at a place where another stood just before, all the parts are looked up
at once. A test holds the two against each other.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from heartline.migrating import stored_value
from heartline.plan import RUNNING
from heartline.stored import FORMAT, TIMER_WORDS, write_moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartline.machine import Machine
    from heartline.plan import Slot
    from heartline.snapshot import Due, Frame, Snapshot

__all__ = ["encode", "written"]

_MOST = 1000  # values of one slot whose texts are kept
_MOST_PLACES = 2048  # places of one machine that are kept, and moments when timers are due
_MOST_WRITERS = 100

# As compact as JSON can be. One encoder for all: json.dumps would make one at each call.
encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def written(machine: Machine, snapshot: Snapshot) -> str:
    """The snapshot as JSON text, with every variable."""
    structure = machine.fingerprint, machine.id, machine.version
    writer = _writers.get(structure)
    if writer is None:
        if len(_writers) >= _MOST_WRITERS:
            _writers.clear()
        writer = _writers[structure] = _Writer(machine)
    return writer.write(snapshot)


# What stands before the timers; of each timer that is not as at first the text, and where that ends
# with when it is due, the timer's name; what stands after the timers.
_Place: TypeAlias = "tuple[str, tuple[tuple[str, str], ...], str]"


class _Texts(dict[Any, str]):
    """The texts of one slot, by its values."""

    def __init__(self, make: Callable[[Any], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, value: Any) -> str:
        text = self._make(value)
        if len(self) < _MOST:
            self[value] = text
        return text


class _Writer:
    """Writes the snapshots of one machine."""

    def __init__(self, machine: Machine) -> None:
        head = {
            "heartline_snapshot": FORMAT,
            "scenario": machine.id,
            "version": machine.version,
            "fingerprint": machine.fingerprint,
        }
        self._head = encode(head)[:-1] + ',"state":'
        self._states = _Texts(encode)
        self._context: list[tuple[int, _Texts]] = []
        self._timers: list[tuple[int, str, _Texts]] = []
        self._history: list[tuple[int, _Texts]] = []
        self._counts: list[tuple[int, _Texts]] = []
        self._places: dict[Frame, _Place] = {}
        self._dues: dict[Due, str] = {}
        kinds = {"var": self._context, "history": self._history}
        for index, slot in enumerate(machine.slots):
            kind, texts = slot.symbol[0], _Texts(_maker(slot))
            if kind == "timer":
                self._timers.append((index, slot.symbol[-1], texts))
            elif kind != "leaf":
                kinds.get(kind, self._counts).append((index, texts))

    def write(self, snapshot: Snapshot) -> str:
        _, _, _, frame, deadlines, pending, persons, seed, draws, starts, turn, time = snapshot
        place = self._places.get(frame) or self._place(frame)
        context, timers, rest = place
        running = ""
        for words, name in timers:
            running += words
            if name:
                for due in deadlines:
                    if due[2] == name:
                        running += self._dues.get(due) or self._due(due)
                        break
        return (
            f'{context}{running}}},"pending":{encode(pending) if pending else "[]"},{rest}'
            f'"persons":{encode(persons) if persons else "[]"},"seed":{seed},"draws":{draws},'
            f'"starts":{starts},"turn":{turn},"time":"{write_moment(time)}","whole":true}}'
        )

    def _place(self, frame: Frame) -> _Place:
        """What is the same of all conversations that stand where this frame says."""
        context = ",".join([texts[frame[index]] for index, texts in self._context])
        counts = ",".join([text for index, texts in self._counts if (text := texts[frame[index]])])
        history = ",".join(
            [text for index, texts in self._history if (text := texts[frame[index]])]
        )
        timers: list[tuple[str, str]] = []
        for index, name, texts in self._timers:
            if text := texts[frame[index]]:
                comma = "," if timers else ""
                timers.append((comma + text, name if frame[index] == RUNNING else ""))
        place = (
            f'{self._head}{self._states[frame[0]]},"context":{{{context}}},"timers":{{',
            tuple(timers),
            f'"counts":{{{counts}}},"history":{{{history}}},',
        )
        if len(self._places) >= _MOST_PLACES:
            del self._places[next(iter(self._places))]
        self._places[frame] = place
        return place

    def _due(self, due: Due) -> str:
        """When a timer is due, which stays so for many turns."""
        text = f'"{write_moment(due.due)}","generation":{due.generation}}}'
        if len(self._dues) >= _MOST_PLACES:
            del self._dues[next(iter(self._dues))]
        self._dues[due] = text
        return text


def _maker(slot: Slot) -> Callable[[Any], str]:
    """What makes the text of a slot's value; "" where it is left out."""
    kind, name, initial = slot.symbol[0], slot.symbol[-1], slot.initial
    if kind == "var":
        return lambda value: f"{encode(name)}:{encode(stored_value(value))}"
    if kind == "timer":
        return lambda status: (
            ""
            if status == initial
            else f'{encode(name)}:{{"is":"running","due":'  # the rest is of each conversation
            if status == RUNNING
            else f'{encode(name)}:{{"is":"{TIMER_WORDS[status]}"}}'
        )
    label = name if kind == "history" else f"{kind} {name}"
    return lambda value: "" if value == initial else f"{encode(label)}:{encode(value)}"


_writers: dict[tuple[str, str, str], _Writer] = {}  # by all that they know of a machine
