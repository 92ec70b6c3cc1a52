"""Frames of moments: where a play stands, and after that what was done and said on the way to it.

So an expression of a property is one function over one tuple, like any other expression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartline.checking.patterns import happenings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartline.expressions import Symbol
    from heartline.machine import Machine, Way
    from heartline.plan import Promise
    from heartline.run import Spoken

__all__ = ["Now"]

MOST_KNOWN = 10_000  # ways to a leaf whose happenings are remembered


class Now:
    """Frames of moments: the machine's slots, and after them what happens in the moment."""

    def __init__(self, machine: Machine, promises: Sequence[Promise]) -> None:
        self.machine = machine
        asked = {
            # An outcome is that of the promise's own file; the rest means the same everywhere.
            (promise.host if node.kind == "outcome" else None, node.kind, node.name): promise
            for promise in promises
            for tree in promise.trees.values()
            for node in happenings(tree)
        }
        self.size: int = len(machine.slots)
        self.slots: dict[tuple[str | None, str, str], int] = {
            key: self.size + n for n, key in enumerate(asked)
        }
        self.endings: dict[tuple[str | None, str, str], frozenset[str]] = {
            key: promise.endings.get(key[2], frozenset[str]())
            for key, promise in asked.items()
            if key[1] == "outcome"
        }
        self.roles: list[tuple[int, str]] = [
            (n, key[2]) for n, key in enumerate(asked) if key[1] == "said"
        ]
        self.known: dict[tuple[tuple[Way, ...], str], tuple[bool, ...]] = {}

    def layout(self, host: str | None) -> dict[Symbol, int]:
        """Where each symbol lies in a frame, for the promises of one file."""
        own: dict[Symbol, int] = {
            ("now", kind, name): slot
            for (place, kind, name), slot in self.slots.items()
            if kind != "outcome" or place == host
        }
        return {**self.machine.layout, **own}

    def frame(
        self, frame: Sequence[Any], ways: tuple[Way, ...], said: Sequence[Spoken]
    ) -> Sequence[Any]:
        """The frame of a moment: what stands, and what was done and said on the way to it."""
        flags = self.known.get((ways, frame[0]))
        if flags is None:
            if len(self.known) > MOST_KNOWN:
                self.known.clear()
            flags = self.known[ways, frame[0]] = tuple(self._flags(ways, frame[0]))
        if self.roles and said:
            speakers = {
                line.speaker
                for spoken in said
                for line in spoken.lines.lines
                if line.guard is None or line.guard(spoken.frame)
            }
            changed = list(flags)
            for n, role in self.roles:
                changed[n] = role in speakers
            return (*frame, *changed)
        return (*frame, *flags)

    def _flags(self, ways: Sequence[Way], name: str) -> Iterator[bool]:
        """What ways to a leaf make happen; who speaks is not known by them."""
        edges = [way.edge for way in ways if way.edge.kind == "choice"]
        chosen = {edge.trigger for edge in edges}
        tags = self.machine.leaves[name].tags.union(*(edge.tags for edge in edges))
        for key in self.slots:
            _, kind, wanted = key
            if kind == "outcome":
                yield name in self.endings[key]
            else:
                yield wanted in (chosen if kind == "chosen" else tags) and kind != "said"
