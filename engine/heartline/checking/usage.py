"""What is declared and never used: variables, guards and timers.

Works on the file as it is written, name by name, and not on the compiled machine, since a text,
a title or a property uses a name too. A name counts as used where the word stands in an
expression or in a placeholder, whatever it means there; so this can miss something unused, but
never calls something unused that is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heartline.diagnostics import Diagnostic, Severity
from heartline.scenario import EnumVariable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from heartline.scenario import Branch, Choice, Line, ScenarioFile, State
    from heartline.sources import SourceMap

__all__ = ["Uses", "includes_of", "unused", "uses_of"]

Path = tuple["str | int", ...]

_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
_NAME = re.compile(r"(?<![\w.])[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}:]*)[^{}]*\}")
_TIMER_ACTION = re.compile(r"\s*(start|stop)\s*\(\s*([a-z][a-z0-9_.]*)\s*(.*)", re.DOTALL)


@dataclass
class Uses:
    """The names that a file reads, the timers that it starts and where it handles which."""

    read: set[str] = field(default_factory=set)
    started: set[str] = field(default_factory=set)
    handled: dict[str, Path] = field(default_factory=dict)

    def expression(self, source: str | None) -> None:
        if source:
            self.names(_TEXT.sub("", source))

    def names(self, source: str) -> None:
        for name in _NAME.findall(source):
            self.read.add(name)
            if "." in name:  # {timer.left}, or a name inside an included file
                self.read.update(name.split("."))

    def text(self, source: str | None) -> None:
        if source and "{" in source:
            for inside in _PLACEHOLDER.findall(source):
                self.names(inside.lower())

    def actions(self, sources: Iterable[str]) -> None:
        for source in sources:
            if timer := _TIMER_ACTION.fullmatch(source):
                if timer[1] == "start":
                    self.started.update((timer[2], timer[2].rpartition(".")[2]))
                self.expression(timer[3])
            else:  # an assignment: its left side is written, not read
                self.expression(source.partition("=")[2])

    def lines(self, lines: Iterable[Line]) -> None:
        for line in lines:
            self.expression(line.when)
            for text in line.texts:
                self.text(text)

    def branches(self, branches: Iterable[Branch]) -> None:
        for branch in branches:
            self.expression(branch.when)
            self.actions(branch.do)
            self.lines(branch.say)

    def choices(self, choices: Mapping[str, Choice]) -> None:
        for choice in choices.values():
            self.expression(choice.when)
            self.expression(choice.weight)
            self.text(choice.label)
            self.text(choice.why)
            self.actions(choice.do)
            self.lines(choice.say)
            self.branches(choice.branches or ())

    def inputs(
        self, events: Mapping[str, Sequence[Branch]], after: Mapping[str, Sequence[Branch]],
        path: Path,
    ) -> None:  # fmt: skip
        for event in events.values():
            self.branches(event)
        for timer, branches in after.items():
            self.handled.setdefault(timer, (*path, "after", timer))
            if "." in timer:
                self.read.add(timer.rpartition(".")[2])
            self.branches(branches)

    def state(self, state: State, path: Path) -> None:
        self.text(state.title)
        for block in (state.entry, state.exit):
            self.actions(block.do)
            self.lines(block.say)
        self.choices(state.choices)
        self.inputs(state.events, state.after, path)
        self.branches(state.always)
        for expression in state.parameters.values():
            self.expression(expression)
        for done in state.done.values():
            self.branches(done)


def _states(states: Mapping[str, State], path: Path) -> Iterator[tuple[State, Path]]:
    for name, state in states.items():
        yield state, (*path, name)
        yield from _states(state.states, (*path, name, "states"))


def includes_of(file: ScenarioFile) -> list[str]:
    """The files that the states of a file include, each once."""
    states = (state for state, _ in _states(file.states, ("states",)))
    return list(dict.fromkeys(state.include for state in states if state.include is not None))


def uses_of(file: ScenarioFile) -> Uses:
    """All uses of names in a file, except that a guard or a timer names itself."""
    uses = Uses()
    for role in file.cast.values():
        uses.text(role.name)
        uses.read.add(role.pronouns)
    for variable in file.context.values():
        if isinstance(variable, EnumVariable):
            for label in variable.labels.values():
                uses.text(label)
    for timer in file.timers.values():
        uses.expression(timer.length)
        uses.text(timer.title)
    for guard in file.guards.values():
        uses.expression(guard.when)
        uses.text(guard.why)
    if file.support is not None:
        uses.read.add(file.support.country)
    uses.choices(file.choices)
    uses.inputs(file.events, file.after, ())
    for state, path in _states(file.states, ("states",)):
        uses.state(state, path)
    for promise in file.properties.values():
        for name in type(promise).model_fields:
            value = getattr(promise, name)
            if isinstance(value, str) and name != "about":
                uses.expression(value)
    for migration in file.migrations:
        for expression in migration.set.values():
            uses.expression(expression)
    return uses


def unused(
    file: ScenarioFile, sources: SourceMap, others: Sequence[ScenarioFile] = ()
) -> Iterator[Diagnostic]:
    """Findings HL506, HL507 and HL601 to HL604 of one file.

    What the files around it and inside it use counts too, since their expressions may name it.
    """
    uses = uses_of(file)
    for other in map(uses_of, others):
        uses.read |= other.read
        uses.started |= other.started
        uses.read |= other.handled.keys()  # their places are in another file

    def found(code: str, message: str, hint: str, path: Path) -> Diagnostic:
        place = sources.locate(path, key=True)
        return Diagnostic(code, Severity.WARNING, message, place, hint)

    for name, variable in file.context.items():
        shown = variable.title is not None and not variable.hidden
        if name not in uses.read and not shown:
            yield found(
                "HL506", f"nothing reads the variable {name!r}", "use it, or take it out",
                ("context", name),
            )  # fmt: skip
    for name in file.guards:
        if name not in uses.read:
            yield found(
                "HL507", f"nothing uses the guard {name!r}", "use it, or take it out",
                ("guards", name),
            )  # fmt: skip
    for name in file.timers:
        finding = _timer(name, uses)
        if finding is not None:
            code, message, hint = finding
            path = uses.handled[name] if code == "HL603" else ("timers", name)
            yield found(code, message, hint, path)


def _timer(name: str, uses: Uses) -> tuple[str, str, str] | None:
    started, handled, read = name in uses.started, name in uses.handled, name in uses.read
    start = f"start it with start({name}) in a 'do', or take it out"
    if not (started or handled or read):
        return "HL604", f"nothing uses the timer {name!r}", "use it, or take it out"
    if not started and handled:
        return "HL603", f"this waits for the timer {name!r}, which nothing ever starts", start
    if not started:
        return "HL601", f"the timer {name!r} is asked about, but nothing ever starts it", start
    if not (handled or read):
        return (
            "HL602",
            f"nothing happens when the timer {name!r} runs out, and nothing asks about it",
            f"handle it: after: {{{name}: STATE}}, or ask expired({name}) in a guard",
        )
    return None
