"""Expressions worked out as far as they can be: where a part is known, and from types alone.

An int knows its bounds, a duration its lengths and an enum its values, so that `score <= 5` is
true before anything is explored where no score is higher. What is folded away need not be told
apart in the graph either.
"""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from heartline.expressions import (
    BOOL,
    TRUE,
    And,
    Arithmetic,
    At,
    BoolType,
    CanReach,
    Compare,
    Conditional,
    DurationType,
    EnumType,
    Extreme,
    GuardUse,
    HowMany,
    IntType,
    Literal,
    Member,
    Negate,
    Not,
    Or,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from heartline.expressions import Tree

__all__ = ["FALSE", "all_of", "any_of", "at_leaf", "boolean", "fold", "is_known", "opposite"]

FALSE = Literal((0, 0), BOOL, value=False)
_MOST = 1_000  # values of a type, to compare one by one

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def boolean(value: object) -> Literal:
    """A truth value as a tree."""
    return TRUE if value else FALSE


def is_known(tree: Tree) -> bool:
    """Whether it is the same everywhere."""
    return isinstance(tree, Literal)


def opposite(tree: Tree) -> Tree:
    """That it does not hold."""
    if isinstance(tree, Literal):
        return boolean(not tree.value)
    return tree.operand if isinstance(tree, Not) else Not((0, 0), BOOL, tree)


def all_of(trees: Iterable[Tree]) -> Tree:
    """That each of them holds."""
    return _joined(trees, And, TRUE, FALSE)


def any_of(trees: Iterable[Tree]) -> Tree:
    """That one of them holds."""
    return _joined(trees, Or, FALSE, TRUE)


def _joined(trees: Iterable[Tree], kind: type[And | Or], nothing: Tree, all_: Tree) -> Tree:
    kept: list[Tree] = []
    for tree in trees:
        if tree == all_:
            return all_
        if tree != nothing and tree not in kept:
            kept.append(tree)
    if not kept:
        return nothing
    return kept[0] if len(kept) == 1 else kind((0, 0), BOOL, tuple(kept))


def at_leaf(leaf: str) -> Callable[[Tree], Tree | None]:
    """For `fold`: what is known in one leaf."""

    def known(node: Tree) -> Tree | None:
        return boolean(leaf in node.leaves) if isinstance(node, At) else None

    return known


def fold(tree: Tree, known: Callable[[Tree], Tree | None] | None = None) -> Tree:
    """The tree with what is known put in, and as little of it left as can be. `known` gives a part
    in another form, or None where it leaves it as it is."""
    put = known(tree) if known is not None else None
    if put is not None:
        return put
    if isinstance(tree, GuardUse):
        return fold(tree.tree, known)
    if isinstance(tree, Not):
        return opposite(fold(tree.operand, known))
    if isinstance(tree, And):
        return all_of(fold(each, known) for each in tree.operands)
    if isinstance(tree, Or):
        return any_of(fold(each, known) for each in tree.operands)
    if isinstance(tree, Conditional):
        return _conditional(tree, known)
    if isinstance(tree, Compare):
        operands = tuple(fold(each, known) for each in tree.operands)
        return _compared(replace(tree, operands=operands))
    if isinstance(tree, Member):
        items = tuple(fold(each, known) for each in tree.items)
        return _member(replace(tree, operand=fold(tree.operand, known), items=items))
    if isinstance(tree, Extreme | HowMany):
        return replace(tree, operands=tuple(fold(each, known) for each in tree.operands))
    if isinstance(tree, Arithmetic):
        return replace(tree, left=fold(tree.left, known), right=fold(tree.right, known))
    if isinstance(tree, Negate):
        return replace(tree, operand=fold(tree.operand, known))
    if isinstance(tree, CanReach):
        operand = fold(tree.operand, known)
        return operand if is_known(operand) else replace(tree, operand=operand)
    return tree


def _conditional(tree: Conditional, known: Callable[[Tree], Tree | None] | None) -> Tree:
    test = fold(tree.test, known)
    if isinstance(test, Literal):
        return fold(tree.then if test.value else tree.otherwise, known)
    then, otherwise = fold(tree.then, known), fold(tree.otherwise, known)
    if then == otherwise:
        return then
    return replace(tree, test=test, then=then, otherwise=otherwise)


def _compared(tree: Compare) -> Tree:
    """A chain of comparisons, without the links that always hold."""
    links = [
        (sign, one, other, _link(sign, one, other))
        for sign, one, other in zip(tree.operators, tree.operands, tree.operands[1:], strict=False)
    ]
    if any(truth is False for *_, truth in links):
        return FALSE
    left = [(sign, one, other) for sign, one, other, truth in links if truth is None]
    if len(left) == len(links):
        return tree
    return all_of(Compare((0, 0), BOOL, (sign,), (one, other)) for sign, one, other in left)


def _link(sign: str, one: Tree, other: Tree) -> bool | None:
    """Whether a comparison holds whatever the two sides are, or never; None where it depends."""
    if one == other and not is_known(one):
        return sign in ("<=", ">=", "==")
    if isinstance(one, Literal) and isinstance(other, Literal):
        return _SIGNS[sign](one.value, other.value)
    these, those = _range(one), _range(other)
    if these is None or those is None:
        return None
    (low, high), (lowest, highest) = these, those
    if sign in ("<", "<=", ">", ">="):
        corners = {_SIGNS[sign](a, b) for a in (low, high) for b in (lowest, highest)}
        return corners.pop() if len(corners) == 1 else None
    if high < lowest or highest < low:
        return sign == "!="
    return sign == "==" if low == high == lowest == highest else None


def _range(tree: Tree) -> tuple[Any, Any] | None:
    """The lowest and the highest value, of what has an order."""
    if isinstance(tree, Literal):
        return None if isinstance(tree.value, str) else (tree.value, tree.value)
    if isinstance(tree.type, IntType):
        return tree.type.low, tree.type.high
    if isinstance(tree.type, DurationType) and tree.type.values:
        return tree.type.values[0], tree.type.values[-1]
    return None


def _values(tree: Tree) -> set[Any] | None:
    """The values that it can have, where they are few."""
    if isinstance(tree, Literal):
        return {tree.value}
    if isinstance(tree.type, EnumType):
        return set(tree.type.values)
    if isinstance(tree.type, DurationType) and tree.type.values:
        return set(tree.type.values)
    if isinstance(tree.type, BoolType):
        return {False, True}
    if isinstance(tree.type, IntType) and tree.type.high - tree.type.low < _MOST:
        return set(range(tree.type.low, tree.type.high + 1))
    return None


def _member(tree: Member) -> Tree:
    values = _values(tree.operand)
    if values is None or not all(is_known(item) for item in tree.items):
        return tree
    items = {item.value for item in tree.items if isinstance(item, Literal)}
    if values <= items:
        return boolean(not tree.negated)
    if values.isdisjoint(items):
        return boolean(tree.negated)
    return tree
