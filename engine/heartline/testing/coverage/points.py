"""What there is to be covered: every point of a scenario, each with its place in the file.

The kinds, in the order in which they are told:

    states       each state that a play can come to, the outer ones too
    transitions  each way as it is written, taken
    pairs        each way right after each other that can come before it
    choices      each choice of a person, where it is declared, taken
    guards       each condition, seen true and seen false
    clauses      each clause of a condition that has several, deciding both ways (see decisions)
    timers       each `after` of a state or of the file, fired and beaten
    lines        each text of each line, said
    draws        each choice of an engine's role that has rivals, drawn
    outcomes     each outcome, come to

A point is a place in a file. What an included file declares counts once, however often the file is
included. What the machine alone shows to be impossible is no point: a state to which nothing
leads, what stands behind a way without a guard, two ways that cannot follow one another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from heartline.checking.flow import Flow
from heartline.expressions import Assign, GuardUse, walk, write
from heartline.testing.coverage.decisions import read_decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from heartline.diagnostics import Location
    from heartline.machine import Machine
    from heartline.plan import Block, ChoiceSpec, Edge, Leaf, Lines, SpokenLine, When, Wiring
    from heartline.testing.coverage.decisions import Deciding, Decision

__all__ = ["KINDS", "MOST_PAIRS", "Handler", "Judged", "Point", "Survey", "survey_of"]

# A handler: its file, the path to it there, the state that declares it, the timer.
_Group = tuple[str, tuple["str | int", ...], "str | None", str]

KINDS = (
    "states", "transitions", "pairs", "choices", "guards", "clauses", "timers", "lines", "draws",
    "outcomes",
)  # fmt: skip
LONGEST_WORDS = 60
MOST_KEPT = 4  # surveys
MOST_PAIRS = 100_000  # beyond that none are counted


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to be covered. `missing` says of `subject` what has not happened while it has not.

    `key` is its name among those of its kind.
    """

    kind: str
    key: str
    location: Location
    subject: str
    missing: str


@dataclass(frozen=True, slots=True)
class Handler:
    """What one state, or the file, does when one timer runs out. The numbers are its points."""

    timer: str
    edges: tuple[Edge, ...]
    fired: int
    beaten: int | None


@dataclass(frozen=True, slots=True)
class Judged:
    """A condition with its points: by outcome, and by what its clauses decide."""

    when: When
    decision: Decision
    outcomes: Mapping[bool, int]
    clauses: Mapping[Deciding, int]


