"""Random walks through a scenario's space, each of which can be played alone.

Each walk is a conversation of its own. Its seed comes from the seed of the plan and the walk's
number, and what the engine's roles draw in it is what they draw in a conversation with that seed:
so any walk can be played again by itself, in the player too. Persons choose among what is open to
them by a stream of numbers of their own. Each choice weighs the same, and letting time pass until
the next deadline weighs as much as a choice, unless the plan says otherwise.

A turn is an input of a person or of time. A walk ends in a final state, or it is stuck: where
nothing more can happen, where the scenario loops, or after so many turns.

Fast, since walks share what they find: the `Space` keeps the configurations that were met, told
apart by what decides how it goes on, and a walk over known ones costs a look-up and a number for
each turn. What a walk does never depends on what is kept.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from heartline.chance import MASK, draw
from heartline.checking.odds.policies import SCALE, input_values, weigh, weights
from heartline.checking.relevance import Relevance
from heartline.checking.space import BEGIN, MOST_NODES, WAIT, Space
from heartline.inputs import check_seed, first_frame
from heartline.run import MOST_FIRINGS, MOST_MICROSTEPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heartline.checking.space import Move, Node, Option
    from heartline.machine import Machine

__all__ = [
    "DEAD_END",
    "LOOP",
    "TOO_LONG",
    "Plan",
    "Passage",
    "Stuck",
    "Walk",
    "Walker",
    "states_of",
]

DEAD_END, LOOP, TOO_LONG = "dead_end", "loop", "too_long"
SEEDS = 1 << 53  # a walk's seed is below this: every reader of JSON holds it exactly
PERSONS, INPUTS = 0x5851F42D4C957F2D, 0x14057B7EF767814F  # set their streams apart from the draws
LONG_ROW = 100  # so many draws without an input are looked at more closely
LONGEST_STORY = timedelta(days=7_900 * 365)  # from its start to the last year that a date can have
FEWEST_LONG = 70  # turns: a story that is longer waits more often, for a hundred years at most
# One draw of a person's stream serves several choices, each of which takes its part of the number
# as a digit is taken; a new one is drawn before so little is left that shares would be uneven.
WHOLE, ENOUGH = 1 << 64, 1 << 40
_EQUAL = (1,)
_NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Plan:
    """How walks are made.

    `inputs` are values to begin with, and `vary` names inputs that take each of their values by
    chance. `persons` are roles of the engine whose seats persons take. `weights` are of choices,
    of tags of choices, of events, of timers, or of "wait", which means all timers; what weighs 0
    is only taken where there is nothing else. With `events`, events are sent too.
    """

    seed: int = 0
    inputs: Mapping[str, object] = field(default_factory=dict)
    vary: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    events: bool = False
    most_turns: int = 1000


@dataclass(frozen=True, slots=True)
class Stuck:
    """Why a walk came to no end: `kind` is DEAD_END, LOOP or TOO_LONG, and `sentence` says it."""

    kind: str
    state: str
    sentence: str


class Passage:
    """What a walker notes on a move: the leaves that it enters, and what is open after it.

    `bits` has a bit for each of them and for each state around them, by its place among the states
    of the machine (see `states_of`).
    """

    __slots__ = ("bits", "leaves", "options")

    def __init__(self, leaves: tuple[str, ...], bits: int, options: tuple[Option, ...]) -> None:
        self.leaves = leaves
        self.bits = bits
        self.options = options


class Walk(NamedTuple):
    """One walk: the seed and the inputs of its conversation, and its moves, the opening first.

    The `mark` of each move is a Passage; `bits` has the bits of all of them.
    """

    number: int
    seed: int
    inputs: Mapping[str, object]
    moves: list[Move]
    turns: int
    end: Node
    bits: int
    stuck: Stuck | None

    @property
    def lasted(self) -> timedelta:
        """How much time passes in it."""
        waits = [move.elapsed for move in self.moves if move.kind == WAIT]
        return sum(waits, start=_NO_TIME) if waits else _NO_TIME


class _Station:
    """A node, prepared for walks: what can be taken there, where the share of each ends, and the
    moves that were taken."""

    __slots__ = ("ends", "moves", "options", "total", "weighed")

    def __init__(self, options: tuple[Option, ...], weights: Sequence[int]) -> None:
        if not any(weights):
            weights = [1] * len(options)
        self.options = options
        self.ends = list(accumulate(weights))
        self.weighed = any(weight != 1 for weight in weights)
        self.total = self.ends[-1] if self.ends else 0
        self.moves: list[Move | None] = [None] * len(options)


class Walker:
    """Makes the walks of a plan. Raises InputError for a plan that does not fit the scenario."""

    def __init__(self, machine: Machine, plan: Plan, *, most_nodes: int = MOST_NODES) -> None:
        self.machine = machine
        self.plan = plan
        self.space = Space(
            machine, plan.persons, key=Relevance(machine).key, events=plan.events, most=most_nodes
        )
        self._seed = check_seed(plan.seed) & MASK
        self._vary = [(name, input_values(machine, name)) for name in plan.vary]
        self._weights = weights(machine, plan.weights)
        self._openings: dict[tuple[int, ...], tuple[Move, Node, Mapping[str, object]]] = {}
        places = {state: place for place, state in enumerate(machine.states)}
        self._bits = {
            name: sum(1 << places[state] for state in leaf.path)
            for name, leaf in machine.leaves.items()
        }
        first_frame(machine, plan.inputs)

    def walk(self, number: int) -> Walk:
        """The walk of this number, from 0. The same whatever was walked before."""
        seed = draw(self._seed, number, SEEDS)
        mine = seed ^ PERSONS
        opening, node, inputs = self._opening(seed)
        moves = [opening]
        bits: int = opening.mark.bits
        turns = draws = row = digits = 0
        most = self.plan.most_turns
        stuck: Stuck | None = None
        while True:
            station: _Station = node.mark or self._prepare(node)
            if station.total == 0:
                break
            if node.offers is None:
                if turns >= most:
                    stuck = _too_long(node, turns)
                    break
                turns += 1
                row = 0
                if digits < ENOUGH:
                    digits = draw(mine, turns, WHOLE)
                digits, place = divmod(digits, station.total)
                if station.weighed:
                    place = bisect(station.ends, place)
            else:
                draws += 1
                row += 1
                place = bisect(station.ends, draw(seed, draws, station.total))
            move = station.moves[place] or self._take(node, station, place)
            node = move.target or self._follow(move)
            moves.append(move)
            bits |= move.mark.bits
            if row >= LONG_ROW and runs_away(moves, row):
                stuck = self._runs_away(node)
                break
        if stuck is None and not node.final:
            stuck = self._stuck(node)
        walk = Walk(number, seed, inputs, moves, turns, node, bits, stuck)
        if turns >= FEWEST_LONG and walk.lasted > LONGEST_STORY:
            return walk._replace(stuck=_past_all_dates(node, turns))
        return walk

    def _prepare(self, node: Node) -> _Station:
        options = self.space.options(node)
        if node.offers is not None:
            station = _Station(options, [weight for _, weight in node.offers])
        else:
            weights = self._weights
            if weights:
                station = _Station(options, [self._weight(option) for option in options])
            else:
                station = _Station(options, _EQUAL * len(options))
        node.mark = station
        return station

    def _follow(self, move: Move) -> Node:
        node = self.space.follow(move)
        station: _Station = node.mark or self._prepare(node)
        leaves = [way.dest for way in move.ways if way.dest is not None]
        if move.kind == BEGIN:
            leaves.insert(0, self.machine.initial)
        bits = 0
        for leaf in leaves:
            bits |= self._bits[leaf]
        move.mark = Passage(tuple(leaves), bits, station.options)
        return node

    def _take(self, node: Node, station: _Station, place: int) -> Move:
        move = self.space.move(node, place)
        station.moves[place] = move
        return move

    def _weight(self, option: Option) -> int:
        return weigh(self._weights, option.kind == WAIT, option.id, option.spec, SCALE)

    def _opening(self, seed: int) -> tuple[Move, Node, Mapping[str, object]]:
        stream = seed ^ INPUTS
        key = (
            ()
            if not self._vary
            else tuple(
                [draw(stream, place, len(values)) for place, (_, values) in enumerate(self._vary)]
            )
        )
        if key not in self._openings:
            inputs = dict(self.plan.inputs)
            for (name, values), index in zip(self._vary, key, strict=True):
                inputs[name] = values[index]
            opening = self.space.opening(inputs)
            self._openings[key] = opening, self._follow(opening), inputs
        return self._openings[key]

    # Why a walk goes no further ------------------------------------------------------------------

    def _stuck(self, node: Node) -> Stuck:
        if node.fault is not None:
            return Stuck(LOOP, node.state, node.fault)
        events = [option.id for option in self.space.events(node)]
        why = f"Nothing can be chosen in {node.state!r}, and nothing runs out"
        if events:
            return Stuck(DEAD_END, node.state, f"{why}; only {_named(events)} would lead on.")
        return Stuck(DEAD_END, node.state, f"{why}.")

    def _runs_away(self, node: Node) -> Stuck:
        return Stuck(
            LOOP,
            node.state,
            f"The engine draws without end at {node.state!r}: one input set off more than "
            f"{MOST_MICROSTEPS} transitions.",
        )


def runs_away(moves: Sequence[Move], row: int) -> bool:
    """Whether the runtime would break off the last `row` moves, all draws, as a loop."""
    spent = 0
    for move in moves[-row - 1 :]:
        spent += move.spent
        if spent > MOST_MICROSTEPS:
            return True
        if move.since is not None:
            spent = move.since
    return row > MOST_FIRINGS


def states_of(states: Sequence[str], bits: int) -> list[str]:
    """The states, among all of a machine, that these bits stand for."""
    found = []
    while bits:
        place = bits.bit_length() - 1
        found.append(states[place])
        bits ^= 1 << place
    return found


def _too_long(node: Node, turns: int) -> Stuck:
    return Stuck(
        TOO_LONG, node.state, f"It had come to no end after {turns:,} turns, in {node.state!r}."
    )


def _past_all_dates(node: Node, turns: int) -> Stuck:
    return Stuck(
        TOO_LONG, node.state,
        f"After {turns:,} turns, in {node.state!r}, the story is past the year 9999.",
    )  # fmt: skip


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:4]))
    return f"the event {shown}" if len(names) == 1 else f"an event ({shown})"
