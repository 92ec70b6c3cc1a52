"""A scenario as a diagram: `heartline graph`.

    chart    what every format draws, worked out once from the machine
    trail    a played way, to be marked in it
    atlas    a large chart as an overview and several small ones
    mermaid, dot, svg, data    the formats
    layout   where Graphviz comes from; the SVG alone needs it

    trail = follow(scenario, start=datetime.fromisoformat(saved.beginning.start),
                   seed=saved.beginning.seed, inputs=dict(saved.beginning.inputs),
                   persons=saved.beginning.persons, moves=saved.way)
    print(draw(scenario.machine, "svg", trail))

Nothing heavy is imported before a format needs it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from heartline.diagram.layout import DrawingFailed
from heartline.diagram.trail import Trail, follow

if TYPE_CHECKING:
    from heartline.machine import Machine

__all__ = ["FORMATS", "DrawingFailed", "Trail", "draw", "follow"]

FORMATS = ("mermaid", "dot", "svg", "json")


def draw(
    machine: Machine,
    form: str = "mermaid",
    trail: Trail | None = None,
    *,
    seen_by: str | None = None,
) -> str:
    """The diagram of a machine as text in one of FORMATS, with a played way marked in it.

    With `seen_by` it is a picture for a player of this role: it tells of no guard and no action,
    and does not name what others can choose. Raises DrawingFailed where an SVG is asked for and
    nothing here can lay it out, and ValueError for an unknown format, and for data that is to be
    for a player.
    """
    if form == "json" and seen_by is not None:
        raise ValueError("the data hold the whole of a scenario: they are for no player")
    if form == "json":
        from heartline.diagram.data import to_data

        return json.dumps(to_data(machine, trail), indent=2, ensure_ascii=False) + "\n"
    from heartline.diagram.chart import chart

    drawn = chart(machine, trail, seen_by=seen_by)
    if form == "mermaid":
        from heartline.diagram.mermaid import to_mermaid

        return to_mermaid(drawn)
    if form == "dot":
        from heartline.diagram.dot import to_dot

        return to_dot(drawn)
    if form == "svg":
        from heartline.diagram.svg import to_svg

        return to_svg(drawn)
    raise ValueError(f"{form!r} is not a format of diagrams: they are {', '.join(FORMATS)}")
