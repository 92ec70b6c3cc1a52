"""A played way, to be marked in a diagram: which edges were taken, and which states entered.

Steps count from 1 in the order in which things happened; what set itself off after a choice (an
`always`, a move of the engine, a timer) is a step of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from heartline.clock import ManualClock
from heartline.errors import HeartlineError
from heartline.moves import play_move

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from heartline.conversation import Conversation, Scenario
    from heartline.plan import Edge

__all__ = ["Trail", "follow"]


@dataclass(slots=True)
class Trail:
    """The edges and states of a played way. `jumps` are inherited ways, as they were taken:
    (from leaf, to leaf, edge, step). `complete` is false where the way could not be followed
    to its end, because the scenario was edited since."""

    entered: list[str] = field(default_factory=list)
    jumps: list[tuple[str, str, Edge, int]] = field(default_factory=list)
    complete: bool = True
    _taken: dict[int, list[int]] = field(default_factory=dict)
    _count: int = 0

    def add(self, conversation: Conversation) -> None:
        """Go on by what led to the present turn of a conversation."""
        ways = conversation.ways
        if not self.entered:
            state = conversation.position.state
            self.entered.append(ways[0].source if ways else state)
        for way in ways:
            self._count += 1
            self._taken.setdefault(id(way.edge), []).append(self._count)
            if way.dest is not None:
                if way.edge.source != way.source:
                    self.jumps.append((way.source, way.dest, way.edge, self._count))
                self.entered.append(way.dest)

    def steps(self, edge: Edge) -> tuple[int, ...]:
        """The steps at which an edge was taken."""
        return tuple(self._taken.get(id(edge), ()))

    def visits(self, state: str) -> int:
        """How often a state was entered."""
        return self.entered.count(state)


def follow(
    scenario: Scenario,
    *,
    start: datetime,
    seed: int = 0,
    inputs: Mapping[str, Any] | None = None,
    persons: Collection[str] = (),
    draws: Collection[str] = (),
    moves: Iterable[Mapping[str, Any]] = (),
) -> Trail:
    """Play a way again and note it.

    The moves are those that a saved conversation holds (`moves`). Where one of them is refused,
    because the scenario is not what it was, the trail ends there and is not `complete`.
    """
    clock = ManualClock(start)
    conversation = scenario.start(
        inputs, seed=seed, clock=clock, seats=tuple(persons), draws=tuple(draws)
    )
    trail = Trail()
    trail.add(conversation)
    try:
        for move in moves:
            before = conversation.position
            play_move(conversation, move)
            if conversation.position is not before:
                trail.add(conversation)
    except (HeartlineError, ValueError, TypeError, KeyError, OverflowError):
        trail.complete = False
    return trail
