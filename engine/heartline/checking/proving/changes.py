"""What is only worth a look: changes that change nothing, guards that both hold, nothing to draw.

All of it stands in the graph's notes, which the explorer takes while it takes the ways.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.checking.exploring.graph import parts
from heartline.checking.proving.facts import finding
from heartline.diagnostics import Severity
from heartline.expressions import Assign

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from heartline.checking.proving.facts import Facts, Finding
    from heartline.diagnostics import Location
    from heartline.plan import Edge

__all__ = ["changes"]

_NOWHERE = (0, 0)  # what the compiler adds stands nowhere in a file


def changes(facts: Facts) -> Iterator[Finding]:
    """Ambiguous branches (HL022), changes that never change anything (HL023) or are cut at a bound
    (HL024), and roles that have nothing to draw (HL025)."""
    yield from _overlaps(facts)
    yield from _assignments(facts)
    yield from _weightless(facts)


def _overlaps(facts: Facts) -> Iterator[Finding]:
    told: dict[tuple[int, int], tuple[Edge, Edge, int]] = {}
    for (one, other), node in facts.graph.notes.overlaps.items():
        first, second = facts.all_ways[one].edge, facts.all_ways[other].edge
        key = (id(first), id(second))
        if first.source != second.source or first is second:
            continue  # an inner state's goes before an outer one's, whatever holds
        if key in told and told[key][2] <= node:
            continue
        told[key] = (first, second, node)
    for first, second, node in told.values():
        what = f"of {first.trigger!r} " if first.trigger else ""
        yield finding(
            "ambiguous", first.trigger or first.source or "", "HL022", Severity.NOTE,
            f"the guards of two branches {what}can both hold: the one on line {first.line} is "
            "taken, since it stands first",
            second.location, "nothing is wrong where the order is meant; else let them exclude "
            "each other", facts.path(node), [first.location],
        )  # fmt: skip


def _assignments(facts: Facts) -> Iterator[Finding]:
    notes, machine = facts.graph.notes, facts.machine
    _, actions = parts(machine)
    tracked = frozenset().union(*facts.graph.kept.values())
    made = _performed(facts).values()
    # A file that is included twice has each of its changes twice.
    changed = {(place, action.span) for action, place in made if id(action) in notes.changed}
    told: set[tuple[Location, object]] = set()
    cut: dict[str, list[tuple[Location, int]]] = {}
    for action, place in made:
        name = action.target.name
        if id(action) in notes.saturated:
            cut.setdefault(name, []).append((place, notes.saturated[id(action)]))
        elif (
            id(action) in actions
            and (place, action.span) not in changed | told
            and facts.graph.is_whole
            and machine.layout["var", name] in tracked
        ):
            told.add((place, action.span))
            yield finding(
                "change", name, "HL023", Severity.WARNING,
                f"this never changes {name!r}: in every play it holds that value already",
                place, "take it out, or look at what should have changed it before",
            )  # fmt: skip
    for name, found in cut.items():
        place, node = min(found, key=lambda each: each[1])
        lines = sorted({each.line for each, _ in found} - {place.line})
        also = ""
        if lines:
            also = (
                f", and others on line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}"
            )
        yield finding(
            "cut", name, "HL024", Severity.NOTE,
            f"a change of {name!r} here is stopped at a bound in some plays{also}",
            place, "nothing is wrong where the bound is meant; else widen it",
            facts.path(node), [each for each, _ in found],
        )  # fmt: skip


def _performed(facts: Facts) -> Mapping[int, tuple[Assign, Location]]:
    """The assignments that were made in some play, each with its place."""
    found: dict[int, tuple[Assign, Location]] = {}
    for edge in facts.edges.values():
        for action in edge.actions:
            if isinstance(action, Assign) and action.span != _NOWHERE:
                found[id(action)] = (action, edge.location)
    for block, state in facts.performed.values():
        for action in block.actions:
            if isinstance(action, Assign) and action.span != _NOWHERE:
                found[id(action)] = (action, facts.machine.states[state].location)
    return found


def _weightless(facts: Facts) -> Iterator[Finding]:
    for name, node in facts.graph.notes.weightless.items():
        leaf = facts.machine.leaves[name]
        specs = [spec for spec in leaf.engine if spec.role not in facts.graph.persons]
        if not specs or all(id(spec) in facts.for_persons for spec in specs):
            continue  # meant for a person
        role = specs[0].role
        yield finding(
            "weightless", name, "HL025", Severity.NOTE,
            f"{role!r} can be left with nothing to draw in {name!r}: what is open there weighs 0",
            specs[0].location, "nothing is wrong where somebody else moves then; else give one of "
            "them a weight", facts.path(node), [spec.location for spec in specs],
        )  # fmt: skip
