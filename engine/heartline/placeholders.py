"""How each kind of placeholder is put into words, once its name is known.

A part of a text is a stored string, or a function from the view of a conversation to a string.
The parser of texts makes the parts; this room holds what they say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from heartline.expressions import BoolType, DurationType, EnumType
from heartline.words import Language, humanise_date, humanise_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

__all__ = [
    "TIMER_PARTS",
    "Part",
    "Symbol",
    "TextView",
    "capitalised_part",
    "timer_part",
    "variable_part",
]

TIMER_PARTS = ("due", "left", "length")

Symbol: TypeAlias = tuple[str, ...]


class TextView(Protocol):
    """What a text needs to know of a conversation to be rendered."""

    @property
    def frame(self) -> Sequence[object]: ...
    @property
    def layout(self) -> Mapping[Symbol, int]: ...
    @property
    def now(self) -> datetime: ...
    @property
    def support(self) -> str: ...
    def due(self, timer: str, /) -> datetime | None: ...
    def length(self, timer: str, /) -> timedelta | None: ...


Part: TypeAlias = "str | Callable[[TextView], str]"


def variable_part(
    kind: object,
    value: Callable[[TextView], object],
    labels: Mapping[str, str],
    words: Language,
) -> Part:
    """How a variable of a type is put into words."""
    if isinstance(kind, BoolType):
        return lambda view: words.yes if value(view) else words.no
    if isinstance(kind, EnumType):
        shown = {each: labels.get(each, each.replace("_", " ")) for each in kind.values}
        return lambda view: shown[str(value(view))]
    if isinstance(kind, DurationType):
        return lambda view: humanise_duration(value(view), words)  # type: ignore[arg-type]
    return lambda view: str(value(view))


def timer_part(timer: str, part: str, words: Language) -> Part:
    """Time left and the day, both in the zone of `now`; a timer that does not run has neither."""

    def due(view: TextView) -> str:
        moment = view.due(timer)
        if moment is None:
            return words.no_date
        return humanise_date(moment.astimezone(view.now.tzinfo), words)

    def left(view: TextView) -> str:
        moment = view.due(timer)
        return words.no_time if moment is None else humanise_duration(moment - view.now, words)

    def length(view: TextView) -> str:
        duration = view.length(timer)
        return words.no_time if duration is None else humanise_duration(duration, words)

    return {"due": due, "left": left, "length": length}[part]


def capitalised_part(part: Part) -> Part:
    """The same words with a capital at their beginning."""
    if isinstance(part, str):
        return part[:1].upper() + part[1:]

    def capitalised(view: TextView) -> str:
        said = part(view)
        return said[:1].upper() + said[1:]

    return capitalised
