"""What a front end shows: a Turn, which is a picture of a snapshot in words.

A turn holds what has been said since the turn before, what each person may choose now, what is
running out and when. It never holds a hidden variable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from heartline.diagnostics import did_you_mean
from heartline.errors import UnknownChoice

if TYPE_CHECKING:
    from datetime import datetime, timedelta

__all__ = ["Change", "Choice", "Deadline", "Said", "Turn"]


class Said(NamedTuple):
    """One line: who says it (a role, or "narrator"), the name to show, and the text.

    `only_to` is the one role that hears it; None means everybody. `cause` says what made it be
    said: "choice ID", "event ID", "after TIMER", "always", "entry STATE" or "exit STATE".
    """

    speaker: str
    name: str
    text: str
    only_to: str | None
    cause: str


class Choice(NamedTuple):
    """Something that a person may say or do. A disabled one carries the reason."""

    id: str
    label: str
    role: str
    enabled: bool
    reason: str | None
    tags: tuple[str, ...]


class Deadline(NamedTuple):
    """A running timer: when it is due (aware, UTC) and what is left of it at the turn's time."""

    timer: str
    title: str
    due: datetime
    left: timedelta
    generation: int


class Change(NamedTuple):
    """A visible variable that has another value than at the turn before."""

    name: str
    title: str
    before: object
    after: object


class Turn(NamedTuple):
    """One turn of a conversation, as every front end shows it.

    `path` names the states from the outermost to the leaf, which is `state`. `time` is aware and
    in UTC. `outcome` is set where the conversation is over. `support` is the text that tells where
    help is found, for scenarios that carry such data.
    """

    number: int
    state: str
    path: tuple[str, ...]
    title: str
    tags: tuple[str, ...]
    time: datetime
    lines: tuple[Said, ...]
    choices: tuple[Choice, ...]
    deadlines: tuple[Deadline, ...]
    outcome: str | None
    support: str | None
    changes: tuple[Change, ...]

    def find(self, words: str) -> Choice:
        """The choice that these words mean: its number (from 1), its id, or a prefix of one id.

        Raises UnknownChoice where none or several are meant.
        """
        words = words.strip()
        if words.isascii() and words.isdigit():
            number = int(words[:9])
            if 1 <= number <= len(self.choices):
                return self.choices[number - 1]
            raise UnknownChoice(
                f"There is no choice number {words[:9]}: "
                + (f"they go from 1 to {len(self.choices)}." if self.choices else "there is none.")
            )
        exact = [choice for choice in self.choices if choice.id == words]
        if exact:
            return next((choice for choice in exact if choice.enabled), exact[0])
        near = [choice for choice in self.choices if words and choice.id.startswith(words)]
        if len(near) == 1:
            return near[0]
        if near:
            names = ", ".join(choice.id for choice in near[:6])
            raise UnknownChoice(f"{words!r} could be any of {names}: write one more letter.")
        hint = did_you_mean(words, [choice.id for choice in self.choices])
        shown = words if len(words) <= 40 else words[:40] + "..."
        raise UnknownChoice(
            f"There is no choice {shown!r} here"
            + (f"; {hint}" if hint else ": take one by its number or its name.")
        )

    def seen_by(self, role: str) -> Turn:
        """The same turn as one role sees it: its own choices, and no line meant for another."""
        return self._replace(
            lines=tuple(line for line in self.lines if line.only_to in (None, role)),
            choices=tuple(choice for choice in self.choices if choice.role == role),
        )
