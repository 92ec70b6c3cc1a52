"""view(): a Turn from a step. Renders the lines that were said and evaluates every choice.

Kept apart from the runtime, since what can happen never depends on what is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.reasons import Moment, closed_reason
from heartline.runtime import draw
from heartline.turn import Change, Choice, Deadline, Said, Turn

if TYPE_CHECKING:
    from heartline.machine import ChoiceSpec, Machine
    from heartline.runtime import Spoken, Step
    from heartline.snapshot import Snapshot

__all__ = ["changed", "look", "render", "view"]


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
    frame = snapshot.frame
    leaf = machine.leaves[frame[0]]
    moment = Moment(machine, frame, snapshot.deadlines, snapshot.time)
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
        moment: Moment | None = None
        for line in spoken.lines.lines:
            if line.guard is not None and not line.guard(spoken.frame):
                continue
            text = line.texts[0]
            if len(line.texts) > 1:
                # Apart from the draws that decide what happens: editing words moves nothing.
                text = line.texts[draw(seed ^ line.number << 20, turn, len(line.texts))]
            moment = moment or _moment(machine, spoken)
            name = "" if line.speaker not in machine.roles else _name(machine, line.speaker, moment)
            said.append(
                Said(line.speaker, name, text.render(moment), line.only_to, spoken.lines.cause)
            )
    return tuple(said)


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


def _label(spec: ChoiceSpec, moment: Moment) -> str:
    if spec.label is not None:
        return spec.label.render(moment)
    return spec.id.replace("_", " ").capitalize()


def _name(machine: Machine, role: str, moment: Moment) -> str:
    return machine.roles[role].name.render(moment)


def _moment(machine: Machine, spoken: Spoken) -> Moment:
    return Moment(machine, spoken.frame, spoken.deadlines, spoken.time)
