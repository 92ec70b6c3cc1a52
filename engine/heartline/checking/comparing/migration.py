"""Whether every conversation of an old version goes on in a new one, and can come to an end there.

All configurations of the old version in which a conversation can rest are carried over by the
migration that the new one declares, and the new one is explored from what they become. One is
stranded that cannot be carried over, or from which no end can be reached then. Conversations that
are over are not carried over.

How much is left of a timer that runs is not known: it can be anything up to the longest that the
old version lets it run. So it may depend on that whether an end can be reached; then nothing is
proved, and it is said. The same holds where several expired timers wait, whose order is not known.

Both graphs leave out what decides nothing. What decides nothing in the old version may decide
something in the new one: such slots are told apart while the old one is explored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.comparing.carrying import Carrying
from heartline.checking.comparing.ends import ends
from heartline.checking.exploring.explorer import explore
from heartline.checking.proving.paths import Paths
from heartline.errors import SnapshotMismatch
from heartline.migrating import no_migration, plan_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from heartline.checking.exploring.explorer import Limits, Progress
    from heartline.checking.exploring.graph import Array, Graph
    from heartline.checking.proving.paths import Path
    from heartline.machine import Machine

__all__ = ["Migrated", "Stranded", "migrate"]

NO_END = "no end can be reached from what it becomes"
LOOPS = "what follows by itself goes round for ever"
DEPENDS = "whether an end can be reached depends on how much is left of its timers"
CUT_OFF = "the exploration of the new version stopped before an end was found"
_AFTER = (NO_END, LOOPS, DEPENDS, CUT_OFF)  # in the order in which `_judge` counts them


@dataclass(frozen=True, slots=True)
class Stranded:
    """Configurations of one state that are stranded for one reason; `path` leads to the first of
    them in the old graph, of which `why` speaks, and `others` counts what else is wrong in the same
    way, such as other values of a variable. `sure` says that they are stranded, not only that it
    was not decided."""

    state: str
    count: int
    why: str
    sure: bool
    path: Path
    others: int = 0


@dataclass(frozen=True, slots=True)
class Migrated:
    """What came of it. `verdict` is "unchanged" (one structure: nothing to do), "proved",
    "stranded" or "inconclusive"; `configurations` counts those that were carried over or should
    have been, `goes_on` those that can end."""

    verdict: str
    configurations: int = 0
    goes_on: int = 0
    stranded: tuple[Stranded, ...] = ()
    old: Graph | None = None
    new: Graph | None = None


def migrate(
    old: Machine,
    new: Machine,
    limits: Limits | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Migrated:
    """Carry all of `old` over into `new`. Raises SnapshotMismatch where they are two scenarios, or
    no migration leads from the one to the other."""
    if old.id != new.id:
        raise SnapshotMismatch(
            f"These are two scenarios, {old.id!r} and {new.id!r}, and not two versions of one."
        )
    if old.fingerprint == new.fingerprint:
        return Migrated("unchanged")
    plan = plan_from(new, old.version)
    if plan is None:
        raise SnapshotMismatch(no_migration(new, old.version))
    carrying = Carrying(old, new, plan)
    before = explore(old, keep=carrying.keep, limits=limits, progress=progress)
    nodes = np.flatnonzero(~(before.final | before.drawing | before.urgent))
    carried = carrying.carry(before, nodes)
    verdict = np.zeros(len(nodes), dtype=np.int64)  # 0: goes on, else 1 + the number of a reason
    reasons = [(why, subject, True) for why, subject in carried.reasons]
    verdict[carried.wrong >= 0] = 1 + carried.wrong[carried.wrong >= 0]
    after = None
    fine = np.flatnonzero(carried.wrong < 0)
    if len(fine):
        rows, which = _rows(carried.columns, fine)
        after = explore(new, roots=rows, left=carrying.left, limits=limits, progress=progress)
        found = _judge(after, rows, carrying)
        verdict[fine] = np.where(found[which] < 0, 0, 1 + len(reasons) + found[which])
        reasons += [(why, why, why in (NO_END, LOOPS)) for why in _AFTER]
    stranded = tuple(_stranded(before, nodes, verdict, reasons))
    whole = before.is_whole and all(each.sure for each in stranded)
    return Migrated(
        "stranded" if any(each.sure for each in stranded) else "proved" if whole
        else "inconclusive",
        len(nodes), int((verdict == 0).sum()), stranded, before, after,
    )  # fmt: skip


def _rows(columns: dict[int, Array], fine: Array) -> tuple[dict[int, Array], Array]:
    """The rows that differ, of columns by slot, and for each of `fine` which of them it is."""
    code = np.zeros(len(fine), dtype=np.int64)
    for column in columns.values():
        held, number = np.unique(column[fine], return_inverse=True)
        if len(held) > 1:
            _, code = np.unique(code * len(held) + number, return_inverse=True)
    _, first = np.unique(code, return_index=True)
    return {slot: column[fine][first] for slot, column in columns.items()}, code


def _judge(graph: Graph, rows: dict[int, Array], carrying: Carrying) -> Array:
    """For each root what is wrong with it, as its place in _AFTER; -1 where it goes on."""
    count = len(next(iter(rows.values())))
    node = np.full(count, -1, dtype=np.int64)
    if graph.begun is not None:
        node[: len(graph.begun)] = graph.begun
    found = np.full(count, _AFTER.index(LOOPS if graph.is_whole else CUT_OFF))
    sure, at_all = ends(graph)
    known = node >= 0
    there = node[known]
    open_one = _AFTER.index(DEPENDS if graph.is_whole else CUT_OFF)
    found[known] = np.where(sure[there], -1, np.where(at_all[there], open_one, 0))
    return np.where((found == -1) & carrying.waiting(rows), _AFTER.index(DEPENDS), found)


def _stranded(
    graph: Graph, nodes: Array, verdict: Array, reasons: list[tuple[str, str, bool]]
) -> Iterator[Stranded]:
    """Those that do not go on, by state and by what is wrong."""
    bad = np.flatnonzero(verdict)
    if not len(bad):
        return
    paths = Paths(graph)
    subjects = {subject: n for n, (_, subject, _) in enumerate(reasons)}
    of_reason = np.array([subjects[subject] for _, subject, _ in reasons])
    why = verdict[bad] - 1
    key = graph.leaf[nodes[bad]].astype(np.int64) * len(reasons) + of_reason[why]
    found, first, which, counts = np.unique(
        key, return_index=True, return_inverse=True, return_counts=True
    )
    for n in np.argsort(first, kind="stable"):
        said, _, sure = reasons[int(why[first[n]])]
        state = graph.leaves[int(found[n] // len(reasons))]
        others = len(np.unique(why[which == n])) - 1
        path = paths.to(int(nodes[bad[first[n]]]))
        yield Stranded(state, int(counts[n]), said, sure, path, others)
