"""What a case did, entry by entry, for people to read; and how two positions differ."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline.durations import format_duration
from heartline.rendering import render
from heartline.testing.case import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from heartline.machine import Machine
    from heartline.runtime import Step
    from heartline.snapshot import Snapshot
    from heartline.testing.case import CaseStep

__all__ = ["Transcript", "act_in_words", "differences"]


def act_in_words(step: CaseStep) -> str:
    """A step's act as a reader of the test file knows it: `choose offer_space`, `wait 14d`."""
    authored, act = step.step, step.step.act
    if act is None:
        return "look"
    if act == "resume":
        return "store it and go on"
    if act == "undo":
        return f"undo {authored.undo}" if authored.undo != 1 else "undo"
    words = f"{act.replace('_', ' ')} {getattr(authored, act)}"
    if authored.role is not None:
        words += f" as {authored.role}"
    if authored.turn is not None:
        words += f" (to turn {authored.turn})"
    return words


class Transcript:
    """Entries, as a case goes on."""

    def __init__(self, machine: Machine) -> None:
        self.entries: list[Entry] = []
        self._machine = machine
        self._state = ""

    def began(self, position: Snapshot, step: Step) -> None:
        """The start: what is said before anybody acts."""
        self._note("act", "start", time=position.time)
        self._happened(position, step)

    def acted(self, step: CaseStep, now: datetime) -> None:
        """A step of the case acts."""
        self._note("act", act_in_words(step), time=now)

    def came(self, position: Snapshot, step: Step | None, *, back: bool = False) -> None:
        """What an act led to; None where it set off nothing. Going `back` says nothing anew."""
        self._happened(position, None if back else step)

    def refused(self, sentence: str) -> None:
        """What the engine said to an act that it did not take."""
        self._note("refused", sentence)

    def _happened(self, position: Snapshot, step: Step | None) -> None:
        if step is not None:
            for entry in _spoken(self._machine, step):
                self.entries.append(entry)
        if position.state != self._state:
            self._state = position.state
            self._note("state", position.state)
            outcome = self._machine.leaves[position.state].outcome
            if outcome is not None:
                self._note("outcome", outcome)

    def _note(self, kind: str, text: str, who: str = "", time: datetime | None = None) -> None:
        self.entries.append(Entry(kind, text, who, time))


def _spoken(machine: Machine, step: Step) -> Iterator[Entry]:
    """The lines of a step, and before what each draw leads to be said, the draw."""
    drawn = [taken.way.edge for taken in step.taken if taken.draw is not None]
    for said in render(machine, step):
        causes = [f"choice {edge.trigger}" for edge in drawn]
        if said.cause in causes:
            for _ in range(causes.index(said.cause) + 1):
                edge = drawn.pop(0)
                yield Entry("draw", edge.trigger, edge.role or "")
        only = f" (only to {said.only_to})" if said.only_to else ""
        yield Entry("line", said.text, (said.name or said.speaker) + only if only else said.name)
    for edge in drawn:
        yield Entry("draw", edge.trigger, edge.role or "")


def differences(machine: Machine, one: Snapshot, other: Snapshot) -> list[str]:
    """In what two positions differ, each as `name: this, that`; empty where they are the same."""
    found = [
        f"{_name(slot.symbol)}: {_value(left)}, {_value(right)}"
        for slot, left, right in zip(machine.slots, one.frame, other.frame, strict=False)
        if left != right or type(left) is not type(right)
    ]
    for field in one._fields:
        left, right = getattr(one, field), getattr(other, field)
        if field != "frame" and left != right:
            found.append(f"{field}: {_value(left)}, {_value(right)}")
    return found


def _name(symbol: tuple[str, ...]) -> str:
    return "state" if symbol[0] == "leaf" else " ".join(symbol).removeprefix("var ")


def _value(value: Any) -> str:
    return format_duration(value) if isinstance(value, timedelta) else str(value)
