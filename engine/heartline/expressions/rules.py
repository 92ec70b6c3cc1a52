"""The typing rules: which operands go together, what comes out, what fits where.

Each function looks at checked trees and gives the resulting type, or the Problem that points at
the operand to blame. `source` is the text that the trees were read from, for quoting it.
"""

from __future__ import annotations

from itertools import product

from heartline.diagnostics import did_you_mean
from heartline.expressions.problems import Problem
from heartline.expressions.tree import Conditional, Literal, Tree
from heartline.expressions.types import (
    BOOL,
    DURATION,
    BoolType,
    DurationType,
    EnumType,
    IntType,
    Type,
    add_durations,
    describe,
    describe_value,
    join,
    lengths_of,
    quote,
    subtract_durations,
    times,
)

__all__ = ["arithmetic", "common_type", "comparison", "condition", "fits", "negation", "shown"]

FURTHEST = 10**12  # no arithmetic leads further from zero; it fits a machine's integers
_COMBINATIONS = 4096  # of known lengths, to work out one by one


def shown(source: str, tree: Tree) -> str:
    """A piece of the source in a message, cut where it is long."""
    text = " ".join(source[tree.span[0] : tree.span[1]].split())
    return f"'{text}'" if len(text) <= 60 else f"'{text[:57]}...'"


def condition(source: str, tree: Tree) -> Problem | None:
    """What is wrong with `tree` where something true or false is needed."""
    if isinstance(tree.type, BoolType):
        return None
    message = (
        f"{shown(source, tree)} is {describe(tree.type)}; here something true or false is needed"
    )
    return Problem("HL403", message, *tree.span, _compare_hint(source, tree))


def _compare_hint(source: str, tree: Tree) -> str | None:
    if isinstance(tree, Literal):
        return None
    name = shown(source, tree).strip("'")
    type_ = tree.type
    if isinstance(type_, IntType):
        return f"compare it, as in {name} >= 1"
    if isinstance(type_, EnumType):
        return f"compare it, as in {name} == {quote(type_.values[0])}"
    return f"compare it, as in {name} >= 14d"


def comparison(source: str, operator: str, left: Tree, right: Tree) -> Problem | None:
    """What is wrong with comparing the two; `in` counts as `==`."""
    one, other = left.type, right.type
    if isinstance(one, EnumType) and isinstance(other, EnumType):
        if operator not in ("==", "!="):
            message = (
                f"{shown(source, left)} and {shown(source, right)} are values without an order; "
                f"'{operator}' cannot compare them"
            )
            return Problem("HL403", message, left.span[0], right.span[1], "use == or !=")
        return _never_equal(source, left, one, right, other)
    if type(one) is not type(other):
        blamed, fine = (left, right) if isinstance(left, Literal) else (right, left)
        message = (
            f"{shown(source, fine)} is {describe(fine.type)}; "
            f"it cannot be compared with {describe(blamed.type)}"
        )
        return Problem("HL403", message, *blamed.span, _unit_hint(fine, blamed))
    if isinstance(one, BoolType) and operator not in ("==", "!="):
        message = f"true and false have no order; '{operator}' cannot compare them"
        return Problem("HL403", message, left.span[0], right.span[1], "use == or !=")
    return None


def _never_equal(
    source: str, left: Tree, one: EnumType, right: Tree, other: EnumType
) -> Problem | None:
    if not set(one.values).isdisjoint(other.values):
        return None
    blamed, fine = (left, right) if isinstance(left, Literal) else (right, left)
    if isinstance(blamed, Literal) and isinstance(fine.type, EnumType):
        return _not_among(blamed, f"{shown(source, fine)} is never", fine.type)
    message = f"{shown(source, left)} and {shown(source, right)} have no value in common"
    return Problem("HL403", message, left.span[0], right.span[1])


def _not_among(literal: Literal, never: str, among: EnumType) -> Problem:
    value = str(literal.value)
    message = f"{never} {quote(value)}; it is {describe(among)}"
    return Problem("HL403", message, *literal.span, did_you_mean(value, among.values))


def _unit_hint(beside: Tree, blamed: Tree) -> str | None:
    if isinstance(beside.type, DurationType) and isinstance(blamed.type, IntType):
        return "a duration has a unit, as in 14d"
    return None


