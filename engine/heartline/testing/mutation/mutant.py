"""A mutant, as a value: one small mistake in a scenario, such as an author could have made.

It is a change of the authored shape (`edits`), and how that reads. Its name is made of the place
and the change, without lines and columns, so that it stays the same while other parts of a file
are edited. Nothing here knows how a mutant is brought to life (see `workshop`) or judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heartline.diagnostics import Location

__all__ = [
    "EQUIVALENT", "INVALID", "KILLED", "OPERATORS", "SURVIVED",
    "Edit", "Mutant", "Path", "Verdict", "edited", "named", "place_of",
]  # fmt: skip

Path = tuple["str | int", ...]

KILLED, SURVIVED, EQUIVALENT, INVALID = "killed", "survived", "equivalent", "invalid"

OPERATORS = {
    "negate": "a condition means its opposite",
    "drop-clause": "one clause of a condition is missing",
    "and-or": "`and` instead of `or`, or the other way round",
    "boundary": "`>` instead of `>=`, and the like",
    "constant": "another number, length or name",
    "min-max": "`min` instead of `max`, or the other way round",
    "timer-test": "`running` instead of `expired`, or the other way round",
    "plus-minus": "`+=` instead of `-=`, or the other way round",
    "drop-action": "an action is missing",
    "swap-actions": "two actions, one of which touches what the other does, in the other order",
    "retarget": "a way leads to another state",
    "drop-choice": "a choice is never offered",
    "drop-way": "a branch is never taken",
    "drop-event": "an event is not listened to",
    "drop-timer": "nothing happens when a timer runs out",
    "delay": "a timer runs for longer",
    "initial": "a variable begins with another value",
    "drop-once": "a choice can be taken again",
    "weight-zero": "a choice is never drawn",
    "always-said": "a line is said whatever its condition says",
    "visit": "a line of the first visit is said later, or the other way round",
    "swap-speaker": "somebody else says a line",
}
"""The kinds of mistakes, and what each means."""


@dataclass(frozen=True, slots=True)
class Edit:
    """In place of what is at `path` of a file's shape stands `value`."""

    path: Path
    value: Any


@dataclass(frozen=True, slots=True)
class Mutant:
    """One small mistake. `file` is the file's name in diagnostics; `before` and `after` are the
    change as an author would write it."""

    operator: str
    file: str
    name: str
    location: Location
    before: str
    after: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant.

    `how` is, for a killed one, the id of the test that noticed it; for one that is equivalent, how
    that was shown; for one that is invalid, why it does not compile. `reached` are the ids of the
    tests that come to its place, `differs` of those in which it makes a difference there. Where it
    changes more than places, `everywhere` is true, and both hold all tests.
    """

    status: str
    how: str = ""
    reached: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    everywhere: bool = False


def edited(value: Any, path: Path, new: Any) -> Any:
    """The value with `new` at the path; models, mappings and tuples on the way are copied."""
    if not path:
        return new
    part, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {key: edited(each, rest, new) if key == part else each
                for key, each in value.items()}  # fmt: skip
    if isinstance(value, tuple):
        return tuple(edited(each, rest, new) if index == part else each
                     for index, each in enumerate(value))  # fmt: skip
    name = str(part)
    return value.model_copy(update={name: edited(getattr(value, name), rest, new)})


def place_of(path: Path) -> str:
    """A path for people: from the innermost state on, since a state's name is its file's only one.

    `states.story.states.kitchen.choices.ask.when` is `kitchen.choices.ask.when`.
    """
    start = 0
    while len(path) > start + 1 and path[start] == "states":
        start += 2
    shown = ""
    for part in path[max(start - 1, 0) :]:
        shown += f"[{part}]" if isinstance(part, int) else f".{part}" if shown else part
    return shown


def named(mutants: Iterable[Mutant]) -> tuple[Mutant, ...]:
    """The same, with a number behind a name that came before."""
    from dataclasses import replace

    seen: dict[str, int] = {}
    found = []
    for mutant in mutants:
        seen[mutant.name] = count = seen.get(mutant.name, 0) + 1
        found.append(mutant if count == 1 else replace(mutant, name=f"{mutant.name} ({count})"))
    return tuple(found)
