"""How persons play: what each option weighs against the others that are open.

Without anything said, each choice weighs the same, and letting time pass until the next deadline
weighs as much as a choice. Weights change that by name; a file of rules says what is done where:

    # state: what is done there, with weights where it is several
    kitchen: sweeten 2, drink
    kitchen: wait
    *: leave

A rule stands for a state and all states inside it, `*` for all. Where a conversation stands, the
innermost state's rules come first, then those around it, `*` last, and those of one state in the
order of the file. The first that names something open counts; where none does, all else holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heartline.diagnostics import did_you_mean
from heartline.durations import format_duration
from heartline.errors import InputError
from heartline.expressions import BoolType, DurationType, EnumType, IntType
from heartline.inputs import first_frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heartline.machine import Machine
    from heartline.plan import ChoiceSpec

__all__ = [
    "ALL_TIMERS", "ANYWHERE", "HEAVIEST", "SCALE",
    "Policy", "Rule", "input_values", "read_rules", "weigh", "weights",
]  # fmt: skip

SCALE = 1000  # weights count in thousandths
HEAVIEST = 1_000_000
ALL_TIMERS = "wait"  # what stands for every timer among the weights
ANYWHERE = "*"
MOST_RULES = 10_000
MOST_VALUES = 1000  # values of an input that is varied


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of a policy: what the options that it names weigh in a state; all others nothing."""

    state: str
    weights: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Policy:
    """How persons play. `events` says whether events are sent too, each like a choice."""

    weights: Mapping[str, int] = field(default_factory=dict)
    rules: Sequence[Rule] = ()
    events: bool = False


def weigh(
    weights: Mapping[str, int], is_wait: bool, name: str, spec: ChoiceSpec | None, other: int
) -> int:
    """What an option weighs: by its name, else by `wait` or its tags, else `other`."""
    names = [name]
    if is_wait:
        names.append(ALL_TIMERS)
    elif spec is not None:
        names += spec.tags
    return next((weights[each] for each in names if each in weights), other)


def weights(machine: Machine, wanted: Mapping[str, float]) -> dict[str, int]:
    """The weights in thousandths. Raises InputError where a name stands for nothing."""
    known = {ALL_TIMERS, *machine.timers}
    known |= {event.removeprefix("event ") for event in machine.events if event[:6] == "event "}
    for leaf in machine.leaves.values():
        for spec in leaf.choices:
            known.update((spec.id, *spec.tags))
    for name in wanted:
        if name not in known:
            hint = did_you_mean(name, known)
            raise InputError(
                f"Nothing that could be weighed is called {name[:60]!r} in {machine.id}"
                + (f"; {hint}" if hint else ": name a choice, a tag of choices, an event, a timer,")
                + ("" if hint else " or wait.")
            )
    return {name: round(weight * SCALE) for name, weight in wanted.items()}


def read_rules(machine: Machine, text: str, file: str) -> tuple[Rule, ...]:
    """The rules of a policy file. Raises InputError with the line at fault."""
    rules: list[Rule] = []
    for number, line in enumerate(text.splitlines(), 1):
        said = line.partition("#")[0].strip()
        if not said:
            continue
        if len(rules) == MOST_RULES:
            raise InputError(f"{file}:{number}: A policy has {MOST_RULES:,} rules at most.")
        try:
            rules.append(_rule(machine, said))
        except InputError as refusal:
            raise InputError(f"{file}:{number}: {refusal}") from None
    return tuple(rules)


def _rule(machine: Machine, said: str) -> Rule:
    state, colon, rest = (part.strip() for part in said.partition(":"))
    if not colon or not state or not rest:
        raise InputError(
            f"A rule says STATE: WHAT, as in kitchen: drink, wait 2; {said[:60]!r} does not."
        )
    if state != ANYWHERE and state not in machine.states:
        hint = did_you_mean(state, [*machine.states, ANYWHERE])
        raise InputError(
            f"There is no state {state[:60]!r} in {machine.id}" + (f"; {hint}" if hint else ".")
        )
    wanted = {}
    for part in rest.split(","):
        name, *number = part.split()[:3] or [""]
        if not name or len(number) > 1:
            raise InputError(
                f"What is done is a name, or a name and its weight, with a comma between two; "
                f"{part.strip()[:60]!r} is neither."
            )
        wanted[name] = _number(name, number[0]) if number else 1.0
    found = weights(machine, wanted)
    if not any(found.values()):
        raise InputError("A rule of which nothing weighs anything says nothing.")
    return Rule(state, found)


def _number(name: str, text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= HEAVIEST:
        raise InputError(
            f"The weight of {name[:60]} is a number from 0 to {HEAVIEST:,}, not {text[:40]!r}."
        )
    return weight


def input_values(machine: Machine, name: str) -> tuple[object, ...]:
    """All values that an input can have; raises InputError where it is none, or has too many."""
    given: object = None
    slot = machine.layout.get(("var", name))
    kind = machine.slots[slot].type if slot is not None else None
    if slot is None or not machine.slots[slot].input:
        first_frame(machine, {name: given})  # says which inputs there are
    if isinstance(kind, BoolType):
        return (False, True)
    if isinstance(kind, EnumType):
        return tuple(kind.values)
    if isinstance(kind, DurationType) and kind.values:
        return tuple(format_duration(length) for length in kind.values)
    if isinstance(kind, IntType) and kind.high - kind.low < MOST_VALUES:
        return tuple(range(kind.low, kind.high + 1))
    raise InputError(f"{name} has too many values to try each: give it one.")
