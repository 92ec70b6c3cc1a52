"""A chart in Mermaid's `stateDiagram-v2`, for READMEs, wikis and editors that draw it.

Mermaid has no dashed arrows in state diagrams and no histories: a move of another role carries
the role's name, and a history is a state called H. Texts are escaped by Mermaid's own entities
(`#58;` is a colon), since a colon or a semicolon ends a text there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from heartline.diagram import palette
from heartline.diagram.labels import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from heartline.diagram.chart import Box, Chart

__all__ = ["to_mermaid"]

LONGEST_GUARD = 60
CLASSES = {
    "final": f"fill:{palette.FINAL},stroke:{palette.FINAL_LINE},color:{palette.INK}",
    "any": (
        f"fill:{palette.ANYWHERE},stroke:{palette.ANYWHERE_LINE},color:{palette.INK},"
        "stroke-dasharray:4 3"
    ),
    "played": (
        f"fill:{palette.PLAYED_FILL},stroke:{palette.PLAYED},color:{palette.INK},stroke-width:3px"
    ),
}
# What would end a text, begin a comment or be read as a tag.
ESCAPED = {ord(each): f"#{ord(each)};" for each in '#;:"<>%\\`{}'}


def to_mermaid(chart: Chart) -> str:
    """The chart as Mermaid text, with its title in front."""
    return "\n".join(_lines(chart)) + "\n"


def _lines(chart: Chart) -> Iterator[str]:
    ids = {box.id: f"s{place}" for place, box in enumerate(chart.walk())}
    yield f"---\ntitle: {json.dumps(plain(chart.title), ensure_ascii=False)}\n---"
    yield "stateDiagram-v2"
    for box in chart.boxes:
        yield from _box(box, ids, "    ")
    if chart.initial is not None:
        yield f"    [*] --> {ids[chart.initial]}"
    for arrow in chart.arrows:
        for move in arrow.moves:
            label = _text(move.label(LONGEST_GUARD))
            yield f"    {ids[arrow.source]} --> {ids[arrow.target]} : {label}"
    marked: dict[str, list[str]] = {}
    for box in chart.walk():
        if box.kind == "final":
            yield f"    {ids[box.id]} --> [*]"
        kind = "played" if box.visits else box.kind
        if kind in CLASSES:
            marked.setdefault(kind, []).append(ids[box.id])
    for kind, names in marked.items():
        yield f"    classDef {kind} {CLASSES[kind]}"
        yield f"    class {','.join(names)} {kind}"


def _box(box: Box, ids: Mapping[str, str], indent: str) -> Iterator[str]:
    name = ids[box.id]
    if box.kind == "compound":
        yield f'{indent}state "{_text(box.title)}" as {name} {{'
        for inner in box.inside:
            yield from _box(inner, ids, indent + "    ")
        yield f"{indent}}}"
        return
    title = "H" if box.kind == "history" else box.title
    ends = f" (ends#58; {_text(box.outcome)})" if box.outcome else ""
    yield f'{indent}state "{_text(title)}{ends}" as {name}'
    for move in box.stays:
        yield f"{indent}{name} : {_text(move.label(LONGEST_GUARD))}"


def _text(text: str) -> str:
    return plain(text).translate(ESCAPED)
