"""What expectations look at: where a conversation stands, and what the last act led to.

Made at each step that expects something, and cheap: lines are rendered, and choices looked at, when
they are first asked for, and the labels of choices never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.plan import PENDING, RUNNING
from heartline.reasons import Moment, closed_reason
from heartline.rendering import render

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from heartline.machine import Machine
    from heartline.plan import ChoiceSpec
    from heartline.runtime import Step
    from heartline.snapshot import Snapshot
    from heartline.turn import Said

__all__ = ["Scene"]


class Scene:
    """Where a conversation stands and what led there, for probes to look at.

    `step` is what the last act set off, None where it set off nothing; `now` is the clock's time.
    """

    __slots__ = ("_lines", "_offer", "frame", "machine", "now", "position", "step")

    def __init__(
        self, machine: Machine, position: Snapshot, now: datetime, step: Step | None
    ) -> None:
        self.machine = machine
        self.position = position
        self.frame = position.frame
        self.now = now
        self.step = step
        self._lines: tuple[Said, ...] | None = None
        self._offer: tuple[dict[str, ChoiceSpec], dict[str, ChoiceSpec]] | None = None

    @property
    def lines(self) -> tuple[Said, ...]:
        """What was said."""
        if self._lines is None:
            self._lines = () if self.step is None else render(self.machine, self.step)
        return self._lines

    @property
    def open(self) -> dict[str, ChoiceSpec]:
        """The choices that a person can take."""
        return self._choices()[0]

    @property
    def shut(self) -> dict[str, ChoiceSpec]:
        """The choices that are shown but closed."""
        return self._choices()[1]

    def _choices(self) -> tuple[dict[str, ChoiceSpec], dict[str, ChoiceSpec]]:
        if self._offer is None:
            opened, shut = {}, {}
            roles, persons = self.machine.roles, self.position.persons
            for spec in self.machine.leaves[self.frame[0]].choices:
                if roles[spec.role].engine and spec.role not in persons:
                    continue
                if spec.enabled(self.frame):
                    opened[spec.id] = spec
                elif not spec.hide:
                    shut[spec.id] = spec
            for each in opened:
                shut.pop(each, None)
            self._offer = opened, shut
        return self._offer

    def reason(self, choice: str) -> str:
        """Why a choice that is shown cannot be taken."""
        return closed_reason(self.machine, self.position, self.shut[choice])

    def due(self, timer: str) -> datetime | None:
        """When a timer runs out, None where it does not run."""
        return next((due.due for due in self.position.deadlines if due.timer == timer), None)

    def timer(self, timer: str) -> timedelta | str:
        """What is left of a timer; or that it is off, or expired."""
        info = self.machine.timers.get(timer)
        if info is None:
            return "unknown"
        status = self.frame[info.slot]
        if status == RUNNING:
            due = self.due(timer)
            assert due is not None
            return due - self.now
        return "expired" if status >= PENDING else "off"

    @property
    def support(self) -> str:
        """The text that says where help is found; empty where there is none."""
        position = self.position
        return Moment(self.machine, self.frame, position.deadlines, position.time).support
