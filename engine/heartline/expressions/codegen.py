"""Trees to Python functions: all of a scenario's in one source text, compiled once.

Only checked trees come in. A frame's slots are read by number, values are written by `repr` or
bound as constants of the namespace, and no name that an author wrote becomes a name in the code.
The namespace has no builtins but `min` and `max`. Equal trees share one function.

An expression becomes `f -> value`, where `f` is the frame. Actions become `(f, run) -> None`:
they change the frame in place and tell `run` what to start and stop. An assignment is clamped
only where the bounds of its value say that it could leave its target's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline.expressions.tree import (
    LEAF,
    Action,
    And,
    Arithmetic,
    Assign,
    At,
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
    Symbol,
    TimerTest,
    Tree,
    Variable,
)
from heartline.expressions.types import (
    DurationType,
    IntType,
    add_durations,
    snap,
    subtract_durations,
    times,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Codegen"]

INLINE = 24  # a named guard of at most so many nodes is written where it is used
FEW = 8  # so many leaves are written out; more become a constant


class Codegen:
    """Collects trees and actions; `finish` makes functions of them.

    `layout` gives the slot of every symbol that is read or assigned, `timer_lengths` the length
    of every timer that is started without one. Each call gives a handle: an index into what
    `finish` returns.
    """

    def __init__(
        self, layout: Mapping[Symbol, int], timer_lengths: Mapping[str, Tree] | None = None
    ) -> None:
        self._layout = layout
        self._lengths = timer_lengths or {}
        self._lines: list[str] = []
        self._handles: dict[str, int] = {}
        self._guards: dict[str, str] = {}
        self._constants: dict[object, str] = {}
        self._space: dict[str, Any] = {
            "__builtins__": {},
            "min": min,
            "max": max,
            "plus": add_durations,
            "minus": subtract_durations,
            "times": times,
            "snap": snap,
        }

    def expression(self, tree: Tree) -> int:
        """The handle of a function `f -> value`."""
        return self._handle("f", f" return {self._value(tree)}")

    def actions(self, actions: Sequence[Action]) -> int:
        """The handle of a function `(f, run) -> None` that carries these out in order."""
        lines = [line for action in actions for line in self._action(action)]
        return self._handle("f, run", "\n".join(lines or [" pass"]))

    def finish(self) -> list[Callable[..., Any]]:
        """All functions, by handle."""
        names = "".join(f"e{number}, " for number in range(len(self._handles)))
        source = "\n".join([*self._lines, f"functions = [{names}]"])
        exec(compile(source, "<scenario>", "exec"), self._space)  # noqa: S102 - made above
        functions: list[Callable[..., Any]] = self._space["functions"]
        return functions

    def _handle(self, parameters: str, body: str) -> int:
        key = f"({parameters}):\n{body}"
        if key not in self._handles:
            self._handles[key] = len(self._handles)
            self._lines.append(f"def e{self._handles[key]}{key}")
        return self._handles[key]

    def _constant(self, value: object) -> str:
        if value not in self._constants:
            self._constants[value] = f"k{len(self._constants)}"
            self._space[self._constants[value]] = value
        return self._constants[value]

    def _slot(self, symbol: Symbol) -> str:
        return f"f[{self._layout[symbol]}]"

    def _action(self, action: Action) -> list[str]:
        if isinstance(action, Assign):
            return self._assignment(action)
        if isinstance(action, Start):
            length = self._lengths[action.timer] if action.length is None else action.length
            return [f" run.start({action.timer!r}, {self._value(length)})"]
        return [f" run.stop({action.timer!r})"]

    def _assignment(self, action: Assign) -> list[str]:
        target, type_ = action.target.type, action.value.type
        slot, value = self._slot(("var", action.target.name)), self._value(action.value)
        if isinstance(target, DurationType) and target.values is not None:
            held = type_.values if isinstance(type_, DurationType) else None
            if held is None or not set(held).issubset(target.values):
                value = f"snap({value}, {self._constant(target.values)})"
        if not isinstance(target, IntType) or not isinstance(type_, IntType):
            return [f" {slot} = {value}"]
        clamps = []
        if type_.low < target.low:
            clamps.append(f"{target.low} if v < {target.low} else ")
        if type_.high > target.high:
            clamps.append(f"{target.high} if v > {target.high} else ")
        if not clamps:
            return [f" {slot} = {value}"]
        return [f" v = {value}", f" {slot} = {''.join(clamps)}v"]

    def _value(self, node: Tree) -> str:
        """The code of a node: one Python expression, in brackets unless it is an atom."""
        value = self._value
        if isinstance(node, Literal):
            held = node.value
            return self._constant(held) if isinstance(held, timedelta) else repr(held)
        if isinstance(node, Variable | Count | Happens):
            return self._slot(node.symbol)
        if isinstance(node, GuardUse):
            return value(node.tree) if node.size <= INLINE else self._guard(node)
        if isinstance(node, Not):
            return f"(not {value(node.operand)})"
        if isinstance(node, And | Or):
            word = " and " if isinstance(node, And) else " or "
            return f"({word.join(map(value, node.operands))})"
        if isinstance(node, Compare):
            pairs = zip(node.operators, node.operands[1:], strict=True)
            rest = "".join(f" {sign} {value(each)}" for sign, each in pairs)
            return f"({value(node.operands[0])}{rest})"
        if isinstance(node, Member):
            items = "".join(f"{value(each)}, " for each in node.items)
            return f"({value(node.operand)} {'not ' * node.negated}in ({items}))"
        if isinstance(node, Arithmetic):
            return self._arithmetic(node)
        if isinstance(node, Negate):
            return f"(-{value(node.operand)})"
        if isinstance(node, Conditional):
            then, otherwise = value(node.then), value(node.otherwise)
            return f"({then} if {value(node.test)} else {otherwise})"
        if isinstance(node, Extreme):
            return f"{node.function}({', '.join(map(value, node.operands))})"
        if isinstance(node, HowMany):
            return f"(0 + {' + '.join(map(value, node.operands))})"
        if isinstance(node, TimerTest):
            return f"({self._slot(node.symbol)} {'==' if node.test == 'running' else '>'} 1)"
        if isinstance(node, Happened):
            return f"({self._slot(node.symbol)} > 0)"
        if isinstance(node, At):
            return self._at(node.leaves)
        raise TypeError("can_reach has no value in one configuration: only a checker can tell")

    def _arithmetic(self, node: Arithmetic) -> str:
        left, right = self._value(node.left), self._value(node.right)
        if not isinstance(node.type, DurationType):
            return f"({left} {node.operator} {right})"
        if node.operator == "*":
            swapped = isinstance(node.left.type, DurationType)
            return f"times({right}, {left})" if swapped else f"times({left}, {right})"
        return f"{'plus' if node.operator == '+' else 'minus'}({left}, {right})"

    def _guard(self, node: GuardUse) -> str:
        """A call of the guard's own function, which is written once."""
        if node.name not in self._guards:
            code = self._value(node.tree)
            self._guards[node.name] = f"g{len(self._guards)}"
            self._lines.append(f"def {self._guards[node.name]}(f):\n return {code}")
        return f"{self._guards[node.name]}(f)"

    def _at(self, leaves: tuple[str, ...]) -> str:
        slot = self._slot(LEAF)
        if len(leaves) == 1:
            return f"({slot} == {leaves[0]!r})"
        if len(leaves) <= FEW:
            return f"({slot} in {leaves!r})"
        return f"({slot} in {self._constant(frozenset(leaves))})"
