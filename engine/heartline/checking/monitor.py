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

from heartline.checking.patterns import BROKEN, CLOSED, Rule, happenings, is_monitored
from heartline.conversation import Scenario
from heartline.errors import CallerError
from heartline.expressions import BOOL, And, Codegen, Not, reads, write
from heartline.expressions.types import describe_value
from heartline.runtime import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from heartline.diagnostics import Location
    from heartline.expressions import Symbol, Tree
    from heartline.machine import Machine, Way
    from heartline.plan import Promise
    from heartline.runtime import Spoken, Step

    Test = Callable[[Sequence[Any]], Any]

__all__ = ["Marks", "Monitor", "Violation", "Watch"]

_NOWHERE = (0, 0)
MOST_VALUES = 4  # of variables, in the sentence of a violation
MOST_KNOWN = 10_000  # ways to a leaf whose happenings are remembered
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
        self.scenario = Scenario(scenario.file, machine, scenario.diagnostics)
        self.promises = tuple(filter(is_monitored, machine.promises))
        self.unmonitored = tuple(each for each in machine.promises if not is_monitored(each))
        self.now = _Now(machine, self.promises)
        self.rules, self.fine = _rules(self.promises, self.now)
        # What is checked at one go, as long as all of it holds, and what is looked at one by one.
        self.simple = tuple(n for n, each in enumerate(self.promises) if _is_simple(each))
        self.others = tuple(n for n, each in enumerate(self.promises) if not _is_simple(each))
        self.turning = tuple(n for n in self.others if self.rules[n].bound is not None)
        self.hosts = {
            promise.host: frozenset(
                name for name, leaf in machine.leaves.items() if promise.host in leaf.path
            )
            for promise in self.promises
            if promise.host is not None
        }
        self.ends = [frozenset[str]().union(*each.endings.values()) for each in self.promises]
        firsts = tuple(rule.first for rule in self.rules)
        tried = sum(rule.tried(rule.first) << n for n, rule in enumerate(self.rules))
        self.first = Marks(firsts, tried)

    def monitor(self) -> Monitor:
        """A monitor for one play, from its beginning."""
        return Monitor(self)


class Monitor:
    """Holds one play to its promises. A promise is reported once, when it is broken."""

    __slots__ = ("marks", "watch")

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.marks = watch.first

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
        marks, tried, rules = list(self.marks.marks), self.marks.tried, watch.rules
        violations: list[Violation] = []
        last = _BEGINNING
        for moment in step.moments:
            ways = tuple([taken.way for taken in step.taken[last.taken : moment.taken]])
            said = step.said[last.said : moment.said]
            frame = watch.now.frame(moment.frame, ways, said)
            last = moment
            looked = watch.others if watch.fine(frame) else range(len(rules))
            for n in looked:
                mark = marks[n]
                if mark < CLOSED and rules[n].promise.host is None:  # done, or broken
                    continue
                if rules[n].promise.host is None:
                    moved = rules[n].move(mark, frame)
                    if frame[0] in watch.ends[n]:
                        moved = rules[n].over(moved)
                else:
                    moved = self._included(n, mark, frame, ways, said)
                if moved != mark:
                    marks[n] = moved
                    if rules[n].tried(moved):
                        tried |= 1 << n
                    if moved == BROKEN:
                        violations.append(self._violation(n, mark, step, frame))
        for n in watch.turning:
            mark = marks[n]
            if mark >= 0 and (moved := rules[n].turned(mark)) != mark:
                marks[n] = moved
                if moved == BROKEN:
                    violations.append(self._violation(n, mark, step, frame))
        self.marks = Marks(tuple(marks), tried)
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
    ) -> int:  # fmt: skip
        """The mark of an included file's promise: of its last play, or of one that begins here."""
        watch, rule = self.watch, self.watch.rules[n]
        if mark == BROKEN:
            return mark
        ended = next((way.source for way in ways if way.source in watch.ends[n]), None)
        if ended is not None:  # it led on at once, so it is looked at as it stood at its end
            last = watch.now.frame((ended, *frame[1 : watch.now.size]), ways, said)
            if rule.over(rule.move(mark, last)) == BROKEN:
                return BROKEN
            mark, frame = rule.first, watch.now.frame(frame[: watch.now.size], (), ())
        return (
            rule.move(mark, frame)
            if frame[0] in watch.hosts[rule.promise.host or ""]
            else rule.first
        )

    def _violation(self, n: int, mark: int, step: Step, frame: Sequence[Any]) -> Violation:
        promise, snapshot = self.watch.promises[n], step.snapshot
        words = " ".join(_what(self.watch.rules[n], mark, frame).split())
        about = f" It says: {promise.about}" if promise.about else ""
        return Violation(
            promise.name,
            f"The promise {promise.name!r} is broken in turn {snapshot.turn}, at {frame[0]!r}: "
            f"{words}{_values(promise, self.watch.scenario.machine, frame)}.{about}",
            promise.location,
            snapshot.turn,
        )


# Frames with what happens -----------------------------------------------------------------------


