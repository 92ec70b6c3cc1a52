"""Small mistakes in an expression or an action: the same tree with one node changed.

Named guards that a tree uses are left alone: they are places of their own. What comes out is
written and read again by whoever uses it, so the types of changed nodes need not be right here;
the node that was changed keeps its place in the source.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from heartline.expressions import (
    And,
    Arithmetic,
    Assign,
    Compare,
    Conditional,
    DurationType,
    EnumType,
    Extreme,
    HowMany,
    IntType,
    Literal,
    Member,
    Negate,
    Not,
    Or,
    Start,
    TimerTest,
    Variable,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from heartline.expressions import Action, Span, Tree, Type, Value

__all__ = [
    "LEFT_OUT", "Change", "action_changes", "condition_changes", "longer", "other_value",
    "write_action",
]  # fmt: skip

LEFT_OUT = "(left out)"

_BOUNDARY = {">=": ">", ">": ">=", "<=": "<", "<": "<="}
_OPPOSITE = {"==": "!=", "!=": "=="}
_FURTHER = {">=": -1, ">": 1, "<=": 1, "<": -1}  # what `boundary` does not do already


@dataclass(frozen=True, slots=True)
class Change:
    """One mistake: `before` became `after` at `span`, and the whole reads `source` now."""

    operator: str
    span: Span
    before: str
    after: str
    source: str


# Conditions ---------------------------------------------------------------------------------------


def condition_changes(tree: Tree, *, inner: bool = True) -> Iterator[Change]:
    """Mistakes in a condition; without `inner` only its opposite."""
    yield _change("negate", tree, _opposite(tree), write(_opposite(tree)))
    if inner:
        for operator, old, new, whole in _inside(tree, top=True):
            yield _change(operator, old, new, write(whole))
        yield from _dropped(tree, lambda whole: whole)


def _dropped(tree: Tree, rebuilt: Callable[[Tree], Tree]) -> Iterator[Change]:
    """One clause left out, here or below; what is shown is that clause."""
    held: tuple[Tree, ...] = ()
    if isinstance(tree, And | Or | HowMany):
        held = tree.operands
    elif isinstance(tree, Member):
        held = tree.items
    for index in range(len(held) if len(held) > 1 else 0):
        rest = (*held[:index], *held[index + 1 :])
        new: Tree
        if isinstance(tree, Member):
            new = replace(tree, items=rest)
        elif isinstance(tree, And | Or) and len(rest) == 1:
            new = rest[0]
        else:
            assert isinstance(tree, And | Or | HowMany)
            new = replace(tree, operands=rest)
        yield Change(
            "drop-clause", held[index].span, write(held[index]), LEFT_OUT, write(rebuilt(new))
        )
    for child, outer in _children(tree):
        yield from _dropped(child, partial(_within, rebuilt, outer))


def _change(operator: str, old: Tree, new: Tree, source: str) -> Change:
    return Change(operator, old.span, write(old), write(new), source)


def _opposite(tree: Tree) -> Tree:
    if isinstance(tree, Not):
        return tree.operand
    if isinstance(tree, Compare) and len(tree.operators) == 1 and tree.operators[0] in _OPPOSITE:
        return replace(tree, operators=(_OPPOSITE[tree.operators[0]],))
    if isinstance(tree, Member):
        return replace(tree, negated=not tree.negated)
    return Not(tree.span, tree.type, tree)


_Found = tuple[str, "Tree", "Tree", "Tree"]  # operator, the node, what stands for it, the whole


def _inside(tree: Tree, *, top: bool) -> Iterator[_Found]:
    """Mistakes in a node and below, each with the whole that it leads to."""
    for operator, new in _here(tree, top):
        yield operator, tree, new, new
    for child, rebuilt in _children(tree):
        for operator, old, new, whole in _inside(child, top=False):
            yield operator, old, new, rebuilt(whole)


def _here(tree: Tree, top: bool) -> Iterator[tuple[str, Tree]]:
    """Mistakes in this node. `top` is a whole condition, whose opposite there is already."""
    if isinstance(tree, And | Or):
        kind = Or if isinstance(tree, And) else And
        yield "and-or", kind(tree.span, tree.type, tree.operands)
    elif isinstance(tree, Not) and not top:
        yield "negate", tree.operand
    elif isinstance(tree, Compare):
        yield from _comparison(tree, top)
    elif isinstance(tree, Member):
        if not top:
            yield "negate", replace(tree, negated=not tree.negated)
    elif isinstance(tree, Arithmetic) and tree.operator != "*":
        yield "plus-minus", replace(tree, operator="-" if tree.operator == "+" else "+")
    elif isinstance(tree, Extreme):
        yield "min-max", replace(tree, function="min" if tree.function == "max" else "max")
    elif isinstance(tree, TimerTest):
        yield "timer-test", replace(tree, test="running" if tree.test == "expired" else "expired")


def _comparison(tree: Compare, top: bool) -> Iterator[tuple[str, Tree]]:
    single = len(tree.operators) == 1
    for index, sign in enumerate(tree.operators):
        signs = list(tree.operators)
        if sign in _BOUNDARY:
            signs[index] = _BOUNDARY[sign]
            yield "boundary", replace(tree, operators=tuple(signs))
        elif not (single and top):
            signs[index] = _OPPOSITE[sign]
            yield "negate", replace(tree, operators=tuple(signs))
    for index, operand in enumerate(tree.operands):
        if not isinstance(operand, Literal):
            continue
        beside = tree.operands[index - 1 if index else 1]
        further = _FURTHER.get(tree.operators[0]) if single and index else None
        new: Any = None
        if further is not None and type(operand.value) is int:
            new = operand.value + further
        else:
            new = other_value(operand.value, beside.type)
        if new is not None:
            changed = replace(operand, value=new)
            yield "constant", _with_operand(tree, index, changed)


def _within(outer: Callable[[Tree], Tree], inner: Callable[[Tree], Tree], new: Tree) -> Tree:
    return outer(inner(new))


def _with_operand(tree: And | Or | Compare | Extreme | HowMany, index: int, new: Tree) -> Tree:
    """The tree with another node in one of its places."""
    return replace(tree, operands=(*tree.operands[:index], new, *tree.operands[index + 1 :]))


def _children(tree: Tree) -> Iterator[tuple[Tree, Callable[[Tree], Tree]]]:
    """The nodes below that may be changed, each with how the tree is made anew around it."""
    if isinstance(tree, And | Or | Compare | Extreme | HowMany):
        for index, each in enumerate(tree.operands):
            if isinstance(tree, Compare) and isinstance(each, Literal):
                continue  # it is looked at with what it is compared with
            yield each, partial(_with_operand, tree, index)
    elif isinstance(tree, Not | Negate):
        yield tree.operand, lambda new: replace(tree, operand=new)
    elif isinstance(tree, Arithmetic):
        yield tree.left, lambda new: replace(tree, left=new)
        yield tree.right, lambda new: replace(tree, right=new)
    elif isinstance(tree, Member):
        yield tree.operand, lambda new: replace(tree, operand=new)
    elif isinstance(tree, Conditional):
        yield tree.then, lambda new: replace(tree, then=new)
        yield tree.test, lambda new: replace(tree, test=new)
        yield tree.otherwise, lambda new: replace(tree, otherwise=new)


def _literals(tree: Tree, wanted: Type) -> Iterator[_Found]:
    """Other constants in what is not a comparison."""
    if isinstance(tree, Literal):
        new = other_value(tree.value, wanted)
        if new is not None:
            changed = replace(tree, value=new)
            yield "constant", tree, changed, changed
    elif isinstance(tree, Arithmetic | Extreme | Conditional | Negate):
        for child, rebuilt in _children(tree):
            if isinstance(tree, Conditional) and child is tree.test:
                continue
            inner = wanted if isinstance(tree, Conditional) else child.type
            for operator, old, new_node, whole in _literals(child, inner):
                yield operator, old, new_node, rebuilt(whole)


def other_value(value: Value, type_: Type) -> Value | None:
    """Another value that is near to this one, within the type where it has bounds; None if none."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        low, high = (type_.low, type_.high) if isinstance(type_, IntType) else (value, value)
        if low == high:  # a literal's own type: no bounds that an author chose
            return value + 1
        return value + 1 if value < high else value - 1
    if isinstance(value, timedelta):
        lengths = type_.values if isinstance(type_, DurationType) else None
        if lengths is not None and len(lengths) > 1 and value in lengths:
            return lengths[(lengths.index(value) + 1) % len(lengths)]
        return longer(value)
    values = type_.values if isinstance(type_, EnumType) else ()
    if value in values and len(values) > 1:
        return values[(values.index(str(value)) + 1) % len(values)]
    return None


