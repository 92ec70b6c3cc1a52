"""Holding a play to the scenario's promises, moment by moment.

    watch = Watch(scenario)             # once per scenario: its promises, ready to be held
    monitor = watch.monitor()           # one per play
    conversation = watch.scenario.start(...)
    broken = monitor.began(step)        # what runtime.start gave, on watch.scenario.machine
    broken = monitor.stepped(step)      # and after it each runtime.step that changed something

What a promise means is said in `patterns`. Steps are taken on `watch.scenario`, whose machine
notes each moment; otherwise it is the scenario, and shares all its parts. `monitor.marks` is a
small value: to undo a turn, put back what it was.

A promise with can_reach is about ways that no single play takes. It is listed as `unmonitored`,
and never counts as kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from heartline.checking.moments import Now
from heartline.checking.patterns import (
    BROKEN,
    CLOSED,
    OWING,
    Rule,
    is_monitored,
    stirring,
)
from heartline.checking.sentences import values_read, what_went_wrong
from heartline.errors import CallerError
from heartline.expressions import BOOL, And, Codegen, Not
from heartline.run import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heartline.conversation import Scenario
    from heartline.diagnostics import Location
    from heartline.expressions import Tree
    from heartline.machine import Way
    from heartline.plan import Promise
    from heartline.run import Spoken, Step

    Test = Callable[[Sequence[Any]], Any]

__all__ = ["Marks", "Monitor", "Violation", "Watch"]

_NOWHERE = (0, 0)
MOST_KNOWN = 10_000  # rows of marks whose tests are remembered
_BEGINNING = Moment((), 0, 0)


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that a play broke: its name, why as a sentence, where it stands in the file, and
    the number of the turn in which it was broken."""

    name: str
    sentence: str
    location: Location
    turn: int


class Marks(NamedTuple):
    """Where a play stands with each promise. Of `tried`, bit n says that promise n came to the
    point at which it could have been broken."""

    marks: tuple[int, ...]
    tried: int


class Watch:
    """The promises of a scenario, made ready once, for any number of plays.

    `scenario` is what to play; `promises` are those that are held, in the order of the file, and
    `unmonitored` those that no single play can decide.
    """

    def __init__(self, scenario: Scenario) -> None:
        machine = scenario.machine.watching()
        self.scenario: Scenario = scenario.with_machine(machine)
        self.promises: tuple[Promise, ...] = tuple(filter(is_monitored, machine.promises))
        self.unmonitored: tuple[Promise, ...] = tuple(
            each for each in machine.promises if not is_monitored(each)
        )
        self.now: Now = Now(machine, self.promises)
        self.rules: list[Rule]
        self.fine: Test
        self.rules, self.fine = _rules(self.promises, self.now)
        numbers = range(len(self.rules))
        self.included: list[int] = [n for n in numbers if self.promises[n].host is not None]
        self.outer: list[int] = [n for n in numbers if n not in self.included]
        self.owing: list[int] = [n for n in self.outer if self.promises[n].pattern in OWING]
        self.turning: list[int] = [n for n in numbers if self.rules[n].bound is not None]
        self.hosts: dict[int, set[str]] = {
            n: {name for name, leaf in machine.leaves.items() if self.promises[n].host in leaf.path}
            for n in self.included
        }
        self.ends: list[frozenset[str]] = [
            frozenset[str]().union(*each.endings.values()) for each in self.promises
        ]
        self.finals: set[str] = {name for name, leaf in machine.leaves.items() if leaf.final}
        self.known: dict[tuple[int, ...], list[tuple[int, Test]]] = {}
        firsts = tuple(rule.first if rule.promise.host is None else CLOSED for rule in self.rules)
        tried = sum(rule.tried(firsts[n]) << n for n, rule in enumerate(self.rules))
        self.first: Marks = Marks(firsts, tried)

    def monitor(self) -> Monitor:
        """A monitor for one play, from its beginning."""
        return Monitor(self)

    def stirs(self, marks: tuple[int, ...]) -> list[tuple[int, Test]]:
        """The tests of which one must hold for one of these marks to change."""
        found = self.known.get(marks)
        if found is None:
            if len(self.known) > MOST_KNOWN:
                self.known.clear()
            tests = [
                (n, self.rules[n].stir(marks[n]))
                for n in self.outer
                if not _is_simple(self.promises[n])
            ]
            found = self.known[marks] = [(n, test) for n, test in tests if test is not None]
        return found


