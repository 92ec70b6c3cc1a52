"""The talk, in lines: what was said turn by turn, and what there is to tell between."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from heartline.frontends.terminal.output import Page, Sentence, TurnShown
from heartline.frontends.terminal.render import Renderer
from heartline.words import humanise_duration
from heartline.wrapping import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heartline.frontends.terminal.output import Output
    from heartline.frontends.terminal.session import Session

__all__ = ["Line", "entry_lines", "line", "output_lines", "record_lines"]

_MINUTE = timedelta(minutes=1)
_SAID = {"note": "Note", "refused": "Not done", "warning": "Warning"}


class Line(NamedTuple):
    """A line, made of pieces that each have a style: "", "title", "name", "player", "dim",
    "mark" or "warning". A style only adds to what the words say."""

    pieces: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The words alone."""
        return "".join(text for text, _ in self.pieces)


def line(text: str, style: str = "") -> Line:
    """A line of one style."""
    return Line(((plain(text), style),))


def record_lines(session: Session) -> list[list[Line]]:
    """All that was said so far, a block for each turn."""
    blocks, before = [], None
    for entry in session.record.transcript:
        blocks.append(entry_lines(entry, before, session))
        before = entry
    return blocks


def entry_lines(
    entry: dict[str, Any], before: dict[str, Any] | None, session: Session
) -> list[Line]:
    """One turn of a transcript, after another one."""
    machine = session.scenario.machine
    persons = {
        role for role, info in machine.roles.items()
        if not info.engine or role in session.beginning.persons
    }  # fmt: skip
    found: list[Line] = []
    if before is not None:
        passed = datetime.fromisoformat(entry["time"]) - datetime.fromisoformat(before["time"])
        if passed >= _MINUTE:
            found.append(line(f"{_capital(humanise_duration(passed))} later.", "dim"))
    state = machine.states.get(entry["state"])
    head = [str(entry["turn"]), entry["typed"] or "the beginning"]
    if before is None or before["state"] != entry["state"]:
        head.append(state.title if state is not None else entry["state"])
    found.append(line(" \N{MIDDLE DOT} ".join(head), "dim"))
    for said in entry["lines"]:
        style = "player" if said["speaker"] in persons else "name"
        name = f"{said['name']}: " if said["name"] else ""
        for paragraph in said["text"].split("\n"):
            if paragraph.strip():
                found.append(Line(((plain(name), style), (plain(paragraph.strip()), ""))))
                name = ""
    if entry["outcome"]:
        found.append(line(f"The end: {entry['outcome'].replace('_', ' ')}.", "title"))
    return found


def output_lines(outputs: Iterable[Output], width: int) -> list[list[Line]]:
    """What there is to tell beside the turns: sentences, pages, time that passed quietly."""
    blocks: list[list[Line]] = []
    for output in outputs:
        if isinstance(output, Sentence):
            style = "dim" if output.kind == "note" else "warning"
            word = _SAID[output.kind]
            blocks.append([Line(((f"{word}: ", style), (plain(output.text), "")))])
        elif isinstance(output, Page):
            text = Renderer(width).render(output)
            first, *rest = text.strip("\n").split("\n")
            blocks.append([line(first, "title"), *(line(each) for each in rest)])
        elif isinstance(output, TurnShown) and output.brief and output.waited:
            later = f"{_capital(humanise_duration(output.waited))} later. Nothing happens."
            blocks.append([line(later, "dim")])
    return blocks


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
