"""The plain way to evaluate a tree: the meaning of the language, node by node.

The engine runs generated code, for speed. This says the same in the shortest words, and the tests
hold the two together.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Protocol

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
    Type,
    add_durations,
    clamp,
    snap,
    subtract_durations,
    times,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableSequence, Sequence
    from datetime import timedelta

__all__ = ["Timers", "evaluate", "execute", "saturate"]

RUNNING = 1

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


class Timers(Protocol):
    """What actions do to timers; the runtime keeps the deadlines."""

    def start(self, timer: str, length: timedelta) -> None: ...
    def stop(self, timer: str) -> None: ...


def evaluate(tree: Tree, frame: Sequence[Any], layout: Mapping[Symbol, int]) -> Any:
    """The value of a tree over a frame; `can_reach` has none, and raises TypeError."""

    def value(node: Tree) -> Any:
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Variable | Count | Happens):
            return frame[layout[node.symbol]]
        if isinstance(node, GuardUse):
            return value(node.tree)
        if isinstance(node, Not):
            return not value(node.operand)
        if isinstance(node, And):
            return all(value(each) for each in node.operands)
        if isinstance(node, Or):
            return any(value(each) for each in node.operands)
        if isinstance(node, Compare):
            held = [value(each) for each in node.operands]
            pairs = zip(node.operators, held, held[1:], strict=False)
            return all(_COMPARE[sign](one, other) for sign, one, other in pairs)
        if isinstance(node, Member):
            return (value(node.operand) in [value(each) for each in node.items]) != node.negated
        if isinstance(node, Arithmetic):
            return _arithmetic(node, value(node.left), value(node.right))
        if isinstance(node, Negate):
            return -value(node.operand)
        if isinstance(node, Conditional):
            return value(node.then) if value(node.test) else value(node.otherwise)
        if isinstance(node, Extreme):
            held = [value(each) for each in node.operands]
            return min(held) if node.function == "min" else max(held)
        if isinstance(node, HowMany):
            return sum(value(each) for each in node.operands)
        if isinstance(node, TimerTest):
            state = frame[layout[node.symbol]]
            return state == RUNNING if node.test == "running" else state > RUNNING
        if isinstance(node, Happened):
            return frame[layout[node.symbol]] > 0
        if isinstance(node, At):
            return frame[layout[LEAF]] in node.leaves
        raise TypeError("can_reach has no value in one configuration: only a checker can tell")

    return value(tree)


def _arithmetic(node: Arithmetic, left: Any, right: Any) -> Any:
    if isinstance(node.type, DurationType):
        if node.operator == "*":
            return times(left, right) if isinstance(left, int) else times(right, left)
        return (add_durations if node.operator == "+" else subtract_durations)(left, right)
    if node.operator == "+":
        return left + right
    return left - right if node.operator == "-" else left * right


def saturate(value: Any, target: Type) -> Any:
    """What a variable of this type holds after the value is assigned to it."""
    if isinstance(target, IntType):
        return clamp(value, target.low, target.high)
    if isinstance(target, DurationType) and target.values is not None:
        return snap(value, target.values)
    return value


def execute(
    actions: Sequence[Action],
    frame: MutableSequence[Any],
    layout: Mapping[Symbol, int],
    timers: Timers,
    lengths: Mapping[str, Tree],
) -> None:
    """Carry out actions in order; `lengths` holds each timer's own length."""
    for action in actions:
        if isinstance(action, Assign):
            value = evaluate(action.value, frame, layout)
            frame[layout["var", action.target.name]] = saturate(value, action.target.type)
        elif isinstance(action, Start):
            length = lengths[action.timer] if action.length is None else action.length
            timers.start(action.timer, evaluate(length, frame, layout))
        else:
            timers.stop(action.timer)
