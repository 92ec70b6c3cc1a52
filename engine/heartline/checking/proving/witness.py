"""A way through the graph, played by the runtime: nothing is called broken that does not break.

    witness = replay(scenario, graph, path)     # raises NotReplayed
    witness.step.snapshot                       # where it comes to
    witness.moves                               # to play it again (heartline.moves)

 1. A way is cut into turns, as a play is: a turn begins with the beginning, a choice of a person,
    an event or time; what is drawn, and what runs out at the same moment, belongs to it.
 2. Where persons can answer at any moment, the way is walked without a clock first, to find which
    timer was started in which turn; `timing` finds times for the turns that fit. Else persons
    answer at once, and time goes from deadline to deadline.
 3. The turns are played with `heartline.runtime`, from STORY_START, and what the engine draws is
    said. The runtime must take just the transitions of the way, and after each move stand where
    the graph says: in the same leaf, with the same in each slot that the graph keeps there.
 4. A way that ends in the middle of a turn is led on to the end of it.

What is drawn at the very beginning can be left to a seed: `witness.seed` draws the same, where
such a seed was found, so that a script can say it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from heartline import runtime
from heartline.checking.exploring.coding import Coding, microseconds
from heartline.checking.exploring.graph import BEGIN, CHOOSE, DRAW, SEND, WAIT
from heartline.checking.proving.timing import Apart, solve
from heartline.checking.relevance import Relevance
from heartline.clock import STORY_START
from heartline.errors import HeartlineError
from heartline.expressions import TextType
from heartline.inputs import first_frame
from heartline.machine import perform
from heartline.plan import HANDLED, OFF, PENDING, RUNNING, event_name
from heartline.run import MOST_MICROSTEPS, Run
from heartline.snapshot import Choose, Send, Snapshot, Tick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from heartline.checking.exploring.graph import Graph, Label
    from heartline.checking.proving.paths import Path
    from heartline.conversation import Scenario
    from heartline.machine import Machine
    from heartline.moves import Move
    from heartline.plan import Leaf, Lines
    from heartline.run import Moment
    from heartline.runtime import Step
    from heartline.snapshot import Frame

__all__ = ["Happening", "NotReplayed", "Turn", "Witness", "replay"]

LEAF = 0  # the slot of the frame
MOST_ADDED = 1_000  # moves with which a turn is led to its end
MOST_SEEDS = 20_000  # that are tried to find one which draws what the beginning needs


class NotReplayed(HeartlineError):
    """The runtime does not go this way, or there are no times at which it could."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One move of the way: what it does, how things stood before and after, and where the graph
    says that it leads. `said` are the lines of the turn's step that belong to it, as (from, to)."""

    label: Label
    before: Frame
    after: Frame
    node: int
    said: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the way: its moves, when it happens, and what the runtime made of it."""

    happenings: tuple[Happening, ...]
    time: datetime
    waited: timedelta
    step: Step

    @property
    def label(self) -> Label:
        """What the turn begins with."""
        return self.happenings[0].label

    @property
    def draws(self) -> tuple[str, ...]:
        """What the engine's roles draw in it."""
        return tuple(each.label.id for each in self.happenings if each.label.kind == DRAW)


@dataclass(frozen=True, slots=True)
class Witness:
    """A way that the runtime has played.

    `inputs` are those that matter for it. `length` is how many moves the way had before its last
    turn was led to an end. `seed` draws at the beginning what is drawn there, None where no such
    seed was found.
    """

    scenario: Scenario
    inputs: Mapping[str, object]
    persons: tuple[str, ...]
    seed: int | None
    start: datetime
    turns: tuple[Turn, ...]
    length: int

    @property
    def step(self) -> Step:
        """What the last turn came to."""
        return self.turns[-1].step

    @property
    def happenings(self) -> tuple[Happening, ...]:
        """All that happens, the beginning first."""
        return tuple(each for turn in self.turns for each in turn.happenings)

    @property
    def draws(self) -> tuple[str, ...]:
        """What is drawn at the beginning."""
        return self.turns[0].draws

    @property
    def moves(self) -> tuple[Move, ...]:
        """What persons, the host and time do, as `heartline.moves` plays it."""
        moves: list[Move] = []
        for turn in self.turns[1:]:
            label, draws = turn.label, list(turn.draws)
            move: Move = {"draws": draws} if draws else {}
            wait: Move = {"wait": turn.waited / timedelta(seconds=1)}
            if label.kind == WAIT:
                moves.append({**wait, **move})
                continue
            if turn.waited:
                moves.append(wait)
            if label.kind == CHOOSE:
                moves.append({"choose": label.id, "role": label.role, **move})
            else:
                moves.append({"event": label.id, **move})
        return tuple(moves)

    @property
    def is_whole(self) -> bool:
        """Whether its times are whole seconds, as test files and scripts can hold them."""
        return not any(turn.waited % timedelta(seconds=1) for turn in self.turns)


