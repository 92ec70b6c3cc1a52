"""Noting what plays of a scenario meet.

    recorder = Recorder(scenario)
    conversation = recorder.scenario.start(...)      # the same scenario, whose guards are watched
    recorder.stepped(step)                           # for each step of the runtime

`recorder.scenario` is a copy with the same fingerprint, and every play of it goes as on the
original. Guards are pure, so they are asked where the engine asks them, by a function that
remembers the answer for the values that the guard reads: what a play costs more is a look-up for
each guard. What persons could choose is asked once where each step settles, since that is what
they are shown, whether or not somebody looks.

A step that is refused, or fails, leaves no trace but in the guards that it asked.
"""

from __future__ import annotations

from dataclasses import fields, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from heartline.expressions import GuardUse, evaluate, reads
from heartline.machine import Machine
from heartline.plan import remembering
from heartline.rendering import drawn_text
from heartline.testing.coverage.points import survey_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heartline.conversation import Conversation, Scenario
    from heartline.expressions import Tree
    from heartline.machine import Way
    from heartline.plan import ChoiceSpec, Leaf, Test, When, Wiring
    from heartline.run import Spoken, Step
    from heartline.snapshot import Due
    from heartline.testing.case import Case, LoadedTests, Result
    from heartline.testing.coverage.points import Judged

__all__ = ["Recorder", "record"]

MOST_KNOWN = 10_000  # situations that are remembered of one guard