class Survey:
    """All points of a machine, and by what in the machine each is met.

    `points` are all of them; whatever meets one refers to it by its number there. States are met
    by the leaf that is entered, transitions, choices and draws by the edge, lines by their number.
    `countless` says that there are too many pairs to count them.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.countless = False
        self.points: list[Point] = []
        self._numbers: dict[tuple[str, str], int] = {}
        self.judged: dict[int, Judged] = {}
        self.named: dict[str, Judged] = {}
        self._decisions = {id(when): read_decision(when.tree) for when in machine.whens}
        self._asked: dict[str, dict[str, list[Edge]]] = {}  # by leaf and event
        self.ways = self._live()
        flow = Flow(machine)
        flow.ways = self.ways
        self.reached = [leaf for name, leaf in machine.leaves.items() if name in flow.reached]
        there = {None, *flow.reached}
        for ways in self.ways.values():  # a history does not lead to where nobody has been
            for event, found in ways.items():
                ways[event] = [each for each in found if each.dest in there]
        self.states = self._states()
        self.transitions = self._transitions()
        self.pairs = self._pairs()
        self.choices = self._choices()
        self._conditions()
        self.handlers = self._handlers()
        self.lines = self._lines()
        self.draws = self._draws()
        self.outcomes = self._outcomes()

    def point(self, kind: str, where: Location, subject: str, missing: str, sort: str = "") -> int:
        """The number of a point, which is made when it is first asked for."""
        key = f"{where} {sort}".rstrip()
        found = self._numbers.get((kind, key))
        if found is None:
            found = self._numbers[kind, key] = len(self.points)
            self.points.append(Point(kind, key, where, subject, missing))
        return found

    # What can happen at all -----------------------------------------------------------------------

    def _live(self) -> dict[str, dict[str, list[Wiring]]]:
        """For each leaf and event the ways that can be taken, as far as guards that are always
        or never true say."""
        found: dict[str, dict[str, list[Wiring]]] = {name: {} for name in self.machine.leaves}
        closed: dict[tuple[str, str], Edge] = {}  # by the edge behind which nothing is asked
        for wiring in self.machine.wirings:
            group = (wiring.source, wiring.event)
            if closed.get(group, wiring.edge) is not wiring.edge:
                continue
            outcomes = self._outcomes_of(wiring.edge)
            asked = self._asked.setdefault(wiring.source, {})
            asked.setdefault(wiring.event, []).append(wiring.edge)
            if True not in outcomes:
                continue
            found[wiring.source].setdefault(wiring.event, []).append(wiring)
            if False not in outcomes:
                closed[group] = wiring.edge
        for leaf, event in closed:
            if event == "always":  # nothing else is asked where something always leads on
                found[leaf] = {"always": found[leaf]["always"]}
                self._asked[leaf] = {"always": self._asked[leaf]["always"]}
        return found

    def _outcomes_of(self, edge: Edge) -> frozenset[bool]:
        decisions = [self._decisions[id(when)].outcomes for when in edge.whens]
        outcomes = {all(True in each for each in decisions)}
        if any(False in each for each in decisions) or self._once(edge):
            outcomes.add(False)
        return frozenset(outcomes)

    def _once(self, edge: Edge) -> bool:
        return id(edge) in self._once_only

    @cached_property
    def _once_only(self) -> frozenset[int]:
        return frozenset(
            id(edge)
            for leaf in self.machine.leaves.values()
            for spec in leaf.choices
            if spec.once
            for edge in spec.edges
        )

    def wirings(self) -> Iterator[Wiring]:
        """Every way that a play can take."""
        for leaf in self.reached:
            for ways in self.ways[leaf.name].values():
                yield from ways

    @cached_property
    def edges(self) -> dict[int, Edge]:
        """Every edge that a play can take, in the order of the file."""
        live = {id(wiring.edge) for wiring in self.wirings()}
        return {id(edge): edge for edge in self.machine.edges if id(edge) in live}

    # The points -----------------------------------------------------------------------------------

    def _states(self) -> dict[str, tuple[int, ...]]:
        """By leaf: the points of all states that one is in there."""
        states = self.machine.states
        return {
            leaf.name: tuple(
                self.point("states", states[name].location, f"the state {name!r}", "is not entered")
                for name in leaf.path
            )
            for leaf in self.reached
        }

    def _transitions(self) -> dict[int, int]:
        """By the edge's id."""
        return {
            key: self.point("transitions", edge.location, way_in_words(edge), "is not taken")
            for key, edge in self.edges.items()
        }

    def _pairs(self) -> dict[tuple[int, int], int]:
        """By the points of both transitions."""
        found: dict[tuple[int, int], int] = {}
        words = {key: way_in_words(edge) for key, edge in self.edges.items()}
        begun = len(self.points)
        onward: dict[str, list[tuple[int, Edge]]] = {
            leaf.name: [
                (self.transitions[id(wiring.edge)], wiring.edge)
                for ways in self.ways[leaf.name].values()
                for wiring in ways
            ]
            for leaf in self.reached
        }
        for wiring in self.wirings():
            first = self.transitions[id(wiring.edge)]
            for second, edge in onward[wiring.dest or wiring.source]:
                if (first, second) in found or (edge is wiring.edge and self._once(edge)):
                    continue
                if len(found) == MOST_PAIRS:
                    del self.points[begun:]  # pairs alone, which nothing refers to yet
                    self.countless = True
                    return {}
                before = wiring.edge
                found[first, second] = self.point(
                    "pairs", edge.location, words[id(edge)],
                    f"is not taken right after {words[id(before)]} (line {before.line})",
                    f"after {before.location}",
                )  # fmt: skip
        return found

    def _choices(self) -> dict[int, int]:
        """By the edge's id: the choices of persons."""
        found: dict[int, int] = {}
        for spec in self._specs():
            if not self.machine.roles[spec.role].engine:
                number = self.point(
                    "choices", spec.location, f"the choice {spec.id!r}", "is not taken"
                )
                found |= {id(edge): number for edge in spec.edges}
        return found

    def _specs(self) -> Iterable[ChoiceSpec]:
        found = {
            id(spec): spec
            for leaf in self.reached
            for spec in leaf.choices
            if self.ways[leaf.name].get(spec.event)
        }
        return found.values()

    def _conditions(self) -> None:
        """Judge every condition that is asked somewhere: of edges and lines, and the named guards
        that these use."""
        asked = {id(when): when for edge in self._asked_edges() for when in edge.whens}
        asked |= {id(line.when): line.when for line in self.spoken() if line.when is not None}
        used = {
            node.name
            for when in asked.values()
            for node in walk(when.tree)
            if isinstance(node, GuardUse)
        }
        for when in self.machine.whens:
            if id(when) in asked or when.name in used:
                self.judged[id(when)] = judged = self._judge(when)
                if when.name is not None:
                    self.named[when.name] = judged

    def _asked_edges(self) -> Iterator[Edge]:
        """Those that can be taken, and those whose guard is asked and never holds."""
        for leaf in self.reached:
            for edges in self._asked.get(leaf.name, {}).values():
                yield from edges

    def _judge(self, when: When) -> Judged:
        decision = self._decisions[id(when)]
        words = shorten(write(when.tree))
        subject = f"the {when.owner}"
        if when.name is None:
            subject = f"the condition {words} of {when.owner}"
        outcomes = {
            value: self.point(
                "guards", when.location, subject, f"is not seen {_truth(value)}", _truth(value)
            )
            for value in sorted(decision.outcomes, reverse=True)
            if len(decision.outcomes) == 2
        }
        clauses = {}
        if len(decision.clauses) > 1:
            for number, same, value in sorted(decision.deciding):
                clause = (
                    f"{shorten(write(decision.clauses[number]))} in the condition of {when.owner}"
                )
                outcome = value == same
                clauses[number, same, value] = self.point(
                    "clauses", when.location, clause,
                    f"is not seen to decide it while {_truth(value)}",
                    f"clause {number} {_truth(value)} {_truth(outcome)}",
                )  # fmt: skip
        return Judged(when, decision, outcomes, clauses)

    def _handlers(self) -> dict[str, tuple[Handler, ...]]:
        """By leaf: what it does when timers run out."""
        groups: dict[_Group, dict[int, Edge]] = {}
        within: dict[str, dict[_Group, None]] = {}
        for wiring in self.wirings():
            edge = wiring.edge
            if edge.kind == "after":
                key = (edge.location.file, edge.path[:-1], edge.source, edge.trigger)
                groups.setdefault(key, {})[id(edge)] = edge
                within.setdefault(wiring.source, {})[key] = None
        handlers = {}
        for key, edges in groups.items():
            first = min(edges.values(), key=lambda edge: edge.order)
            timer = self.machine.timers[first.trigger]
            name = timer.name.rsplit(".", 1)[-1] if timer.local else timer.name
            subject = f"after {name}" + (f" in {first.source}" if first.source else "")
            leaves = {leaf for leaf, keys in within.items() if key in keys}
            beaten = None
            if any(
                id(wiring.edge) not in edges
                and beats(wiring, first.trigger, wiring.dest in leaves or wiring.dest is None)
                for leaf in leaves
                for ways in self.ways[leaf].values()
                for wiring in ways
            ):
                beaten = self.point("timers", first.location, subject, "is not beaten", "beaten")
            fired = self.point("timers", first.location, subject, "does not fire", "fired")
            handlers[key] = Handler(first.trigger, tuple(edges.values()), fired, beaten)
        return {leaf: tuple(handlers[key] for key in keys) for leaf, keys in within.items()}

    def _lines(self) -> dict[int, tuple[int, ...]]:
        """By the number of the line: the points of its texts."""
        found = {}
        for line in self.spoken():
            if line.when is None or True in self._decisions[id(line.when)].outcomes:
                found[line.number] = tuple(
                    self.point("lines", place, f"“{shorten(text.source)}”", "is not said")
                    for text, place in zip(line.texts, line.places, strict=True)
                )
        return found

    def spoken(self) -> Iterator[SpokenLine]:
        """Every line that a play can come to."""
        blocks: dict[int, Block] = {id(block): block for block in self.machine.begin}
        for wiring in self.wirings():
            blocks |= {id(block): block for block in (*wiring.exits, *wiring.entries)}
        said: dict[int, Lines | None] = {}
        for edge in self.edges.values():
            said |= {id(edge.opening): edge.opening, id(edge.closing): edge.closing}
        said |= {id(block.lines): block.lines for block in blocks.values()}
        for lines in said.values():
            yield from () if lines is None else lines.lines

    def _draws(self) -> dict[int, int]:
        """By the edge's id: choices of the engine's roles, where they are not alone."""
        found: dict[int, int] = {}
        for leaf in self.reached:
            rivals = [spec for spec in leaf.engine if self.ways[leaf.name].get(spec.event)]
            for spec in rivals if len(rivals) > 1 else ():
                number = self.point(
                    "draws", spec.location, f"the choice {spec.id!r}", "is not drawn"
                )
                found |= {id(edge): number for edge in spec.edges}
        return found

    def _outcomes(self) -> dict[str, int]:
        """By leaf."""
        first: dict[str, Leaf] = {}
        for leaf in self.reached:
            if leaf.outcome is not None:
                first.setdefault(leaf.outcome, leaf)
        points = {
            outcome: self.point(
                "outcomes", leaf.state.location, f"the outcome {outcome!r}", "is not come to"
            )
            for outcome, leaf in first.items()
        }
        return {leaf.name: points[leaf.outcome] for leaf in self.reached if leaf.outcome}


