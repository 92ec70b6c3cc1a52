"""Faults in YAML's syntax, said in sentences for authors.

The parser stops at the first thing that it cannot read and says so in the words of YAML's
grammar. Here that becomes one sentence about what an author most likely meant, at the place where
the mistake is: the bracket or quote that was never closed rather than the place where the parser
gave up. Both parsers of PyYAML are understood; they differ in wording, not in what they find.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from heartline.diagnostics import Diagnostic, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LastEvent", "explain_syntax"]

Place = tuple[int, int]  # line and column, from 0
Verdict = tuple[Place, str, str | None]  # where, what, and what to do


class LastEvent(NamedTuple):
    """What the parser read last before it failed."""

    style: str  # the quote of a scalar, { or [ of a closed flow collection, else empty
    start: Place
    end: Place


class _Failure(NamedTuple):
    """All that is known of where the parser gave up."""

    lines: list[str]
    at: Place  # where it gave up
    began: Place  # where what it was reading began
    last: LastEvent

    @property
    def line(self) -> str:
        return self.lines[self.at[0]]

    @property
    def character(self) -> str:
        return self.line[self.at[1] : self.at[1] + 1]


def explain_syntax(error: Any, text: str, name: str, last: LastEvent) -> Diagnostic:
    """Turn the parser's error (its context, its problem, their marks) into one diagnostic."""
    problem: str = error.problem or ""
    context: str = error.context or ""
    mark = error.problem_mark or error.context_mark
    at = (mark.line, mark.column)
    began = (error.context_mark.line, error.context_mark.column) if error.context_mark else at
    lines = text.split("\n")
    if at[0] >= len(lines):  # the parser counts a line after the last
        at = (len(lines) - 1, len(lines[-1]))
    failure = _Failure(lines, at, began, last)
    explain = next((how for words, how in _HOW if words in f"{context}: {problem}"), _unknown)
    (line, column), message, hint = explain(failure)
    code = "HL107" if explain in _FEATURES else "HL103"
    return Diagnostic(code, Severity.ERROR, message, Location(name, line + 1, column + 1), hint)


def _unclosed_bracket(failure: _Failure) -> Verdict:
    opener = failure.lines[failure.began[0]][failure.began[1]]
    closer = "]" if opener == "[" else "}"
    if (quote := _runaway_quote(failure)) is not None:
        return quote
    character = failure.character
    if character and character in "]}":
        line = f" on line {failure.began[0] + 1}" if failure.began[0] != failure.at[0] else ""
        return failure.at, f"{character} closes here what {opener}{line} opened", f"write {closer}"
    if failure.at[0] == failure.began[0]:
        hint = f"a text with commas, colons or {opener}{closer} in it stands in quotes"
        return failure.at, f"a comma or {closer} is missing before this", hint
    hint = f"write {closer} where it ends, or a comma before line {failure.at[0] + 1}"
    return failure.began, f"the {opener} that opens here is not closed", hint


def _unclosed_quote(failure: _Failure) -> Verdict:
    quote = failure.lines[failure.began[0]][failure.began[1]]
    return failure.began, f"the {quote} that opens here is not closed", f"write {quote} at its end"


def _runaway_quote(failure: _Failure) -> Verdict | None:
    """A quote that was forgotten lets the text run on to the next quote, some lines below."""
    style, start, end = failure.last
    if style not in ("'", '"') or end[0] != failure.at[0] or start[0] == end[0]:
        return None
    message = f"the {style} that opens here is closed only on line {end[0] + 1}, amid other text"
    return start, message, f"write {style} where the text ends"


def _out_of_place(failure: _Failure) -> Verdict:
    """A mapping expected its next key: what stands there is text behind a value, or misplaced."""
    style, _, end = failure.last
    if (quote := _runaway_quote(failure)) is not None:
        return quote
    if failure.character and failure.character in "]}":
        opener = "[" if failure.character == "]" else "{"
        return failure.at, f"{failure.character} closes nothing here", f"no {opener} is open"
    if style and style in "|>":
        hint = "indent all lines of the text by as much as its first"
        return failure.at, "this line is indented less than the text that it follows", hint
    if failure.character == ":":
        return failure.at, "a name is missing before the colon", "write name: value"
    if end[0] == failure.at[0]:
        if style == "'":
            hint = "an apostrophe inside single quotes is written twice; or use double quotes"
            return failure.at, "more text follows the closing quote", hint
        if style == '"':
            hint = 'put the whole text in quotes, and write \\" for a quote inside it'
            return failure.at, "more text follows the closing quote", hint
        if style:
            hint = "a text that begins with { or [ stands in quotes"
            return failure.at, "more text follows the closing bracket", hint
    if failure.character == "-":
        hint = "a mapping has fields, a list has items: indent the list under a field"
        return failure.at, "an item of a list stands among the fields of a mapping", hint
    return failure.at, "the indentation here fits nothing above it", _line_up(failure)


def _line_up(failure: _Failure) -> str:
    """The columns that a line could begin in: those of the lines above that lead to it."""
    indent, columns = 10_000, []
    for line in reversed(failure.lines[max(failure.at[0] - 200, 0) : failure.at[0]]):
        own = len(line) - len(line.lstrip(" "))
        if line.strip() and not line.lstrip().startswith("#") and own < indent:
            indent = own
            columns.append(str(own))
    columns = columns[:4][::-1]
    *others, last = columns or ["0"]
    return f"begin it with {', '.join(others)}{' or ' if others else ''}{last} spaces"


