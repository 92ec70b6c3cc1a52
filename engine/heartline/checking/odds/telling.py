"""On which values it depends: a few conditions that tell kinds of configurations apart.

A small tree of decisions: the condition that tells most is asked first, then within each side the
next, until one kind is left, or it would be too long to read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from heartline.checking.exploring.coding import Coding
from heartline.durations import format_duration
from heartline.expressions import BoolType, DurationType, EnumType
from heartline.plan import HANDLED, PENDING, RUNNING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.checking.exploring.graph import Array, Graph
    from heartline.plan import Slot

__all__ = ["Branch", "branches"]

DEEPEST = 4  # conditions asked after each other
LEAST = 1e-9  # what a condition must tell, in bits for each configuration


@dataclass(frozen=True, slots=True)
class Branch:
    """Rows for which the conditions in `where` hold; `kind` is what most of them are."""

    where: tuple[str, ...]
    kind: int
    rows: Array


_Asked = tuple[int, bool, str]  # a slot, on which side of the condition, and the words for it


@dataclass(frozen=True, slots=True)
class _Column:
    slot: int
    is_ordered: bool
    values: Array


def branches(graph: Graph, nodes: Array, kinds: Array) -> list[Branch]:
    """Conditions that tell of which kind these configurations of one leaf are."""
    if len(np.unique(kinds)) == 1:
        return [Branch((), int(kinds[0]), np.arange(len(nodes)))]
    columns = list(_columns(graph, nodes))
    found = list(_grown(Coding(graph.machine), columns, kinds, np.arange(len(nodes))))
    return sorted(found, key=lambda branch: -len(branch.rows))


def _columns(graph: Graph, nodes: Array) -> Iterator[_Column]:
    coding = Coding(graph.machine)
    for slot, place in enumerate(graph.machine.slots):
        if slot == 0 or not coding.domains[slot]:
            continue
        values = np.asarray(graph.columns.get(slot, nodes)).astype(np.int64)
        if len(values) and (values != values[0]).any():
            yield _Column(slot, _is_ordered(place), values)


def _is_ordered(place: Slot) -> bool:
    if place.symbol[0] in ("leaf", "history", "timer"):
        return False
    return not isinstance(place.type, BoolType | EnumType)


def _grown(
    coding: Coding,
    columns: list[_Column],
    kinds: Array,
    rows: Array,
    asked: tuple[_Asked, ...] = (),
    depth: int = 0,
) -> Iterator[Branch]:
    own = kinds[rows]
    numbers, counts = np.unique(own, return_counts=True)
    kind = int(numbers[counts.argmax()])
    where = tuple(text for _, _, text in asked)
    best = None
    if len(numbers) > 1 and depth < DEEPEST:
        places = np.searchsorted(numbers, own)
        splits = (_split(column, rows, places, len(numbers)) for column in columns)
        best = max((split for split in splits if split), key=lambda split: split[0], default=None)
    if best is None or best[0] < LEAST:
        yield Branch(where, kind, rows)
        return
    _, column, value = best
    values = column.values[rows]
    holds = values >= value if column.is_ordered else values == value
    yes, no = _said(coding, column, value)
    sides = [
        branch
        for text, is_so, side in ((yes, True, rows[holds]), (no, False, rows[~holds]))
        for branch in _grown(
            coding, columns, kinds, side, _with(asked, column, is_so, text), depth + 1
        )
    ]
    if all(branch.kind == kind for branch in sides):  # it has told nothing after all
        yield Branch(where, kind, rows)
    else:
        yield from sides


def _with(asked: tuple[_Asked, ...], column: _Column, is_so: bool, text: str) -> tuple[_Asked, ...]:
    """The conditions with one more, without those that it makes needless: a wider bound on the
    same side, or what a value is not where it is known."""
    kept = [
        each
        for each in asked
        if each[0] != column.slot or (each[1] != is_so if column.is_ordered else not is_so)
    ]
    return (*kept, (column.slot, is_so, text))


def _split(
    column: _Column, rows: Array, places: Array, width: int
) -> tuple[float, _Column, int] | None:
    """How much the best condition on a column tells, and its value."""
    values, codes = np.unique(column.values[rows], return_inverse=True)
    if len(values) < 2:
        return None
    table = np.bincount(codes * width + places, minlength=len(values) * width)
    table = table.reshape(len(values), width).astype(np.float64)
    whole = table.sum(axis=0)
    # Above a bound, from the second value on; or the value itself.
    inside = np.cumsum(table[::-1], axis=0)[::-1] if column.is_ordered else table
    gain = (_disorder(whole[None]) - _disorder(inside) - _disorder(whole - inside)) / whole.sum()
    if column.is_ordered:
        gain[0] = 0.0
    place = int(gain.argmax())
    return float(gain[place]), column, int(values[place])


def _disorder(table: Array) -> Array:
    """The entropy of each row, times its sum."""
    total = table.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = np.where(table > 0, table * np.log2(table), 0.0).sum(axis=1)
        found: Array = np.where(total > 0, total * np.log2(total), 0.0) - bits
    return found


def _said(coding: Coding, column: _Column, value: int) -> tuple[str, str]:
    """The condition as an author would write it, and its opposite."""
    place = coding.machine.slots[column.slot]
    kind, name = place.symbol[0], str(place.symbol[1])
    if kind == "timer":
        if value == RUNNING:
            return f"running({name})", f"not running({name})"
        if value in (PENDING, HANDLED):
            return f"expired({name})", f"not expired({name})"
        return f"{name} is off", f"{name} is not off"
    if kind == "history":
        state = coding.value(column.slot, value)
        return f"last in {state}", f"not last in {state}"
    if kind in ("visits", "taken"):
        if place.cap == 1 or value == 1:
            return (f"visited({name})", f"not visited({name})") if kind == "visits" else (
                f"chosen({name})", f"not chosen({name})")  # fmt: skip
        return f"count({name}) >= {value}", f"count({name}) < {value}"
    said: Any = coding.value(column.slot, value)
    if isinstance(place.type, BoolType):
        return (name, f"not {name}") if said else (f"not {name}", name)
    if isinstance(place.type, EnumType):
        return f'{name} == "{said}"', f'{name} != "{said}"'
    if isinstance(place.type, DurationType):
        said = format_duration(said)
    return f"{name} >= {said}", f"{name} < {said}"
