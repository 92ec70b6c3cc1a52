"""What a text may speak of, and why a choice is closed: sentences about one moment.

Below the runtime, which gives the reason with the error when it refuses a choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartline.expressions import At, Count, Happened, TimerTest, explain, walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from heartline.expressions import Explanation, Symbol, Tree
    from heartline.machine import Machine
    from heartline.plan import ChoiceSpec
    from heartline.snapshot import Due, Snapshot

__all__ = ["Moment", "closed_reason", "explain_choice"]

MOST_REMEMBERED = 256  # reasons of one choice


class Moment:
    """What a text may speak of: the frame, the timers and the time, as they were just then."""

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


def closed_reason(machine: Machine, snapshot: Snapshot, spec: ChoiceSpec) -> str:
    """Why a choice is closed, as a sentence for players: the author's, or what its guard needs."""
    if spec.once and snapshot.frame[machine.layout["taken", spec.id]]:
        return "this has been done already"  # nothing that the guard or the author asks opens it
    if spec.why is not None:
        return spec.why.render(Moment(machine, snapshot.frame, snapshot.deadlines, snapshot.time))
    # Working a reason out takes longer than all the rest of a turn, and the same few come again
    # and again, in one conversation and in the next.
    held = tuple([snapshot.frame[slot] for slot in spec.reads])
    reason = spec.reasons.get(held)
    if reason is None:
        reason = explain_choice(machine, snapshot, spec).text
        if len(spec.reasons) < MOST_REMEMBERED and not spec.timely:
            spec.reasons[held] = reason
    return reason


def explain_choice(
    machine: Machine, snapshot: Snapshot, spec: ChoiceSpec, *, reveal_hidden: bool = False
) -> Explanation:
    """What a choice needs and how that stands; hidden variables only with `reveal_hidden`."""
    needs = spec.needs
    moment = Moment(machine, snapshot.frame, snapshot.deadlines, snapshot.time)
    return explain(
        needs,
        snapshot.frame,
        machine.layout,
        reveal_hidden=reveal_hidden,
        titles=_titles(machine, needs),
        why={name: why.render(moment) for name, why in spec.whys},
    )


def _titles(machine: Machine, needs: Tree) -> dict[Symbol, str]:
    """What players call the timers and states that a guard speaks of."""
    found: dict[Symbol, str] = {}
    for node in walk(needs):
        if isinstance(node, TimerTest):
            title = machine.timers[node.timer].title
            if title != node.timer.rpartition(".")[2].replace("_", " "):  # the author's own
                found[node.symbol] = title
        elif isinstance(node, At) and node.function == "at":
            found["visits", node.name] = machine.states[node.name].title
        elif isinstance(node, Count | Happened) and node.symbol[0] == "visits":
            found[node.symbol] = machine.states[node.symbol[1]].title
    return found