def arithmetic(source: str, operator: str, left: Tree, right: Tree) -> Type | Problem:
    """The type of `left operator right`, worked out from what the two can be."""
    one, other = left.type, right.type
    if isinstance(one, IntType) and isinstance(other, IntType):
        return _whole(operator, one, other, (left.span[0], right.span[1]))
    if isinstance(one, DurationType) and isinstance(other, DurationType) and operator != "*":
        return _lengths(operator, one, other)
    if operator == "*" and isinstance(one, IntType) and isinstance(other, DurationType):
        return _multiples(one, other)
    if operator == "*" and isinstance(one, DurationType) and isinstance(other, IntType):
        return _multiples(other, one)
    for tree in (left, right):
        if not isinstance(tree.type, IntType | DurationType):
            return _not_a_number(source, operator, tree)
    if operator == "*":
        message = "two durations cannot be multiplied"
        return Problem("HL403", message, left.span[0], right.span[1], "multiply one by a number")
    number, length = (left, right) if isinstance(one, IntType) else (right, left)
    blamed, fine = (number, length) if isinstance(number, Literal) else (length, number)
    message = (
        f"'{operator}' cannot join {shown(source, fine)}, which is {describe(fine.type)}, "
        f"and {describe(blamed.type)}"
    )
    return Problem("HL403", message, *blamed.span, _unit_hint(fine, blamed))


def _not_a_number(source: str, operator: str, tree: Tree) -> Problem:
    message = (
        f"{shown(source, tree)} is {describe(tree.type)}; '{operator}' takes numbers and durations"
    )
    hint = None
    if isinstance(tree.type, BoolType):
        hint = "to count what holds, write how_many(this, that)"
    return Problem("HL403", message, *tree.span, hint)


def _whole(operator: str, one: IntType, other: IntType, span: tuple[int, int]) -> Type | Problem:
    if operator == "+":
        low, high = one.low + other.low, one.high + other.high
    elif operator == "-":
        low, high = one.low - other.high, one.high - other.low
    else:
        corners = [a * b for a in (one.low, one.high) for b in (other.low, other.high)]
        low, high = min(corners), max(corners)
    if max(-low, high) > FURTHEST:
        return Problem("HL406", "this could grow beyond a million millions", *span)
    return IntType(low, high)


def _lengths(operator: str, one: DurationType, other: DurationType) -> Type:
    if one.values is None or other.values is None:
        return DURATION
    if len(one.values) * len(other.values) > _COMBINATIONS:
        return DURATION
    work = add_durations if operator == "+" else subtract_durations
    return lengths_of(work(a, b) for a, b in product(one.values, other.values))


def _multiples(number: IntType, length: DurationType) -> Type:
    if length.values is None:
        return DURATION
    if (number.high - number.low + 1) * len(length.values) > _COMBINATIONS:
        return DURATION
    numbers = range(number.low, number.high + 1)
    return lengths_of(times(a, b) for a, b in product(numbers, length.values))


def negation(source: str, operand: Tree) -> Type | Problem:
    """The type of `-operand`."""
    if isinstance(operand.type, IntType):
        return IntType(-operand.type.high, -operand.type.low)
    message = f"{shown(source, operand)} is {describe(operand.type)}; only numbers have a minus"
    return Problem("HL403", message, *operand.span)


def common_type(trees: tuple[Tree, ...], where: str) -> Type | Problem:
    """The type of a value that is one of these, in a place called `where`."""
    type_ = trees[0].type
    for tree in trees[1:]:
        joined = join(type_, tree.type)
        if joined is None:
            message = (
                f"{where} gives {describe(type_)} and {describe(tree.type)}; "
                "it must give one kind of value"
            )
            return Problem("HL403", message, *tree.span)
        type_ = joined
    return type_


def fits(source: str, tree: Tree, target: Type) -> Problem | None:
    """What is wrong with giving `tree` to something of type `target`.

    Numbers need not be within the target's bounds, nor computed durations among its lengths: they
    saturate. A value that is written out must be one that the target can have.
    """
    if target == BOOL:
        return condition(source, tree)
    if isinstance(tree, Conditional) and type(tree.type) is type(target):
        return fits(source, tree.then, target) or fits(source, tree.otherwise, target)
    if type(tree.type) is not type(target):
        message = (
            f"{shown(source, tree)} is {describe(tree.type)}; here {describe(target)} is needed"
        )
        hint = None
        if isinstance(target, DurationType) and isinstance(tree.type, IntType):
            hint = "a duration has a unit, as in 14d"
        return Problem("HL403", message, *tree.span, hint)
    if isinstance(tree.type, EnumType) and isinstance(target, EnumType):
        missing = [value for value in tree.type.values if value not in target.values]
        if missing and isinstance(tree, Literal):
            return _not_among(tree, "this can never be", target)
        if missing:
            message = (
                f"{shown(source, tree)} can be {quote(missing[0])}; here {describe(target)} "
                "is needed"
            )
            return Problem("HL403", message, *tree.span)
    return _listed(tree, target)


def _listed(tree: Tree, target: Type) -> Problem | None:
    """A length that is written out must be among those of the variable."""
    if not isinstance(target, DurationType) or target.values is None:
        return None
    if not isinstance(tree, Literal) or tree.value in target.values:
        return None
    lengths = ", ".join(describe_value(value) for value in target.values[:8])
    message = f"{describe_value(tree.value)} is not among the lengths here: {lengths}"
    return Problem("HL403", message, *tree.span)
