"""The words in a diagram's boxes and on its arrows, line by line, and how each line looks.

Graphviz lays out plain text; the SVG room then gives each line its weight and colour. Both count
the same lines, so what stands where is decided here.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from heartline.diagram.chart import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartline.diagram.chart import Arrow, Box, Chart, Move

__all__ = ["Line", "arrow_lines", "box_lines", "heading", "plain"]

WIDEST_TITLE = 24  # characters, before a title goes on in the next line
LONGEST_GUARD = 34  # characters; the whole guard stands in what a pointer shows, and in the JSON
WIDEST_LINE = 34
MOST_NAMED = 2  # moves of an arrow to a closed box, beyond which it says how many there are
MOST_LINES = 10  # moves that are written out in one box or on one arrow

LEGEND = (
    ("person", "solid: somebody chooses"),
    ("engine", "dashed: a role of the engine moves"),
    ("after", "after: a timer has run out"),
    ("event", "on: an event"),
    ("always", "dotted: at once, where it holds"),
)


MARKS = (
    ("met", "green: covered by tests"),
    ("partly", "amber: some of it is covered"),
    ("missed", "red, with \u2717: not covered"),
)


class Line(NamedTuple):
    """One line. `look` is "title", "soft", "final", "played", a mark, or a style of arrows."""

    text: str
    look: str
    left: bool = True


def heading(chart: Chart) -> list[Line]:
    """The title of a diagram, and what its arrows mean: no more than what it holds."""
    styles = {arrow.style for arrow in chart.arrows}
    styles |= {move.style for box in chart.walk() for move in box.stays}
    lines = [Line(plain(chart.title), "title")]
    lines += [
        Line(text, "soft" if chart.has_marks else style)
        for style, text in LEGEND
        if style in styles
    ]
    if chart.has_marks:
        lines += [Line(text, mark) for mark, text in MARKS]
    if chart.has_trail:
        lines.append(Line("1. 2. 3.: the way that was played", "played"))
    return lines


def box_lines(box: Box) -> list[Line]:
    """What stands in a box: its title, its name if that is another, what ends, what stays."""
    lines = [
        Line(line, "title", left=False)
        for line in textwrap.wrap(plain(box.title), WIDEST_TITLE) or [box.id]
    ]
    if box.kind == "any":
        lines = [Line(line.text, "soft", left=False) for line in lines]
    elif box.kind in ("leaf", "final") and _words(box.title) != _words(box.id):
        lines.append(Line(box.id, "soft", left=False))
    if box.note is not None:
        lines.append(Line(plain(box.note), "soft", left=False))
    if box.outcome is not None:
        lines.append(Line(f"ends: {box.outcome}", "final", left=False))
    if box.mark == "missed" and box.kind != "ghost":
        lines.append(Line("\u2717 not entered", "missed", left=False))
    if box.coming:
        came = plain("from " + ", ".join(box.coming))
        wrapped = textwrap.wrap(came, WIDEST_LINE, max_lines=3, placeholder=" \u2026")
        lines += [Line(line, "soft", left=False) for line in wrapped]
    several = _several if box.kind == "closed" else _moves
    lines += _moves(box.stays)
    for lead in box.leads:
        title = plain(lead.title)
        lines += [Line(f"{line.text} \u2192 {title}", line.look) for line in several(lead.moves)]
    return lines


def arrow_lines(arrow: Arrow) -> list[Line]:
    """What stands on an arrow."""
    return list(_several(arrow.moves) if arrow.style == "many" else _moves(arrow.moves))


def plain(text: str) -> str:
    """On one line, and without the characters that XML cannot hold."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _several(moves: Sequence[Move]) -> Iterator[Line]:
    """A few moves by name, more by their number."""
    if len(moves) <= MOST_NAMED:
        yield from _moves(moves)
    else:
        steps = [step for move in moves for step in move.steps]
        played = "".join(f"{step}. " for step in steps[:4])
        mark = joined(move.mark for move in moves)
        missed = sum(move.mark == "missed" for move in moves)
        ways = f"{len(moves)} ways" + (f", \u2717 {missed}" if missed else "")
        yield Line(f"{played}{ways}", "played" if steps else mark or "many")


def _moves(moves: Sequence[Move]) -> Iterator[Line]:
    for move in moves[:MOST_LINES]:
        look = "played" if move.steps else move.mark or move.style
        yield Line(plain(move.label(LONGEST_GUARD)), look)
    if len(moves) > MOST_LINES:
        yield Line(f"and {len(moves) - MOST_LINES} more", "soft")


def _words(name: str) -> str:
    return name.rsplit(".", 1)[-1].replace("_", " ").casefold()
