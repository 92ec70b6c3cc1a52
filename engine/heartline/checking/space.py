"""The space of a scenario: where its conversations can stand, and how they move from there.

    space = Space(scenario.machine)
    node = space.begin({"profile": "decided"})
    for move in space.moves(node):
        print(move.kind, move.id, space.follow(move).state)

What a node is:

 1. A node is a configuration at rest: the frame, the pending timers, and the running ones with
    what is left of them. No date, no seed and no count of turns is in it, so that conversations
    which stand alike at different times stand at the same node.
 2. At rest means that a person or time moves next, or that a role of the engine draws: before
    each draw there is a node, whose moves are what could be drawn, each with its weight.
 3. Everything between two nodes is done by the runtime's own `Run`, which stops where it would
    draw. After a draw the turn is finished as the runtime finishes it: all is settled, then what
    is due at that moment fires.
 4. Time moves to the next deadline. That persons can also answer between two deadlines makes no
    difference but to what is left of the others; plays in which it does are not in this space.
 5. Where a scenario loops there is a node too, without moves, whose `fault` is what the runtime
    says.

Nodes are found when they are asked for. What has been found is kept, and met again as the same
object, until there are `most` nodes; from then on new ones are made and let go. Results depend on
that in nothing but speed.

With a `key` the frames that have the same one are taken for one node (heartline.checking.relevance
makes one of what decides how it goes on); the node holds what the first that came there held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heartline.clock import STORY_START
from heartline.errors import RunawayError
from heartline.inputs import check_seats, first_frame
from heartline.machine import perform
from heartline.run import MOST_MICROSTEPS, Run
from heartline.snapshot import Due, Snapshot, new_tuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from datetime import datetime, timedelta

    from heartline.machine import Machine, Way
    from heartline.plan import ChoiceSpec, Leaf, Lines
    from heartline.run import Spoken
    from heartline.snapshot import Frame

__all__ = [
    "BEGIN",
    "CHOOSE",
    "DRAW",
    "MOST_NODES",
    "SEND",
    "WAIT",
    "Move",
    "Node",
    "Option",
    "Space",
]

BEGIN, CHOOSE, SEND, WAIT, DRAW = "begin", "choose", "send", "wait", "draw"
MOST_NODES = 200_000
EVENT = "event "  # what the names begin with under which the machine knows events
NOW = STORY_START  # each node stands at this moment; its deadlines lie as far ahead as they do

Offers = tuple[tuple["ChoiceSpec", int], ...]


class Node:
    """A configuration at rest.

    `offers` are the choices that could be drawn here, with their weights, None where persons or
    time move. `deadlines` are as they would be if it were NOW. `fault` says why nothing can go on.
    `number` counts the nodes that are kept, -1 for one that is not. `mark` belongs to whoever
    walks the space, here and in moves.
    """

    __slots__ = ("deadlines", "fault", "final", "frame", "mark", "moves", "number", "offers",
                 "options", "pending")  # fmt: skip

    def __init__(
        self,
        frame: Frame,
        pending: tuple[str, ...],
        deadlines: tuple[Due, ...],
        offers: Offers | None,
        *,
        final: bool,
        fault: str | None = None,
    ) -> None:
        self.frame = frame
        self.pending = pending
        self.deadlines = deadlines
        self.offers = offers
        self.final = final
        self.fault = fault
        self.number = -1
        self.options: tuple[Option, ...] | None = None
        self.moves: list[Move | None] = []
        self.mark: Any = None

    @property
    def state(self) -> str:
        """The leaf."""
        leaf: str = self.frame[0]
        return leaf

    @property
    def left(self) -> tuple[tuple[str, timedelta], ...]:
        """The running timers, the next one first, and what is left of each."""
        return tuple((due.timer, due.due - NOW) for due in self.deadlines)

    @property
    def position(self) -> tuple[Frame, tuple[str, ...], tuple[tuple[str, timedelta], ...]]:
        """All that decides what can happen next, to compare it with another space's."""
        return self.frame, self.pending, self.left


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """What can happen at a node: a choice, an event, the next deadline, or a draw.

    `id` is the choice's, event's or timer's, `event` its name in the machine, `role` whose choice
    it is, and `spec` the choice. All nodes of a leaf share them.
    """

    kind: str
    id: str
    event: str
    role: str | None = None
    spec: ChoiceSpec | None = None


