"""Source texts to checked trees.

Three doors, each gives a `Parsed` and never raises: `parse_expression` for guards, weights and
values, `parse_action` for what a block does, `parse_property` for promises. All that is wrong
in one text is found in one pass; what follows from a fault is not reported again.

The steps: `tokens` cuts the text and gives its bare structure; `reader` walks that structure,
allows it node by node, resolves names in the scope and types each node by the `rules`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.expressions import rules
from heartline.expressions.problems import Parsed, Problem
from heartline.expressions.queries import measure
from heartline.expressions.reader import Reader, Sign
from heartline.expressions.tokens import Fault, Token, skeleton, tokenise
from heartline.expressions.tree import (
    Action,
    Assign,
    Declaration,
    Literal,
    Start,
    Stop,
    Tree,
    Variable,
)
from heartline.expressions.types import (
    DURATION,
    TEXT,
    EnumType,
    TextType,
    Type,
)

if TYPE_CHECKING:
    from heartline.expressions.scope import Scope

__all__ = ["parse_action", "parse_expression", "parse_property"]

MOST_NODES_WITH_GUARDS = 500
DEEPEST_WITH_GUARDS = 64
_EXAMPLES = "write heard += 1, mood = ..., start(timer) or stop(timer)"


def parse_expression(source: str, scope: Scope, expect: Type | None = None) -> Parsed[Tree]:
    """Read an expression of the type `expect`, or of any type.

    An expected int or duration need not hold the result: what is assigned saturates. An expected
    enum must have every value that the result can be.
    """
    try:
        tokens = tokenise(source)
        reader = _reader(source, tokens, scope)
    except Fault as fault:
        return Parsed(None, (fault.problem,))
    tree = _whole(reader)
    if tree is not None and expect is not None:
        if isinstance(tree, Literal) and isinstance(tree.type, EnumType) and expect == TEXT:
            tree = Literal(tree.span, TEXT, tree.value)
        reader.accept(rules.fits(source, tree, expect))
    return _parsed(tree, reader)


def parse_property(source: str, scope: Scope) -> Parsed[Tree]:
    """Read an expression of a property: true or false, with the functions of properties."""
    try:
        reader = _reader(source, tokenise(source), scope, in_property=True)
    except Fault as fault:
        return Parsed(None, (fault.problem,))
    tree = _whole(reader)
    if tree is not None:
        reader.accept(rules.condition(source, tree))
    return _parsed(tree, reader)


def parse_action(source: str, scope: Scope) -> Parsed[Action]:
    """Read an action: `x = e`, `x += e`, `x -= e`, `start(t)`, `start(t, e)` or `stop(t)`."""
    try:
        tokens = tokenise(source)
        return _action(source, tokens, scope)
    except Fault as fault:
        return Parsed(None, (fault.problem,))


def _reader(source: str, tokens: list[Token], scope: Scope, *, in_property: bool = False) -> Reader:
    return Reader(source, scope, skeleton(source, tokens), in_property=in_property)


def _whole(reader: Reader) -> Tree | None:
    """The whole expression; with the guards that it names it is bounded too."""
    tree = reader.read(reader.bones.root)
    if tree is not None and reader.uses_guards:  # without them the bounds of the text hold
        size, depth = measure(tree)
        if size > MOST_NODES_WITH_GUARDS or depth > DEEPEST_WITH_GUARDS:
            message = (
                "with the guards that it names, this expression has "
                f"{size} parts and {depth} levels; "
                f"{MOST_NODES_WITH_GUARDS} and {DEEPEST_WITH_GUARDS} are the most"
            )
            reader.report("HL406", message, tree.span)
            return None
    return tree


def _parsed(tree: Tree | None, reader: Reader) -> Parsed[Tree]:
    return Parsed(None if reader.problems else tree, tuple(reader.problems))


def _action(source: str, tokens: list[Token], scope: Scope) -> Parsed[Action]:
    if not tokens:
        raise Fault("there is no action here", 0, len(source), _EXAMPLES, "HL404")
    first = tokens[0]
    second = tokens[1].text if len(tokens) > 1 else ""
    if first.kind == "name" and second in ("=", "+=", "-="):
        return _assignment(source, tokens, scope)
    if first.text in ("start", "stop") and second == "(":
        return _timing(source, tokens, scope)
    if first.kind == "name" and second == "(":
        near = scope.suggest(first.text, "action", ("start", "stop"))
        if near is not None:
            message = f"there is no action called '{first.text}'"
            raise Fault(message, first.start, first.end, near, "HL404")
    hint = _EXAMPLES
    if first.kind == "name" and second == "==":
        hint = f"to set it, write {first.text} = ..."
    message = "this is not an action: it would change nothing"
    raise Fault(message, first.start, tokens[-1].end, hint, "HL404")


def _assignment(source: str, tokens: list[Token], scope: Scope) -> Parsed[Action]:
    name, operator, rest = tokens[0], tokens[1], tokens[2:]
    if rest and operator.text == "=" and rest[0].text in ("+", "*"):
        hint = f"did you mean {name.text} += ...?" if rest[0].text == "+" else None
        message = f"'=' and '{rest[0].text}' do not go together"
        raise Fault(message, operator.start, rest[0].end, hint)
    if not rest:
        raise Fault(f"something is missing after '{operator.text}'", operator.start, operator.end)
    reader = _reader(source, rest, scope)
    span = (name.start, tokens[-1].end)
    target = _target(reader, name)
    value = _whole(reader)
    if target is not None and value is not None:
        if operator.text != "=":
            before = Variable((name.start, name.end), target.type, target)
            sign: Sign = "+" if operator.text == "+=" else "-"
            value = reader.combine(sign, before, value, span)
        if value is not None:
            reader.accept(rules.fits(source, value, target.type))
    if reader.problems or target is None or value is None:
        return Parsed(None, tuple(reader.problems))
    return Parsed(Assign(span, target, value))


def _target(reader: Reader, name: Token) -> Declaration | None:
    """The variable that an assignment names; anything else cannot be assigned."""
    scope, span = reader.scope, (name.start, name.end)
    full = scope.resolve(name.text, scope.variables)
    if full is not None:
        declaration = scope.variables[full]
        if not isinstance(declaration.type, TextType):
            return declaration
        message = f"'{name.text}' is a text: only a person sets it, at the start"
        reader.report("HL405", message, span)
        return None
    for known, what, hint in (
        (scope.guards, "guard", "change the variables that it reads"),
        (scope.timers, "timer", f"write start({name.text}) or stop({name.text})"),
    ):
        if scope.resolve(name.text, known) is not None:
            reader.report("HL405", f"'{name.text}' is a {what}, and cannot be set", span, hint)
            return None
    message = f"there is no variable called '{name.text}'"
    reader.report("HL302", message, span, scope.suggest(name.text, "variable", scope.variables))
    return None


def _timing(source: str, tokens: list[Token], scope: Scope) -> Parsed[Action]:
    """`start` and `stop`: their brackets are read here, the length inside as an expression."""
    verb, closing = tokens[0], tokens[-1]
    span = (verb.start, closing.end)
    shape = f"write {verb.text}(timer)" + (" or start(timer, 7d)" if verb.text == "start" else "")
    if len(tokens) < 4 or closing.text != ")" or tokens[2].kind != "name":
        raise Fault(f"{verb.text} takes the name of a timer in brackets", *span, shape, "HL404")
    name, inner = tokens[2], tokens[3:-1]
    full = scope.resolve(name.text, scope.timers)
    problems: tuple[Problem, ...] = ()
    if full is None:
        message = f"there is no timer called '{name.text}'"
        hint = scope.suggest(name.text, "timer", scope.timers)
        problems = (Problem("HL304", message, name.start, name.end, hint),)
    length: Tree | None = None
    if inner:
        if verb.text == "stop" or inner[0].text != "," or len(inner) == 1:
            raise Fault(f"{verb.text} cannot be given this", inner[0].start, closing.end, shape)
        reader = _reader(source, inner[1:], scope)
        length = _whole(reader)
        if length is not None:
            reader.accept(rules.fits(source, length, DURATION))
        problems += tuple(reader.problems)
    if full is None or problems:
        return Parsed(None, problems)
    return Parsed(Stop(span, full) if verb.text == "stop" else Start(span, full, length))
