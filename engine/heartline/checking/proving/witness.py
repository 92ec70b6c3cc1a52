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
    the graph says: in the same leaf, with the same in each slot of which the graph knows there.
 4. A way that ends in the middle of a turn is led on to the end of it.

What is drawn at the very beginning can be left to a seed: `witness.seed` draws the same, where
such a seed was found, so that a script can say it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from heartline import runtime
from heartline.checking.exploring.coding import Coding
from heartline.checking.exploring.graph import BEGIN, CHOOSE, DRAW, SEND, WAIT
from heartline.checking.proving.timing import when
from heartline.clock import STORY_START
from heartline.errors import HeartlineError
from heartline.expressions import TextType
from heartline.snapshot import Choose, Send, Snapshot, Tick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from heartline.checking.exploring.graph import Graph, Label
    from heartline.checking.proving.paths import Path
    from heartline.checking.proving.timing import Cut
    from heartline.conversation import Scenario
    from heartline.moves import Move
    from heartline.runtime import Step
    from heartline.snapshot import Frame

__all__ = ["Happening", "NotReplayed", "Replayer", "Turn", "Witness", "replay"]

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


class Replayer:
    """Has the runtime play ways of one graph."""

    def __init__(self, scenario: Scenario, graph: Graph) -> None:
        self.scenario = scenario
        self.graph = graph
        self._machine = graph.machine.watching()
        self._checker = _Checker(graph)

    def replay(self, path: Path) -> Witness:
        """Play one way; raises NotReplayed with a sentence why it cannot be played."""
        graph, root = self.graph, self.graph.roots[path.root]
        labels, nodes = _led_on(graph, path)
        cut = _turns(graph, labels, nodes)
        times: Sequence[int] | None = None
        if graph.any_time:
            timed = when(graph, root.inputs, labels, cut)
            if timed is None:
                raise NotReplayed("No times fit at which its timers would run out in this order.")
            cut, times = timed
        turns: list[Turn] = []
        before: Snapshot | None = None
        for number, (first, last) in enumerate(cut):
            own = labels[first:last]
            moment = STORY_START if before is None else before.time
            if times is not None:
                moment = STORY_START + timedelta(microseconds=times[number])
            elif before is not None and own[0].kind == WAIT and before.deadlines:
                moment = before.deadlines[0].due
            try:
                step = self._step(before, own, moment, root.inputs)
            except HeartlineError as refusal:
                raise NotReplayed(
                    f"The runtime does not go this way: in turn {number + 1}, {_called(own[0])}, "
                    f"it says: {refusal}"
                ) from None
            waited = moment - (turns[-1].time if turns else STORY_START)
            happenings = self._checker.happenings(number + 1, own, nodes[first:last], before, step)
            turns.append(Turn(happenings, moment, waited, step))
            before = step.snapshot
        seed = _seed(graph, root.inputs, turns[0])
        return Witness(
            self.scenario, root.inputs, graph.persons, seed, STORY_START, tuple(turns), len(path)
        )

    def _step(
        self,
        before: Snapshot | None,
        labels: Sequence[Label],
        moment: datetime,
        inputs: Mapping[str, object],
    ) -> Step:
        draws = tuple(label.id for label in labels if label.kind == DRAW)
        if before is None:
            return runtime.start(
                self._machine, now=moment, inputs=inputs, persons=self.graph.persons, draws=draws
            )
        return runtime.step(self._machine, before, _input(labels[0]), moment, draws)


def replay(scenario: Scenario, graph: Graph, path: Path) -> Witness:
    """Let the runtime play a way of the graph; raises NotReplayed with a sentence why not."""
    return Replayer(scenario, graph).replay(path)


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


def _turns(graph: Graph, labels: Sequence[Label], nodes: Sequence[int]) -> Cut:
    """Where each turn begins and ends, as places in the row of labels."""
    firsts = [0] + [
        n
        for n in range(1, len(nodes))
        if labels[n].kind != DRAW and not _goes_on(graph, nodes[n - 1])
    ]
    return list(zip(firsts, [*firsts[1:], len(nodes)], strict=True))


def _input(label: Label) -> Choose | Send | Tick:
    if label.kind == CHOOSE:
        return Choose(label.id, role=label.role)
    return Send(label.id) if label.kind == SEND else Tick()


def _called(label: Label) -> str:
    words = {CHOOSE: "choose", SEND: "send", WAIT: "wait for", DRAW: "draw", BEGIN: "begin"}
    return f"{words[label.kind]} {label.id}".rstrip()


# What the runtime made of it --------------------------------------------------------------------


class _Checker:
    """Holds what the runtime did to what the graph says."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.machine = graph.machine
        self.coding = Coding(graph.machine)
        self.texts = {
            n for n, slot in enumerate(self.machine.slots) if isinstance(slot.type, TextType)
        }

    def happenings(
        self, number: int, labels: Sequence[Label], nodes: Sequence[int],
        before: Snapshot | None, step: Step,
    ) -> tuple[Happening, ...]:  # fmt: skip
        """The moves of a turn, as they were played; raises NotReplayed where they differ."""
        counts = list(accumulate(len(label.ways) for label in labels))
        # A slice does not know what is drawn at last; nor does it matter, once it has come there.
        ended = not self.graph.is_slice and not _goes_on(self.graph, nodes[-1])
        places = self._places([moment.taken for moment in step.moments], counts, ended=ended)
        ways = tuple(taken.way for taken in step.taken[: counts[-1]])
        if places is None or ways != tuple(way for label in labels for way in label.ways):
            raise NotReplayed(
                f"In turn {number}, {_called(labels[0])}, the runtime takes another way than the "
                "graph says."
            )
        found: list[Happening] = []
        frame = step.snapshot.frame if before is None else before.frame
        said = 0
        for label, node, place in zip(labels, nodes, places, strict=True):
            moment = step.moments[place]
            self._agrees(number, label, node, moment.frame)
            found.append(Happening(label, frame, moment.frame, node, (said, moment.said)))
            frame, said = moment.frame, moment.said
        return tuple(found)

    def _places(self, taken: list[int], counts: list[int], *, ended: bool) -> list[int] | None:
        """Which moment each move leads to, by how many transitions were taken until then.

        A graph without times in between may hold as one move what runs out at the same time.
        """
        if taken[: len(counts)] == counts and (len(taken) == len(counts) or not ended):
            return list(range(len(counts)))
        last = {count: place for place, count in enumerate(taken)}
        if self.graph.any_time or counts[-1] != taken[-1] or not last.keys() >= set(counts):
            return None
        return [last[count] for count in counts]

    def _agrees(self, number: int, label: Label, node: int, frame: Frame) -> None:
        graph, name = self.graph, frame[0]
        said = graph.leaves[int(graph.leaf[node])]
        if said != name:
            raise NotReplayed(
                f"In turn {number}, {_called(label)}, the runtime comes to {name!r}, and the graph "
                f"says {said!r}."
            )
        everywhere = frozenset(range(len(frame)))
        for slot in sorted(graph.kept.get(name, everywhere) - self.texts - {LEAF}):
            there = int(graph.columns.get(slot, np.array([node]))[0])
            # What does not count there reads as 0, or as the first of its values.
            nothing = (0, *self.coding.domains[slot][:1])
            if there not in (*nothing, self.coding.number(slot, frame[slot])):
                called = " ".join(self.machine.slots[slot].symbol)
                raise NotReplayed(
                    f"In turn {number}, {_called(label)}, the runtime has {called} at "
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
