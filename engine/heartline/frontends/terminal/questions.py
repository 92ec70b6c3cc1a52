"""What a scenario asks before it begins: its visible inputs that have a prompt.

Pure, like the session: lines in, outputs out. An empty line keeps what the file gives. Whether an
answer can be is decided by trying to start with it, so there is one rule for what is typed here,
given with --set, or passed by a program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.durations import format_duration, parse_duration
from heartline.errors import InputError
from heartline.frontends.terminal.output import Footer, Leave, Output, Page, Row, Sentence
from heartline.frontends.terminal.words import clean
from heartline.scenario import BoolVariable, DurationVariable, EnumVariable, IntVariable
from heartline.words import humanise_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from heartline.scenario import Variable

__all__ = ["Questions"]


class Questions:
    """The questions that are still open; `answers` holds all values that are set so far."""

    def __init__(
        self,
        variables: Mapping[str, Variable],
        presets: Mapping[str, str],
        accept: Callable[[Mapping[str, str]], object],
        support: str | None = None,
    ) -> None:
        """`accept` raises InputError for values that the scenario cannot begin with."""
        self.answers = dict(presets)
        self._accept = accept
        self._support = support
        self._open = [
            (name, variable)
            for name, variable in variables.items()
            if variable.input and variable.prompt and not variable.hidden and name not in presets
        ]

    def done(self) -> bool:
        """Whether nothing is left to ask."""
        return not self._open

    def ask(self) -> list[Output]:
        """The present question, with what can be answered."""
        _, variable = self._open[0]
        rows = [Row(f"{number}.", text) for number, text in enumerate(_options(variable), 1)]
        page = Page("question", variable.prompt or "", tuple(rows), _kind(variable))
        return [page, Footer(self._support is not None, False)]

    def feed(self, line: str) -> list[Output]:
        """Take an answer; a refusal is an output, and the question stays."""
        typed = clean(line)
        name, variable = self._open[0]
        if typed in (":quit", ":q"):
            return [Leave()]
        if typed.startswith(":c"):
            text = self._support or "This scenario brings no list of places that help."
            return [Page("care", "Support", (Row("", text),)), *self.ask()]
        if typed.startswith(":"):
            return [
                Sentence("note", "help", "Answer the question, or press Enter alone to keep "
                         "what is given; :quit stops here."),
                *self.ask(),
            ]  # fmt: skip
        if typed:
            value = _meant(variable, typed)
            try:
                self._accept({**self.answers, name: value})
            except InputError as refusal:
                text = _wanted(variable) or str(refusal)
                return [Sentence("refused", "input_error", text), *self.ask()]
            self.answers[name] = value
        self._open.pop(0)
        return [] if self.done() else self.ask()


def _values(variable: Variable) -> list[tuple[str, str]]:
    """The values that can be picked from a list: as an input takes them, and in words."""
    if isinstance(variable, EnumVariable):
        return [
            (value, variable.labels.get(value, value.replace("_", " ")))
            for value in variable.values
        ]
    if isinstance(variable, DurationVariable):
        return [(format_duration(value), humanise_duration(value)) for value in variable.values]
    return []


def _options(variable: Variable) -> list[str]:
    kept = _as_typed(variable)
    return [
        f"{label} (Enter keeps this)" if value == kept else label
        for value, label in _values(variable)
    ]


def _as_typed(variable: Variable) -> str:
    if isinstance(variable, DurationVariable):
        return format_duration(variable.initial)
    if isinstance(variable, BoolVariable):
        return "yes" if variable.initial else "no"
    return str(variable.initial)


def _kind(variable: Variable) -> str:
    """What an answer looks like, for questions without a list."""
    kept = _as_typed(variable)
    keeps = f"Enter keeps {kept}." if kept else "Enter leaves it empty."
    if isinstance(variable, BoolVariable):
        return f"Yes or no. {keeps}"
    if isinstance(variable, IntVariable):
        return f"A number from {variable.min} to {variable.max}. {keeps}"
    return keeps


def _wanted(variable: Variable) -> str | None:
    """What to type instead, in the words of the question; None for a text."""
    if values := _values(variable):
        return f"Type a number from 1 to {len(values)}."
    if isinstance(variable, BoolVariable):
        return "Type yes or no."
    if isinstance(variable, IntVariable):
        return f"Type a number from {variable.min} to {variable.max}."
    return None


def _meant(variable: Variable, typed: str) -> str:
    """The value that was meant: by its number in the list, its label, or a prefix of one."""
    values = _values(variable)
    if typed.isascii() and typed.isdigit() and 1 <= int(typed[:6]) <= len(values):
        return values[int(typed[:6]) - 1][0]
    lower = typed.lower()
    if isinstance(variable, BoolVariable) and lower in ("y", "n"):
        return "yes" if lower == "y" else "no"
    if isinstance(variable, DurationVariable):
        try:
            return format_duration(parse_duration(lower.replace(" ", "")))
        except ValueError:
            pass  # perhaps it was said in words, as the list says it
    for exact in (True, False):
        near = [
            value
            for value, label in values
            if lower in (value, label.lower())
            or (not exact and (value.startswith(lower) or label.lower().startswith(lower)))
        ]
        if len(near) == 1:
            return near[0]
    return typed
