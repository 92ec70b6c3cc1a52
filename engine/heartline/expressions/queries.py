"""What a tree is made of: the questions that compilers and checkers ask.

None of these recurses, so none minds how deep a tree is. Where a tree names guards, what is
inside them counts too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.expressions.tree import (
    LEAF,
    And,
    Arithmetic,
    Assign,
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
    Start,
    Stop,
    TimerTest,
    Variable,
)
from heartline.expressions.types import IntType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.expressions.tree import Action, Symbol, Tree
    from heartline.expressions.types import Value

__all__ = [
    "COUNT_HIGHEST",
    "COUNT_OTHERWISE",
    "MIRRORED",
    "assigned",
    "children",
    "constants",
    "counts",
    "guards_used",
    "measure",
    "reads",
    "walk",
]

COUNT_HIGHEST = 1_000_000  # no count is compared with more
COUNT_OTHERWISE = 9  # where a count is not compared with anything, it stops here
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def children(tree: Tree) -> tuple[Tree, ...]:
    """The nodes directly inside this one, in the order in which they are written."""
    if isinstance(tree, And | Or | Compare | Extreme | HowMany):
        return tree.operands
    if isinstance(tree, Not | Negate | CanReach):
        return (tree.operand,)
    if isinstance(tree, Arithmetic):
        return (tree.left, tree.right)
    if isinstance(tree, Member):
        return (tree.operand, *tree.items)
    if isinstance(tree, Conditional):
        return (tree.then, tree.test, tree.otherwise)
    return (tree.tree,) if isinstance(tree, GuardUse) else ()


def walk(tree: Tree) -> Iterator[Tree]:
    """The node and all that are inside it, the guards that it names included, outer ones first."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def expressions_of(part: Tree | Action) -> Iterator[Tree]:
    """All nodes of an expression, or of the expressions in an action."""
    if isinstance(part, Assign):
        yield from walk(part.value)
    elif isinstance(part, Start):
        if part.length is not None:
            yield from walk(part.length)
    elif not isinstance(part, Stop):
        yield from walk(part)


def reads(*parts: Tree | Action) -> frozenset[Symbol]:
    """All symbols that these read; a machine's layout must hold a slot for each."""
    found: set[Symbol] = set()
    for part in parts:
        for node in expressions_of(part):
            if isinstance(node, Variable | TimerTest | Count | Happened | Happens):
                found.add(node.symbol)
            elif isinstance(node, At):
                found.add(LEAF)
    return frozenset(found)


def assigned(action: Action) -> Symbol:
    """The symbol that an action changes."""
    if isinstance(action, Assign):
        return ("var", action.target.name)
    return ("timer", action.timer)


def guards_used(*parts: Tree | Action) -> frozenset[str]:
    """The named guards that these use, those inside other guards included."""
    return frozenset(
        node.name for part in parts for node in expressions_of(part) if isinstance(node, GuardUse)
    )


def constants(*parts: Tree | Action) -> frozenset[Value]:
    """All values that are written in these."""
    return frozenset(
        node.value for part in parts for node in expressions_of(part) if isinstance(node, Literal)
    )


def counts(*parts: Tree | Action) -> dict[Symbol, int]:
    """Each counter that these read, and the number at which it may stop without being noticed.

    That is the number from which on every comparison gives the same: 2 for `count(x) >= 2` and
    `count(x) < 2`, 3 for `count(x) > 2` and `count(x) == 2`, 1 for `visited(x)`. A count that is
    used in any other way, as in a sum, stops at 9 or past what the sum is compared with.
    """
    found: dict[Symbol, int] = {}
    settled: set[int] = set()  # the ids of counts whose comparison says where they may stop

    def need(symbol: Symbol, bound: int) -> None:
        found[symbol] = max(found.get(symbol, 1), min(bound, COUNT_HIGHEST))

    def compare(left: Tree, sign: str, right: Tree) -> None:
        for one, operator, other in ((left, sign, right), (right, MIRRORED[sign], left)):
            inside = [node for node in walk(one) if isinstance(node, Count)]
            if not inside or any(isinstance(node, Count) for node in walk(other)):
                continue
            bound = other.type.high if isinstance(other.type, IntType) else 0
            if isinstance(one, Count):
                need(one.symbol, bound + (operator not in (">=", "<")))
                settled.add(id(one))
            else:
                for node in inside:
                    need(node.symbol, bound + 1)

    for part in parts:
        for node in expressions_of(part):
            if isinstance(node, Compare):
                pairs = zip(node.operands, node.operators, node.operands[1:], strict=False)
                for pair in pairs:
                    compare(*pair)
            elif isinstance(node, Member):
                for item in node.items:
                    compare(node.operand, "==", item)
            elif isinstance(node, Happened):
                need(node.symbol, 1)
            elif isinstance(node, Count) and id(node) not in settled:
                need(node.symbol, COUNT_OTHERWISE)
    return found


def measure(tree: Tree) -> tuple[int, int]:
    """How many nodes there are, and how deep they nest, named guards included."""
    size = depth = 0
    waiting = [(tree, 1)]
    while waiting:
        node, level = waiting.pop()
        if isinstance(node, GuardUse):
            size, depth = size + node.size + 1, max(depth, level + node.depth)
            continue
        size, depth = size + 1, max(depth, level)
        waiting.extend((child, level + 1) for child in children(node))
    return size, depth
