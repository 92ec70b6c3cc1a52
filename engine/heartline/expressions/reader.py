"""From structure to a checked tree: node by node, names resolved, types given.

The reader allows what it knows and refuses everything else. A part with a fault becomes None,
its neighbours are read on, so that one pass finds all faults, and none is reported twice.
"""

from __future__ import annotations

import ast
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from heartline.expressions import calls, rules
from heartline.expressions.problems import Problem
from heartline.expressions.queries import measure
from heartline.expressions.tree import (
    And,
    Arithmetic,
    Compare,
    Conditional,
    GuardUse,
    Literal,
    Member,
    Negate,
    Not,
    Or,
    Span,
    Tree,
    Variable,
)
from heartline.expressions.types import (
    BOOL,
    DurationType,
    EnumType,
    IntType,
    TextType,
    Type,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from heartline.expressions.scope import Scope
    from heartline.expressions.tokens import Skeleton, Token

__all__ = ["Reader"]

Sign = OneOf["+", "-", "*"]
_ARITHMETIC: dict[type[ast.operator], Sign] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


class Reader:
    """Reads one expression; `problems` collects what is wrong with it."""

    def __init__(
        self, source: str, scope: Scope, bones: Skeleton, *, in_property: bool = False
    ) -> None:
        self.source = source
        self.scope = scope
        self.bones = bones
        self.in_property = in_property
        self.problems: list[Problem] = []
        self.uses_guards = False

    def report(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        self.problems.append(Problem(code, message, *span, hint))

    def accept(self, found: Problem | None) -> bool:
        """Keep the problem, if there is one; whether there is none."""
        if found is not None:
            self.problems.append(found)
        return found is None

    def settle(self, found: Type | Problem) -> Type | None:
        """The type, or None where it is a problem, which is kept."""
        if isinstance(found, Problem):
            self.problems.append(found)
            return None
        return found

    def read(self, node: ast.expr) -> Tree | None:
        """Any expression."""
        span = self.bones.span(node)
        if isinstance(node, ast.Name):
            return self._operand(self.bones.token(node))
        if isinstance(node, ast.BoolOp):
            return self._joined(node, span)
        if isinstance(node, ast.UnaryOp):
            return self._prefixed(node, span)
        if isinstance(node, ast.BinOp):
            return self._arithmetic(node, span)
        if isinstance(node, ast.Compare):
            return self._compared(node, span)
        if isinstance(node, ast.IfExp):
            return self._conditional(node, span)
        if isinstance(node, ast.Call):
            return calls.read_call(self, node, span)
        self.report("HL402", "a list has a place after 'in' only", span)
        return None

    def read_all(self, nodes: list[ast.expr]) -> tuple[Tree, ...] | None:
        """All of these, or None where one has a fault."""
        trees = [self.read(node) for node in nodes]
        whole = tuple(tree for tree in trees if tree is not None)
        return whole if len(whole) == len(trees) else None

    def condition(self, node: ast.expr) -> Tree | None:
        """An expression that is true or false."""
        tree = self.read(node)
        if tree is None or not self.accept(rules.condition(self.source, tree)):
            return None
        return tree

    def conditions(self, nodes: list[ast.expr]) -> tuple[Tree, ...] | None:
        """Expressions that are each true or false, or None where one has a fault."""
        trees = [self.condition(node) for node in nodes]
        whole = tuple(tree for tree in trees if tree is not None)
        return whole if len(whole) == len(trees) else None

    def _operand(self, token: Token) -> Tree | None:
        span = (token.start, token.end)
        value = token.value
        if isinstance(value, bool):
            return Literal(span, BOOL, value)
        if isinstance(value, int):
            return Literal(span, IntType(value, value), value)
        if isinstance(value, timedelta):
            return Literal(span, DurationType((value,)), value)
        if isinstance(value, str):
            return Literal(span, EnumType((value,)), value)
        return self._named(token.text, span)

    def _named(self, name: str, span: Span) -> Tree | None:
        scope = self.scope
        full = scope.resolve(name, scope.variables)
        if full is not None:
            declaration = scope.variables[full]
            if isinstance(declaration.type, TextType):
                self.report(
                    "HL403",
                    f"'{name}' is a text that a person types, and expressions cannot read it",
                    span,
                    f"show it in a line as {{{name}}}; what guards must know goes into an enum",
                )
                return None
            return Variable(span, declaration.type, declaration)
        full = scope.resolve(name, scope.guards)
        if full is not None:
            guard = scope.guards[full]
            self.uses_guards = True
            return GuardUse(span, BOOL, full, guard.tree, guard.why, *measure(guard.tree))
        calls.report_unknown_name(self, name, span)
        return None

    def _joined(self, node: ast.BoolOp, span: Span) -> Tree | None:
        operands = self.conditions(node.values)
        if operands is None:
            return None
        joined = And if isinstance(node.op, ast.And) else Or
        return joined(span, BOOL, operands)

    def _prefixed(self, node: ast.UnaryOp, span: Span) -> Tree | None:
        if isinstance(node.op, ast.Not):
            held = self.condition(node.operand)
            return None if held is None else Not(span, BOOL, held)
        operand = self.read(node.operand)
        if operand is None:
            return None
        type_ = self.settle(rules.negation(self.source, operand))
        if type_ is None:
            return None
        if isinstance(operand, Literal) and isinstance(operand.value, int):
            return Literal(span, type_, -operand.value)
        return Negate(span, type_, operand)

    def _arithmetic(self, node: ast.BinOp, span: Span) -> Tree | None:
        left, right = self.read(node.left), self.read(node.right)
        if left is None or right is None:
            return None
        return self.combine(_ARITHMETIC[type(node.op)], left, right, span)

    def combine(self, operator: Sign, left: Tree, right: Tree, span: Span) -> Tree | None:
        """`left operator right`, where the two go together."""
        type_ = self.settle(rules.arithmetic(self.source, operator, left, right))
        return None if type_ is None else Arithmetic(span, type_, operator, left, right)

    def _compared(self, node: ast.Compare, span: Span) -> Tree | None:
        operators = tuple(_COMPARISONS[type(each)] for each in node.ops)
        if not {"in", "not in"}.isdisjoint(operators):
            if len(operators) > 1:
                message = "'in' cannot be part of a chain of comparisons"
                self.report("HL402", message, span, "put brackets around one of them")
                return None
            return self._member(node, span, negated=operators[0] == "not in")
        operands = self.read_all([node.left, *node.comparators])
        if operands is None:
            return None
        pairs = zip(operators, operands, operands[1:], strict=False)
        sound = [self.accept(rules.comparison(self.source, *pair)) for pair in pairs]
        return Compare(span, BOOL, operators, operands) if all(sound) else None

    def _member(self, node: ast.Compare, span: Span, *, negated: bool) -> Tree | None:
        listed = node.comparators[0]
        if isinstance(listed, ast.Tuple):
            nodes = listed.elts
        elif self.bones.bracketed(listed):
            nodes = [listed]
        else:
            message = "after 'in' comes a list in round brackets"
            hint = 'as in ("calm", "sad"); to compare with one value, use =='
            self.report("HL401", message, self.bones.span(listed), hint)
            return None
        operand, items = self.read(node.left), self.read_all(nodes)
        if operand is None or items is None:
            return None
        sound = [self.accept(rules.comparison(self.source, "==", operand, each)) for each in items]
        return Member(span, BOOL, operand, items, negated) if all(sound) else None

    def _conditional(self, node: ast.IfExp, span: Span) -> Tree | None:
        then, test = self.read(node.body), self.condition(node.test)
        otherwise = self.read(node.orelse)
        if then is None or test is None or otherwise is None:
            return None
        type_ = self.settle(rules.common_type((then, otherwise), "this 'if ... else'"))
        return None if type_ is None else Conditional(span, type_, test, then, otherwise)

    def known_name(
        self, node: ast.expr, noun: str, code: str, *known: Collection[str]
    ) -> str | None:
        """The full name that the argument of a function stands for, in one of these."""
        token = self.bones.token(node) if isinstance(node, ast.Name) else None
        if token is None or token.kind != "name":
            self.report("HL402", f"here the name of a {noun} is needed", self.bones.span(node))
            return None
        for names in known:
            full = self.scope.resolve(token.text, names)
            if full is not None:
                return full
        message = f"there is no {noun} called '{token.text}'"
        hint = self.scope.suggest(token.text, noun, chain(*known))
        self.report(code, message, (token.start, token.end), hint)
        return None
