"""A large chart as several small ones, as an atlas has a map of the land and maps of its towns.

No layout makes a hundred states and hundreds of arrows readable in one picture. So a state that
holds others is opened in place as long as the picture stays small; else it is one box there, and
has a picture of its own. In a picture of its own, what lies outside it is drawn as a pale box that
says where it is; what comes in is a line in the box where it arrives. Where very many arrows go
to one box, each of them is a line in the box that it leaves: `go_home -> The kitchen`.

The first chart is the overview. Every state is drawn in full in exactly one of the charts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from heartline.diagram.chart import Arrow, Box, Chart, Lead, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from heartline.diagram.chart import Move

__all__ = ["atlas"]

WHOLE = 26  # boxes, up to which a chart is drawn in one
MOST_BOXES = 15  # in one picture of an atlas, before what lies outside is added
MOST_ARRIVING = 5  # boxes whose arrows go to one box; beyond that each of them says it in words
MOST_LEAVING = 4  # boxes outside the picture that one box has arrows to


def atlas(chart: Chart) -> list[Chart]:
    """The charts of which a chart is best made, the overview first; itself if it is small."""
    if sum(not box.inside for box in chart.walk()) <= WHOLE:
        return [chart]
    return _Atlas(chart).charts


class _Atlas:
    def __init__(self, chart: Chart) -> None:
        self.whole = chart
        self.boxes = {box.id: box for box in chart.walk()}
        self.outer = {inner.id: box.id for box in chart.walk() for inner in box.inside}
        self.home: dict[str, str] = {}  # where each box is drawn: the id of the chart
        self.charts: list[Chart] = []
        waiting: list[Box | None] = [None]
        opened: list[tuple[Box | None, set[str]]] = []
        for container in waiting:
            inline, closed = self.open(chart.boxes if container is None else container.inside)
            opened.append((container, inline))
            waiting += closed
            key = "" if container is None else container.id
            for box_id in self.visible(container, inline):
                self.home[box_id] = key
        for container, inline in opened:
            self.charts.append(self.draw(container, inline))

    def open(self, boxes: Sequence[Box]) -> tuple[set[str], list[Box]]:
        """Which of the boxes within are opened in place, and which have pictures of their own."""
        count, inline, closed = len(boxes), set[str](), list[Box]()
        waiting = [box for box in boxes if box.inside]
        for box in waiting:
            if count + len(box.inside) - 1 <= MOST_BOXES:
                count += len(box.inside) - 1
                inline.add(box.id)
                waiting += [inner for inner in box.inside if inner.inside]
            else:
                closed.append(box)
        return inline, closed

    def visible(self, container: Box | None, inline: set[str]) -> list[str]:
        """The boxes that are drawn in a picture, those that stand closed in it left out."""
        found: list[str] = []
        waiting = list(self.whole.boxes if container is None else container.inside)
        for box in waiting:
            if not box.inside or box.id in inline:
                found.append(box.id)
                waiting += box.inside
        return found

    def draw(self, container: Box | None, inline: set[str]) -> Chart:
        """One picture."""
        arrows: dict[tuple[str, str, str], list[Move]] = {}
        coming: dict[str, dict[str, None]] = {}
        for arrow in self.whole.arrows:
            source = self.stand_in(arrow.source, container, inline)
            target = self.stand_in(arrow.target, container, inline)
            if source is None and target is not None:
                home = self.home[arrow.source]
                came = self.title(home) if home else self.boxes[arrow.source].title
                coming.setdefault(target, {})[came] = None
            elif source is not None and (source != target or arrow.source == arrow.target):
                closed = {source, target or ""} & self.closed(inline)
                style = "many" if closed else arrow.style
                ends = (source, target or arrow.target, style)
                arrows.setdefault(ends, []).extend(arrow.moves)
        inside = set(self.visible(container, inline)) | self.closed(inline)
        leads = self.written(arrows, inside)
        drawn = tuple(
            Arrow(*ends, tuple(moves)) for ends, moves in arrows.items() if ends[:2] not in leads
        )
        ghosts: dict[str, bool] = {}  # and whether the played way went there from here
        for arrow in drawn:
            if arrow.target not in inside:
                ghosts[arrow.target] = ghosts.get(arrow.target, False) or arrow.played
        notes: dict[str, list[Lead]] = {}
        for ends, moves in arrows.items():
            if ends[:2] in leads:
                lead = Lead(self.boxes[ends[1]].title, tuple(moves))
                notes.setdefault(ends[0], []).append(lead)
        roots = self.whole.boxes if container is None else container.inside
        return replace(
            self.whole,
            id="" if container is None else container.id,
            title=self.title("" if container is None else container.id),
            boxes=(
                *(self.copy(box, inline, coming, notes) for box in roots),
                *(self.ghost(name, played) for name, played in ghosts.items()),
            ),
            arrows=drawn,
            initial=self.stand_in(self.whole.initial or "", container, inline),
        )

    def written(
        self, arrows: Iterable[tuple[str, str, str]], inside: set[str]
    ) -> set[tuple[str, str]]:
        """Which arrows become lines in the boxes that they leave: those to where so many lead
        that the picture would be a thicket, and those out of it where one box has many."""
        sources: dict[str, set[str]] = {}
        outside: dict[str, set[str]] = {}
        for source, target, _ in arrows:
            sources.setdefault(target, set()).add(source)
            if target not in inside:
                outside.setdefault(source, set()).add(target)
        hubs = {target for target, found in sources.items() if len(found) > MOST_ARRIVING}
        ends = {(source, target) for source, target, _ in arrows}
        return {
            (source, target)
            for source, target in ends
            if target in hubs or (target not in inside and len(outside[source]) > MOST_LEAVING)
        }

    def closed(self, inline: set[str]) -> set[str]:
        """The boxes that hold others and are not opened in a picture."""
        return {box.id for box in self.boxes.values() if box.inside and box.id not in inline}

    def stand_in(self, box_id: str, container: Box | None, inline: set[str]) -> str | None:
        """The box that stands for another in a picture; None for what lies outside it."""
        chain = [box_id]
        while (outer := self.outer.get(chain[-1])) is not None:
            chain.append(outer)
        if container is not None:
            if container.id not in chain[1:]:
                return None
            chain = chain[: chain.index(container.id)]
        while len(chain) > 1 and chain[-1] in inline:
            chain.pop()
        return chain[-1]

    def copy(
        self,
        box: Box,
        inline: set[str],
        coming: Mapping[str, Iterable[str]],
        notes: Mapping[str, list[Lead]],
    ) -> Box:
        """A box as it stands in one picture: open, closed, or a state."""
        if box.id in inline:
            inner = [self.copy(each, inline, coming, notes) for each in box.inside]
            return replace(box, inside=inner)
        came, leads = tuple(coming.get(box.id, ())), tuple(notes.get(box.id, ()))
        if not box.inside:
            return replace(box, coming=came, leads=leads)
        states = [each for each in box.walk() if each.kind in ("leaf", "final")]
        return replace(
            box, kind="closed", inside=[], coming=came, leads=leads, link=box.id,
            visits=sum(each.visits for each in states),
            mark=joined(each.mark for each in states),
            note="1 state" if len(states) == 1 else f"{len(states)} states",
        )  # fmt: skip

    def ghost(self, box_id: str, played: bool) -> Box:
        """What stands for a box that lies outside a picture."""
        home = self.home[box_id]
        return Box(
            box_id, self.boxes[box_id].title, "ghost", link=home, visits=int(played),
            note=f"in {self.title(home)}" if home else "in the overview",
        )  # fmt: skip

    def title(self, key: str) -> str:
        """The name of a picture."""
        return self.boxes[key].title if key else self.whole.title
