"""What a file says twice in two ways, or where it makes no sense: faults across fields.

Each field fits its model by itself; here two of them do not go together: an initial value outside
its bounds (HL206), a field that its state or variable has no use for (HL205), a text of a person
that is kept for nothing (HL209), a state with parts that its type cannot have (HL510). No names are
resolved for any of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from heartline.diagnostics import Diagnostic, Severity, did_you_mean
from heartline.durations import format_duration
from heartline.scenario import (
    DurationVariable,
    EnumVariable,
    IntVariable,
    Line,
    ScenarioFile,
    State,
    TextVariable,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from heartline.scenario import Variable
    from heartline.sources import SourceMap

__all__ = ["contradictions"]

Path = tuple[str | int, ...]


class _Contradiction(NamedTuple):
    """A fault, by the path in the data; `key` asks for the place of the key, not of the value."""

    code: str
    path: Path
    message: str
    hint: str | None = None
    key: bool = False


# The fields of a state that only one kind of state has a use for, as authors write them.
_ONLY = {
    "outcome": ("final", "a final state", "write type: final, or delete it"),
    "deep": ("history", "a history", "write type: history, or delete it"),
    "default": ("history", "a history", "write type: history, or delete it"),
    "with": ("include", "a state that includes a file", "write include: and the file"),
    "as": ("include", "a state that includes a file", "write include: and the file"),
    "done": ("include", "a state that includes a file", "write include: and the file"),
}
# What a kind of state cannot have, and why.
_NEVER = {
    "final": (
        ("choices", "events", "always", "after", "states", "initial", "include", "exit"),
        "in a final state the conversation is over",
    ),
    "history": (
        ("entry", "exit", "choices", "events", "always", "after", "states", "initial", "include"),
        "a history only says where to go back to",
    ),
    "include": (
        ("states", "initial"),
        "the included file brings the inner states",
    ),
}


def contradictions(
    file: ScenarioFile, sources: SourceMap, pruned: Collection[Path] = ()
) -> list[Diagnostic]:
    """The diagnostics of a file, by place; what was taken out of it (`pruned`) is not missed."""
    parents = {path[:-1] for path in pruned}
    found = []
    for one in _contradictions(file):
        if one.path not in parents and one.path[:-1] not in parents:
            where = sources.locate(one.path, key=one.key)
            found.append(Diagnostic(one.code, Severity.ERROR, one.message, where, one.hint))
    return sorted(found, key=lambda diagnostic: diagnostic.location)


def _contradictions(file: ScenarioFile) -> Iterator[_Contradiction]:
    for role in file.cast:
        if role in Line.RESERVED:
            message = f"'{role}' cannot name a role: in a line it is a field"
            yield _Contradiction("HL207", ("cast", role), message, "choose another name", key=True)
    for name, variable in file.context.items():
        yield from _variable(variable, ("context", name))
    for name, state in file.states.items():
        yield from _state(state, ("states", name), None)


def _variable(variable: Variable, path: Path) -> Iterator[_Contradiction]:
    if variable.prompt is not None and not variable.input:
        yield _Contradiction(
            "HL205", (*path, "prompt"), "a prompt asks for an input, and this is none",
            "write input: true, or delete the prompt", key=True,
        )  # fmt: skip
    initial = (*path, "initial")
    if isinstance(variable, IntVariable):
        if variable.min > variable.max:
            message = f"'min' is {variable.min} and 'max' is {variable.max}: no number is between"
            yield _Contradiction("HL205", (*path, "max"), message, "exchange them")
        elif not variable.min <= variable.initial <= variable.max:
            message = f"{variable.initial} is out of bounds"
            hint = f"write a number from {variable.min} to {variable.max}"
            yield _Contradiction("HL206", initial, message, hint)
    elif isinstance(variable, EnumVariable):
        yield from _among(variable.initial, variable.values, path)
        for value in variable.labels:
            if value not in variable.values:
                message = f"{value!r} is none of the values"
                near = did_you_mean(value, variable.values)
                yield _Contradiction("HL205", (*path, "labels", value), message, near, key=True)
    elif isinstance(variable, DurationVariable):
        values = [format_duration(value) for value in variable.values]
        yield from _among(format_duration(variable.initial), values, path)
    elif isinstance(variable, TextVariable):
        yield from _text(variable, path)


def _text(variable: TextVariable, path: Path) -> Iterator[_Contradiction]:
    if len(variable.initial) > variable.max_length:
        message = f"the text is longer than max_length, {variable.max_length} characters"
        hint = "shorten it, or raise max_length"
        yield _Contradiction("HL206", (*path, "initial"), message, hint)
    if variable.input and variable.kept_for is None:
        yield _Contradiction(
            "HL209", path, f"'{path[-1]}' keeps what a person types, and does not say what for",
            "write kept_for: and a sentence for whoever is asked, or delete input: true", key=True,
        )  # fmt: skip
    if variable.kept_for is not None and not variable.input:
        yield _Contradiction(
            "HL205", (*path, "kept_for"), "this is no input, so nothing that is typed is kept",
            "write input: true, or delete kept_for", key=True,
        )  # fmt: skip


def _among(initial: str, values: Sequence[str], path: Path) -> Iterator[_Contradiction]:
    for index, value in enumerate(values):
        if value in values[:index]:
            message = f"{value!r} stands twice among the values"
            yield _Contradiction("HL205", (*path, "values", index), message, "delete one")
    if initial not in values:
        hint = did_you_mean(initial, values) or f"write {' or '.join(values[:8])}"
        message = f"{initial!r} is none of the values"
        yield _Contradiction("HL206", (*path, "initial"), message, hint)


def _state(state: State, path: Path, parent: State | None) -> Iterator[_Contradiction]:
    kind = state.type or ("include" if state.include is not None else None)
    given = _given(state)
    for field in sorted(given & _ONLY.keys()):
        needed, owner, hint = _ONLY[field]
        if kind != needed:
            message = f"'{field}' belongs to {owner}, and '{path[-1]}' is none"
            yield _Contradiction("HL205", (*path, field), message, hint, key=True)
    if kind is not None:
        fields, why = _NEVER[kind]
        for field in fields:
            if field in given:
                yield _Contradiction(
                    "HL510", (*path, field), f"'{path[-1]}' cannot have '{field}': {why}",
                    "delete it, or move it to another state", key=True,
                )  # fmt: skip
    if kind == "final" and state.outcome is None:
        message = f"the final state '{path[-1]}' has no 'outcome', which it needs"
        hint = f"write outcome: {path[-1]}, or how it ended"
        yield _Contradiction("HL202", path, message, hint, key=True)
    if kind == "history" and parent is None:
        message = f"the history '{path[-1]}' stands in no state whose past it could keep"
        yield _Contradiction("HL510", path, message, "put it inside a state", key=True)
    if "initial" in given and not state.states and kind is None:
        message = f"'{path[-1]}' has no inner states to begin in"
        yield _Contradiction("HL205", (*path, "initial"), message, "delete 'initial'", key=True)
    for name, inner in state.states.items():
        yield from _state(inner, (*path, "states", name), state)


def _given(state: State) -> set[str]:
    """The fields that the file gives, under the names that authors write."""
    fields = State.model_fields
    return {fields[name].alias or name for name in state.model_fields_set}
