"""view(): a Turn from a step. Renders the lines that were said and evaluates every choice.

Kept apart from the runtime, since what can happen never depends on what is shown.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline.expressions import explain
from heartline.runtime import draw
from heartline.turn import Change, Choice, Deadline, Said, Turn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from heartline.expressions import Explanation, Symbol
    from heartline.machine import ChoiceSpec, Machine
    from heartline.runtime import Spoken, Step
    from heartline.snapshot import Due, Snapshot

__all__ = ["closed_reason", "explain_choice", "look", "render", "view"]


class _Moment:
    """What a text may speak of: the frame, the timers and the time, as they were when it was said."""

    __slots__ = ("_deadlines", "_machine", "frame", "layout", "now")

    def __init__(
        self, machine: Machine, frame: Sequence[Any], deadlines: tuple[Due, ...], now: datetime
    ) -> None:
        self._machine = machine
        self._deadlines = deadlines
        self.frame = frame
        self.layout: Mapping[Symbol, int] = machine.layout
        self.now = now

    @property
    def support(self) -> str:
        return self._machine.support(self.frame) if self._machine.support is not None else ""

    def due(self, timer: str, /) -> datetime | None:
        return next((due.due for due in self._deadlines if due.timer == timer), None)

    def length(self, timer: str, /) -> timedelta | None:
        measure = self._machine.timers[timer].length
        return None if measure is None else measure(self.frame)


def view(machine: Machine, step: Step) -> Turn:
    """The turn that a step leads to: what was said on the way, and what can be done now."""
    return look(machine, step.snapshot, render(machine, step), changes(machine, step))


def look(
    machine: Machine,
    snapshot: Snapshot,
    lines: tuple[Said, ...] = (),
    changes: tuple[Change, ...] = (),
) -> Turn:
    """The turn at which a snapshot stands; what was said is not in the snapshot."""
    frame = snapshot.frame
    leaf = machine.leaves[frame[0]]
    moment = _Moment(machine, frame, snapshot.deadlines, snapshot.time)
    choices = []
    for spec in leaf.choices:
        if machine.roles[spec.role].engine and spec.role not in snapshot.persons:
            continue
        enabled = spec.enabled(frame)
        if not enabled and spec.hide:
            continue
        choices.append(
            Choice(
                spec.id,
                _label(spec, moment),
                spec.role,
                enabled,
                None if enabled else closed_reason(machine, snapshot, spec),
                spec.tags,
            )
        )
    return Turn(
        number=snapshot.turn,
        state=leaf.name,
        path=leaf.path,
        title=leaf.title,
        tags=leaf.state.tags,
        time=snapshot.time,
        lines=lines,
        choices=tuple(choices),
        deadlines=tuple(
            Deadline(
                due.timer,
                machine.timers[due.timer].title,
                due.due,
                due.due - snapshot.time,
                due.generation,
            )
            for due in snapshot.deadlines
        ),
        outcome=leaf.outcome,
        support=moment.support or None,
        changes=changes,
    )


def render(machine: Machine, step: Step) -> tuple[Said, ...]:
    """The lines that were said in a step, as text."""
    said = []
    seed, turn = step.snapshot.seed, step.snapshot.turn
    for spoken in step.said:
        moment: _Moment | None = None
        for line in spoken.lines.lines:
            if line.guard is not None and not line.guard(spoken.frame):
                continue
            text = line.texts[0]
            if len(line.texts) > 1:
                # Apart from the draws that decide what happens, so that editing words moves nothing.
                text = line.texts[draw(seed ^ line.number << 20, turn, len(line.texts))]
            moment = moment or _moment(machine, spoken)
            name = "" if line.speaker not in machine.roles else _name(machine, line.speaker, moment)
            said.append(
                Said(line.speaker, name, text.render(moment), line.only_to, spoken.lines.cause)
            )
    return tuple(said)


def changes(machine: Machine, step: Step) -> tuple[Change, ...]:
    """The visible variables that a step changed."""
    if step.before is None or step.before.frame == step.snapshot.frame:
        return ()
    before, after = step.before.frame, step.snapshot.frame
    return tuple(
        Change(slot.symbol[1], slot.title or slot.symbol[1], before[index], after[index])
        for index, slot in enumerate(machine.slots)
        if slot.symbol[0] == "var" and not slot.hidden and before[index] != after[index]
    )


def closed_reason(machine: Machine, snapshot: Snapshot, spec: ChoiceSpec) -> str:
    """Why a choice is closed, as a sentence for players: the author's, or what its guard needs."""
    if spec.why is not None:
        return spec.why.render(_Moment(machine, snapshot.frame, snapshot.deadlines, snapshot.time))
    return explain_choice(machine, snapshot, spec).text


def explain_choice(
    machine: Machine, snapshot: Snapshot, spec: ChoiceSpec, *, reveal_hidden: bool = False
) -> Explanation:
    """What a choice needs and how that stands; hidden variables only with `reveal_hidden`."""
    return explain(
        spec.needs, snapshot.frame, machine.layout, reveal_hidden=reveal_hidden
    )


def _label(spec: ChoiceSpec, moment: _Moment) -> str:
    if spec.label is not None:
        return spec.label.render(moment)
    return spec.id.replace("_", " ").capitalize()


def _name(machine: Machine, role: str, moment: _Moment) -> str:
    return machine.roles[role].name.render(moment)


def _moment(machine: Machine, spoken: Spoken) -> _Moment:
    return _Moment(machine, spoken.frame, spoken.deadlines, spoken.time)