class Monitor:
    """Holds one play to its promises. A promise is reported once, when it is broken."""

    __slots__ = ("marks", "watch")

    def __init__(self, watch: Watch) -> None:
        self.watch: Watch = watch
        self.marks: Marks = watch.first

    def copy(self) -> Monitor:
        """A monitor that stands where this one does."""
        other = Monitor(self.watch)
        other.marks = self.marks
        return other

    def began(self, step: Step) -> tuple[Violation, ...]:
        """What the beginning of a play breaks."""
        self.marks = self.watch.first
        return self.stepped(step)

    def stepped(self, step: Step) -> tuple[Violation, ...]:
        """What one more step breaks. Raises CallerError for one of a machine that notes nothing."""
        watch = self.watch
        if not watch.rules or step.snapshot is step.before:
            return ()
        if not step.moments:
            raise CallerError(
                "A monitor needs steps that note their moments: play the scenario of its Watch, "
                "as in Watch(scenario).scenario.start()."
            )
        marks, tried = self.marks
        violations: list[Violation] = []
        last = _BEGINNING
        for moment in step.moments:
            ways = tuple([taken.way for taken in step.taken[last.taken : moment.taken]])
            said = step.said[last.said : moment.said]
            last = moment
            frame = watch.now.frame(moment.frame, ways, said)
            if watch.fine(frame):
                looked = [n for n, test in watch.stirs(marks) if test(frame)]
            else:
                looked = watch.outer
            if moment.frame[0] in watch.finals:
                looked = [*looked, *(n for n in watch.owing if n not in looked)]
            if not looked and not watch.included:
                continue
            moving = list(marks)
            for n in looked:
                rule, mark = watch.rules[n], marks[n]
                moved = rule.move(mark, frame)
                if frame[0] in watch.ends[n]:
                    moved = rule.over(moved)
                if moved != mark:
                    moving[n] = moved
                    tried |= rule.tried(moved) << n
                    if moved == BROKEN:
                        violations.append(self._violation(n, mark, step, frame))
            for n in watch.included:
                moving[n], was_tried = self._included(n, marks[n], frame, ways, said)
                tried |= was_tried << n
                if moving[n] == BROKEN != marks[n]:
                    violations.append(self._violation(n, marks[n], step, frame))
            marks = tuple(moving)
        if step.snapshot.frame[0] not in watch.finals:
            for n in watch.turning:
                moved = watch.rules[n].turned(mark := marks[n])
                if moved != mark:
                    marks = (*marks[:n], moved, *marks[n + 1 :])
                    if moved == BROKEN:
                        frame = step.snapshot.frame
                        violations.append(self._violation(n, mark, step, frame, turned=True))
        self.marks = Marks(marks, tried)
        return tuple(violations)

    @property
    def broken(self) -> tuple[Promise, ...]:
        """The promises that this play has broken."""
        pairs = zip(self.watch.promises, self.marks.marks, strict=True)
        return tuple(promise for promise, mark in pairs if mark == BROKEN)

    @property
    def vacuous(self) -> tuple[Promise, ...]:
        """The promises that this play did not put to the test so far."""
        promises = enumerate(self.watch.promises)
        return tuple(promise for n, promise in promises if not self.marks.tried >> n & 1)

    def _included(
        self, n: int, mark: int, frame: Sequence[Any], ways: tuple[Way, ...],
        said: Sequence[Spoken],
    ) -> tuple[int, bool]:  # fmt: skip
        """The mark of an included file's promise, and whether this moment put it to the test.

        Outside of the file it is CLOSED, and each stay begins anew.
        """
        watch, rule, tried = self.watch, self.watch.rules[n], False
        if mark == BROKEN:
            return mark, True
        size = watch.now.size
        ended = next((way.source for way in ways if way.source in watch.ends[n]), None)
        if ended is not None:  # it led on at once, so it is looked at as it stood at its end
            last = watch.now.frame((ended, *frame[1:size]), ways, said)
            mark = rule.over(rule.move(rule.first if mark == CLOSED else mark, last))
            if mark == BROKEN:
                return mark, True
            tried = rule.tried(mark)
            mark, frame = CLOSED, watch.now.frame(frame[:size], (), ())
        if frame[0] not in watch.hosts[n]:
            return CLOSED, tried
        mark = rule.move(rule.first if mark == CLOSED else mark, frame)
        return mark, tried or rule.tried(mark)

    def _violation(
        self, n: int, mark: int, step: Step, frame: Sequence[Any], *, turned: bool = False
    ) -> Violation:
        """What is said of a promise that was broken; `turned` where the end of the turn did it,
        which closes no scope, and whose frame holds no happenings."""
        promise, snapshot = self.watch.promises[n], step.snapshot
        rule = self.watch.rules[n]
        late = not turned and rule.closes is not None and bool(rule.closes(frame))
        words = what_went_wrong(rule, mark, late=late)
        about = f" It says: {promise.about}" if promise.about else ""
        return Violation(
            promise.name,
            f"The promise {promise.name!r} is broken in turn {snapshot.turn}, at {frame[0]!r}: "
            f"{words}{values_read(promise, self.watch.scenario.machine, frame)}.{about}",
            promise.location,
            snapshot.turn,
        )


def _is_simple(promise: Promise) -> bool:
    """Whether it says the same of every moment of the play."""
    scoped = "after" in promise.trees or "before" in promise.trees or promise.host is not None
    return promise.pattern in ("always", "never") and not scoped


def _rules(promises: Sequence[Promise], now: Now) -> tuple[list[Rule], Test]:
    """The rules of promises, and the one test that all the simple ones hold."""
    rules: dict[int, Rule] = {}
    fine: Test = _nothing_to_hold
    for host in {promise.host: None for promise in promises}:
        codegen = Codegen(now.layout(host))
        own = [n for n, promise in enumerate(promises) if promise.host == host]
        handles = {
            n: {
                field: codegen.expression(tree)
                for field, tree in {**promises[n].trees, **stirring(promises[n])}.items()
            }
            for n in own
        }
        simple: list[Tree] = [
            tree if promises[n].pattern == "always" else Not(_NOWHERE, BOOL, tree)
            for n in own
            if _is_simple(promises[n])
            for tree in promises[n].trees.values()
        ]
        together = codegen.expression(And(_NOWHERE, BOOL, tuple(simple))) if simple else None
        functions = codegen.finish()
        if together is not None:
            fine = functions[together]
        for n, fields in handles.items():
            tests = {field: functions[handle] for field, handle in fields.items()}
            rules[n] = Rule.of(promises[n], tests)
    return [rules[n] for n in range(len(promises))], fine


def _nothing_to_hold(_frame: Sequence[Any]) -> bool:
    return True