class Move:
    """An option, taken at one node: the way to the next.

    `weight` is its share of a draw (1 for all else), `elapsed` the time that it takes. `ways` are
    the transitions that it takes and `said` the lines, where the space was asked to keep them; both
    are there once it was followed.

    The runtime lets one cause set off MOST_MICROSTEPS transitions, and draws are no new cause:
    `spent` is how many this move adds to those of the cause before it. Where a deadline fired after
    them, which is another cause, `since` counts those that it has set off; else it is None.
    """

    __slots__ = ("elapsed", "kind", "mark", "option", "said", "since", "source", "spent",
                 "target", "ways", "weight")  # fmt: skip

    def __init__(self, source: Node | None, option: Option, weight: int = 1) -> None:
        self.source = source
        self.option = option
        self.kind = option.kind
        self.weight = weight
        self.mark: Any = None
        self.elapsed: timedelta = _AT_ONCE
        self.ways: tuple[Way, ...] = ()
        self.said: tuple[Spoken, ...] = ()
        self.spent = 0
        self.since: int | None = None
        self.target: Node | None = None

    @property
    def id(self) -> str:
        """The choice, event or timer."""
        return self.option.id

    @property
    def role(self) -> str | None:
        """Whose choice it is, None for events and time."""
        return self.option.role


_AT_ONCE = NOW - NOW


class _Pause(Exception):  # no error: the way out of a step that has to draw
    """A role of the engine has to draw."""

    def __init__(self, offers: Offers) -> None:
        super().__init__()
        self.offers = offers


class _PausingRun(Run):
    """A run that goes on from a node, and stops where it would draw."""

    __slots__ = ()

    def draw(self, leaf: Leaf) -> bool:
        offers = tuple([(spec, weight) for spec, weight in self.offers(leaf) if weight > 0])
        if not offers:
            return False
        raise _Pause(offers)


class _SilentRun(_PausingRun):
    """The same, without taking down what is said."""

    __slots__ = ()

    def say(self, lines: Lines) -> None:
        """Nobody listens."""


