"""What a parsed text is made of, and how each kind of placeholder is put into words.

A part of a text is a stored string, or a function from the view of a conversation to a string.
The parser of texts makes the parts; this room holds what they say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from heartline.expressions import BoolType, DurationType, EnumType
from heartline.words import Language, humanise_date, humanise_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

__all__ = [
    "TIMER_PARTS",
    "Part",
    "Symbol",
    "Text",
    "TextView",
    "capitalised_part",
    "choosing_part",
    "timer_part",
    "variable_part",
]

TIMER_PARTS = ("due", "left", "length")

Symbol: TypeAlias = tuple[str, ...]


class TextView(Protocol):
    """What a text needs to know of a conversation to be rendered."""

    @property
    def frame(self) -> Sequence[Any]: ...
    @property
    def layout(self) -> Mapping[Symbol, int]: ...
    @property
    def now(self) -> datetime: ...
    @property
    def support(self) -> str: ...
    def due(self, timer: str, /) -> datetime | None: ...
    def length(self, timer: str, /) -> timedelta | None: ...


Part: TypeAlias = "str | Callable[[TextView], str]"


@dataclass(frozen=True, slots=True)
class Text:
    """A parsed text. `symbols` are the slots of the frame that rendering it reads.

    `fixed` is the whole text where it is the same in every conversation, and `timely` whether it
    speaks of time, so that it may be another one at the next moment.
    """

    source: str
    parts: tuple[Part, ...] = field(repr=False)
    symbols: frozenset[Symbol] = frozenset()
    timely: bool = False
    fixed: str | None = field(init=False, repr=False)
    _opening: str = field(init=False, repr=False)
    _rest: tuple[tuple[Callable[[TextView], str], str], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # What is said each time is a walk over pairs: a placeholder, and the words after it.
        opening, rest = "", list[tuple[Callable[[TextView], str], str]]()
        for part in self.parts:
            if not isinstance(part, str):
                rest.append((part, ""))
            elif rest:
                rest[-1] = (rest[-1][0], rest[-1][1] + part)
            else:
                opening += part
        object.__setattr__(self, "fixed", None if rest else opening)
        object.__setattr__(self, "_opening", opening)
        object.__setattr__(self, "_rest", tuple(rest))

    @property
    def is_static(self) -> bool:
        """Whether it is the same in every conversation."""
        return self.fixed is not None

    def render(self, view: TextView) -> str:
        """The text as it is said in this conversation."""
        if self.fixed is not None:
            return self.fixed
        said = self._opening
        for placeholder, words in self._rest:
            said += placeholder(view) + words
        return said


def variable_part(kind: object, symbol: Symbol, labels: Mapping[str, str], words: Language) -> Part:
    """How a variable of a type is put into words. Lines are full of these: one call for each."""
    if isinstance(kind, BoolType):
        return lambda view: words.yes if view.frame[view.layout[symbol]] else words.no
    if isinstance(kind, EnumType):
        shown = {each: labels.get(each, each.replace("_", " ")) for each in kind.values}
        return lambda view: shown[view.frame[view.layout[symbol]]]
    if isinstance(kind, DurationType):
        return lambda view: humanise_duration(view.frame[view.layout[symbol]], words)
    return lambda view: str(view.frame[view.layout[symbol]])


def choosing_part(symbol: Symbol, words: Mapping[Any, str], fallback: str) -> Part:
    """The words that go with the value of a variable."""
    return lambda view: words.get(view.frame[view.layout[symbol]], fallback)


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
