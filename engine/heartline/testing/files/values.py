"""The small values that a test file is made of: lengths, moments, names of tests and timers.

What is wrong with one of them is said where it is read, in a sentence of its own.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, PlainValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from heartline.durations import PATTERN, parse_duration
from heartline.forms import CASE_NAME, TIMER_NAME, Also, Name, one_or_many

__all__ = [
    "CaseName",
    "Draws",
    "Left",
    "Length",
    "Moment",
    "Names",
    "OnlyTrue",
    "Phrase",
    "TimerName",
    "Timers",
    "Value",
]

MOMENT = r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2})?([Zz]|[+-]\d{2}:?\d{2})$"
CaseName = Annotated[str, StringConstraints(pattern=CASE_NAME)]
TimerName = Annotated[str, StringConstraints(pattern=TIMER_NAME)]
Phrase = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


def _plain(value: object) -> object:
    if isinstance(value, str | int):
        return value
    raise PydanticCustomError("HL203", "it must be a text, a whole number, or true or false")


Value = Annotated[
    str | int | bool,
    PlainValidator(_plain),
    WithJsonSchema({"type": ["string", "integer", "boolean"]}),
]


def _moment(value: object) -> datetime:
    """A moment with its zone, in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if not isinstance(value, str) or not re.match(MOMENT, value):
        message = "write a day, a time and a zone, as in 2026-01-05T09:00:00Z"
        raise PydanticCustomError("HL204", message)
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError("HL204", "there is no such day or time") from None


Moment = Annotated[
    datetime,
    PlainValidator(_moment),
    WithJsonSchema({"type": "string", "pattern": MOMENT, "examples": ["2026-01-05T09:00:00Z"]}),
]


def _length(value: object) -> str:
    """How long to wait, as it is written, if there is such a length."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    rule = "write a number and a unit, as in 14d or 2h30m"
    if text.startswith("-"):
        raise PydanticCustomError("HL905", f"time does not go back: {rule}")
    try:
        parse_duration(text)
    except ValueError:
        enormous = re.match(f"{PATTERN}$", text, re.ASCII)
        message = "nobody waits longer than a hundred years" if enormous else f"{rule}"
        raise PydanticCustomError("HL905", message) from None
    return text


Length = Annotated[
    str,
    PlainValidator(_length),
    WithJsonSchema({"type": "string", "pattern": f"^{PATTERN}$", "examples": ["14d", "2h30m"]}),
]


def _left(value: object) -> str:
    """How a timer stands: off, expired, or what is left of it."""
    try:
        if value not in ("off", "expired"):
            parse_duration(str(value))
    except ValueError:
        message = "write off, expired, or the length that is left, as in 14d"
        raise PydanticCustomError("HL204", message) from None
    return str(value)


Left = Annotated[
    str,
    PlainValidator(_left),
    WithJsonSchema({"anyOf": [{"enum": ["off", "expired"]},
                              {"type": "string", "pattern": f"^{PATTERN}$", "examples": ["14d"]}]}),
]  # fmt: skip


Names = Annotated[tuple[Name, ...], BeforeValidator(one_or_many), Also(bare=True)]
Timers = Annotated[tuple[TimerName, ...], BeforeValidator(one_or_many), Also(bare=True)]
Draws = Annotated[tuple[Name, ...], BeforeValidator(one_or_many), Also(bare=True)]


def _only_true(value: object) -> bool:
    if value is not True:
        raise PydanticCustomError("HL204", "write true, or leave it out")
    return True


OnlyTrue = Annotated[bool, PlainValidator(_only_true), WithJsonSchema({"const": True})]
