"""Checked expressions and actions, as values.

Every node is frozen, has a type, and a `span`: from which to which character of the source it
was read, end excluded. The parser builds only well-typed trees, so whoever walks one (the
interpreter, the code generator, the explanations, the checker) needs no checks of its own.
Equality ignores spans: two trees are equal when they mean the same.

A node reads the conversation through symbols; the layout of a machine gives each its slot:

    ("leaf",)             the present leaf state, by name
    ("var", name)         a variable
    ("timer", name)       0 off, 1 running, 2 expired and not yet handled, 3 expired and handled
    ("visits", state)     how often the state was entered, up to a bound
    ("taken", choice)     how often the choice was taken, up to a bound
    ("history", state)    the leaf to come back to; no expression reads it
    ("now", kind, name)   in properties only: whether this turn did it (tag, outcome, chosen, said)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from heartline.expressions.types import BOOL, IntType, Type, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "COUNT_OTHERWISE",
    "LEAF",
    "TRUE",
    "Action",
    "And",
    "Arithmetic",
    "Assign",
    "At",
    "CanReach",
    "Compare",
    "Conditional",
    "Count",
    "Declaration",
    "Extreme",
    "GuardUse",
    "Happened",
    "Happens",
    "HowMany",
    "Literal",
    "Member",
    "Negate",
    "Not",
    "Or",
    "Span",
    "Start",
    "Stop",
    "Symbol",
    "TimerTest",
    "Tree",
    "Variable",
    "assigned",
    "children",
    "constants",
    "counts",
    "expressions_of",
    "guards_used",
    "measure",
    "reads",
    "walk",
]

Span = tuple[int, int]
Symbol = tuple[str, ...]

LEAF: Symbol = ("leaf",)
COUNT_OTHERWISE = 9  # where a count is not compared with anything, it stops here


@dataclass(frozen=True, slots=True)
class Declaration:
    """A variable as the file declares it. `labels` are what players read for an enum's values."""

    name: str
    type: Type
    hidden: bool = False
    title: str | None = None
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Node:
    span: Span = field(compare=False)
    type: Type


@dataclass(frozen=True, slots=True)
class Literal(_Node):
    """A value written in the source."""

    value: Value


@dataclass(frozen=True, slots=True)
class Variable(_Node):
    """What a variable holds."""

    declaration: Declaration

    @property
    def symbol(self) -> Symbol:
        return ("var", self.declaration.name)


@dataclass(frozen=True, slots=True)
class GuardUse(_Node):
    """A named guard. `why` is the author's sentence for when it does not hold.

    `size` and `depth` count what is inside it, guards in guards included.
    """

    name: str
    tree: Tree
    why: str | None
    size: int
    depth: int


@dataclass(frozen=True, slots=True)
class Not(_Node):
    operand: Tree


@dataclass(frozen=True, slots=True)
class And(_Node):
    operands: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Or(_Node):
    operands: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Compare(_Node):
    """A chain of comparisons: `operands` is one longer than `operators`."""

    operators: tuple[str, ...]
    operands: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Member(_Node):
    """`operand in (items)`, or `not in`."""

    operand: Tree
    items: tuple[Tree, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Arithmetic(_Node):
    """Of two ints, two durations, or (times) an int and a duration in either order."""

    operator: OneOf["+", "-", "*"]
    left: Tree
    right: Tree


@dataclass(frozen=True, slots=True)
class Negate(_Node):
    operand: Tree


@dataclass(frozen=True, slots=True)
class Conditional(_Node):
    """`then if test else otherwise`."""

    test: Tree
    then: Tree
    otherwise: Tree


@dataclass(frozen=True, slots=True)
class Extreme(_Node):
    """`min(...)` or `max(...)`."""

    function: OneOf["min", "max"]
    operands: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class HowMany(_Node):
    """How many of the operands hold."""

    operands: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class TimerTest(_Node):
    """`running(timer)` or `expired(timer)`."""

    test: OneOf["running", "expired"]
    timer: str

    @property
    def symbol(self) -> Symbol:
        return ("timer", self.timer)


@dataclass(frozen=True, slots=True)
class Count(_Node):
    """`count(state)` or `count(choice)`: the counter itself."""

    symbol: Symbol


@dataclass(frozen=True, slots=True)
class Happened(_Node):
    """`visited(state)` or `chosen(choice)`: the counter is above zero."""

    symbol: Symbol


@dataclass(frozen=True, slots=True)
class At(_Node):
    """`at(state)` or `tag(name)`: the present leaf is one of these."""

    function: OneOf["at", "tag"]
    name: str
    leaves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Happens(_Node):
    """In properties: this turn has the tag, the outcome, the choice, or a line of the role."""

    kind: OneOf["tag", "outcome", "chosen", "said"]
    name: str

    @property
    def symbol(self) -> Symbol:
        return ("now", self.kind, self.name)


@dataclass(frozen=True, slots=True)
class CanReach(_Node):
    """In properties: some way on leads to where the operand holds. Only a checker can tell."""

    operand: Tree


Tree = (
    Literal | Variable | GuardUse | Not | And | Or | Compare | Member | Arithmetic | Negate
    | Conditional | Extreme | HowMany | TimerTest | Count | Happened | At | Happens | CanReach
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value`, and `+=`, `-=` spelled out. The value saturates into the target's type."""

    span: Span = field(compare=False)
    target: Declaration
    value: Tree


@dataclass(frozen=True, slots=True)
class Start:
    """`start(timer)` with the timer's own length, or `start(timer, length)`."""

    span: Span = field(compare=False)
    timer: str
    length: Tree | None


@dataclass(frozen=True, slots=True)
class Stop:
    """`stop(timer)`."""

    span: Span = field(compare=False)
    timer: str


Action = Assign | Start | Stop


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
    `count(x) < 2`, 3 for `count(x) > 2` and `count(x) == 2`, 1 for `visited(x)`; and 9 where the
    counter is used in any other way.
    """
    found: dict[Symbol, int] = {}

    def need(symbol: Symbol, bound: int) -> None:
        found[symbol] = max(found.get(symbol, 1), bound)

    def compared(left: Tree, operator: str, right: Tree) -> bool:
        if not isinstance(left, Count) or not isinstance(right.type, IntType):
            return False
        if any(isinstance(node, Count) for node in walk(right)):
            return False
        need(left.symbol, right.type.high + (operator not in (">=", "<")))
        return True

    def visit(node: Tree) -> None:
        bare = list(children(node))
        if isinstance(node, Count):
            need(node.symbol, COUNT_OTHERWISE)
        elif isinstance(node, Happened):
            need(node.symbol, 1)
        elif isinstance(node, Compare) and len(node.operators) == 1:
            left, right = node.operands
            if compared(left, node.operators[0], right):
                bare = [right]
            elif compared(right, MIRRORED[node.operators[0]], left):
                bare = [left]
        elif isinstance(node, Member) and all(
            compared(node.operand, "==", item) for item in node.items
        ):
            bare = list(node.items)
        waiting.extend(bare)

    waiting: list[Tree] = []
    for part in parts:
        waiting.extend(_roots(part))
        while waiting:
            visit(waiting.pop())
    return found


MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def _roots(part: Tree | Action) -> Iterable[Tree]:
    if isinstance(part, Assign):
        return (part.value,)
    if isinstance(part, Start):
        return () if part.length is None else (part.length,)
    return () if isinstance(part, Stop) else (part,)


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


TRUE = Literal((0, 0), BOOL, value=True)
"""Always holds."""
