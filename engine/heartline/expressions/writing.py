"""A tree written out again as an author would write it, with no more brackets than it needs.

Reading what is written gives an equal tree (a test holds it), names of included files in full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.expressions.tree import (
    And,
    Arithmetic,
    At,
    CanReach,
    Compare,
    Conditional,
    Count,
    Extreme,
    GuardUse,
    Happened,
    Happens,
    HowMany,
    Literal,
    Member,
    Negate,
    Not,
    Or,
    TimerTest,
    Variable,
)
from heartline.expressions.types import describe_value

if TYPE_CHECKING:
    from heartline.expressions.tree import Tree

__all__ = ["write"]

_IF, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _MINUS, _ATOM = range(9)


def write(tree: Tree) -> str:
    """The source of a tree: `heard >= 2 and not expired(break)`."""
    return _write(tree, _IF)


def _write(node: Tree, level: int) -> str:
    """The node as an operand of something that binds as `level` does, in brackets if looser."""
    text, own = _loose(node)
    return f"({text})" if own < level else text


def _listed(nodes: tuple[Tree, ...]) -> str:
    return ", ".join(_write(node, _IF) for node in nodes)


def _loose(node: Tree) -> tuple[str, int]:
    """What is built of operators, and how tightly it binds."""
    if isinstance(node, Conditional):
        then, test = _write(node.then, _OR), _write(node.test, _OR)
        return f"{then} if {test} else {_write(node.otherwise, _IF)}", _IF
    if isinstance(node, And | Or):
        word, level = (" and ", _AND) if isinstance(node, And) else (" or ", _OR)
        return word.join(_write(each, level + 1) for each in node.operands), level
    if isinstance(node, Not):
        return f"not {_write(node.operand, _NOT)}", _NOT
    if isinstance(node, Compare):
        parts = [_write(node.operands[0], _SUM)]
        for sign, operand in zip(node.operators, node.operands[1:], strict=True):
            parts += [sign, _write(operand, _SUM)]
        return " ".join(parts), _COMPARE
    if isinstance(node, Member):
        word = "not in" if node.negated else "in"
        return f"{_write(node.operand, _SUM)} {word} ({_listed(node.items)})", _COMPARE
    if isinstance(node, Arithmetic):
        level = _PRODUCT if node.operator == "*" else _SUM
        left, right = _write(node.left, level), _write(node.right, level + 1)
        return f"{left} {node.operator} {right}", level
    if isinstance(node, Negate):
        return f"-{_write(node.operand, _MINUS)}", _MINUS
    if isinstance(node, Literal):
        negative = isinstance(node.value, int) and node.value < 0
        return describe_literal(node), _MINUS if negative else _ATOM
    return _call(node), _ATOM


def describe_literal(node: Literal) -> str:
    """A literal's source; unlike in messages, a long text is not cut."""
    return f'"{node.value}"' if isinstance(node.value, str) else describe_value(node.value)


def _call(node: Tree) -> str:
    """What is a name or a call."""
    if isinstance(node, Variable):
        return node.declaration.name
    if isinstance(node, GuardUse):
        return node.name
    if isinstance(node, TimerTest):
        return f"{node.test}({node.timer})"
    if isinstance(node, Count):
        return f"count({node.symbol[1]})"
    if isinstance(node, Happened):
        return f"{'visited' if node.symbol[0] == 'visits' else 'chosen'}({node.symbol[1]})"
    if isinstance(node, At):
        return f"{node.function}({node.name})"
    if isinstance(node, Happens):
        return f"{node.kind}({node.name})"
    if isinstance(node, Extreme):
        return f"{node.function}({_listed(node.operands)})"
    if isinstance(node, HowMany):
        return f"how_many({_listed(node.operands)})"
    assert isinstance(node, CanReach)
    return f"can_reach({_write(node.operand, _IF)})"
