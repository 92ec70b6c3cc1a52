"""What a conversation is started with: values for the scenario's inputs, read and checked.

Front ends hand on what people typed, so a text is read as the type that the variable has:
`true`, `3`, `14d`. Whatever does not fit is an InputError that names what would.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline.diagnostics import did_you_mean
from heartline.durations import format_duration, parse_duration
from heartline.errors import InputError
from heartline.expressions import BoolType, DurationType, EnumType, IntType, TextType
from heartline.typed import clean_text, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from heartline.machine import Machine
    from heartline.plan import Slot

__all__ = ["check_seats", "check_seed", "first_frame", "read_value"]


def first_frame(machine: Machine, given: Mapping[str, object]) -> list[Any]:
    """The frame before anything has happened, with the inputs that are given."""
    frame = list(machine.initial_frame())
    for name, value in given.items():
        index = _input_slot(machine, name)
        frame[index] = read_value(machine.slots[index], value)
    return frame


def check_seats(machine: Machine, persons: Collection[str]) -> tuple[str, ...]:
    """The roles whose seats persons take, each once, in order."""
    for role in persons:
        if role not in machine.roles:
            hint = did_you_mean(role, machine.roles)
            raise InputError(
                f"There is no role {role[:60]!r} in {machine.id}"
                + (f"; {hint}" if hint else f"; it has {', '.join(machine.roles)}.")
            )
    return tuple(sorted(set(persons)))


def check_seed(seed: object) -> int:
    """The seed, which is any whole number."""
    if type(seed) is not int:
        raise InputError(f"The seed is a whole number, not {shown(seed)}.")
    return seed


def _input_slot(machine: Machine, name: str) -> int:
    index = machine.layout.get(("var", name))
    inputs = [slot.symbol[1] for slot in machine.slots if slot.input]
    if index is None or not machine.slots[index].input:
        why = "is not an input" if index is not None else "does not exist"
        hint = did_you_mean(name, inputs)
        raise InputError(
            f"The variable {name[:60]!r} {why} in {machine.id}"
            + (f"; {hint}" if hint else f"; its inputs are {', '.join(inputs) or 'none'}.")
        )
    return index


def read_value(slot: Slot, value: object) -> object:
    """A variable's value as the frame holds it; raises InputError.

    Texts are read as people type them: `true`, `3`, `14d`.
    """
    name, kind = slot.symbol[1], slot.type
    if isinstance(kind, BoolType):
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false", "yes", "no"):
            return value.lower() in ("true", "yes")
        raise InputError(f"{name} is true or false, not {shown(value)}.")
    if isinstance(kind, IntType):
        number = int(value) if isinstance(value, str) and _whole(value) else value
        if type(number) is int and kind.low <= number <= kind.high:
            return number
        raise InputError(
            f"{name} is a whole number from {kind.low} to {kind.high}, not {shown(value)}."
        )
    if isinstance(kind, EnumType):
        if isinstance(value, str) and value in kind.values:
            return value
        hint = did_you_mean(value, kind.values) if isinstance(value, str) else None
        raise InputError(
            f"{name} is one of {', '.join(kind.values)}, not {shown(value)}"
            + (f"; {hint}" if hint else ".")
        )
    if isinstance(kind, DurationType):
        return _duration(name, kind, value)
    assert isinstance(kind, TextType)
    if isinstance(value, str):
        text = clean_text(value, slot.cap)
        if text or not slot.initial:
            return text
        raise InputError(f"{name} cannot be empty; leave it out, and it is {slot.initial!r}.")
    raise InputError(f"{name} is a text, not {shown(value)}: write it in quotes.")


def _whole(text: str) -> bool:
    return len(text) <= 8 and text.isascii() and text.removeprefix("-").isdigit()


def _duration(name: str, kind: DurationType, value: object) -> timedelta:
    try:
        length = parse_duration(value) if isinstance(value, str) else value
    except ValueError:
        length = None
    values = kind.values or ()
    if isinstance(length, timedelta) and length in values:
        return length
    raise InputError(
        f"{name} is one of {', '.join(map(format_duration, values))}, not {shown(value)}."
    )
