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
from typing import Literal as OneOf

from heartline.expressions.types import BOOL, Type, Value

__all__ = [
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
]

Span = tuple[int, int]
Symbol = tuple[str, ...]

LEAF: Symbol = ("leaf",)


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


TRUE = Literal((0, 0), BOOL, value=True)
"""Always holds."""