class Recorder:
    """Notes what plays of one scenario meet. It is a Listener (heartline.testing.case).

    `scenario` is what to play. `counts` says of each point of the survey how often it was met;
    guards and clauses count situations, which are values of what the guard reads, so that a report
    over several recorders only says whether they were met (heartline.testing.coverage.results).
    `unforeseen` holds what was met and is no point, which would be a fault of the survey.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.original = scenario
        self.machine = machine = scenario.machine
        self.survey = survey_of(machine)
        self.counts = [0] * len(self.survey.points)
        self.unforeseen: set[str] = set()
        self._asked: dict[int, _Asked] = {}  # by the edge's id
        once = {id(edge): spec for spec in _specs(machine) if spec.once for edge in spec.edges}
        for edge in machine.edges:
            if edge.guard is not None and edge.condition is not None:
                used_up = machine.layout["taken", edge.trigger] if id(edge) in once else None
                self._asked[id(edge)] = _Asked(
                    self, edge.guard, edge.condition, edge.whens, used_up
                )
        self._said = {
            line.number: (
                line,
                None if line.when is None else _Asked(self, None, line.when.tree, (line.when,)),
                self.survey.lines.get(line.number, ()),
            )
            for line in self.survey.spoken()
        }
        self._fired = {
            id(edge): handler.fired
            for handlers in self.survey.handlers.values()
            for handler in handlers
            for edge in handler.edges
        }
        self._last: dict[int, int] = {}  # by turn: the transition that led to it
        self._passed: list[_Passed] = []  # what timers met in the present step
        observed = _observed(machine, self)
        # What is asked of a person where a step settles: the role, and the guards of the choice.
        self._offered = {
            leaf.name: tuple(
                (spec.role if machine.roles[spec.role].engine else None, spec.guards)
                for spec in leaf.choices
                if spec.guards and spec.guards[0] is not None
            )
            for leaf in observed.leaves.values()
        }
        self.scenario = scenario.with_machine(observed)

    @property
    def listener(self) -> Recorder:
        """Whom to tell of each step: this recorder."""
        return self

    # What is heard --------------------------------------------------------------------------------

    def began(self, case: Case, conversation: Conversation) -> None:
        """A case begins; what it does comes in by `stepped`."""

    def ended(self, case: Case, result: Result) -> None:
        """A case has ended."""

    def stepped(self, step: Step) -> None:
        """Note one step of a play of `scenario`: the start, or one that changed something."""
        counts, survey, snapshot = self.counts, self.survey, step.snapshot
        last = None
        if step.before is None:
            self._last.clear()
            self._enter(self.machine.initial)
        else:
            last = self._last.get(step.before.turn)
        for taken in step.taken:
            last = self._take(taken.way, taken.draw, last)
        if last is not None:
            self._last[snapshot.turn] = last
        outcome = survey.outcomes.get(snapshot.frame[0])
        if outcome is not None:
            counts[outcome] += 1
        for spoken in step.said:
            self._hear(step, spoken)
        frame = snapshot.frame
        for role, guards in self._offered[frame[0]]:
            if role is None or role in snapshot.persons:
                for guard in guards:
                    if guard is None or guard(frame):
                        break
        if step.taken:
            for passed in self._passed:
                self._beat(*passed)
            self._passed.clear()

    def _enter(self, leaf: str) -> None:
        for number in self.survey.states.get(leaf, ()):
            self.counts[number] += 1
        if leaf not in self.survey.states:
            self.unforeseen.add(f"state {leaf}")

    def _take(self, way: Way, draw: int | None, last: int | None) -> int | None:
        counts, survey, edge = self.counts, self.survey, id(way.edge)
        number = survey.transitions.get(edge)
        if number is None:
            self.unforeseen.add(f"transition {way.edge.location}")
            return None
        counts[number] += 1
        if last is not None:
            pair = survey.pairs.get((last, number))
            if pair is not None:
                counts[pair] += 1
            elif not survey.countless:
                before = survey.points[last].location
                self.unforeseen.add(f"pair {before}, {way.edge.location}")
        if edge in survey.choices:
            counts[survey.choices[edge]] += 1
        if draw is not None and edge in survey.draws:
            counts[survey.draws[edge]] += 1
        if edge in self._fired:
            counts[self._fired[edge]] += 1
        if way.dest is not None:
            self._enter(way.dest)
        return number

    def _hear(self, step: Step, spoken: Spoken) -> None:
        for each in spoken.lines.lines:
            line, asked, texts = self._said[each.number]
            if asked is not None:
                asked(spoken.frame)
            if line.guard is None or line.guard(spoken.frame):
                if texts:
                    self.counts[texts[drawn_text(step.snapshot, line)]] += 1
                else:
                    self.unforeseen.add(f"line {line.places[0]}")

    # Timers ---------------------------------------------------------------------------------------

    def passed(self, leaf: str, before: Sequence[Due], way: Way, after: Sequence[Due]) -> None:
        """A way was taken while timers ran. What comes of it counts when the step has come to
        its end."""
        self._passed.append((leaf, before, way, after))

    def forget(self) -> None:
        """Another step begins."""
        self._passed.clear()

    def _beat(self, leaf: str, before: Sequence[Due], way: Way, after: Sequence[Due]) -> None:
        """A timer is beaten where its state is left, or it is stopped or started, while it runs."""
        handlers = self.survey.handlers.get(leaf, ())
        kept = self.survey.handlers.get(way.dest or leaf, ())
        for handler in handlers:
            ran = [due for due in before if due.timer == handler.timer]
            if ran and (handler not in kept or not any(due in after for due in ran)):
                if handler.beaten is not None:
                    self.counts[handler.beaten] += 1
                else:
                    self.unforeseen.add(f"beaten {handler.edges[0].location}")

    # What has been met ----------------------------------------------------------------------------

    def data(self) -> dict[str, object]:
        """What was met so far, as plain values that `results.Coverage.add` takes."""
        return {"counts": list(self.counts)}


def record(tests: LoadedTests) -> Recorder:
    """A recorder for the scenario of a test file: an `Instrument` of testing.suite.session."""
    assert tests.scenario is not None
    return Recorder(tests.scenario)


_Passed = tuple[str, "Sequence[Due]", "Way", "Sequence[Due]"]


class _Asked:
    """A guard that notes how it stands. It is called as the guard is, and answers the same.

    `whens` are its conditions, which are asked one after the other while they hold; `used_up` is
    the slot of a choice that can be taken once, and is then closed before any of them is asked.
    """

    __slots__ = ("_get", "_guard", "_judged", "_known", "_recorder", "_used_up")

    def __init__(
        self, recorder: Recorder, guard: Test | None, tree: Tree, whens: Sequence[When],
        used_up: int | None = None,
    ) -> None:  # fmt: skip
        layout = recorder.machine.layout
        slots = sorted(layout[symbol] for symbol in reads(tree))
        self._get: Callable[[Sequence[Any]], Any] = itemgetter(*slots) if slots else _nothing
        self._guard = guard
        self._recorder = recorder
        self._used_up = used_up
        judged = recorder.survey.judged
        self._judged = tuple(judged[id(when)] for when in whens if id(when) in judged)
        self._known: dict[Any, bool] = {}

    def __call__(self, frame: Sequence[Any]) -> bool:
        key = self._get(frame)
        held = self._known.get(key)
        return self._learn(frame, key) if held is None else held

    def _learn(self, frame: Sequence[Any], key: object) -> bool:
        held = True if self._guard is None else bool(self._guard(frame))
        if len(self._known) < MOST_KNOWN:
            self._known[key] = held
        if self._used_up is None or not frame[self._used_up]:
            for judged in self._judged:
                if not self._judge(judged, frame):
                    break
        return held

    def _judge(self, judged: Judged, frame: Sequence[Any]) -> bool:
        """Note a condition, the clauses that decide it, and the named guards that it asks."""
        recorder, decision = self._recorder, judged.decision
        layout, counts = recorder.machine.layout, recorder.counts
        values = [bool(evaluate(clause, frame, layout)) for clause in decision.clauses]
        outcome = decision.value(values)
        if outcome in judged.outcomes:
            counts[judged.outcomes[outcome]] += 1
        if judged.clauses:
            for deciding in decision.decides(values):
                if deciding in judged.clauses:
                    counts[judged.clauses[deciding]] += 1
        for number in decision.asked(values):
            clause = decision.clauses[number]
            named = recorder.survey.named.get(clause.name) if isinstance(clause, GuardUse) else None
            if named is not None:
                self._judge(named, frame)
        return outcome


def _nothing(_frame: Sequence[Any]) -> None:
    """What a guard reads that reads nothing."""


class _Observed(Machine):
    """A machine that tells of the ways that are taken while timers run."""

    __slots__ = ("recorder",)
    recorder: Recorder

    def trigger(self, event: str, run: Any) -> Way | None:
        """As any machine does."""
        if not run.taken:
            self.recorder.forget()
        leaf, deadlines = run.frame[0], run.deadlines
        way = Machine.trigger(self, event, run)
        if way is not None and deadlines:
            self.recorder.passed(leaf, deadlines, way, run.deadlines)
        return way


def _observed(machine: Machine, recorder: Recorder) -> _Observed:
    """A copy of a machine with the recorder's guards in it."""
    asked = recorder._asked
    specs = {
        id(spec): replace(
            spec,
            guards=tuple(asked.get(id(edge), edge.guard) for edge in spec.edges),
            reasons={},
        )
        for spec in _specs(machine)
    }

    def leaf(old: Leaf) -> Leaf:
        choices = tuple(specs[id(spec)] for spec in old.choices)
        return replace(
            old,
            choices=choices,
            offers={spec.id: spec for spec in choices},
            engine=tuple(specs[id(spec)] for spec in old.engine),
        )

    def wired(old: Wiring) -> Wiring:
        guard: Test | None = asked.get(id(old.edge), old.edge.guard)
        return replace(old, guard=guard if old.history is None else remembering(old.history, guard))

    parts = {each.name: getattr(machine, each.name) for each in fields(machine) if each.init}
    parts["leaves"] = {name: leaf(old) for name, old in machine.leaves.items()}
    parts["wirings"] = tuple(wired(old) for old in machine.wirings)
    copy = _Observed(**parts)
    copy.recorder = recorder
    return copy


def _specs(machine: Machine) -> list[ChoiceSpec]:
    """Each choice of a machine, once."""
    found = {id(spec): spec for leaf in machine.leaves.values() for spec in leaf.choices}
    return list(found.values())
