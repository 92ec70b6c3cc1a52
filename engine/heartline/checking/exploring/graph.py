"""The graph of a scenario: its configurations, and every move from one to another.

A configuration is where a conversation can rest: a leaf, the variables, counters and histories
that still decide something, and the timers. A move is one cause, with all that settles after it:
a choice that is taken or drawn, an event, a timer that runs out. So each move ends in one moment,
in the sense of docs/properties.md.

All of it lies in arrays. A configuration is a number from 0, in the order in which it was found:
breadth first, so that no configuration of a lower level can be reached in fewer moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from heartline.expressions import Action
    from heartline.machine import Machine, Way
    from heartline.plan import ChoiceSpec, Edge, When

    Array = npt.NDArray[Any]

__all__ = ["BEGIN", "CHOOSE", "DRAW", "SEND", "WAIT", "Columns", "Graph", "Label", "Notes", "Root"]

BEGIN, CHOOSE, SEND, WAIT, DRAW = "begin", "choose", "send", "wait", "draw"


@dataclass(frozen=True, slots=True)
class Label:
    """What a move does, the same for all moves that do it.

    `kind` is one of the constants, `id` the choice, event or timer, `ways` the transitions that
    are taken, in order, and `said` the roles that speak, as far as it was asked for.
    """

    kind: str
    id: str
    role: str | None
    spec: ChoiceSpec | None = field(compare=False)
    ways: tuple[Way, ...]
    said: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Root:
    """How a conversation can begin: the inputs that matter, and where it rests first."""

    inputs: Mapping[str, object]
    node: int
    label: int


class Columns(Protocol):
    """What the configurations hold, by slot of the machine's frame, as numbers.

    A bool is a bool; an int itself; an enum's value, a leaf and a history the number that
    `heartline.checking.exploring.vectors.Coding` gives it; a duration its microseconds; a timer
    its status (heartline.plan.OFF and so on). What no longer counts where it stands is 0.
    """

    def get(self, slot: int, nodes: Array | slice) -> Array: ...


@dataclass(slots=True)
class Notes:
    """What was seen on the way, of things that are no configuration.

    Each key is the id() of a part of the machine; `held` says of conditions whether they were seen
    to hold, and not to hold: both where that is not known. The numbers are configurations from
    which it happened, -1 for the beginning.
    """

    held: dict[int, tuple[bool, bool]] = field(default_factory=dict)  # When, or Way
    overlaps: dict[tuple[int, int], int] = field(default_factory=dict)  # two Ways of one event
    saturated: dict[int, int] = field(default_factory=dict)  # Assign: first stopped at a bound
    changed: set[int] = field(default_factory=set)  # Assign: it changed something, or may have
    weightless: dict[str, int] = field(default_factory=dict)  # leaf: engine choices, none to draw
    loops: list[tuple[Edge, int]] = field(default_factory=list)  # what goes round for ever


@dataclass(slots=True)
class Graph:
    """All configurations and moves, or those that were found before a limit was reached.

    `leaf` has the number of each configuration's leaf in `leaves`. Those of level k are numbered
    from `levels[k]` up to `levels[k + 1]`. The moves of configuration n are those from `first[n]`
    up to `first[n + 1]`: each leads to `target`, does what `labels[label]` says, and has `weight`
    among the draws (1 for all else). Without moves asked for, the three are empty. `elapsed` is the
    time that each takes, in microseconds, where time moves from deadline to deadline.

    `drawing` says where a role of the engine draws next; `urgent` where a timer runs out at once,
    so that nobody else can move. `expanded` is how many configurations, from 0, have all their
    moves; the graph is whole where these are all. `stopped` says which limit was reached:
    "configurations", "seconds", "memory" or "interrupt". `begun` has the configuration that each of
    the given roots came to, -1 for one that goes round for ever. `is_slice` says that there is more
    in it than can happen (heartline.checking.exploring.slicing).
    """

    machine: Machine
    persons: tuple[str, ...]
    any_time: bool
    leaves: tuple[str, ...]
    leaf: Array
    columns: Columns
    levels: Array
    first: Array
    target: Array
    label: Array
    weight: Array
    labels: Sequence[Label]
    roots: Sequence[Root]
    drawing: Array
    urgent: Array
    kept: Mapping[str, frozenset[int]]
    notes: Notes
    expanded: int
    transitions: int
    seconds: float
    memory: int
    stopped: str | None = None
    elapsed: Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    begun: Array | None = None
    is_slice: bool = False

    def __len__(self) -> int:
        return len(self.leaf)

    @property
    def is_whole(self) -> bool:
        """Whether every configuration was found, with all its moves."""
        return self.stopped is None and self.expanded == len(self)

    @property
    def final(self) -> Array:
        """Whether a configuration is an end."""
        ends = [self.machine.leaves[name].final for name in self.leaves]
        found: Array = np.array(ends, dtype=bool)[self.leaf]
        return found

    def moves(self, node: int) -> Iterator[tuple[Label, int, int]]:
        """What can happen at one configuration: label, where it leads, and its weight."""
        for move in range(int(self.first[node]), int(self.first[node + 1])):
            yield (
                self.labels[int(self.label[move])],
                int(self.target[move]),
                int(self.weight[move]),
            )


def parts(machine: Machine) -> tuple[Mapping[int, When], Mapping[int, Action]]:
    """The conditions and the actions of a machine by their id(), to read `Notes` with."""
    blocks = [
        block for wiring in machine.wirings for block in (*wiring.exits, *wiring.entries)
    ] + list(machine.begin)
    actions = {id(each): each for edge in machine.edges for each in edge.actions}
    actions |= {id(each): each for block in blocks for each in block.actions}
    whens = {id(when): when for edge in machine.edges for when in edge.whens}
    return whens, actions