class Space:
    """The nodes of one scenario, found as they are asked for.

    `persons` are roles of the engine whose seats persons take, `key` tells frames apart (by all
    that they hold, without it), `most` is how many nodes are kept; with `lines` moves know what is
    said, and without `events` none are sent. Not for several threads at once.
    """

    def __init__(
        self,
        machine: Machine,
        persons: Collection[str] = (),
        *,
        key: Callable[[Frame], object] | None = None,
        lines: bool = False,
        events: bool = True,
        most: int = MOST_NODES,
    ) -> None:
        self.machine = machine
        self.persons = check_seats(machine, persons)
        self.most = most
        self._sending = events
        self._run = _PausingRun if lines else _SilentRun
        self._nodes: dict[object, Node] = {}
        self._key = key
        self._finals: dict[str, Node] = {}
        self._ends: dict[tuple[str, str], Way] = {}
        if key is not None and not lines:
            self._ends = dict(self._sure_ends())
        self._drawn = {
            id(spec): Option(DRAW, spec.id, spec.event, spec.role, spec)
            for leaf in machine.leaves.values()
            for spec in leaf.choices
        }
        self._chosen = {
            name: [
                (_guard(spec), Option(CHOOSE, spec.id, spec.event, spec.role, spec))
                for spec in leaf.choices
                if spec.role in self.persons or not machine.roles[spec.role].engine
            ]
            for name, leaf in machine.leaves.items()
        }
        self._events = {
            name: [
                Option(SEND, event.removeprefix(EVENT), event)
                for event in machine.events
                if event.startswith(EVENT) and machine.ways(name, event)
            ]
            for name in machine.leaves
        }
        self._waits = {timer: Option(WAIT, timer, "") for timer in machine.timers}

    def __len__(self) -> int:
        """How many nodes are kept."""
        return len(self._nodes)

    def begin(self, inputs: Mapping[str, object] | None = None) -> Node:
        """Where a conversation with these inputs stands at first. Raises InputError."""
        return self.follow(self.opening(inputs))

    def opening(self, inputs: Mapping[str, object] | None = None) -> Move:
        """The move that leads there: what is done and said before anybody moves."""
        frame = first_frame(self.machine, inputs or {})
        frame[0] = self.machine.initial
        move = Move(None, Option(BEGIN, "", ""))
        self._carry_out(move, self._run(self.machine, self._snapshot(tuple(frame), (), ())))
        return move

    def options(self, node: Node) -> tuple[Option, ...]:
        """All that can happen at a node, in the order of the file: draws where one is due, else
        choices, events, and the next deadline. None of them where it is over or faulty."""
        if node.options is None:
            node.options = tuple(self._options(node))
            node.moves = [None] * len(node.options)
        return node.options

    def move(self, node: Node, place: int) -> Move:
        """The move that the option at this place makes; always the same object."""
        move = node.moves[place] if node.options is not None else None
        if move is None:
            option = self.options(node)[place]
            weight = node.offers[place][1] if node.offers is not None else 1
            move = node.moves[place] = Move(node, option, weight)
            if option.kind == WAIT:
                move.elapsed = node.deadlines[0].due - NOW
        return move

    def moves(self, node: Node) -> tuple[Move, ...]:
        """The moves of all options of a node, in their order."""
        return tuple([self.move(node, place) for place in range(len(self.options(node)))])

    def events(self, node: Node) -> list[Option]:
        """The events that something takes at a node."""
        leaf, frame = node.frame[0], node.frame
        return [
            option
            for option in self._events[leaf]
            if any(
                way.guard is None or way.guard(frame)
                for way in self.machine.ways(leaf, option.event)
            )
        ]

    def follow(self, move: Move) -> Node:
        """Where a move leads; from then on its `ways`, `said` and `elapsed` hold too."""
        target = move.target
        if target is not None:
            return target
        node = move.source
        assert node is not None
        if (node.frame[0], move.option.event) in self._ends:
            move.spent, move.ways = 1, (self._ends[node.frame[0], move.option.event],)
            move.target = self._end(move.ways[0], node)
            return move.target
        snapshot = self._snapshot(node.frame, node.deadlines, node.pending)
        return self._carry_out(move, self._run(self.machine, snapshot))

    # How a move is made -------------------------------------------------------------------------

    def _options(self, node: Node) -> list[Option]:
        if node.final or node.fault is not None:
            return []
        if node.offers is not None:
            return [self._drawn[id(spec)] for spec, _ in node.offers]
        frame = node.frame
        leaf = frame[0]
        options = [option for guard, option in self._chosen[leaf] if guard is None or guard(frame)]
        if self._sending:
            options += self.events(node)
        if node.deadlines:
            options.append(self._waits[node.deadlines[0].timer])
        return options

    def _carry_out(self, move: Move, run: _PausingRun) -> Node:
        """Let a move happen up to the next rest, and note on it what came of it."""
        offers: Offers | None = None
        fault: str | None = None
        spent: int | None = None
        try:
            if move.kind == WAIT:
                spent = 0
                run.fire_due(run.deadlines[0].due)
            else:
                if move.kind == BEGIN:
                    for block in self.machine.begin:
                        perform(block.parts(), run)
                else:
                    run.trigger(move.option.event)
                run.settle()
            if run.deadlines and run.deadlines[0].due <= run.time:
                if spent is None:
                    spent = MOST_MICROSTEPS - run.budget
                run.fire_due(run.time)
        except _Pause as pause:
            offers = pause.offers
        except RunawayError as error:
            fault = str(error)
        used = MOST_MICROSTEPS - run.budget
        move.spent, move.since = (used, None) if spent is None else (spent, used)
        move.elapsed = run.time - NOW
        move.ways = tuple([taken.way for taken in run.taken])
        move.said = tuple(run.said)
        node = self._node(run, offers, fault)
        if node.number >= 0 or move.source is None:
            move.target = node  # one that is not kept is not kept here either
        return node

    def _sure_ends(self) -> Iterator[tuple[tuple[str, str], Way]]:
        """The ways that end the conversation whatever holds."""
        leaves = self.machine.leaves
        for name in leaves:
            for event in self.machine.events:
                ways = self.machine.ways(name, event)
                dest = ways[0].dest if ways and ways[0].guard is None else None
                if dest is not None and leaves[dest].final:
                    yield (name, event), ways[0]

    def _end(self, way: Way, node: Node) -> Node:
        """Where a sure end leads. Of an end nothing counts but where it is, where a key tells nodes
        apart; and one move in four is of this kind."""
        assert way.dest is not None
        if way.dest not in self._finals:
            run = self._run(self.machine, self._snapshot((way.dest, *node.frame[1:]), (), ()))
            self._finals[way.dest] = self._node(run, None, None)
        return self._finals[way.dest]

    def _snapshot(
        self, frame: Frame, deadlines: tuple[Due, ...], pending: tuple[str, ...]
    ) -> Snapshot:
        machine = self.machine
        return new_tuple(Snapshot, (
            machine.id, machine.version, machine.fingerprint, frame, deadlines, pending,
            self.persons, 0, 0, len(deadlines), 0, NOW,
        ))  # fmt: skip

    def _node(self, run: _PausingRun, offers: Offers | None, fault: str | None) -> Node:
        frame = tuple(run.frame)
        deadlines = _counted(run.deadlines, run.time)
        key = (frame if self._key is None else self._key(frame), run.pending, deadlines, fault)
        node = self._nodes.get(key)
        if node is None:
            final = self.machine.leaves[frame[0]].final
            node = Node(frame, run.pending, deadlines, offers, final=final, fault=fault)
            if len(self._nodes) < self.most:
                node.number = len(self._nodes)
                self._nodes[key] = node
        return node


def _guard(spec: ChoiceSpec) -> Callable[[Frame], object] | None:
    """What `spec.enabled` asks, without the asking where there is one guard, or none."""
    if None in spec.guards:
        return None
    return spec.guards[0] if len(spec.guards) == 1 else spec.enabled


def _counted(deadlines: tuple[Due, ...], time: datetime) -> tuple[Due, ...]:
    """The deadlines as seen from NOW. Of their numbers only the order counts, so they are counted
    anew."""
    if not deadlines:
        return ()
    by = time - NOW
    return tuple([
        new_tuple(Due, (due.due - by, number, due.timer))
        for number, due in enumerate(deadlines, 1)
    ])  # fmt: skip
