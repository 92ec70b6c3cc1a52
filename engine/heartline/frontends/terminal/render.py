"""Outputs as text for people: wrapped, readable at 60 columns and by a screen reader.

Nothing is told by colour, position or drawing alone: speakers stand by name before what they say,
a closed choice says so in words. Colour comes on top, where `colour` is true, and takes away
nothing: the text without its colours is the same. Characters that would steer a terminal are
left out of everything that a scenario or a player wrote.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from heartline.frontends.terminal.output import (
    Began,
    Footer,
    Leave,
    Page,
    RecordWanted,
    Restarted,
    SaveWanted,
    Sentence,
    TurnShown,
)
from heartline.words import humanise_date, humanise_duration
from heartline.wrapping import plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.frontends.terminal.output import Output, Row
    from heartline.turn import Choice

__all__ = ["Renderer"]

NARROWEST, WIDEST = 20, 100  # columns; longer lines are hard to read
_DAY = timedelta(days=1)
# Only what is legible on dark and on light: bold, dim, and three of the basic colours.
STYLES = {"title": "1", "name": "1;35", "player": "1;36", "dim": "2", "warning": "1;31"}


class Renderer:
    """Makes text of outputs for a width in columns."""

    def __init__(self, width: int = 80, *, colour: bool = False, kept: bool = False) -> None:
        """`kept` is for a conversation that is kept in a store, where time passes by itself."""
        self.colour = colour
        self.kept = kept
        self.fit(width)

    def fit(self, width: int) -> None:
        """Write for a terminal of this many columns from now on."""
        self.width = min(max(width, NARROWEST), WIDEST)

    def render(self, output: Output) -> str:
        """The text of one output, with a line end; empty for those that nobody is shown."""
        if isinstance(output, TurnShown):
            lines = list(self._turn(output))
        elif isinstance(output, Sentence):
            style = "warning" if output.kind == "warning" else None
            lines = ["", *self._fill(output.text, style=style)]
        elif isinstance(output, Page):
            lines = list(self._page(output))
        elif isinstance(output, Began):
            lines = list(self._began(output))
        elif isinstance(output, Footer):
            lines = ["", *self._footer(output)]
        else:
            assert isinstance(output, Leave | Restarted | SaveWanted | RecordWanted)
            return ""
        return "".join(f"{line}\n" for line in lines)

    def typed(self, line: str) -> str:
        """A line that came from no terminal, shown as one would have shown it."""
        return f"> {plain(line.strip())}\n"

    def note(self, sentence: str) -> list[str]:
        """A sentence about the run, in lines."""
        return self._fill(sentence)

    def _began(self, began: Began) -> Iterator[str]:
        yield ""
        yield from self._fill(began.title, style="title")
        if began.resumed:
            yield from self._fill("You go on where you stopped.")

    def _turn(self, shown: TurnShown) -> Iterator[str]:
        turn, names = shown.turn, dict(shown.names)
        if shown.waited:
            later = f"{_capital(humanise_duration(shown.waited))} later"
            day = f": {humanise_date(shown.now)}" if shown.waited >= _DAY else ""
            quiet = " Nothing happens." if shown.brief else ""
            yield from self._fill(f"{later}{day}.{quiet}", style="dim")
        if shown.moved or (shown.again and not shown.brief):
            yield ""
            yield from self._fill(turn.title, style="title")
        if not shown.brief:
            players = {choice.role for choice in turn.choices}
            for line in turn.lines:
                yield ""
                style = "player" if line.speaker in players else "name"
                name = line.name
                if name and line.only_to:
                    name += f" (only to {names.get(line.only_to, line.only_to)})"
                yield from self._said(name, line.text, style)
        yield ""
        if turn.deadlines:
            for deadline in turn.deadlines:
                left = max(deadline.due - shown.now, timedelta(0))
                day = f", until {humanise_date(deadline.due)}" if left >= _DAY else ""
                # A delay that is written in a state has no name of its own.
                name = _capital(deadline.title) or "Until something happens here"
                yield from self._fill(f"{name}: {humanise_duration(left)} left{day}.")
            yield ""
        if turn.outcome is not None:
            yield from self._fill(f"The end: {turn.outcome.replace('_', ' ')}.", style="title")
        else:
            yield from self._choices(shown)

    def _choices(self, shown: TurnShown) -> Iterator[str]:
        choices = shown.turn.choices
        if not choices:
            how = "it goes on by itself" if self.kept else "let time pass with :wait"
            yield from self._fill(f"There is nothing to say now: {how}.")
            return
        names = dict(shown.names)
        several = len({choice.role for choice in choices}) > 1
        role = None
        if not several:
            yield from self._fill("You can:")
        for number, choice in enumerate(choices, 1):
            if several and choice.role != role:
                role = choice.role
                yield from self._fill(f"{names.get(role, role)} can:")
            yield from self._choice(number, choice, len(str(len(choices))))

    def _choice(self, number: int, choice: Choice, digits: int) -> Iterator[str]:
        start = f"{number:>{digits + 1}}. "
        text = choice.label
        if not choice.enabled:
            text = f"{_sentence(text)} Closed: {_sentence(choice.reason or 'not now')}"
        style = None if choice.enabled else "dim"
        yield from self._fill(text, first=start, rest=" " * len(start), style=style)

    def _footer(self, footer: Footer) -> Iterator[str]:
        care = ":care for support, " if footer.care else ""
        words = [":help for more"]
        if footer.over:
            words = [":undo to go back"] if footer.undo else []
            words += [] if self.kept else [":restart to begin anew"]
        yield from self._fill(care + ", ".join([":quit to stop", *words]))

    def _page(self, page: Page) -> Iterator[str]:
        yield ""
        yield from self._fill(page.title, style="title")
        if not page.rows:
            yield from self._fill(page.empty)
        for row in page.rows:
            yield from self._row(page, row)

    def _row(self, page: Page, row: Row) -> Iterator[str]:
        indent = "  " * (row.depth + 1)
        if page.name in ("log", "meanwhile"):
            if row.mark == "turn":
                yield from self._fill(row.name, style="dim")
            else:
                yield from self._said(row.name, row.text, "name", indent)
        elif page.name in ("help", "choices"):
            closed = " Closed." if row.mark else ""
            start = f"{indent}{plain(row.name):<14} "
            yield from self._fill(row.text + closed, first=start, rest=" " * 17)
        elif page.name == "map":
            mark = f" ({row.mark})" if row.mark else ""
            style = "title" if row.mark == "you are here" else None
            yield from self._fill(f"{row.name}{mark}", first=indent, rest=indent, style=style)
        elif page.name == "question":
            yield from self._fill(row.text, first=f" {row.name} ", rest="    ")
        elif page.name == "care":
            yield from self._fill(row.text, rest="  ")
        elif page.name == "why":
            text = f"{_sentence(row.name)} Closed: {_sentence(row.text)}"
            yield from self._fill(text, first=indent, rest=indent + "  ")
        else:
            text = f"{row.name.rstrip('.')}: {_sentence(row.text)}"
            yield from self._fill(text, first=indent, rest=indent + "  ")

    def _said(self, name: str, text: str, style: str, indent: str = "") -> Iterator[str]:
        paragraphs = [part for part in text.split("\n") if part.strip()]
        for number, paragraph in enumerate(paragraphs):
            spoken = f"{name}: " if name and number == 0 else ""
            rest = f"{indent}  " if name else indent
            first, *others = self._fill(f"{spoken}{paragraph}", first=indent, rest=rest)
            named = plain(spoken).rstrip()
            if named and self.colour and first.startswith(f"{indent}{named}"):
                first = f"{indent}{self._paint(named, style)}{first[len(indent) + len(named) :]}"
            yield first
            yield from others

    def _fill(
        self, text: str, *, first: str = "", rest: str = "", style: str | None = None
    ) -> list[str]:
        lines = wrapped(plain(text), self.width, first, rest)
        return [self._paint(line, style) for line in lines] if style else lines

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if self.colour else text


def _sentence(text: str) -> str:
    return text if text.rstrip("\"')\u201d\u2019").endswith((".", "!", "?")) else f"{text}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
