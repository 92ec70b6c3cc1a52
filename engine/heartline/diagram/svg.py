"""A chart as an SVG that can be read: in a browser, on a dark ground, and without seeing it.

Graphviz lays out each picture of the atlas; here they are put on one page, with a heading each,
and each line of text gets its weight and colour. What a pointer shows on a box or an arrow, and
what a screen reader says of it, holds the whole guards and actions. A box that has a picture of
its own is a link to it (`<view>`); a heading leads back to the whole page.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heartline.diagram import palette
from heartline.diagram.atlas import atlas
from heartline.diagram.dot import to_dot
from heartline.diagram.labels import Line, arrow_lines, box_lines, heading, plain
from heartline.diagram.layout import DrawingFailed, lay_out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heartline.diagram.chart import Box, Chart, Move

__all__ = ["to_svg"]

MOST_BOXES = 400  # in one picture; beyond that a layout takes minutes and nobody could read it
PAGE = 1700.0  # points; pictures stand beside one another up to this width
GAP, MARGIN, HEADING = 28.0, 28.0, 34.0
SHRINK = 0.9  # text is drawn a little smaller than it is laid out: fonts differ in their widths

_SVG = "http://www.w3.org/2000/svg"
_FONTS = 'Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif'
_LOOKS = {
    "title": palette.INK,
    "soft": palette.SOFT,
    "final": palette.FINAL_LINE,
    "played": palette.PLAYED,
    **{style: colour for style, (colour, _) in palette.ARROWS.items()},
    **{mark: line for mark, (line, _) in palette.COVERED.items()},
}


@dataclass(slots=True)
class _Picture:
    """One laid-out chart, and where it stands on the page."""

    chart: Chart
    name: str
    drawing: ET.Element
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0


def to_svg(chart: Chart, layout: Callable[[str], str] = lay_out) -> str:
    """The chart as an SVG document; raises DrawingFailed where nothing can lay it out."""
    charts = atlas(chart)
    biggest = max(sum(1 for _ in each.walk()) for each in charts)
    if biggest > MOST_BOXES:
        raise DrawingFailed(
            f"{biggest} states stand side by side here, and {MOST_BOXES} is the most that one "
            "picture can hold: put them into states that hold others, or use the format json."
        )
    pictures = [
        _picture(each, f"view{number}", layout(to_dot(each, headed=False)))
        for number, each in enumerate(charts)
    ]
    legend = heading(chart)[1:]
    if len(charts) > 1:
        legend.append(Line("pale box: in another picture; select it to go there", "soft"))
    top = MARGIN + 30 + 17 * len(legend) + 14
    width, height = _place(pictures, top)
    page = _page(chart, width, height)
    for picture in pictures:
        where = f"{picture.x} {picture.y - HEADING} {picture.width} {picture.height + HEADING}"
        ET.SubElement(page, "view", {"id": picture.name, "viewBox": where})
    ET.SubElement(page, "rect", _box(0, 0, width, height, palette.PAPER))
    _text(page, MARGIN, MARGIN + 14, plain(chart.title), palette.INK, 20, bold=True)
    for row, line in enumerate(legend):
        _text(page, MARGIN, MARGIN + 38 + 17 * row, line.text, _LOOKS[line.look], 11)
    links = {picture.chart.id: picture.name for picture in pictures}
    for picture in pictures:
        _show(page, picture, links, alone=len(pictures) == 1)
    ET.indent(page)
    return ET.tostring(page, encoding="unicode") + "\n"


def _picture(chart: Chart, name: str, drawn: str) -> _Picture:
    """Read what Graphviz drew."""
    document = ET.fromstring(drawn)  # noqa: S314 - it comes from Graphviz, not from a stranger
    for element in document.iter():
        element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
    view = [float(number) for number in document.attrib["viewBox"].split()]
    drawing = document.find("g")
    if drawing is None:
        raise DrawingFailed("Graphviz gave an empty drawing.")
    return _Picture(chart, name, drawing, view[2], view[3])


def _place(pictures: Sequence[_Picture], top: float) -> tuple[float, float]:
    """Put pictures in rows, as words in lines; gives the size of the page."""
    x, y, row = MARGIN, top, 0.0
    alone = len(pictures) == 1
    page = max(PAGE, *(picture.width for picture in pictures), 0.0)
    for picture in pictures:
        if x > MARGIN and x + picture.width > MARGIN + page:
            x, y, row = MARGIN, y + row + GAP, 0.0
        picture.x, picture.y = x, y + (0 if alone else HEADING)
        x += picture.width + GAP
        row = max(row, picture.height + (0 if alone else HEADING))
    width = max(picture.x + picture.width for picture in pictures) + MARGIN
    return max(width, 420.0), y + row + MARGIN


def _page(chart: Chart, width: float, height: float) -> ET.Element:
    page = ET.Element(
        "svg",
        {
            "xmlns": _SVG,
            "width": f"{width:.0f}pt",
            "height": f"{height:.0f}pt",
            "viewBox": f"0 0 {width:.0f} {height:.0f}",
            "role": "graphics-document document",
            "aria-labelledby": "diagram-title diagram-summary",
        },
    )
    ET.SubElement(page, "title", {"id": "diagram-title"}).text = plain(chart.title)
    ET.SubElement(page, "desc", {"id": "diagram-summary"}).text = plain(chart.summary)
    ET.SubElement(page, "style").text = _style()
    ET.SubElement(page, "view", {"id": "page", "viewBox": f"0 0 {width:.0f} {height:.0f}"})
    return page


def _style() -> str:
    dark = "".join(
        f'[fill="{light}"]{{fill:{dark}}}[stroke="{light}"]{{stroke:{dark}}}'
        for light, dark in palette.DARK.items()
    )
    return (
        f"text{{font-family:{_FONTS}}}.halo{{paint-order:stroke;stroke-linejoin:round}}"
        "a{cursor:pointer}a:hover,a:focus{text-decoration:underline}"
        f"@media (prefers-color-scheme:dark){{{dark}}}"
    )


def _show(page: ET.Element, picture: _Picture, links: dict[str, str], *, alone: bool) -> None:
    """Put one picture on the page."""
    chart = picture.chart
    if not alone:
        frame = _box(
            picture.x - 8, picture.y - HEADING, picture.width + 16, picture.height + HEADING + 8,
            palette.PAPER, palette.INNER_LINE,
        )  # fmt: skip
        ET.SubElement(page, "rect", frame)
        back = ET.SubElement(page, "a", {"href": "#page"})
        name = plain(chart.title) if chart.id else "Overview"
        _text(back, picture.x + 6, picture.y - 10, name, palette.INK, 15, bold=True)
    shift = f"translate({picture.x:.1f} {picture.y:.1f})"
    around = ET.SubElement(page, "g", {"transform": shift})
    drawing = picture.drawing
    around.append(drawing)
    _drop(drawing, "polygon")  # the ground
    _drop(drawing, "title")
    boxes = {f"s{place}": box for place, box in enumerate(chart.walk())}
    titles = {box.id: box.title for box in chart.walk()}
    arrows = {f"e{place}": arrow for place, arrow in enumerate(chart.arrows)}
    for group in drawing.findall("g"):
        name = group.attrib.get("id", "")
        group.attrib.pop("id", None)
        if name in boxes:
            box = boxes[name]
            _say(group, _told(box))
            _dress(group, [] if box.kind in ("compound", "history") else box_lines(box))
            if box.kind == "compound":
                _embolden(group)
            if box.link is not None and box.link in links:
                _link(group, links[box.link])
        elif name in arrows:
            arrow = arrows[name]
            ends = f"From {titles[arrow.source]} to {titles[arrow.target]}"
            _say(group, "\n".join([ends, *map(_in_full, arrow.moves)]))
            _dress(group, arrow_lines(arrow))
            for text in group.iter("text"):  # a halo, where an arrow runs through a label
                text.attrib |= {"stroke": palette.PAPER, "stroke-width": "3", "class": "halo"}
        else:
            _say(group, "Here it begins.")


def _told(box: Box) -> str:
    """What is said of a box, in full."""
    lines = [box.title if box.kind in ("any", "closed", "ghost") else f"{box.title} ({box.id})"]
    if box.tags:
        lines.append("tags: " + ", ".join(box.tags))
    lines += [_in_full(move) for move in box.stays]
    lines += [f"{_in_full(move)} \u2192 {lead.title}" for lead in box.leads for move in lead.moves]
    return "\n".join(lines)


def _in_full(move: Move) -> str:
    return move.label() + (f" / {'; '.join(move.do)}" if move.do else "")


def _say(group: ET.Element, told: str) -> None:
    _drop(group, "title")
    title = ET.Element("title")
    group.insert(0, title)
    title.text = "\n".join(plain(line) for line in told.split("\n"))


def _dress(group: ET.Element, lines: Sequence[Line]) -> None:
    """Give each line of text its weight and colour."""
    texts = list(group.iter("text"))
    for text in texts:
        text.attrib.pop("font-family", None)
        size = float(text.attrib.get("font-size", "11")) * SHRINK
        text.attrib["font-size"] = f"{size:.1f}"
    for text, line in zip(texts, lines, strict=len(texts) == len(lines)):
        text.attrib["fill"] = _LOOKS[line.look]
        if line.look == "title":
            text.attrib["font-weight"] = "bold"


def _embolden(group: ET.Element) -> None:
    for text in group.iter("text"):
        text.attrib["font-weight"] = "bold"


def _link(group: ET.Element, target: str) -> None:
    """Make all that is in a group a link."""
    inner = [child for child in group if child.tag != "title"]
    link = ET.SubElement(group, "a", {"href": f"#{target}"})
    for child in inner:
        group.remove(child)
        link.append(child)


def _drop(element: ET.Element, tag: str) -> None:
    """Take the first such child out."""
    for found in element.findall(tag)[:1]:
        element.remove(found)


def _box(
    x: float, y: float, width: float, height: float, fill: str, stroke: str | None = None
) -> dict[str, str]:
    size = {"x": x, "y": y, "width": width, "height": height}
    look = {"fill": fill} | ({"stroke": stroke, "rx": "6"} if stroke else {})
    return {**{key: f"{value:.1f}" for key, value in size.items()}, **look}


def _text(
    parent: ET.Element, x: float, y: float, text: str, fill: str, size: int, *, bold: bool = False
) -> None:
    look = {"x": f"{x:.1f}", "y": f"{y:.1f}", "fill": fill, "font-size": str(size)}
    if bold:
        look["font-weight"] = "bold"
    ET.SubElement(parent, "text", look).text = text
