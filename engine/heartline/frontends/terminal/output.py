"""What the player gives back for a typed line: values, shown as text or as JSON elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from heartline.turn import Turn

__all__ = [
    "Began",
    "Footer",
    "Leave",
    "Output",
    "Page",
    "RecordWanted",
    "Restarted",
    "Row",
    "SaveWanted",
    "Sentence",
    "TurnShown",
]


@dataclass(frozen=True, slots=True)
class Began:
    """A conversation begins, or goes on after `resumed`."""

    scenario: str
    version: str
    title: str
    seed: int
    resumed: bool


@dataclass(frozen=True, slots=True)
class TurnShown:
    """A turn to show. `again` means that it has been shown before, `brief` that its lines need not
    be said again, `moved` that the state is another one than that of the turn before.

    `typed` is the line that led here, None at the start. `now` is the player's time, which may be
    later than the turn's own; `waited` is how far it has just moved. `names` says what to call
    the roles that have a choice.
    """

    turn: Turn
    now: datetime
    typed: str | None = None
    again: bool = False
    brief: bool = False
    moved: bool = True
    waited: timedelta | None = None
    names: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something to tell. A refusal changed nothing; `nearest` are words that would be understood.

    `code` is stable, for programs: unknown_choice, choice_closed, unknown_command and so on.
    """

    kind: Literal["note", "refused", "warning"]
    code: str
    text: str
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a page: what it is about, and what there is to say about it.

    `depth` indents it, `mark` is a word that sets it apart, such as "here".
    """

    name: str
    text: str = ""
    depth: int = 0
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The answer to a command such as :why. `empty` is what to say when there are no rows."""

    name: str
    title: str
    rows: tuple[Row, ...]
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Footer:
    """The last line of every screen: how to find support (`care`, where there is any), how to
    stop, and what else can be typed; `over` where the conversation has ended, `undo` where the
    last step can be taken back."""

    care: bool
    over: bool
    undo: bool = True


@dataclass(frozen=True, slots=True)
class SaveWanted:
    """The player asks to save under this name; whoever does I/O carries it out and says so."""

    name: str


@dataclass(frozen=True, slots=True)
class RecordWanted:
    """The player asks for a test of what was played, in this file; carried out likewise."""

    name: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """The conversation began anew: what was kept of the earlier one must not be written over."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The player wants to stop."""


Wanted = SaveWanted | RecordWanted
Output = Began | TurnShown | Footer | Sentence | Page | Wanted | Restarted | Leave
