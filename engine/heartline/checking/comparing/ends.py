"""From which configurations of a graph an end can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.exploring.graph import WAIT

if TYPE_CHECKING:
    from heartline.checking.exploring.graph import Array, Graph

__all__ = ["ends"]


def ends(graph: Graph) -> tuple[Array, Array]:
    """Two masks: from where an end can be reached for sure, and from where at all.

    What persons, roles and the host do can be chosen; which timer runs out next follows from how
    much is left of each, which a configuration tells only within bounds. So it is sure where
    something leads on to an end that can be chosen, or whichever timer comes next does. Where a
    limit cut the graph off, everything may follow.
    """
    sources = np.repeat(np.arange(len(graph)), np.diff(graph.first))
    kinds = np.array([label.kind == WAIT for label in graph.labels], dtype=np.bool_)
    waits = kinds[graph.label] if len(graph.label) else np.zeros(0, dtype=np.bool_)
    order = np.argsort(graph.target, kind="stable")
    first = np.zeros(len(graph) + 1, dtype=np.int64)
    np.cumsum(np.bincount(graph.target, minlength=len(graph)), out=first[1:])
    open_waits = np.bincount(sources[waits], minlength=len(graph))

    def before(nodes: Array) -> Array:
        """The moves that lead to these."""
        counts = first[nodes + 1] - first[nodes]
        at = np.cumsum(counts)
        within = np.arange(at[-1] if len(at) else 0) - np.repeat(at - counts, counts)
        found: Array = order[np.repeat(first[nodes], counts) + within]
        return found

    sure = graph.final.copy()
    new = np.flatnonzero(sure)
    while len(new):
        moves = before(new)
        waited = sources[moves[waits[moves]]]
        np.subtract.at(open_waits, waited, 1)
        ready = np.concatenate([sources[moves[~waits[moves]]], waited[open_waits[waited] == 0]])
        new = np.unique(ready[~sure[ready]])
        sure[new] = True

    at_all = graph.final.copy()
    at_all[graph.expanded :] = True
    new = np.flatnonzero(at_all)
    while len(new):
        found = sources[before(new)]
        new = np.unique(found[~at_all[found]])
        at_all[new] = True
    return sure, at_all
