"""Systems of equations where moves lead round: (1 - moves) times what is sought is what is known.

Small ones are solved by elimination, large ones by iteration until nothing is left to mend that a
floating-point number could hold. Whoever asks has made sure that every circle is left in the end,
so that there is one solution; how good it is, they find out by putting it in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix, identity
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import bicgstab, splu

if TYPE_CHECKING:
    from heartline.checking.exploring.graph import Array

__all__ = ["System"]

FEW = 60  # unknowns that are eliminated as a full matrix
MANY = 20_000  # unknowns of one circle above which elimination fills too much memory
ROUNDS = 20  # of improving the solution of a large system
SWEEPS = 100_000


class System:
    """The moves between `count` configurations: where each begins, leads to, and its chance."""

    def __init__(self, count: int, sources: Array, targets: Array, chances: Array) -> None:
        self._moves: Any = csr_matrix((chances, (sources, targets)), shape=(count, count))
        self._count = count
        self._solver: Any = None
        self._full: Array | None = None
        if count <= FEW:
            self._full = np.eye(count) - self._moves.toarray()
        elif count <= MANY or _largest(self._moves) <= MANY:
            self._solver = splu((identity(count, format="csc") - self._moves.tocsc()).tocsc())

    def solve(self, known: Array) -> Array:
        """x, where x = moves x + known: what is still to come."""
        return self._improved(known, self._moves, "N")

    def solve_back(self, known: Array) -> Array:
        """x, where x = x moves + known: how often each is come by."""
        return self._improved(known, self._moves.T, "T")

    def _improved(self, known: Array, moves: Any, side: str) -> Array:
        found = self._once(known, moves, side)
        least = np.abs(known - found + moves @ found).max(initial=0.0)
        for _ in range(ROUNDS):
            if least == 0.0:
                break
            better = found + self._once(known - found + moves @ found, moves, side)
            residual = np.abs(known - better + moves @ better).max(initial=0.0)
            if not residual < least / 2:
                break
            found, least = better, residual
        return np.maximum(found, 0.0)  # nothing that is sought here is less than nothing

    def _once(self, known: Array, moves: Any, side: str) -> Array:
        if self._full is not None:
            full = self._full if side == "N" else self._full.T
            solved: Array = np.linalg.solve(full, known)
            return solved
        if self._solver is not None:
            found: Array = self._solver.solve(known, side)
            return found
        matrix = identity(self._count, format="csr") - moves
        solved, failed = bicgstab(matrix, known, rtol=1e-14, atol=0.0, maxiter=2_000)
        residual = np.abs(known - solved + moves @ solved).max()
        if not failed and residual < 1e-6 * max(np.abs(known).max(), 1e-300):
            return solved
        return _swept(known, moves)


def _largest(moves: Any) -> int:
    """How many unknowns depend on each other, at most."""
    _, circle = connected_components(moves, directed=False)
    return int(np.bincount(circle).max())


def _swept(known: Array, moves: Any) -> Array:
    """Play on and on, until nothing changes."""
    found = known.copy()
    for _ in range(SWEEPS):
        new = moves @ found + known
        change = np.abs(new - found).max(initial=0.0)
        found = new
        if change <= 1e-16 * max(np.abs(found).max(), 1e-300):
            break
    return found