def replay(scenario: Scenario, graph: Graph, path: Path) -> Witness:
    """Let the runtime play a way of the graph; raises NotReplayed with a sentence why not."""
    root = graph.roots[path.root]
    labels, nodes = _led_on(graph, path)
    cut = _turns(graph, nodes)
    times: Sequence[int] | None = None
    if graph.any_time:
        cut, times = _times(graph, root.inputs, labels, cut)
    machine = graph.machine.watching()
    checker = _Checker(graph)
    turns: list[Turn] = []
    before: Snapshot | None = None
    for number, (first, last) in enumerate(cut):
        own, draws = labels[first:last], _draws(labels[first:last])
        moment = STORY_START if before is None else before.time
        if times is not None:
            moment = STORY_START + timedelta(microseconds=times[number])
        elif before is not None and own[0].kind == WAIT:
            moment = before.deadlines[0].due if before.deadlines else moment
        try:
            if before is None:
                step = runtime.start(
                    machine, now=moment, inputs=root.inputs, persons=graph.persons, draws=draws
                )
            else:
                step = runtime.step(machine, before, _input(own[0]), moment, draws)
        except HeartlineError as refusal:
            raise NotReplayed(
                f"The runtime does not go this way: in turn {number + 1}, {_called(own[0])}, it says: "
                f"{refusal}"
            ) from None
        waited = moment - (turns[-1].time if turns else STORY_START)
        happenings = checker.happenings(number + 1, own, nodes[first:last], before, step)
        turns.append(Turn(happenings, moment, waited, step))
        before = step.snapshot
    return Witness(
        scenario, root.inputs, graph.persons, _seed(graph, root.inputs, turns[0]), STORY_START,
        tuple(turns), len(path),
    )  # fmt: skip


# Turns ------------------------------------------------------------------------------------------


def _led_on(graph: Graph, path: Path) -> tuple[list[Label], list[int]]:
    """The labels and nodes of a way, up to where its last turn ends, as far as that is known."""
    labels, nodes = list(path.labels(graph)), list(path.nodes(graph))
    for _ in range(MOST_ADDED):
        here = nodes[-1]
        if not _goes_on(graph, here) or here >= graph.expanded:
            break
        first, last = int(graph.first[here]), int(graph.first[here + 1])
        if first == last:
            break
        move = first + int(graph.weight[first:last].argmax())
        labels.append(graph.labels[int(graph.label[move])])
        nodes.append(int(graph.target[move]))
    return labels, nodes


def _goes_on(graph: Graph, node: int) -> bool:
    """Whether the turn that comes here goes on by itself."""
    return bool(graph.drawing[node]) or bool(graph.urgent[node])


def _turns(graph: Graph, nodes: Sequence[int]) -> list[tuple[int, int]]:
    """Where each turn begins and ends, as places in the row of labels."""
    firsts = [0] + [n for n in range(1, len(nodes)) if not _goes_on(graph, nodes[n - 1])]
    return list(zip(firsts, [*firsts[1:], len(nodes)], strict=True))


def _draws(labels: Sequence[Label]) -> tuple[str, ...]:
    return tuple(label.id for label in labels if label.kind == DRAW)


def _input(label: Label) -> Choose | Send | Tick:
    if label.kind == CHOOSE:
        return Choose(label.id, role=label.role)
    return Send(label.id) if label.kind == SEND else Tick()


def _called(label: Label) -> str:
    words = {CHOOSE: "choose", SEND: "send", WAIT: "wait for", DRAW: "draw", BEGIN: "begin"}
    return f"{words[label.kind]} {label.id}".rstrip()


# Times ------------------------------------------------------------------------------------------


