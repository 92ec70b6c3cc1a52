"""A turn, fitted to what a network can do: texts of its length, buttons, numbers. Pure.

    events = degrade("c:4:0", lines, turn, Capabilities(buttons=False))

What a network cannot show it says: without buttons the choices are a list with numbers; a label
that is too long for a button is shortened there and stands whole in the text; a choice that is
closed is text, with the reason. What comes back, a press or a typed line, is read by `meant`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from heartline.errors import StaleTurn, UnknownChoice
from heartline.frontends.protocol import Button, OutEvent
from heartline.words import humanise_date, humanise_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from heartline.frontends.protocol import Capabilities
    from heartline.turn import Choice, Said, Turn

__all__ = ["MORE", "as_lines", "degrade", "fitted", "meant", "page_of", "pressed", "shortened"]

MORE = "+"  # a press that asks for the next buttons
_MOST_PRESS = 64  # bytes, what the strictest network carries
_NUMBERED = re.compile(r"([0-9]{1,9})[.)]\s*(.*)", re.DOTALL)  # a choice, as a list shows it
_NO_TIME = timedelta(0)
_LEAST = 16  # characters that a message holds at least
_JOINER = "\u200d"  # between two characters it makes one sign of them
_ADDED = ("Mn", "Mc", "Me")  # categories of characters that belong to the one before them


def degrade(
    id: str,
    lines: Sequence[Said],
    turn: Turn | None,
    capabilities: Capabilities,
    *,
    page: int = 0,
    replaces: bool = True,
    now: datetime | None = None,
) -> tuple[OutEvent, ...]:
    """The messages for what was said and what can be done now; the buttons are on the last.

    `turn` is as the person may see it (Turn.seen_by), None where there is nothing to answer. `page`
    counts the pages of buttons, from 0. Their ids follow from `id`. What is left of a time is
    counted from `now`, or from the turn's own moment.
    """
    said = as_lines(lines)
    below: list[str] = []
    buttons: tuple[Button, ...] = ()
    if turn is not None:
        buttons = _buttons(turn, capabilities, page)
        below = [*_ends(turn), *_standing(turn, now), *_listed(turn, capabilities)]
    text = "\n\n".join(part for part in ("\n".join(said), "\n".join(below)) if part)
    texts = fitted(text, capabilities.longest_text) if text else [_NOTHING] if buttons else []
    last = len(texts) - 1
    return tuple(
        OutEvent(
            id if place == 0 else f"{id}/{place}",
            each,
            buttons if place == last else (),
            tuple(lines) if place == 0 else (),
            turn if place == last else None,
            replaces and place == 0,
        )
        for place, each in enumerate(texts)
    )


_NOTHING = "…"  # a message with buttons has a text


def as_lines(lines: Iterable[Said]) -> list[str]:
    """What was said, as a chat shows it: whose line it is, and the line."""
    return [f"{line.name}: {line.text}" if line.name else line.text for line in lines]


def _ends(turn: Turn) -> list[str]:
    if turn.outcome is None:
        return []
    return [f"The conversation is over: {turn.outcome.replace('_', ' ')}."]


def _standing(turn: Turn, now: datetime | None) -> list[str]:
    """What is running out."""
    now = turn.time if now is None else max(now, turn.time)
    return [
        f"{_capital(due.title)}: {humanise_duration(max(due.due - now, _NO_TIME))} left, until "
        f"{humanise_date(due.due)}."
        for due in turn.deadlines
        if due.title
    ]


def _capital(title: str) -> str:
    return title[0].upper() + title[1:]


def _listed(turn: Turn, capabilities: Capabilities) -> list[str]:
    """The choices as text: those that no button shows whole, and those that are closed."""
    listed = []
    whole = not capabilities.buttons or _crowded(turn, capabilities)
    for number, choice in enumerate(turn.choices, 1):
        if not choice.enabled:
            listed.append(f"{number}. {choice.label} (not now: {choice.reason})")
        elif whole:
            listed.append(f"{number}. {choice.label}")
    return listed


def _crowded(turn: Turn, capabilities: Capabilities) -> bool:
    """Whether a label is too long for its button: then all are in the text."""
    return any(
        len(choice.label) > capabilities.longest_label for choice in turn.choices if choice.enabled
    )


def _buttons(turn: Turn, capabilities: Capabilities, page: int) -> tuple[Button, ...]:
    if not capabilities.buttons:
        return ()
    crowded = _crowded(turn, capabilities)
    most = max(capabilities.most_choices, 2)
    buttons = []
    for number, choice in enumerate(turn.choices, 1):
        if choice.enabled:
            label = f"{number}. {choice.label}" if crowded else choice.label
            short = shortened(label, capabilities.longest_label)
            buttons.append(Button(short, pressed(turn.number, choice.id)))
    if len(buttons) <= most:
        return tuple(buttons)
    pages = -(-len(buttons) // (most - 1))
    page %= pages
    shown = buttons[page * (most - 1) : (page + 1) * (most - 1)]
    more = f"More ({page + 1} of {pages})"
    following = Button(
        shortened(more, capabilities.longest_label), f"{turn.number}:{MORE}{(page + 1) % pages}"
    )
    return (*shown, following)


# What comes back ----------------------------------------------------------------------------------


def pressed(turn: int, choice: str) -> str:
    """What a button for this choice sends: ASCII that every network carries, with the turn."""
    press = f"{turn}:{choice}"
    if press.isascii() and len(press) <= _MOST_PRESS:
        return press
    return f"{turn}:~{hashlib.sha256(choice.encode()).hexdigest()[:32]}"


def page_of(press: str) -> int | None:
    """The page of buttons that a press asks for; None where it means a choice."""
    _, _, what = press.partition(":")
    number = what.removeprefix(MORE)
    return int(number) if what.startswith(MORE) and number.isdecimal() else None


def meant(turn: Turn, words: str = "", press: str = "") -> Choice:
    """The choice that was pressed, or that the words mean: its number, its id, its label, the
    beginning of one label, or its line as the list shows it.

    Raises StaleTurn for a button of an earlier turn, and UnknownChoice.
    """
    if press:
        return _pressed(turn, press)
    with suppress(UnknownChoice):
        return turn.find("_".join(words.lower().split()))
    plain = _folded(words)
    for exact in (True, False):
        near = [
            choice
            for choice in turn.choices
            if _folded(choice.label) == plain
            or (not exact and plain and _folded(choice.label).startswith(plain))
        ]
        if len(near) == 1:
            return near[0]
    if numbered := _NUMBERED.fullmatch(words.strip()):
        with suppress(UnknownChoice):
            found = turn.find(numbered[1])
            if _folded(found.label).startswith(_folded(numbered[2])):
                return found
    return turn.find(words)


def _pressed(turn: Turn, press: str) -> Choice:
    number, _, what = press.partition(":")
    if number.isdecimal() and len(number) < 10 and int(number) != turn.number:
        raise StaleTurn(
            "That button belongs to an earlier turn: here is where you are now.",
            int(number),
            turn.number,
        )
    found = [choice for choice in turn.choices if pressed(turn.number, choice.id) == press]
    if found:
        return next((choice for choice in found if choice.enabled), found[0])
    raise UnknownChoice(f"There is no choice {what[:40]!r} here: take one of those below.")


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".!?… ")


# Texts of a length --------------------------------------------------------------------------------


def shortened(text: str, most: int) -> str:
    """The text in at most so many characters; what is left out is marked, and no sign is cut."""
    if len(text) <= most:
        return text
    return text[: _between(text, max(most - 1, 0))].rstrip() + "…"


def fitted(text: str, most: int) -> list[str]:
    """The text in parts of at most so many characters: cut between paragraphs where that can be,
    else between lines, sentences or words, and never within a sign."""
    most = max(most, _LEAST)
    parts = []
    while len(text) > most:
        at = _cut(text, most)
        parts.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [part for part in (*parts, text) if part]


def _cut(text: str, most: int) -> int:
    for mark in ("\n\n", "\n", ". ", " "):
        at = text.rfind(mark, 0, most + 1 - len(mark.rstrip()))
        if at > most // 3:
            return at + len(mark.rstrip())
    return _between(text, most) or most  # nobody can read a sign that is longer than a message


def _between(text: str, at: int) -> int:
    """The last place up to this one that is between two signs; 0 where there is none."""
    while 0 < at < len(text) and _joined(text, at):
        at -= 1
    return at


def _joined(text: str, at: int) -> bool:
    """Whether what stands before and after a place is one sign: an accent, a flag, a family."""
    before, after = text[at - 1], text[at]
    if before == _JOINER or after == _JOINER or unicodedata.category(after) in _ADDED:
        return True
    if _within(after, 0x1F3FB, 0x1F3FF) or _within(after, 0xE0020, 0xE007F):  # skins, flags' tags
        return True
    if _within(after, 0x1160, 0x11FF):  # what follows the beginning of a Korean syllable
        return True
    flags = 0  # each is two letters
    while flags < at and _within(text[at - 1 - flags], 0x1F1E6, 0x1F1FF):
        flags += 1
    return flags % 2 == 1 and _within(after, 0x1F1E6, 0x1F1FF)


def _within(character: str, first: int, last: int) -> bool:
    return first <= ord(character) <= last