def longer(length: timedelta) -> timedelta:
    """A length that is longer by one of the smallest unit in which it is written."""
    seconds = int(length.total_seconds())
    unit = next((unit for unit in (86_400, 3_600, 60) if seconds and seconds % unit == 0), 1)
    return length + timedelta(seconds=unit)


# Actions ------------------------------------------------------------------------------------------


def action_changes(action: Action) -> Iterator[Change]:
    """Mistakes inside one action; that it is missing is another kind."""
    written = write_action(action)
    if isinstance(action, Start):
        if action.length is not None:
            for operator, _, _, whole in _values(action.length, action.length.type):
                after = write_action(replace(action, length=whole))
                yield Change(operator, action.span, written, after, after)
        return
    if not isinstance(action, Assign):
        return
    wanted = action.target.type
    for operator, _, _, whole in _values(action.value, wanted):
        after = write_action(replace(action, value=whole))
        yield Change(operator, action.span, written, after, after)


def _values(tree: Tree, wanted: Type) -> Iterator[_Found]:
    """Mistakes in a value: other constants, and whatever is inside conditions."""
    if isinstance(tree, Literal):
        yield from _literals(tree, wanted)
        return
    yield from _literals(tree, tree.type)
    yield from _inside(tree, top=False)


def write_action(action: Action) -> str:
    """An action as an author would write it: `heard += 1`, `start(break)`."""
    if isinstance(action, Assign):
        name, value = action.target.name, action.value
        if (
            isinstance(value, Arithmetic)
            and value.operator in ("+", "-")
            and isinstance(value.left, Variable)
            and value.left.declaration.name == name
        ):
            return f"{name} {value.operator}= {write(value.right)}"
        return f"{name} = {write(value)}"
    if isinstance(action, Start):
        return f"start({action.timer}" + (f", {write(action.length)})" if action.length else ")")
    return f"stop({action.timer})"
