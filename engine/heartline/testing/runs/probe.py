"""A probe: one question about a scene, and what to say where the answer is no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline.durations import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from heartline.testing.runs.scene import Scene

__all__ = ["Path", "Probe", "Told", "as_text", "listed", "never", "with_note"]

Path = tuple[str | int, ...]
Told = tuple[str, str]  # what was expected, what came


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether it `holds`, and where not, what was expected and what came.

    `field` is the field of `expect` that asks, `path` leads on from there to its place.
    """

    field: str
    path: Path
    holds: Callable[[Scene], bool]
    told: Callable[[Scene], Told]


def never(field: str, path: Path, expected: str, came: str) -> Probe:
    """An expectation that cannot hold, whatever happens."""
    return Probe(field, path, _nowhere, lambda _: (expected, came))


def _nowhere(_: Any) -> bool:
    return False


def as_text(value: object) -> str:
    """A variable's value as a test file writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return format_duration(value)
    return str(value)


def listed(names: Iterable[str], nothing: str = "") -> str:
    """Names, one after the other."""
    return ", ".join(names) or nothing


def with_note(text: str, note: str) -> str:
    """A text, and on a line of its own what helps to read it."""
    return f"{text}\n{note}" if note else text