class _Pause(Exception):  # no error: the way out of what has to draw
    """A role of the engine has to draw."""


class _Timeless(Run):
    """A run without a clock: it knows which timers run, since which turn, and for how long."""

    __slots__ = ("running", "turn")

    def __init__(self, machine: Machine, snapshot: Snapshot) -> None:
        super().__init__(machine, snapshot)
        self.moments = None
        self.turn = 0
        self.running: dict[str, tuple[int, int, int]] = {}  # turn, length, which start it was

    def start(self, timer: str, length: timedelta) -> None:
        self.stop(timer)
        self.frame[self.machine.timers[timer].slot] = RUNNING
        self.starts += 1
        self.running[timer] = (self.turn, max(microseconds(length), 0), self.starts)

    def stop(self, timer: str) -> None:
        slot = self.machine.timers[timer].slot
        self.running.pop(timer, None)
        self.pending = tuple(name for name in self.pending if name != timer)
        self.frame[slot] = OFF

    def close(self) -> None:
        for timer in self.running:
            self.frame[self.machine.timers[timer].slot] = OFF
        for timer in self.pending:
            self.frame[self.machine.timers[timer].slot] = HANDLED
        self.running, self.pending = {}, ()

    def say(self, lines: Lines) -> None:
        """Nobody listens."""

    def draw(self, leaf: Leaf) -> bool:
        if any(weight > 0 for _, weight in self.offers(leaf)):
            raise _Pause
        return False

    def happen(self, label: Label) -> None:
        """Let one move of the way happen."""
        self.budget = MOST_MICROSTEPS
        try:
            if label.kind == BEGIN:
                for block in self.machine.begin:
                    perform(block.parts(), self)
            elif label.kind == WAIT:
                del self.running[label.id]
                self.frame[self.machine.timers[label.id].slot] = PENDING
                self.pending = (*self.pending, label.id)
            else:
                kind = "event" if label.kind == SEND else "choice"
                self.trigger(event_name(kind, label.id) if label.spec is None else label.spec.event)
            self.settle()
        except _Pause:
            return


Cut = list[tuple[int, int]]  # of each turn, its first label and the one after its last


def _times(
    graph: Graph, inputs: Mapping[str, object], labels: Sequence[Label], cut: Cut
) -> tuple[Cut, tuple[int, ...]]:
    """The turns, and when each happens, in microseconds; raises NotReplayed where no times fit.

    What runs out is a turn of its own wherever it can be. Where that leaves no times, it may come
    at the same moment as what ran out before, and belongs to the same turn then.
    """
    for together in (False, True):
        times = solve(len(cut), _wanted(graph, inputs, labels, cut, together=together))
        if times is not None:
            alone = [
                n
                for n, (first, _) in enumerate(cut)
                if not n or labels[first].kind != WAIT or times[n] > times[n - 1]
            ]
            ends = [*(cut[n][0] for n in alone[1:]), len(labels)]
            joined = [(cut[n][0], end) for n, end in zip(alone, ends, strict=True)]
            return joined, tuple(times[n] for n in alone)
    raise NotReplayed("There are no times at which its timers would run out in this order.")


def _wanted(
    graph: Graph, inputs: Mapping[str, object], labels: Sequence[Label], cut: Cut, *, together: bool
) -> list[Apart]:
    """What the timers ask of the times of the turns."""
    machine = graph.machine
    walker = _Timeless(machine, _blank(machine, inputs, graph.persons))
    wanted: list[Apart] = []
    for number, (first, last) in enumerate(cut):
        walker.turn = number
        if number:
            by_time = labels[first].kind == WAIT
            wanted.append(Apart(number - 1, number, 0, strict=by_time and not together))
            if not by_time:
                wanted += _not_yet(walker, number)
        for label in labels[first:last]:
            if label.kind == WAIT:
                if label.id not in walker.running:
                    raise NotReplayed(f"{label.id} does not run in turn {number + 1}.")
                wanted += _runs_out(walker, number, label.id)
            walker.happen(label)
        if not together or number == len(cut) - 1:
            wanted += _not_yet(walker, number)
    return wanted


