"""What is wrong with a message from a program, as a sentence. The words of the library that checks
messages are not shown. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.diagnostics import did_you_mean
from heartline.errors import CallerError
from heartline.typed import shown

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic import ValidationError

__all__ = ["BadRequest", "sentence_of"]


class BadRequest(CallerError):
    """A message that cannot be read, or is none of those that can be sent."""


_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "float_type": "a number",
    "float_parsing": "a number",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "must be at least {}"),
    "less_than_equal": ("le", "must be at most {}"),
    "string_too_short": ("min_length", "must not be empty"),
    "string_too_long": ("max_length", "is too long: it may have {} characters"),
    "too_long": ("max_length", "holds too many: it may have {}"),
}


def sentence_of(error: ValidationError, what: str, fields: Collection[str]) -> str:
    """What is wrong with a message. `what` is what it is called, `fields` what it may have."""
    found = error.errors(include_url=False)
    # A field that is misspelt is missing under its own name, too.
    details = next((each for each in found if each["type"] == "extra_forbidden"), found[0])
    path = [str(part) for part in details["loc"]]
    kind = details["type"]
    if kind == "missing":
        return f"{what} needs {path[0]!r}, which is not there."
    if kind == "extra_forbidden":
        names = ", ".join(fields)
        hint = did_you_mean(path[0], fields) or f"what it may have is {names}."
        return f"{what} has no {shown(path[0], 40)}: {hint}"
    name = f"{path[0]!r} of {what}" if path else what
    if kind in _EXPECTED:
        return f"{name} must be {_expected(error, path)}, not {_kind(details['input'])}."
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return f"{name} {words.format(format(details['ctx'][bound], ','))}."
    return f"{name} cannot be {shown(details['input'], 40)}."


def _expected(error: ValidationError, path: list[str]) -> str:
    """What a value must be, which may be one of several things."""
    wanted = [
        _EXPECTED[each["type"]]
        for each in error.errors(include_url=False)
        if each["type"] in _EXPECTED and [str(part) for part in each["loc"]][:1] == path[:1]
    ]
    return " or ".join(dict.fromkeys(wanted))


def _kind(value: object) -> str:
    """What was found instead, in the words of JSON."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {shown(value, 40)}" if value else "an empty text"
    if isinstance(value, int | float):
        return f"the number {str(value)[:40]}"
    return "a list" if isinstance(value, list) else "an object"
