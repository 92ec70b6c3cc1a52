"""Pieces of code over columns, and the few functions that this code calls.

`heartline.checking.exploring.vectors` puts them together.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from heartline.checking.exploring.coding import microseconds
from heartline.durations import LONGEST
from heartline.expressions import Arithmetic, DurationType, Extreme, HowMany, Negate, Not

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from heartline.expressions import Tree

    Array = npt.NDArray[Any]

__all__ = [
    "INT", "LENGTHS", "LONG", "NOWHERE", "RAW", "SPACE", "TRUTH",
    "Piece", "compared", "counted", "fixed", "joined", "plain", "sized",
]  # fmt: skip

MOST = microseconds(LONGEST)

# What an operand is: true or false, a column as it comes, or a number of at least so many bits.
TRUTH, RAW, INT, LONG = "truth", "raw", "int", "long"


@dataclass(frozen=True, slots=True)
class Piece:
    """The code of a node, and what comes out; `constant` where that is the same everywhere."""

    code: str
    kind: str
    constant: bool | int | None = None


def fixed(value: bool | int) -> Piece:
    """What is the same everywhere."""
    return Piece(repr(value), TRUTH if isinstance(value, bool) else LONG, value)


NOWHERE = fixed(False)


def sized(piece: Piece, *, wide: bool) -> str:
    """The code of a number that has at least 64 bits, or 32. A plain number fits what it meets."""
    if piece.constant is not None or piece.kind == LONG or (piece.kind == INT and not wide):
        return piece.code
    return f"{'long' if wide else 'int'}({piece.code})"


def compared(left: Piece, sign: str, right: Piece) -> Piece:
    """numpy compares columns of any size, and with any plain number, rightly."""
    if left.constant is None or right.constant is None:
        return Piece(f"({left.code} {sign} {right.code})", TRUTH)
    return fixed(_COMPARE[sign](left.constant, right.constant))


def joined(pieces: Sequence[Piece], sign: str) -> Piece:
    """All of these with `&`, any of them with `|`."""
    deciding = sign == "|"
    if any(piece.constant is deciding for piece in pieces):
        return fixed(deciding)
    codes = dict.fromkeys(piece.code for piece in pieces if piece.constant is None)
    if not codes:
        return fixed(not deciding)
    return Piece(f"({f' {sign} '.join(codes)})", TRUTH)


def counted(pieces: Sequence[Piece]) -> Piece:
    """How many hold. The sum of two bools is a bool, so the first becomes a number."""
    sure = sum(piece.constant is True for piece in pieces)
    first, *rest = [piece.code for piece in pieces if piece.constant is None]
    ends = [*rest, *([str(sure)] if sure else [])]
    return Piece(f"({' + '.join([f'int({first})', *ends])})", INT)


def plain(node: Tree, held: list[int]) -> bool | int:
    """What a node of plain numbers is."""
    if isinstance(node, Not):
        return not held[0]
    if isinstance(node, HowMany):
        return sum(held)
    if isinstance(node, Extreme):
        return min(held) if node.function == "min" else max(held)
    if isinstance(node, Negate):
        return -held[0]
    assert isinstance(node, Arithmetic)
    number: int = _REACH[node.operator](*held)
    return max(0, min(number, MOST)) if isinstance(node.type, DurationType) else number


# What the code calls ----------------------------------------------------------------------------


def _truth(column: Array) -> Array:
    return column if column.dtype == np.bool_ else column != 0


def _int(column: Array) -> Array:
    return column if column.dtype == np.int64 else column.astype(np.int32, copy=False)


def _long(column: Array) -> Array:
    return column.astype(np.int64, copy=False)


def _plus(one: Array | int, other: Array | int) -> Array:
    return np.minimum(one + other, MOST)


def _minus(one: Array | int, other: Array | int) -> Array:
    return np.maximum(one - other, 0)


def _times(number: Array | int, length: Array | int) -> Array:
    # Where the product goes past the end it is not looked at, whatever it came to.
    positive = np.maximum(number, 1)
    product = np.where(length <= MOST // positive, positive * length, MOST)
    return np.where(number > 0, product, 0)


def _snap(length: Array, values: Array) -> Array:
    place = np.searchsorted(values, length, side="right") - 1
    found: Array = values[np.maximum(place, 0)]
    return found


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_REACH = {"+": operator.add, "-": operator.sub, "*": operator.mul}
LENGTHS = {"+": "plus", "-": "minus", "*": "times"}
SPACE: dict[str, Any] = {
    "__builtins__": {},
    "truth": _truth,
    "int": _int,
    "long": _long,
    "plus": _plus,
    "minus": _minus,
    "times": _times,
    "snap": _snap,
    "where": np.where,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "isin": np.isin,
    "take": np.take,
}
