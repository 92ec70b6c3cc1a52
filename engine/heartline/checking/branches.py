"""Branches that no play takes (HL505, HL511).

A branch is called dead only if it is so in every state that has it, inherited ones included:
because its guard holds for no values, or because wherever it holds an earlier branch does too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.checking.guards import Answer
from heartline.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from heartline.checking.flow import Flow
    from heartline.checking.guards import Guards
    from heartline.plan import ChoiceSpec, Edge, Leaf, Wiring

__all__ = ["dead_branches"]


def dead_branches(flow: Flow, guards: Guards) -> Iterator[Diagnostic]:
    """The findings about branches that are taken in none of the states that have them."""
    yield from _Branches(flow, guards).findings()


class _Branches:
    def __init__(self, flow: Flow, guards: Guards) -> None:
        self.flow = flow
        self.guards = guards
        leaves = flow.machine.leaves
        self.reached = [leaf for name, leaf in leaves.items() if name in flow.reached]

    def findings(self) -> Iterator[Diagnostic]:
        """Branches that are taken in none of the states that have them, and why."""
        verdicts: dict[int, str] = {}
        edges: dict[int, Edge] = {}
        rivals: dict[int, Edge] = {}
        for leaf in self.reached:
            for ways in self.flow.ways[leaf.name].values():
                for place, wiring in enumerate(ways):
                    key = id(wiring.edge)
                    if verdicts.get(key) == "live":
                        continue
                    earlier = ways[:place]
                    verdict = self._verdict(leaf, wiring, earlier)
                    edges[key] = wiring.edge
                    if verdict == "shadowed" and key not in rivals:
                        rivals[key] = self._rival(leaf, wiring, earlier)
                    if verdict == "live" or verdicts.get(key) != "shadowed":
                        verdicts[key] = verdict
        never = {key for key, verdict in verdicts.items() if verdict == "never"}
        yield from self._never(never, edges)
        for key, verdict in verdicts.items():
            if verdict == "shadowed":
                rival = rivals[key]
                yield Diagnostic(
                    "HL505", Severity.WARNING,
                    "this branch is never taken: where it could be, the one "
                    f"on line {rival.line} is taken first",
                    edges[key].location, "put this one before it, or take it out",
                )  # fmt: skip

    def _verdict(self, leaf: Leaf, wiring: Wiring, earlier: Sequence[Wiring]) -> str:
        guard = wiring.guard
        before = [way for way in earlier if way.edge is not wiring.edge]
        key = ("holds", id(guard))
        if (
            guard is not None
            and wiring.history is None
            and self.guards.possible(guard, leaf, key) is Answer.NO
        ):
            return "never"
        if not before or wiring.history is not None or any(way.history for way in before):
            return "live"
        return "shadowed" if self._shadowed(leaf, wiring, before) else "live"

    def _shadowed(self, leaf: Leaf, wiring: Wiring, before: Sequence[Wiring]) -> bool:
        guard, others = wiring.guard, [way.guard for way in before]
        if any(other is None or other is guard for other in others):
            return True

        def alone(frame: Sequence[Any]) -> bool:
            return bool(guard is None or guard(frame)) and not any(
                other(frame) for other in others if other is not None
            )

        key = ("alone", id(guard), *map(id, others))
        return self.guards.possible(alone, leaf, key) is Answer.NO

    def _rival(self, leaf: Leaf, wiring: Wiring, earlier: Sequence[Wiring]) -> Edge:
        """The earlier branch that wins: one that does so alone, or else the nearest."""
        before = [way for way in earlier if way.edge is not wiring.edge]
        for way in before:
            if self._shadowed(leaf, wiring, [way]):
                return way.edge
        return before[-1].edge

    def _never(self, never: set[int], edges: dict[int, Edge]) -> Iterator[Diagnostic]:
        """Guards that hold for no values; a choice of which no branch can hold is one finding."""
        choices: dict[int, ChoiceSpec] = {}
        for leaf in self.reached:
            for choice in leaf.choices:
                choices[id(choice)] = choice
        whole: set[int] = set()
        for choice in choices.values():
            if choice.edges and all(id(edge) in never for edge in choice.edges):
                whole.update(map(id, choice.edges))
                yield Diagnostic(
                    "HL511", Severity.WARNING,
                    f"the choice {choice.id!r} is never open: its guard holds for no values",
                    choice.location, "look at the bounds of what the guard compares",
                )  # fmt: skip
        for key in never - whole:
            yield Diagnostic(
                "HL511", Severity.WARNING,
                "this branch is never taken: its guard holds for no values",
                edges[key].location, "look at the bounds of what the guard compares",
            )  # fmt: skip
