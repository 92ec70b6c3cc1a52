"""view(): a Turn from a step. Renders the lines that were said and evaluates every choice.

Kept apart from the runtime, since what can happen never depends on what is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.chance import draw
from heartline.reasons import Moment, closed_reason
from heartline.snapshot import new_tuple
from heartline.turn import Change, Choice, Deadline, Said, Turn

if TYPE_CHECKING:
    from heartline.machine import Machine
    from heartline.plan import ChoiceSpec, SpokenLine
    from heartline.run import Spoken, Step
    from heartline.snapshot import Snapshot

__all__ = [
    "changed", "choices_at", "drawn_text", "look", "render", "turn_with", "variants", "view",
]  # fmt: skip


def view(machine: Machine, step: Step) -> Turn:
    """The turn that a step leads to: what was said on the way, and what can be done now."""
    return look(machine, step.snapshot, render(machine, step), changed(machine, step))


def look(
    machine: Machine,
    snapshot: Snapshot,
    lines: tuple[Said, ...] = (),
    changes: tuple[Change, ...] = (),
) -> Turn:
    """The turn at which a snapshot stands; what was said is not in the snapshot."""
    return turn_with(machine, snapshot, choices_at(machine, snapshot), lines, changes)


def turn_with(
    machine: Machine,
    snapshot: Snapshot,
    choices: tuple[Choice, ...],
    lines: tuple[Said, ...],
    changes: tuple[Change, ...],
) -> Turn:
    """The turn at which a snapshot stands, where these are its choices."""
    frame = snapshot.frame
    leaf = machine.leaves[frame[0]]
    state = leaf.state
    # In the order of Turn's fields; by their names it would take ten times as long.
    return new_tuple(
        Turn,
        (
            snapshot.turn,
            state.name,
            state.path,
            state.title,
            state.tags,
            snapshot.time,
            lines,
            choices,
            _deadlines(machine, snapshot) if snapshot.deadlines else (),
            state.outcome,
            None if machine.support is None else machine.support(frame) or None,
            changes,
        ),
    )


def choices_at(machine: Machine, snapshot: Snapshot) -> tuple[Choice, ...]:
    """What persons can do where a snapshot stands, and what is closed to them."""
    frame, roles, persons = snapshot.frame, machine.roles, snapshot.persons
    choices = []
    for spec in machine.leaves[frame[0]].choices:
        if roles[spec.role].engine and spec.role not in persons:
            continue
        if spec.enabled(frame):
            choices.append(spec.shown or _open(machine, snapshot, spec))
        elif not spec.hide:
            label, reason = _label(machine, snapshot, spec), closed_reason(machine, snapshot, spec)
            choices.append(Choice(spec.id, label, spec.role, False, reason, spec.tags))
    return tuple(choices)


def _open(machine: Machine, snapshot: Snapshot, spec: ChoiceSpec) -> Choice:
    choice = Choice(spec.id, _label(machine, snapshot, spec), spec.role, True, None, spec.tags)
    if spec.label.fixed is not None:
        spec.shown = choice
    return choice


def _label(machine: Machine, snapshot: Snapshot, spec: ChoiceSpec) -> str:
    if spec.label.fixed is not None:
        return spec.label.fixed
    return spec.label.render(Moment(machine, snapshot.frame, snapshot.deadlines, snapshot.time))


def _deadlines(machine: Machine, snapshot: Snapshot) -> tuple[Deadline, ...]:
    timers, time = machine.timers, snapshot.time
    return tuple(
        [
            new_tuple(Deadline, (name, timers[name].title, due, due - time, generation))
            for due, generation, name in snapshot.deadlines
        ]
    )


def render(machine: Machine, step: Step) -> tuple[Said, ...]:
    """The lines that were said in a step, as text."""
    return tuple(
        [
            line.said or _said(machine, step.snapshot, spoken, line)
            for spoken in step.said
            for line in spoken.lines.lines
            if line.guard is None or line.guard(spoken.frame)
        ]
    )


def drawn_text(snapshot: Snapshot, line: SpokenLine) -> int:
    """Which of a line's texts is said on the way to a snapshot, counted from 0."""
    if len(line.texts) == 1:
        return 0
    # Apart from the draws that decide what happens, so that editing words moves nothing.
    return draw(snapshot.seed ^ line.number << 20, snapshot.turn, len(line.texts))


def variants(machine: Machine, spoken: Spoken, line: SpokenLine) -> tuple[Said, ...] | None:
    """A line with each of its texts; None where one speaks of time."""
    if any(text.timely for text in line.texts):
        return None
    role = machine.roles.get(line.speaker)
    moment = Moment(machine, spoken.frame, spoken.deadlines, spoken.time)
    name = "" if role is None else role.name.render(moment)  # which never speaks of time
    return tuple(
        Said(line.speaker, name, text.render(moment), line.only_to, spoken.lines.cause)
        for text in line.texts
    )


def _said(machine: Machine, snapshot: Snapshot, spoken: Spoken, line: SpokenLine) -> Said:
    text = line.texts[drawn_text(snapshot, line)]
    role = machine.roles.get(line.speaker)
    name = "" if role is None else role.name.fixed
    words = text.fixed
    if words is not None and name is not None:
        same = Said(line.speaker, name, words, line.only_to, spoken.lines.cause)
        if len(line.texts) == 1:
            line.said = same
        return same
    moment = Moment(machine, spoken.frame, spoken.deadlines, spoken.time)
    words = text.render(moment)
    name = "" if role is None else role.name.render(moment)
    return new_tuple(Said, (line.speaker, name, words, line.only_to, spoken.lines.cause))


def changed(machine: Machine, step: Step) -> tuple[Change, ...]:
    """The visible variables that a step changed."""
    if step.before is None or step.before.frame == step.snapshot.frame:
        return ()
    before, after = step.before.frame, step.snapshot.frame
    return tuple(
        [
            Change(name, title, before[index], after[index])
            for index, name, title in machine.shown
            if before[index] != after[index]
        ]
    )
