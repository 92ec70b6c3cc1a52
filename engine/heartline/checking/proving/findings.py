"""What a graph shows that nobody had to ask for: dead ends, what never happens, what may surprise.

`find` gives all of it, by its place in the file. Errors and warnings are faults of the scenario;
notes are only worth knowing, since what they tell of may well be meant. On a graph that is not
whole there is nothing but what was seen: that something is impossible, only a whole one shows. In a
slice, which holds all plays and more, what never happens is certain, and so is that nothing leads
on; what would have to happen is left to a graph that is none.

Lint looks at a scenario without its values and reports some of the same places: `unsaid` leaves
out what it has said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.checking.proving.changes import changes
from heartline.checking.proving.facts import Facts, Finding
from heartline.checking.proving.impossible import impossible
from heartline.checking.proving.races import races, waiting
from heartline.checking.proving.smells import smells
from heartline.checking.proving.stuck import stuck
from heartline.diagnostics import sort_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heartline.checking.exploring.graph import Graph
    from heartline.checking.proving.ordering import Order
    from heartline.diagnostics import Diagnostic

__all__ = ["Finding", "find", "unsaid"]

# What lint has said, and what a proof need not say about the same place.
_SAID = {
    "HL501": {"HL014", "HL015"},
    "HL502": {"HL010", "HL011"},
    "HL504": {"HL013"},
    "HL505": {"HL016", "HL017", "HL018", "HL019"},
    "HL509": {"HL012"},
    "HL511": {"HL016", "HL017", "HL018", "HL019"},
}


def find(graph: Graph, order: Order | None = None, *, score: str = "score") -> tuple[Finding, ...]:
    """All that a graph shows without being asked, by place.

    `score` names the number by which plays are judged (see `heartline.checking.proving.smells`).
    The graph needs its moves; `order` is that of the graph, where somebody else needs it too.
    """
    facts = Facts(graph, order)
    # First what needs no order, which another thread may be finding out.
    early = [*impossible(facts), *changes(facts), *waiting(facts)]
    found = [
        *stuck(facts),
        *early,
        *races(facts),
        *smells(facts, score),
    ]
    return tuple(sorted(found, key=lambda each: sort_key(each.diagnostic)))


def unsaid(found: Iterable[Finding], said: Iterable[Diagnostic]) -> tuple[Finding, ...]:
    """The findings that lint has not made already."""
    said = tuple(said)
    return tuple(each for each in found if not any(_repeats(each, other) for other in said))


def _repeats(found: Finding, said: Diagnostic) -> bool:
    code = found.diagnostic.code
    if said.code == "HL508":  # without an end no play can get to one
        return code == "HL011"
    if said.code in ("HL601", "HL603"):  # the timer is never started
        name = repr(found.name.rpartition(".")[2])
        return code == "HL019" and name in said.message
    return code in _SAID.get(said.code, ()) and said.location in found.places
