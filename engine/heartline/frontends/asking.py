"""What a scenario asks before it begins: its visible inputs that have a prompt. Pure.

The terminal, a page and a chat ask the same questions and take the same answers. Whether an answer
can be is decided by starting with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heartline.durations import format_duration, parse_duration
from heartline.scenario import (
    BoolVariable,
    DurationVariable,
    EnumVariable,
    IntVariable,
    TextVariable,
)
from heartline.words import humanise_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from heartline.conversation import Scenario
    from heartline.scenario import Variable

__all__ = ["Question", "questions_of", "questions_on"]


@dataclass(frozen=True, slots=True)
class Question:
    """One input. `options` are the values that can be picked, as an input takes them, each with
    its words; none where any value of the `kind` will do. `initial` is what is kept where nothing
    is answered; `least` and `most` are the bounds of a number. `kept_for` is what a text is kept
    for, a sentence that has to be shown with the question."""

    name: str
    prompt: str
    kind: str
    initial: str
    options: tuple[tuple[str, str], ...] = ()
    least: int | None = None
    most: int | None = None
    kept_for: str | None = None

    @property
    def wanted(self) -> str | None:
        """What to type, in the words of the question; None for a text."""
        if self.options:
            return f"Type a number from 1 to {len(self.options)}."
        if self.kind == "bool":
            return "Type yes or no."
        if self.kind == "int":
            return f"Type a number from {self.least} to {self.most}."
        return None

    @property
    def how(self) -> str:
        """What an answer looks like, where there is no list of them, and what it is kept for."""
        keeps = f"Enter keeps {self.initial}." if self.initial else "Enter leaves it empty."
        if self.kind == "bool":
            return f"Yes or no. {keeps}"
        if self.kind == "int":
            return f"A number from {self.least} to {self.most}. {keeps}"
        return f"{self.kept_for} {keeps}" if self.kept_for else keeps

    def meant(self, typed: str) -> str:
        """The value that was meant: by its number in the list, its label, or a prefix of one."""
        values = self.options
        if typed.isascii() and typed.isdigit() and 1 <= int(typed[:6]) <= len(values):
            return values[int(typed[:6]) - 1][0]
        lower = typed.lower()
        if self.kind == "bool" and lower in ("y", "n"):
            return "yes" if lower == "y" else "no"
        if self.kind == "duration":
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


def questions_of(scenario: Scenario) -> tuple[Question, ...]:
    """All questions of a scenario, in the order of its file."""
    return questions_on(scenario.file.context)


def questions_on(
    variables: Mapping[str, Variable], given: Collection[str] = ()
) -> tuple[Question, ...]:
    """What there is to ask about these variables, but for those that are given already."""
    return tuple(
        _question(name, variable)
        for name, variable in variables.items()
        if variable.input and variable.prompt and not variable.hidden and name not in given
    )


def _question(name: str, variable: Variable) -> Question:
    least = most = None
    if isinstance(variable, IntVariable):
        least, most = variable.min, variable.max
    kind, initial = variable.type, _as_typed(variable)
    prompt = variable.prompt or ""
    kept_for = variable.kept_for if isinstance(variable, TextVariable) else None
    return Question(name, prompt, kind, initial, _options(variable), least, most, kept_for)


def _options(variable: Variable) -> tuple[tuple[str, str], ...]:
    if isinstance(variable, EnumVariable):
        return tuple(
            (value, variable.labels.get(value, value.replace("_", " ")))
            for value in variable.values
        )
    if isinstance(variable, DurationVariable):
        return tuple((format_duration(each), humanise_duration(each)) for each in variable.values)
    return ()


def _as_typed(variable: Variable) -> str:
    if isinstance(variable, DurationVariable):
        return format_duration(variable.initial)
    if isinstance(variable, BoolVariable):
        return "yes" if variable.initial else "no"
    return str(variable.initial)