def _not_an_item(failure: _Failure) -> Verdict:
    hint = "begin the line with - , or indent it as a field of the item above"
    return failure.at, "a field stands among the items of a list", hint


def _second_colon(failure: _Failure) -> Verdict:
    before = failure.line[: failure.at[1]]
    if len(before) > 1000:
        return failure.at, "a key is at most 1024 characters long", "put a long text in quotes"
    if ": " in before:
        hint = "put the whole text in quotes, or begin the mapping on a line of its own"
        return failure.at, "a second colon stands in this line", hint
    above = failure.lines[failure.at[0] - 1]
    if failure.at[0] and (squeezed := _SQUEEZED.match(above)):
        place = (failure.at[0] - 1, squeezed.start("name"))
        return place, _NO_SPACE, f"write {squeezed['name']}: ..."
    hint = "indent it like the line above, or put a text of several lines in quotes"
    return failure.at, "a field cannot begin here: the line above it has its value already", hint


_SQUEEZED = re.compile(r" *(?P<name>[A-Za-z_]\w{0,40}):[^\s:]")
_NO_SPACE = "a colon needs a space after it"


def _no_colon(failure: _Failure) -> Verdict:
    line = failure.lines[failure.began[0]][failure.began[1] :]
    name, colon, _ = line.partition(":")
    if colon and name.strip():
        return failure.began, _NO_SPACE, f"write {name.strip()[:40]}: ..."
    hint = "write name: value, or put a text of several lines in quotes"
    return failure.began, "this line is neither a field nor part of a text", hint


def _colon_inside(failure: _Failure) -> Verdict:
    hint = "write a space after it, or put the text in quotes"
    return failure.at, "a colon inside brackets stands without a space after it", hint


def _bad_start(failure: _Failure) -> Verdict:
    if failure.character == "\t":
        return failure.at, "a tab cannot indent", "use spaces"
    character = failure.character
    return failure.at, f"a value cannot begin with {character}", _in_quotes(character)


def _tab(failure: _Failure) -> Verdict:
    return failure.at, "a tab cannot indent", "use spaces"


def _anchor(failure: _Failure) -> Verdict:
    character = failure.lines[failure.began[0]][failure.began[1]]
    return failure.began, f"{character} is not followed by a name", _in_quotes(character)


def _escape(failure: _Failure) -> Verdict:
    line, column = failure.at
    column = failure.line.rfind("\\", 0, column + 1)
    hint = "write \\\\ for a backslash, or use single quotes"
    return (line, max(column, 0)), f"{failure.line[column : column + 2]} is not an escape", hint


def _block_header(failure: _Failure) -> Verdict:
    character = failure.lines[failure.began[0]][failure.began[1]]
    hint = f"a text or an expression that begins with {character} stands in quotes"
    return failure.began, f"{character} begins a text of several lines, on the lines below", hint


def _second_document(failure: _Failure) -> Verdict:
    return failure.at, "a file holds one document, and it ended above", "delete the line ..."


def _directive(failure: _Failure) -> Verdict:
    return failure.began, "a line that begins with % is a directive", "delete it"


def _tag(failure: _Failure) -> Verdict:
    return failure.began, "tags are not allowed", _in_quotes("!")


def _no_value(failure: _Failure) -> Verdict:
    character = failure.character
    if not character:
        return failure.at, "the file ends inside a [ or a {", "close it"
    return failure.at, f"a value cannot begin with {character}", _in_quotes(character)


def _dash(failure: _Failure) -> Verdict:
    hint = "begin the list on the next line, or write it as [one, two]"
    return failure.at, "a list with - cannot begin behind a key", hint


def _unknown(failure: _Failure) -> Verdict:
    return failure.at, "this cannot be read as YAML", "put a text with special characters in quotes"


def _in_quotes(character: str) -> str:
    return f"a text that begins with {character} stands in quotes"


# Words of the parser's message -> what to make of it; the first that fits.
_HOW: tuple[tuple[str, Callable[[_Failure], Verdict]], ...] = (
    ("expected ',' or", _unclosed_bracket),
    ("found unexpected end of stream", _unclosed_quote),
    ("found unexpected document", _unclosed_quote),
    ("expected <block end>, but found '?'", _not_an_item),
    ("expected '-' indicator", _not_an_item),
    ("did not find expected key", _out_of_place),
    ("expected <block end>", _out_of_place),
    ("mapping values are not allowed", _second_colon),
    ("could not find expected ':'", _no_colon),
    ("found unexpected ':'", _colon_inside),
    ("tab character", _tab),
    ("cannot start any token", _bad_start),
    ("scanning an alias", _anchor),
    ("scanning an anchor", _anchor),
    ("escape", _escape),
    ("hexdecimal", _escape),
    ("scanning a block scalar", _block_header),
    ("document start>", _second_document),
    ("directive", _directive),
    ("incompatible YAML", _directive),
    ("tag", _tag),
    ("node content", _no_value),
    ("mapping keys are not allowed", _no_value),
    ("sequence entries are not allowed", _dash),
)
_FEATURES = (_second_document, _directive, _tag)
