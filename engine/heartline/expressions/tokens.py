"""From a source text to an `ast` that holds nothing but structure.

The text is cut into tokens first, and their order is checked, so that each fault gets a sentence
of ours, the same on every version of Python. Then every name, number, duration and quoted text is
masked by underscores of the same length, and only the mask is given to `ast.parse`: it sees
underscores, brackets, commas, the operators below and the words `and or not in if else`. So a
duration such as `14d` or a name such as `break` needs no trick, columns stay right, and nothing
that an author writes reaches Python's parser as a name, a number or a string.

Sizes are bounded before anything recurses: 1000 characters, 32 levels of nesting, 200 nodes.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from heartline.durations import parse_duration
from heartline.expressions.problems import Problem
from heartline.expressions.scope import RESERVED

if TYPE_CHECKING:
    from datetime import timedelta

__all__ = ["DEEPEST", "LARGEST_NUMBER", "LONGEST_SOURCE", "MOST_NODES", "Skeleton", "Token"]

LONGEST_SOURCE = 1000
DEEPEST = 32
MOST_NODES = 200
LARGEST_NUMBER = 1_000_000
LONGEST_NAME = 200  # a name of a file within a file within a file

Kind = Literal["name", "truth", "number", "duration", "text", "word", "operator"]
OPERANDS = frozenset({"name", "truth", "number", "duration", "text"})

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<text>"[^"\\\r\n]*"|'[^'\\\r\n]*')
      | (?P<number>[0-9][0-9A-Za-z_]*)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
      | (?P<foreign>===|!==|\*\*|//|&&|\|\||<>|=>|=<|:=|\*=|/=|\+\+)
      | (?P<operator><=|>=|==|!=|\+=|-=|[-+*<>(),=])""",
    re.VERBOSE,
)
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
_ASSIGNING = frozenset({"=", "+=", "-="})
_INFIX = _COMPARISONS | {"+", "-", "*", ",", "and", "or", "in", "not in", "if", "else"}
_TRUTHS = {"true": True, "false": False, "True": True, "False": False}
_BEFORE_NOT = frozenset({"(", ",", "and", "or", "not", "if", "else"})
_INSTEAD = {
    "&&": "and", "||": "or", "!": "not", "&": "and", "|": "or", "<>": "!=", "=>": ">=", "=<": "<=",
    "===": "==", "!==": "!=", "is": "==", "equals": "==", "AND": "and", "OR": "or", "NOT": "not",
    "And": "and", "Or": "or", "Not": "not", "In": "in", "IN": "in",
}  # fmt: skip
_UNIT_WORDS = re.compile(
    r"\s*(?P<unit>s|m|h|d|w|seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the source; `value` is what a number, duration, text or truth stands for."""

    kind: Kind
    text: str
    start: int
    end: int
    value: bool | int | str | timedelta | None = None


class Fault(Exception):
    """The one thing that is wrong with the tokens: what follows it would only repeat it."""

    def __init__(
        self, message: str, start: int, end: int, hint: str | None = None, code: str = "HL401"
    ) -> None:
        super().__init__(message)
        self.problem = Problem(code, message, start, end, hint)


@dataclass(frozen=True, slots=True)
class Skeleton:
    """An expression's structure, and the tokens that its masked names stand for."""

    root: ast.expr
    mask: str
    shift: int  # what to add to a column of the tree
    tokens: dict[int, Token]  # by where their mask begins
    ends: dict[int, int]  # where a quoted text ends, by where its mask ends

    def token(self, node: ast.expr) -> Token:
        return self.tokens[node.col_offset + self.shift]

    def span(self, node: ast.expr) -> tuple[int, int]:
        start, end = node.col_offset + self.shift, (node.end_col_offset or 0) + self.shift
        first = self.tokens.get(start)
        return (first.start if first else start, self.ends.get(end, end))

    def bracketed(self, node: ast.expr) -> bool:
        """Whether a bracket opens right before this node."""
        return self.mask[: node.col_offset + self.shift].rstrip().endswith("(")


def skeleton(source: str, tokens: list[Token]) -> Skeleton:
    """Read the structure of these tokens of the source; raises Fault."""
    _arrange(tokens, len(source))
    mask, by_place, ends = [" "] * len(source), {}, {}
    for token in tokens:
        start, end = token.start, token.end
        shape = token.text.replace(" ", " " * (end - start - 5))  # of `not in`: keep its width
        if token.kind == "text":  # its quotes become spaces, so that it touches no neighbour
            start, end = start + 1, end - 1
            ends[end] = token.end
        if token.kind in OPERANDS:
            shape = "_" * (end - start)
            by_place[start] = token
        mask[start:end] = shape
    text = "".join(mask)
    stripped = text.strip()
    try:
        root = ast.parse(stripped, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _unreadable(tokens) from error
    if len(tokens) > DEEPEST:  # fewer tokens cannot nest deeper than that
        _bound(root, tokens)
    return Skeleton(root, text, text.index(stripped), by_place, ends)


def tokenise(source: str) -> list[Token]:
    """Cut a source text into tokens; raises Fault at the first piece that is none."""
    if len(source) > LONGEST_SOURCE:
        raise Fault(
            f"this is {len(source)} characters long, and an expression has at most "
            f"{LONGEST_SOURCE}",
            0,
            len(source),
            "give parts of it names under guards",
            "HL406",
        )
    tokens: list[Token] = []
    place = 0
    while place < len(source):
        match = _TOKEN.match(source, place)
        if match is None or match.lastgroup == "foreign":
            raise _stranger(source, place, match.group() if match else source[place], tokens)
        if match.group() == "in" and tokens and tokens[-1].text == "not":
            tokens[-1] = Token("word", "not in", tokens[-1].start, match.end())
        elif match.lastgroup != "space":
            tokens.append(_token(source, match))
        place = match.end()
    return tokens


def _token(source: str, match: re.Match[str]) -> Token:
    text, (start, end) = match.group(), match.span()
    if match.lastgroup == "operator":
        return Token("operator", text, start, end)
    if match.lastgroup == "name":
        if len(text) > LONGEST_NAME:
            raise Fault(f"this name is {len(text)} characters long", start, end, code="HL406")
        if text in _TRUTHS:
            return Token("truth", text, start, end, _TRUTHS[text])
        return Token("word" if text in RESERVED else "name", text, start, end)
    if match.lastgroup == "text":
        return _quoted(text, start, end)
    return _number(source, text, start, end)


def _quoted(text: str, start: int, end: int) -> Token:
    inside = text[1:-1]
    if not inside:
        raise Fault("there is nothing between these quotes", start, end)
    if not inside.isprintable():
        raise Fault("a text in quotes holds printable characters only", start, end, code="HL402")
    return Token("text", text, start, end, inside)


def _number(source: str, text: str, start: int, end: int) -> Token:
    if text.isdigit():
        unit = _UNIT_WORDS.match(source, end)
        if unit:
            raise _unit_apart(text, unit["unit"], start, unit.end())
        if len(text.lstrip("0")) > 7 or int(text) > LARGEST_NUMBER:
            raise Fault(
                f"numbers in expressions go up to {LARGEST_NUMBER}", start, end, code="HL406"
            )
        return Token("number", text, start, end, int(text))
    try:
        return Token("duration", text, start, end, parse_duration(text))
    except ValueError as error:
        raise Fault(str(error), start, end) from None


def _unit_apart(number: str, unit: str, start: int, end: int) -> Fault:
    if unit.lower().startswith(("mo", "y")):
        return Fault(
            f"'{unit}' is not a unit: how long it is depends on the date",
            start,
            end,
            "count in weeks (w) or days (d)",
        )
    return Fault(
        "a duration is written without a space", start, end, f"write {number}{unit[0].lower()}"
    )


def _stranger(source: str, place: int, text: str, tokens: list[Token]) -> Fault:
    """What to say about a character that begins no token."""
    end = place + len(text)
    if text in "\"'":
        return Fault("this quote is never closed on its line", place, len(source))
    if text in "“”„‘’«»`":
        return Fault(
            f"{text} is not a quote that expressions know", place, end, 'use straight quotes: "..."'
        )
    if text == ".":
        if tokens and tokens[-1].kind == "number" and tokens[-1].end == place:
            return Fault("numbers are whole", tokens[-1].start, end, code="HL402")
        return Fault("a dot stands only inside a name, as in session.mood", place, end)
    if text in "[]{}":
        return Fault(f"'{text}' has no place here", place, end, "use round brackets: ( )", "HL402")
    if text in _INSTEAD:
        return Fault(f"'{text}' is not an operator here", place, end, f"write {_INSTEAD[text]}")
    if text == "++":
        return Fault("'++' is not an operator here", place, end, "write += 1")
    if not text.isprintable() or text.isspace():
        return Fault(
            f"there is an invisible character here (U+{ord(text):04X})",
            place,
            end,
            "delete it, or put a plain space in its place",
            "HL402",
        )
    return Fault(
        f"'{text}' is not part of the language",
        place,
        end,
        "the operators are + - *, the comparisons, and, or, not, in, if ... else",
        "HL402",
    )


def _arrange(tokens: list[Token], end: int) -> None:
    """Check that operands and operators take turns, and that brackets pair up; or raise Fault."""
    if not tokens:
        raise Fault("there is no expression here", 0, end)
    open_: list[tuple[Token, bool]] = []  # each open bracket, and whether it is a call's
    wanted = True  # an operand is wanted, rather than an operator
    prefixes = 0
    previous: Token | None = None
    for token in tokens:
        text = token.text
        if text == ")":
            _check_closing(token, previous, open_, wanted)
            open_.pop()
            wanted = False
        elif text == "(" and (wanted or (previous is not None and previous.kind == "name")):
            open_.append((token, not wanted))
            wanted = True
        elif wanted and token.kind in OPERANDS:
            wanted, prefixes = False, 0
        elif wanted and text in ("-", "not"):
            _check_prefix(token, previous)
            prefixes += 1
        elif wanted:
            raise _missing(previous, token)
        elif text in _INFIX and (text != "," or open_):
            wanted = True
        else:
            raise _unjoined(previous, token)
        if len(open_) + prefixes > DEEPEST:
            raise too_deep(token.start, token.end)
        previous = token
    if wanted:
        last = tokens[-1]
        raise Fault(f"something is missing after '{last.text}'", last.start, last.end)
    if open_:
        bracket, _ = open_[-1]
        raise Fault("this bracket is never closed", bracket.start, bracket.end)


def _check_closing(
    token: Token, previous: Token | None, open_: list[tuple[Token, bool]], wanted: bool
) -> None:
    if not open_:
        raise Fault("this bracket closes none", token.start, token.end)
    before = previous.text if previous else ""
    _, call = open_[-1]
    if wanted and before != "," and not (before == "(" and call):
        if before == "(":
            raise Fault("there is nothing between these brackets", token.start - 1, token.end)
        raise _missing(previous, token)


def _check_prefix(token: Token, previous: Token | None) -> None:
    """`not` binds loosely: after an operator that binds closer it needs brackets of its own."""
    if token.text == "not" and previous is not None and previous.text not in _BEFORE_NOT:
        raise Fault(
            f"'not' cannot follow '{previous.text}' without brackets",
            token.start,
            token.end,
            "write (not ...)",
        )


def _missing(previous: Token | None, token: Token) -> Fault:
    if previous is None:
        message = f"something is missing before '{token.text}'"
    else:
        message = f"something is missing between '{previous.text}' and '{token.text}'"
    instead = f"{token.text}{previous.text}" if previous else ""
    hint = f"did you mean '{instead}'?" if instead in ("+=", "-=") else None
    start = previous.start if previous else token.start
    return Fault(message, start, token.end, hint)


def _unjoined(previous: Token | None, token: Token) -> Fault:
    """An operand follows an operand, or an operator stands where none can."""
    before = previous.text if previous else ""
    for word, place in ((token.text, token), (before, previous)):
        if place is not None and word in _INSTEAD:
            hint = f"write {_INSTEAD[word]}"
            return Fault(f"'{word}' is not an operator here", place.start, place.end, hint)
    if token.text == "=":
        hint = "to compare, write =="
        return Fault("'=' does not compare, and only actions assign", token.start, token.end, hint)
    if token.text in _ASSIGNING:
        return Fault(f"'{token.text}' has a place in actions only", token.start, token.end)
    if token.text == ",":
        return Fault("a comma has a place in brackets only", token.start, token.end)
    return Fault(
        f"nothing joins '{before}' and '{token.text}'",
        previous.start if previous else token.start,
        token.end,
        "put an operator between them, such as 'and', 'or' or a comparison",
    )


def _unreadable(tokens: list[Token]) -> Fault:
    """Tokens in a fair order that still make no expression: an `if` without its `else`."""
    for token in tokens:
        if token.text in ("if", "else"):
            return Fault(
                "'if' and 'else' do not pair up here",
                token.start,
                token.end,
                "write (this if test else that), with brackets where there are several",
            )
    return Fault("this is not an expression", tokens[0].start, tokens[-1].end)


def too_deep(start: int, end: int) -> Fault:
    return Fault(
        f"expressions nest at most {DEEPEST} levels deep",
        start,
        end,
        "give the inner parts names under guards",
        "HL406",
    )


def _bound(root: ast.expr, tokens: list[Token]) -> None:
    """Count nodes and levels without recursion, before anything walks the tree."""
    start, end = tokens[0].start, tokens[-1].end
    count = 0
    waiting = [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        count += 1
        if level > DEEPEST:
            raise too_deep(start, end)
        inner = (each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr))
        waiting.extend((each, level + 1) for each in inner)
    if count > MOST_NODES:
        raise Fault(
            f"this expression has {count} parts, and {MOST_NODES} is the most",
            start,
            end,
            "give parts of it names under guards",
            "HL406",
        )