def _runs_out(walker: _Timeless, number: int, timer: str) -> list[Apart]:
    """That a timer runs out in this turn, and before all others that run."""
    started, length, start = walker.running[timer]
    wanted = [Apart(started, number, length), Apart(number, started, -length)]
    for name, (turn, long, other) in walker.running.items():
        if name != timer:  # of two that are due together the one that was started first is first
            wanted.append(Apart(number, turn, -long, strict=other < start))
    return wanted


def _not_yet(walker: _Timeless, number: int) -> list[Apart]:
    """That what runs now does not run out in this turn."""
    return [
        Apart(number, turn, -length, strict=True) for turn, length, _ in walker.running.values()
    ]


def _blank(machine: Machine, inputs: Mapping[str, object], persons: tuple[str, ...]) -> Snapshot:
    frame = first_frame(machine, inputs)
    frame[0] = machine.initial
    return Snapshot(
        machine.id, machine.version, machine.fingerprint, tuple(frame), (), (), persons,
        0, 0, 0, 0, STORY_START,
    )  # fmt: skip


# What the runtime made of it --------------------------------------------------------------------


class _Checker:
    """Holds what the runtime did to what the graph says."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.machine = graph.machine
        self.coding = Coding(graph.machine)
        self.relevance = Relevance(graph.machine)
        self.texts = {
            n for n, slot in enumerate(self.machine.slots) if isinstance(slot.type, TextType)
        }

    def happenings(
        self, number: int, labels: Sequence[Label], nodes: Sequence[int],
        before: Snapshot | None, step: Step,
    ) -> tuple[Happening, ...]:  # fmt: skip
        """The moves of a turn, as they were played; raises NotReplayed where they differ."""
        found: list[Happening] = []
        frame = step.snapshot.frame if before is None else before.frame
        said, place, ways = 0, -1, 0
        for label, node in zip(labels, nodes, strict=True):
            ways += len(label.ways)
            place = self._moment(step.moments, place + 1, ways, merged=len(labels) == 1)
            if (
                place < 0
                or tuple(taken.way for taken in step.taken[ways - len(label.ways) : ways])
                != label.ways
            ):
                raise NotReplayed(
                    f"In turn {number}, {_called(label)}, the runtime takes another way than the "
                    "graph says."
                )
            moment = step.moments[place]
            self._agrees(number, label, node, moment.frame)
            found.append(Happening(label, frame, moment.frame, node, (said, moment.said)))
            frame, said = moment.frame, moment.said
        return tuple(found)

    def _moment(self, moments: Sequence[Moment], place: int, ways: int, *, merged: bool) -> int:
        """The moment to which a move leads; -1 where there is none.

        A graph without times in between may hold as one move what runs out at the same time.
        """
        if merged or not self.graph.any_time:
            places = [n for n in range(place, len(moments)) if moments[n].taken == ways]
            return places[-1] if places else -1
        return place if place < len(moments) and moments[place].taken == ways else -1

    def _agrees(self, number: int, label: Label, node: int, frame: Frame) -> None:
        graph, name = self.graph, frame[0]
        said = graph.leaves[int(graph.leaf[node])]
        if said != name:
            raise NotReplayed(
                f"In turn {number}, {_called(label)}, the runtime comes to {name!r}, and the graph "
                f"says {said!r}."
            )
        alive = self.relevance.alive(frame)
        for slot in sorted((alive | graph.kept.get(name, alive)) - self.texts - {LEAF}):
            there = int(graph.columns.get(slot, np.array([node]))[0])
            here = self.coding.number(slot, frame[slot])
            symbol = self.machine.slots[slot].symbol
            if there == here or (there == 0 and slot not in alive):
                continue
            if symbol[0] == "timer" and (there, here) == (OFF, HANDLED):  # nobody asks any more
                continue
            raise NotReplayed(
                f"In turn {number}, {_called(label)}, the runtime has {' '.join(symbol)} at "
                f"{frame[slot]!r}, and the graph does not."
            )


def _seed(graph: Graph, inputs: Mapping[str, object], begun: Turn) -> int | None:
    """A seed that draws by itself what is drawn at the beginning."""
    wanted = [taken.way for taken in begun.step.taken]
    if not begun.draws:
        return 0
    for seed in range(MOST_SEEDS):
        step = runtime.start(
            graph.machine, seed=seed, now=STORY_START, inputs=inputs, persons=graph.persons
        )
        if [taken.way for taken in step.taken] == wanted:
            return seed
    return None