_kept: list[Survey] = []


def survey_of(machine: Machine) -> Survey:
    """The survey of a machine. The last few are kept: several test files have one scenario, and
    several parts of a test file."""
    for survey in _kept:
        if survey.machine is machine:
            return survey
    survey = Survey(machine)
    _kept[:] = [survey, *_kept[: MOST_KEPT - 1]]
    return survey


def beats(wiring: Wiring, timer: str, stays: bool) -> bool:
    """Whether taking this way can keep a timer from running out where it is handled: by leaving,
    or, where the handler `stays`, by stopping or starting the timer."""
    if not stays:
        return True
    blocks = (*wiring.exits, *wiring.entries)
    if any(timer in block.stops for block in blocks):
        return True
    actions = [*wiring.edge.actions, *(each for block in blocks for each in block.actions)]
    return any(not isinstance(each, Assign) and each.timer == timer for each in actions)


def way_in_words(edge: Edge) -> str:
    """A transition as people name it: `choice ask → waiting`."""
    trigger = f"{edge.kind} {edge.trigger.removeprefix(f'{edge.source}.')}".rstrip()
    here = f" in {edge.source}" if edge.source is not None else ""
    target = " (stays)" if edge.target is None else f" → {edge.target}"
    return f"{trigger}{here}{target}"


def shorten(text: str) -> str:
    """The text on one line, cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_WORDS else text[: LONGEST_WORDS - 1].rstrip() + "…"


def _truth(value: bool) -> str:
    return "true" if value else "false"
