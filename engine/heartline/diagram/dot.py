"""A chart in the DOT language, for Graphviz and all that reads it.

Boxes are called s0, s1, ... in the order of the chart's walk and arrows e0, e1, ... in theirs;
the same ids stand in the SVG. Labels are plain text: Graphviz can be built without the library
that its formatted labels need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.diagram import palette
from heartline.diagram.labels import arrow_lines, box_lines, heading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from heartline.diagram.chart import Arrow, Box, Chart
    from heartline.diagram.labels import Line

__all__ = ["to_dot"]

GRAPH = {
    "rankdir": "TB",
    "ranksep": "0.5",
    "nodesep": "0.3",
    "pad": "0.3",
    "bgcolor": palette.PAPER,
    "fontname": palette.FONT,
    "fontcolor": palette.INK,
    "fontsize": "13",
    "labelloc": "t",
    "labeljust": "l",
}
NODE = {
    "shape": "box",
    "style": "rounded,filled",
    "fontname": palette.FONT,
    "fontsize": "11",
    "fontcolor": palette.INK,
    "color": palette.BOX_LINE,
    "fillcolor": palette.BOX,
    "margin": "0.16,0.08",
}
EDGE = {"fontname": palette.FONT, "fontsize": "10", "arrowsize": "0.7"}


def to_dot(chart: Chart, *, headed: bool = True) -> str:
    """The chart as a DOT digraph, with its title and a legend over it where it is `headed`."""
    return "\n".join(_lines(chart, heading(chart) if headed else [])) + "\n"


def _lines(chart: Chart, head: Sequence[Line]) -> Iterator[str]:
    ids = {box.id: f"s{place}" for place, box in enumerate(chart.walk())}
    yield f"digraph {_quoted(chart.title)} {{"
    yield f"  graph [{_attributes({**GRAPH, 'label': _label(head)})}];"
    yield f"  node [{_attributes(NODE)}];"
    yield f"  edge [{_attributes(EDGE)}];"
    if chart.initial is not None:
        dot = {"shape": "circle", "label": "", "width": "0.16", "fillcolor": palette.INK}
        yield f"  start [{_attributes(dot)}];"
    for box in chart.boxes:
        yield from _box(box, ids, "  ")
    if chart.initial is not None:
        yield f"  start -> {ids[chart.initial]} [{_attributes({'color': palette.INK})}];"
    for place, arrow in enumerate(chart.arrows):
        look = _attributes({"id": f"e{place}", **_arrow(arrow)})
        yield f"  {ids[arrow.source]} -> {ids[arrow.target]} [{look}];"
    yield "}"


def _box(box: Box, ids: Mapping[str, str], indent: str) -> Iterator[str]:
    name = ids[box.id]
    if box.kind != "compound":
        yield f"{indent}{name} [{_attributes({'id': name, **_look(box)})}];"
        return
    look = {
        "id": name,
        "label": box.title,
        "style": "rounded,filled",
        "fillcolor": palette.INNER,
        "color": palette.INNER_LINE,
        "margin": "14",
    }
    yield f"{indent}subgraph cluster_{name} {{"
    yield f"{indent}  graph [{_attributes(look)}];"
    for inner in box.inside:
        yield from _box(inner, ids, indent + "  ")
    yield f"{indent}}}"


def _look(box: Box) -> dict[str, str]:
    """The attributes of a box that holds no others."""
    if box.kind == "history":
        return {"shape": "circle", "label": "H", "width": "0.3", "margin": "0.02"}
    look = {"label": _label(box_lines(box))}
    if box.kind == "final":
        look |= {"peripheries": "2", "fillcolor": palette.FINAL, "color": palette.FINAL_LINE}
    elif box.kind == "any":
        look |= {
            "style": "filled,dashed",
            "fillcolor": palette.ANYWHERE,
            "color": palette.ANYWHERE_LINE,
        }
    elif box.kind == "closed":
        look |= {"fillcolor": palette.INNER, "style": "rounded,filled,bold"}
    elif box.kind == "ghost":
        look |= {"fillcolor": palette.PAPER, "color": palette.INNER_LINE, "style": "rounded"}
    if box.visits:
        look |= {"color": palette.PLAYED, "fillcolor": palette.PLAYED_FILL, "penwidth": "2.2"}
    if box.mark and box.kind != "ghost":
        line, ground = palette.COVERED[box.mark]
        look |= {"color": line, "fillcolor": ground, "penwidth": "1.6"}
    return look


def _arrow(arrow: Arrow) -> dict[str, str]:
    colour, line = palette.ARROWS[arrow.style]
    if arrow.played:
        colour = palette.PLAYED
    elif arrow.mark:
        colour = palette.COVERED[arrow.mark][0]
    return {
        "label": _label(arrow_lines(arrow)),
        "color": colour,
        "fontcolor": colour,
        "style": line,
        "penwidth": "2.6" if arrow.played else "1.1",
    }


def _label(lines: Sequence[Line]) -> str:
    if len(lines) == 1 and not lines[0].left:
        return lines[0].text
    return "".join(f"{line.text}{LEFT if line.left else CENTRE}" for line in lines)


# Stand-ins for DOT's line ends, since a backslash that an author writes must not become one.
LEFT, CENTRE = "\x01", "\x02"


def _attributes(given: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={_quoted(value)}" for key, value in given.items())


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return '"' + text.replace(LEFT, "\\l").replace(CENTRE, "\\n") + '"'
