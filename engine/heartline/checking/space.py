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

With `only` the nodes that differ in no slot of these are taken for one (see
`heartline.checking.relevance`); a node then holds, in its other slots, what the first conversation
that came there had.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from heartline.clock import STORY_START
from heartline.errors import RunawayError
from heartline.inputs import check_seats, first_frame
from heartline.machine import perform
from heartline.runtime import MOST_MICROSTEPS, Run
from heartline.snapshot import Due, Snapshot, new_tuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime, timedelta

    from heartline.machine import Machine, Way
    from heartline.plan import ChoiceSpec, Leaf, Lines
    from heartline.runtime import Spoken
    from heartline.snapshot import Frame

__all__ = ["BEGIN", "CHOOSE", "DRAW", "MOST_NODES", "SEND", "WAIT", "Move", "Node", "Space"]

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
    walks the space.
    """

    __slots__ = ("deadlines", "fault", "final", "frame", "mark", "moves", "number", "offers",
                 "pending")  # fmt: skip

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
        self.moves: tuple[Move, ...] | None = None
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


class Move:
    """A way from one node to the next: a choice, an event, the next deadline, or a draw.

    `id` is the choice's, event's or timer's, `role` whose choice it is, `weight` its share of a
    draw (1 for all else), `elapsed` the time that it takes. `ways` are the transitions that it
    takes and `said` the lines, where the space was asked to keep them; both are there once it was
    followed.

    The runtime lets one cause set off MOST_MICROSTEPS transitions, and draws are no new cause:
    `spent` is how many this move adds to those of the cause before it. Where a deadline fired after
    them, which is another cause, `since` counts those that it has set off; else it is None.
    """

    __slots__ = ("elapsed", "event", "id", "kind", "role", "said", "since", "source", "spent",
                 "target", "ways", "weight")  # fmt: skip

    def __init__(
        self, source: Node | None, kind: str, id: str, event: str, role: str | None, weight: int
    ) -> None:
        self.source = source
        self.kind = kind
        self.id = id
        self.event = event
        self.role = role
        self.weight = weight
        self.elapsed: timedelta = _AT_ONCE
        self.ways: tuple[Way, ...] = ()
        self.said: tuple[Spoken, ...] = ()
        self.spent = 0
        self.since: int | None = None
        self.target: Node | None = None


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

    `persons` are roles of the engine whose seats persons take, `only` the slots that nodes differ
    by (all, without it), `most` how many nodes are kept; with `lines` moves know what is said.
    Not for several threads at once.
    """

    def __init__(
        self,
        machine: Machine,
        persons: Collection[str] = (),
        *,
        only: Sequence[int] | None = None,
        lines: bool = False,
        most: int = MOST_NODES,
    ) -> None:
        self.machine = machine
        self.persons = check_seats(machine, persons)
        self.most = most
        self._run = _PausingRun if lines else _SilentRun
        self._nodes: dict[object, Node] = {}
        self._key: Callable[[Frame], object] | None = None
        if only is not None and len(only) < len(machine.slots):
            self._key = itemgetter(*only)
        self._chosen = {
            name: tuple(
                (spec, spec.event)
                for spec in leaf.choices
                if spec.role in self.persons or not machine.roles[spec.role].engine
            )
            for name, leaf in machine.leaves.items()
        }
        self._events = {
            name: tuple(
                (event.removeprefix(EVENT), event)
                for event in machine.events
                if event.startswith(EVENT) and machine.ways(name, event)
            )
            for name in machine.leaves
        }

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
        move = Move(None, BEGIN, "", "", None, 1)
        self._carry_out(move, self._run(self.machine, self._snapshot(tuple(frame), (), ())))
        return move

    def moves(self, node: Node) -> tuple[Move, ...]:
        """All that can happen at a node, in the order of the file: draws where one is due, else
        choices, events, and the next deadline. None of them where it is over or faulty."""
        if node.moves is None:
            node.moves = tuple(self._moves(node))
        return node.moves

    def follow(self, move: Move) -> Node:
        """Where a move leads; from then on its `ways`, `said` and `elapsed` hold too."""
        target = move.target
        if target is not None:
            return target
        node = move.source
        assert node is not None
        snapshot = self._snapshot(node.frame, node.deadlines, node.pending)
        return self._carry_out(move, self._run(self.machine, snapshot))

    # How a move is made -------------------------------------------------------------------------

    def _moves(self, node: Node) -> list[Move]:
        if node.final or node.fault is not None:
            return []
        if node.offers is not None:
            return [
                Move(node, DRAW, spec.id, spec.event, spec.role, weight)
                for spec, weight in node.offers
            ]
        frame = node.frame
        moves = [
            Move(node, CHOOSE, spec.id, event, spec.role, 1)
            for spec, event in self._chosen[node.frame[0]]
            if spec.enabled(frame)
        ]
        for name, event in self._events[node.frame[0]]:
            ways = self.machine.ways(node.frame[0], event)
            if any(way.guard is None or way.guard(frame) for way in ways):
                moves.append(Move(node, SEND, name, event, None, 1))
        if node.deadlines:
            move = Move(node, WAIT, node.deadlines[0].timer, "", None, 1)
            move.elapsed = node.deadlines[0].due - NOW
            moves.append(move)
        return moves

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
                    run.trigger(move.event)
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
