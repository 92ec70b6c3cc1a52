"""Guards as decisions: their clauses, which of them decides, and what can be seen at all.

A decision is one condition of the file. Its clauses are what stands below its `and`, `or`, `not`
and `... if ... else ...`: comparisons, variables, `chosen(...)`, and named guards, each of which
is one clause where it is used and a decision of its own where it is declared.

A clause decides, in one situation, where the whole would be the other thing if it alone were: in
an `and` all others hold, in an `or` none of them does (the Boolean derivative). It is covered when
it was seen deciding once while it held and once while it did not, each time with the opposite
outcome. That is modified condition/decision coverage in its masking form: J. J. Chilenski, "An
Investigation of Three Forms of the Modified Condition Decision Coverage (MCDC) Criterion",
DOT/FAA/AR-01/18, 2001. The test of an `... if ... else ...` can decide either way round, and then
counts for each; all others can do so one way round only.

What cannot be seen, whatever the clauses are, is left out: a guard that is `true`, a clause that
never decides. Clauses that read the same are one there; that `trust > 3` and `trust < 2` exclude
each other is not asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from heartline.expressions import And, BoolType, Conditional, Literal, Not, Or

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartline.expressions import Tree

__all__ = ["Decision", "Deciding", "read_decision"]

MOST_TRIED = 10  # different clauses of one decision; with more, everything counts as possible

Deciding = tuple[int, bool, bool]
"""A clause by its number, whether it is as the outcome is, and what it is."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A place in a decision: "and", "or", "not", "if" (then, test, otherwise), "clause" with its
    number, or "value" with what it is."""

    kind: str
    parts: tuple[_Part, ...] = ()
    number: int = 0
    value: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """A condition, taken apart. `outcomes` and `deciding` are what can be seen of it."""

    root: _Part
    clauses: tuple[Tree, ...]
    outcomes: frozenset[bool] = field(default=frozenset((False, True)))
    deciding: frozenset[Deciding] = frozenset()

    def value(self, values: Sequence[bool]) -> bool:
        """The outcome for these values of the clauses."""
        return _value(self.root, values)

    def decides(self, values: Sequence[bool]) -> Iterator[Deciding]:
        """The clauses that decide where the clauses have these values."""
        outcome = _value(self.root, values)
        for number in _deciding(self.root, values):
            yield number, values[number] == outcome, values[number]

    def asked(self, values: Sequence[bool]) -> list[int]:
        """The clauses that are asked, from left to right, until the outcome is known."""
        numbers: list[int] = []
        _ask(self.root, values, numbers)
        return numbers


def read_decision(tree: Tree) -> Decision:
    """Take a condition apart."""
    clauses: list[Tree] = []
    root = _read(tree, clauses)
    known: dict[Tree, int] = {}
    same = [known.setdefault(clause, len(known)) for clause in clauses]
    plain = len(known) == len(clauses) and not _has(root, "value") and not _has(root, "if")
    if plain or len(known) > MOST_TRIED:
        deciding = frozenset(
            (number, way, value)
            for number, ways in enumerate(_ways_round(root, len(clauses)))
            for way in ways
            for value in (False, True)
        )
        return Decision(root, tuple(clauses), deciding=deciding)
    decision = Decision(root, tuple(clauses))
    outcomes: set[bool] = set()
    seen: set[Deciding] = set()
    for each in product((False, True), repeat=len(known)):
        values = [each[place] for place in same]
        outcomes.add(decision.value(values))
        seen.update(decision.decides(values))
    whole = _whole(seen)
    return Decision(root, tuple(clauses), frozenset(outcomes), whole)


def _whole(seen: set[Deciding]) -> frozenset[Deciding]:
    """Only where a clause can decide both while it holds and while it does not."""
    return frozenset(
        (number, way, value) for number, way, value in seen if (number, way, not value) in seen
    )


def _read(tree: Tree, clauses: list[Tree]) -> _Part:
    if isinstance(tree, And | Or):
        kind = "and" if isinstance(tree, And) else "or"
        return _Part(kind, tuple([_read(each, clauses) for each in tree.operands]))
    if isinstance(tree, Not):
        return _Part("not", (_read(tree.operand, clauses),))
    if isinstance(tree, Conditional) and isinstance(tree.type, BoolType):
        parts = (tree.then, tree.test, tree.otherwise)
        return _Part("if", tuple([_read(each, clauses) for each in parts]))
    if isinstance(tree, Literal):
        return _Part("value", value=bool(tree.value))
    clauses.append(tree)
    return _Part("clause", number=len(clauses) - 1)


def _has(part: _Part, kind: str) -> bool:
    return part.kind == kind or any(_has(each, kind) for each in part.parts)


def _ways_round(root: _Part, count: int) -> list[tuple[bool, ...]]:
    """For each clause, whether it can decide as the outcome is, against it, or both."""
    ways: list[tuple[bool, ...]] = [(True,)] * count

    def visit(part: _Part, way: tuple[bool, ...]) -> None:
        if part.kind == "clause":
            ways[part.number] = way
        for place, each in enumerate(part.parts):
            if part.kind == "not":
                visit(each, tuple(not one for one in way))
            elif part.kind == "if" and place == 1:
                visit(each, (False, True))
            else:
                visit(each, way)

    visit(root, (True,))
    return ways


def _value(part: _Part, values: Sequence[bool]) -> bool:
    kind, parts = part.kind, part.parts
    if kind == "clause":
        return values[part.number]
    if kind == "and":
        return all(_value(each, values) for each in parts)
    if kind == "or":
        return any(_value(each, values) for each in parts)
    if kind == "not":
        return not _value(parts[0], values)
    if kind == "if":
        then, test, otherwise = parts
        return _value(then if _value(test, values) else otherwise, values)
    return part.value


def _deciding(part: _Part, values: Sequence[bool]) -> Iterator[int]:
    """The clauses on which this part, and so the whole, depends."""
    kind, parts = part.kind, part.parts
    if kind == "clause":
        yield part.number
    elif kind in ("and", "or"):
        against = [each for each in parts if _value(each, values) is (kind == "or")]
        # A part decides where no other one has settled it already.
        for each in parts if not against else against if len(against) == 1 else ():
            yield from _deciding(each, values)
    elif kind == "not":
        yield from _deciding(parts[0], values)
    elif kind == "if":
        then, test, otherwise = parts
        if _value(then, values) != _value(otherwise, values):
            yield from _deciding(test, values)
        yield from _deciding(then if _value(test, values) else otherwise, values)


def _ask(part: _Part, values: Sequence[bool], numbers: list[int]) -> bool:
    kind, parts = part.kind, part.parts
    if kind == "clause":
        numbers.append(part.number)
        return values[part.number]
    if kind == "and":
        return all(_ask(each, values, numbers) for each in parts)
    if kind == "or":
        return any(_ask(each, values, numbers) for each in parts)
    if kind == "not":
        return not _ask(parts[0], values, numbers)
    if kind == "if":
        then, test, otherwise = parts
        return _ask(then if _ask(test, values, numbers) else otherwise, values, numbers)
    return part.value