class _Now:
    """Frames of moments: the machine's slots, and after them what happens in the moment."""

    def __init__(self, machine: Machine, promises: Sequence[Promise]) -> None:
        self.machine = machine
        asked = {
            # An outcome is that of the promise's own file; the rest means the same everywhere.
            (promise.host if node.kind == "outcome" else None, node.kind, node.name): promise
            for promise in promises
            for tree in promise.trees.values()
            for node in happenings(tree)
        }
        self.size = len(machine.slots)
        self.slots = {key: self.size + n for n, key in enumerate(asked)}
        self.endings = {
            key: promise.endings.get(key[2], frozenset[str]())
            for key, promise in asked.items()
            if key[1] == "outcome"
        }
        self.roles = [(n, key[2]) for n, key in enumerate(asked) if key[1] == "said"]
        self.known: dict[tuple[tuple[Way, ...], str], tuple[bool, ...]] = {}

    def layout(self, host: str | None) -> dict[Symbol, int]:
        """Where each symbol lies in a frame, for the promises of one file."""
        own: dict[Symbol, int] = {
            ("now", kind, name): slot
            for (place, kind, name), slot in self.slots.items()
            if kind != "outcome" or place == host
        }
        return {**self.machine.layout, **own}

    def frame(
        self, frame: Sequence[Any], ways: tuple[Way, ...], said: Sequence[Spoken]
    ) -> Sequence[Any]:
        """The frame of a moment: what stands, and what was done and said on the way to it."""
        flags = self.known.get((ways, frame[0]))
        if flags is None:
            if len(self.known) > MOST_KNOWN:
                self.known.clear()
            flags = self.known[ways, frame[0]] = tuple(self._flags(ways, frame[0]))
        if self.roles and said:
            speakers = {
                line.speaker
                for spoken in said
                for line in spoken.lines.lines
                if line.guard is None or line.guard(spoken.frame)
            }
            changed = list(flags)
            for n, role in self.roles:
                changed[n] = role in speakers
            return (*frame, *changed)
        return (*frame, *flags)

    def _flags(self, ways: Sequence[Way], name: str) -> Iterator[bool]:
        """What ways to a leaf make happen; who speaks is not known by them."""
        edges = [way.edge for way in ways if way.edge.kind == "choice"]
        chosen = {edge.trigger for edge in edges}
        tags = self.machine.leaves[name].tags.union(*(edge.tags for edge in edges))
        for key in self.slots:
            _, kind, wanted = key
            if kind == "outcome":
                yield name in self.endings[key]
            else:
                yield wanted in (chosen if kind == "chosen" else tags) and kind != "said"


def _is_simple(promise: Promise) -> bool:
    """Whether it says the same of every moment of the play."""
    scoped = "after" in promise.trees or "before" in promise.trees or promise.host is not None
    return promise.pattern in ("always", "never") and not scoped


def _rules(promises: Sequence[Promise], now: _Now) -> tuple[list[Rule], Test]:
    """The rules of promises, and the one test that all the simple ones hold."""
    rules: dict[int, Rule] = {}
    fine: Test = _nothing_to_hold
    for host in {promise.host: None for promise in promises}:
        codegen = Codegen(now.layout(host))
        own = [n for n, promise in enumerate(promises) if promise.host == host]
        handles = {
            n: {field: codegen.expression(tree) for field, tree in promises[n].trees.items()}
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


# Sentences --------------------------------------------------------------------------------------


def _what(rule: Rule, mark: int, frame: Sequence[Any]) -> str:
    """What went wrong, in words."""
    promise = rule.promise
    trees = {field: write(tree) for field, tree in promise.trees.items()}
    pattern = promise.pattern
    main = trees.get(pattern, "")
    scope = f" after {trees['after']}" if "after" in trees else ""
    if pattern == "always":
        return f"{main} does not hold{scope}"
    if pattern == "never":
        return f"{main} holds{scope}"
    if pattern == "of":
        return f"{main} for more than {_times(rule.bound)}{scope}"
    if pattern == "must":
        return f"{trees['before']} without {main} before it{scope}"
    if pattern == "ends_within":
        return f"it is not over within {_turns(rule.bound)}{scope}"
    late = rule.closes is not None and rule.closes(frame)
    end = f"until {trees['before']}" if late else "until the end"
    if pattern == "eventually":
        return f"{main} did not come{scope}, {end}"
    if rule.bound is not None and mark >= 0 and not late:
        end = f"within {_turns(rule.bound)}"
    return f"{main} was not followed by {trees['leads_to']}{scope}, {end}"


def _times(number: int | None) -> str:
    return "once" if number == 1 else f"{number} times"


def _turns(number: int | None) -> str:
    return "one turn" if number == 1 else f"{number} turns"


def _values(promise: Promise, machine: Machine, frame: Sequence[Any]) -> str:
    """The variables that the promise reads, as they are; players' texts are never shown."""
    symbols = {symbol for tree in promise.trees.values() for symbol in reads(tree)}
    shown = [
        f"{symbol[1]} is {describe_value(frame[machine.layout[symbol]])}"
        for symbol in sorted(symbols)
        if symbol[0] == "var"
    ]
    return f" ({', '.join(shown[:MOST_VALUES])})" if shown else ""
