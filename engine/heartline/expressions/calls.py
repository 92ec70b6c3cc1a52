"""The functions of the language, and what to say about a name that means nothing."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from heartline.expressions import rules
from heartline.expressions.queries import COUNT_HIGHEST, measure
from heartline.expressions.tree import (
    At,
    CanReach,
    Count,
    Extreme,
    GuardUse,
    Happened,
    Happens,
    HowMany,
    Span,
    TimerTest,
    Tree,
)
from heartline.expressions.types import BOOL, DurationType, IntType

if TYPE_CHECKING:
    from heartline.expressions.reader import Reader

__all__ = ["FUNCTIONS", "PROPERTY_FUNCTIONS", "read_call", "report_unknown_name"]

FUNCTIONS = {
    "at": "at(state): the conversation is in this state, or in one inside it",
    "chosen": "chosen(choice): this choice was taken before",
    "count": "count(state) or count(choice): how often it was entered or taken",
    "expired": "expired(timer): this timer has run out",
    "how_many": "how_many(this, that, ...): how many of these hold",
    "max": "max(a, b, ...): the largest of these numbers or durations",
    "min": "min(a, b, ...): the smallest of these numbers or durations",
    "running": "running(timer): this timer is running",
    "tag": "tag(name): the present state has this tag",
    "visited": "visited(state): this state was entered before, or is the present one",
}
"""Each function of guards, weights and values, with a line that says what it gives."""

PROPERTY_FUNCTIONS = {
    "can_choose": "can_choose(choice): this choice is offered and open",
    "can_reach": "can_reach(...): some way on leads to where this holds",
    "chosen": "chosen(choice): this choice is taken",
    "outcome": "outcome(name): the conversation ends with this outcome",
    "said": "said(role): this role says something",
    "tag": "tag(name): the choice taken or the present state has this tag",
}
"""What properties have beside these, or in a meaning of their own."""


def read_call(reader: Reader, node: ast.Call, span: Span) -> Tree | None:
    """A call of a listed function; anything else is refused."""
    token = reader.bones.token(node.func)
    name = token.text
    known = _GUARD | _PROPERTY if reader.in_property else _GUARD
    if name not in known:
        _report_not_a_function(reader, name, (token.start, token.end))
        return None
    at_least, at_most, read = known[name]
    given = len(node.args)
    if not at_least <= given <= at_most:
        number = "one value" if at_least == 1 else f"{at_least} values"
        message = f"{name}() takes {number}{' or more' * (at_most > 1)}, and here are {given}"
        reader.report("HL402", message, span, describe(name))
        return None
    return read(reader, node.args, span)


def describe(name: str) -> str:
    return FUNCTIONS.get(name) or PROPERTY_FUNCTIONS[name]


def _report_not_a_function(reader: Reader, name: str, span: Span) -> None:
    if name in ("start", "stop"):
        message = f"'{name}' is an action; an expression changes nothing"
        reader.report("HL402", message, span, "it belongs under 'do'")
    elif name in PROPERTY_FUNCTIONS:
        reader.report("HL402", f"{name}() has a place in properties only", span)
    else:
        message = f"there is no function called '{name}'"
        hint = reader.scope.suggest(name, "function", FUNCTIONS)
        reader.report("HL402", message, span, hint or f"there are {', '.join(FUNCTIONS)}")


def report_unknown_name(reader: Reader, name: str, span: Span) -> None:
    """A name that is no variable and no guard: say what it is instead, if anything."""
    scope = reader.scope
    if name in FUNCTIONS:
        reader.report("HL402", f"'{name}' is a function", span, f"write {FUNCTIONS[name]}")
        return
    for known, what, hint in (
        (scope.timers, "timer", f"ask expired({name}) or running({name})"),
        (scope.states, "state", f"ask at({name}) or visited({name})"),
        (scope.choices, "choice", f"ask chosen({name}) or count({name})"),
    ):
        if scope.resolve(name, known) is not None and name not in scope.enum_values:
            reader.report("HL403", f"'{name}' is a {what}, not a value", span, hint)
            return
    nearest = scope.suggest(name, "value", chain(scope.variables, scope.guards))
    if name in scope.enum_values:
        nearest = f'if the value is meant, put it in quotes: "{name}"'
    reader.report("HL302", f"there is no variable or guard called '{name}'", span, nearest)


def _timer(
    reader: Reader, args: list[ast.expr], span: Span, test: OneOf["running", "expired"]
) -> Tree | None:
    timer = reader.known_name(args[0], "timer", "HL304", reader.scope.timers)
    return None if timer is None else TimerTest(span, BOOL, test, timer)


def _at(reader: Reader, args: list[ast.expr], span: Span) -> Tree | None:
    state = reader.known_name(args[0], "state", "HL301", reader.scope.states)
    if state is None:
        return None
    return At(span, BOOL, "at", state, tuple(sorted(reader.scope.states[state])))


def _visited(reader: Reader, args: list[ast.expr], span: Span) -> Tree | None:
    state = reader.known_name(args[0], "state", "HL301", reader.scope.states)
    return None if state is None else Happened(span, BOOL, ("visits", state))


def _chosen(reader: Reader, args: list[ast.expr], span: Span) -> Tree | None:
    choice = reader.known_name(args[0], "choice", "HL309", reader.scope.choices)
    return None if choice is None else Happened(span, BOOL, ("taken", choice))


def _count(reader: Reader, args: list[ast.expr], span: Span) -> Tree | None:
    scope = reader.scope
    full = reader.known_name(args[0], "state or choice", "HL301", scope.states, scope.choices)
    if full is None:
        return None
    if full in scope.states and full in scope.choices:
        message = f"'{full}' is a state and a choice, so what to count is not clear"
        reader.report("HL402", message, span, "rename one of them")
        return None
    symbol = ("visits" if full in scope.states else "taken", full)
    return Count(span, IntType(0, COUNT_HIGHEST), symbol)


def _tag(reader: Reader, args: list[ast.expr], span: Span) -> Tree | None:
    tag = reader.known_name(args[0], "tag", "HL311", reader.scope.tags)
    if tag is None:
        return None
    leaves = reader.scope.tags[tag]
    if not leaves:
        message = f"no state has the tag '{tag}'; only choices have it"
        reader.report("HL402", message, span, "ask chosen(choice), or tag a state")
        return None
    return At(span, BOOL, "tag", tag, tuple(sorted(leaves)))


def _extreme(
    reader: Reader, args: list[ast.expr], span: Span, name: OneOf["min", "max"]
) -> Tree | None:
    operands = reader.read_all(args)
    if operands is None:
        return None
    for operand in operands:
        if not isinstance(operand.type, IntType | DurationType):
            message = f"{name}() takes numbers or durations"
            reader.report("HL403", message, operand.span)
            return None
    type_ = reader.settle(rules.common_type(operands, f"{name}()"))
    if type_ is None:
        return None
    if isinstance(type_, IntType):  # the bounds that min and max leave
        lows = [each.type.low for each in operands if isinstance(each.type, IntType)]
        highs = [each.type.high for each in operands if isinstance(each.type, IntType)]
        pick = min if name == "min" else max
        type_ = IntType(pick(lows), pick(highs))
    return Extreme(span, type_, name, operands)


def _how_many(reader: Reader, args: list[ast.expr], span: Span) -> Tree | None:
    operands = reader.conditions(args)
    return None if operands is None else HowMany(span, IntType(0, len(operands)), operands)


def _tag_now(reader: Reader, args: list[ast.expr], span: Span) -> Tree | None:
    tag = reader.known_name(args[0], "tag", "HL311", reader.scope.tags)
    return None if tag is None else Happens(span, BOOL, "tag", tag)


def _outcome(reader: Reader, args: list[ast.expr], span: Span) -> Tree | None:
    outcome = reader.known_name(args[0], "outcome", "HL310", reader.scope.outcomes)
    return None if outcome is None else Happens(span, BOOL, "outcome", outcome)


def _chosen_now(reader: Reader, args: list[ast.expr], span: Span) -> Tree | None:
    choice = reader.known_name(args[0], "choice", "HL309", reader.scope.choices)
    return None if choice is None else Happens(span, BOOL, "chosen", choice)


def _said(reader: Reader, args: list[ast.expr], span: Span) -> Tree | None:
    role = reader.known_name(args[0], "role", "HL305", reader.scope.roles)
    return None if role is None else Happens(span, BOOL, "said", role)


def _can_choose(reader: Reader, args: list[ast.expr], span: Span) -> Tree | None:
    choice = reader.known_name(args[0], "choice", "HL309", reader.scope.choices)
    if choice is None:
        return None
    tree = reader.scope.opening(choice)
    return GuardUse(span, BOOL, f"can_choose({choice})", tree, None, *measure(tree))


def _can_reach(reader: Reader, args: list[ast.expr], span: Span) -> Tree | None:
    operand = reader.condition(args[0])
    return None if operand is None else CanReach(span, BOOL, operand)


_MANY = 64
_Read = Callable[["Reader", list[ast.expr], Span], Tree | None]
_GUARD: dict[str, tuple[int, int, _Read]] = {
    "at": (1, 1, _at),
    "chosen": (1, 1, _chosen),
    "count": (1, 1, _count),
    "expired": (1, 1, partial(_timer, test="expired")),
    "how_many": (1, _MANY, _how_many),
    "max": (2, _MANY, partial(_extreme, name="max")),
    "min": (2, _MANY, partial(_extreme, name="min")),
    "running": (1, 1, partial(_timer, test="running")),
    "tag": (1, 1, _tag),
    "visited": (1, 1, _visited),
}
_PROPERTY: dict[str, tuple[int, int, _Read]] = {
    "can_choose": (1, 1, _can_choose),
    "can_reach": (1, 1, _can_reach),
    "chosen": (1, 1, _chosen_now),
    "outcome": (1, 1, _outcome),
    "said": (1, 1, _said),
    "tag": (1, 1, _tag_now),
}
