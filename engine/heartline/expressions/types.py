"""The types of the expression language, and the values that have them.

Five types. An int carries the bounds that it cannot leave, a duration the lengths that it can
have where they are known, an enum its values: so each type says how many values there are, and
the state space of a scenario is finite by construction.

Values are native: bool, int, str for an enum's value and for a text, timedelta for a duration.
Durations saturate as integers do: none is below 0s or above a hundred years.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from heartline.durations import LONGEST, format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BOOL",
    "DURATION",
    "NUMBER",
    "TEXT",
    "BoolType",
    "DurationType",
    "EnumType",
    "IntType",
    "TextType",
    "Type",
    "Value",
    "add_durations",
    "clamp",
    "describe",
    "describe_value",
    "enum_of",
    "join",
    "lengths_of",
    "quote",
    "snap",
    "subtract_durations",
    "times",
]

Value = bool | int | str | timedelta

ZERO = timedelta(0)
KNOWN_LENGTHS = 256  # more possible lengths than this are not kept one by one


@dataclass(frozen=True, slots=True)
class BoolType:
    """True or false."""


@dataclass(frozen=True, slots=True)
class IntType:
    """A whole number, at least `low` and at most `high`."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class EnumType:
    """One of several named values."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DurationType:
    """A length of time: one of `values` in rising order, or any where they are not known."""

    values: tuple[timedelta, ...] | None = None


@dataclass(frozen=True, slots=True)
class TextType:
    """What a person typed. Lines show it; guards and actions cannot read it."""


Type = BoolType | IntType | EnumType | DurationType | TextType

BOOL = BoolType()
NUMBER = IntType(-1_000_000_000, 1_000_000_000)  # any: no bounds that an author chose
DURATION = DurationType()
TEXT = TextType()


def enum_of(values: Iterable[str]) -> EnumType:
    """The enum of these values, each once, in the order in which they come."""
    return EnumType(tuple(dict.fromkeys(values)))


def lengths_of(values: Iterable[timedelta]) -> DurationType:
    """The type of a duration that is one of these; too many to list are any."""
    known = sorted(set(values))
    return DurationType(tuple(known)) if len(known) <= KNOWN_LENGTHS else DURATION


def join(one: Type, other: Type) -> Type | None:
    """The type of a value that is of either type; None where they have nothing in common."""
    if isinstance(one, IntType) and isinstance(other, IntType):
        return IntType(min(one.low, other.low), max(one.high, other.high))
    if isinstance(one, EnumType) and isinstance(other, EnumType):
        return enum_of(one.values + other.values)
    if isinstance(one, DurationType) and isinstance(other, DurationType):
        if one.values is None or other.values is None:
            return DURATION
        return lengths_of(one.values + other.values)
    return one if one == other else None


def describe(type_: Type) -> str:
    """What a value of this type is, in words that follow "it is"."""
    if isinstance(type_, BoolType):
        return "true or false"
    if isinstance(type_, IntType):
        if type_ == NUMBER:
            return "a whole number"
        if type_.low == type_.high:
            return f"the whole number {type_.low}"
        return f"a whole number from {type_.low} to {type_.high}"
    if isinstance(type_, EnumType):
        if len(type_.values) == 1:
            return f"the value {quote(type_.values[0])}"
        shown = ", ".join(quote(value) for value in type_.values[:8])
        return f"one of {shown}" + (", ..." if len(type_.values) > 8 else "")
    return "a duration" if isinstance(type_, DurationType) else "a text"


def quote(value: str) -> str:
    """An enum's value as authors write it; a long one is cut."""
    return f'"{value}"' if len(value) <= 80 else f'"{value[:77]}..."'


def describe_value(value: Value) -> str:
    """A value as authors write it: `true`, `3`, `"decided"`, `14d`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return format_duration(value)
    return quote(value) if isinstance(value, str) else str(value)


def clamp(value: int, low: int, high: int) -> int:
    """The value, or the bound that it would go past."""
    return low if value < low else min(value, high)


def add_durations(one: timedelta, other: timedelta) -> timedelta:
    """The sum, at most a hundred years."""
    return min(one + other, LONGEST)


def subtract_durations(one: timedelta, other: timedelta) -> timedelta:
    """The difference, at least 0s."""
    return one - other if one > other else ZERO


def times(number: int, length: timedelta) -> timedelta:
    """The product, from 0s to a hundred years; it never overflows."""
    if number <= 0:
        return ZERO
    return number * length if length <= LONGEST // number else LONGEST


def snap(length: timedelta, values: tuple[timedelta, ...]) -> timedelta:
    """The longest of the values (in rising order) that is not longer; the shortest if all are."""
    chosen = values[0]
    for value in values:
        if value <= length:
            chosen = value
    return chosen
