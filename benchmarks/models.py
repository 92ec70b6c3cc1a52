"""Models of a size that is asked for, as plain data, and the scenario file of each.

For measuring proofs: a conversation of two, of which the engine plays one, with some leaves and
four to eight bounded variables. What a choice does moves the values to and fro, so that nearly the
whole product of the domains is reached, and the number of configurations is about the size that
was asked for. The same description is written as a scenario here, as Promela (peers/spin.py) and as
a machine of XState (peers/paths.mjs), so that all explore the same graph, and must find the same
number of configurations.

Two things keep the counting honest. Every variable is read somewhere further on from every leaf, so
nobody can leave one out. And an end forgets all of them, in each language, since of an end nothing
counts but where it is.

    python -m benchmarks.models 10000 > model.yaml
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["SIZES", "Change", "Choice", "Leaf", "Model", "Number", "Test", "Way", "model"]

SIZES = (100_000, 1_000_000, 10_000_000)
_WORDS = ("open", "wary", "hurt")
_INTS = ("trust", "heat", "heard", "hope", "tired", "kept")
_RESTS = ("talk", "listen", "quarrel", "pause", "apology", "promise", "walk", "silence")
_ENGINE = ("listen", "silence")  # where the engine's role draws, if one of its choices is open
_SAID = ("I hear you.", "Go on.", "That was not easy to say.", "Let us go on.", "What now?")


@dataclass(frozen=True)
class Number:
    """A variable: an int from 0 to `top`, a bool (top 1, no words) or an enum with `words`."""

    name: str
    kind: str
    top: int
    initial: int
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Test:
    """A comparison of a variable with a number: `op` is one of == != >= <=."""

    __test__ = False  # no case for pytest

    name: str
    op: str
    value: int


@dataclass(frozen=True)
class Change:
    """What is done to a variable: `op` is = or += or -=, and the result stays within bounds."""

    name: str
    op: str
    value: int


@dataclass(frozen=True)
class Way:
    """If all of `when` holds: `do`, and go on to a leaf."""

    when: tuple[Test, ...]
    do: tuple[Change, ...]
    to: str


@dataclass(frozen=True)
class Choice(Way):
    """A way that somebody chooses: a person, or the engine, which draws by weight."""

    id: str
    engine: bool = False
    weight: int = 1


@dataclass(frozen=True)
class Leaf:
    """A state. The first way of `always` that stands open is taken at once; an end has neither."""

    name: str
    choices: tuple[Choice, ...] = ()
    always: tuple[Way, ...] = ()
    final: bool = False

    @property
    def rests(self) -> bool:
        """Whether a conversation can stay here: not where a way without a condition leads on."""
        return all(way.when for way in self.always)


@dataclass(frozen=True)
class Model:
    """A whole conversation; the first leaf is where it begins."""

    size: int
    numbers: tuple[Number, ...]
    leaves: tuple[Leaf, ...]

    def number(self, name: str) -> Number:
        """The variable of this name."""
        return next(each for each in self.numbers if each.name == name)

    def yaml(self) -> str:
        """The scenario file."""
        return "\n".join(_lines(self)) + "\n"

    def json(self) -> str:
        """The description itself, for peers in other languages."""
        return json.dumps(_plain(self))


def model(size: int, seed: int = 0) -> Model:
    """A conversation with about this many configurations: 10^3 and more."""
    dice = random.Random(seed)
    numbers = (
        *[
            Number(name, "int", count - 1, dice.randint(1, count - 2))
            for name, count in zip(_INTS, _counts(size), strict=False)
        ],
        Number("asked", "bool", 1, 0),
        Number("mood", "enum", len(_WORDS) - 1, 0, _WORDS),
    )
    leaves = [Leaf(name, _choices(name, numbers, dice)) for name in _RESTS]
    ints = [number for number in numbers if number.kind == "int"]
    calm, hot = ints[0], ints[1]
    leaves[2] = Leaf(
        "quarrel",
        leaves[2].choices,
        (
            Way(
                (Test(hot.name, "==", 0), Test("asked", "==", 1)),
                (Change("asked", "=", 0),),
                "talk",
            ),
        ),
    )
    # Nobody rests here: what follows depends on how things stand.
    leaves.append(
        Leaf(
            "crossroads",
            always=(
                Way((Test(hot.name, "==", hot.top),), (), "quarrel"),
                Way((Test(calm.name, ">=", calm.top - 1),), (Change(hot.name, "-=", 1),), "walk"),
                Way((), (), "pause"),
            ),
        )
    )
    leaves += [Leaf("parted", final=True), Leaf("together", final=True)]
    return Model(size, numbers, tuple(leaves))


def _counts(size: int) -> list[int]:
    """How many values each int has: one more int for each power of ten, about 4 to 8 values."""
    rest = 1.25 * size / (len(_RESTS) * 2 * len(_WORDS))  # some cannot be reached
    counts = []
    for left in range(max(2, min(len(_INTS), len(str(size)) - 2)), 0, -1):
        counts.append(max(3, round(rest ** (1 / left))))
        rest /= counts[-1]
    return counts


def _choices(leaf: str, numbers: tuple[Number, ...], dice: random.Random) -> tuple[Choice, ...]:
    """Each value goes up in one place and down in another; now and then a choice leads away."""
    here = _RESTS.index(leaf)
    following = _RESTS[(here + 1) % len(_RESTS)]
    ints = [number for number in numbers if number.kind == "int"]
    up, down, other, read = (ints[(here + shift) % len(ints)] for shift in range(4))
    asked, mood = Test("asked", "==", here % 2), Test("mood", "!=", here % 3)
    says_more = (Test(read.name, ">=", 1),) if here % 2 else (Test(read.name, "<=", read.top - 1),)
    choices = [
        Choice(says_more, (Change(up.name, "+=", 1),), leaf, f"more_{leaf}"),
        Choice((), (Change(down.name, "-=", 1),), following, f"on_{leaf}"),
        Choice(
            (mood,), (Change(down.name, "+=", 1), Change(other.name, "-=", 1)),
            dice.choice(_RESTS), f"turn_{leaf}",
        ),
        Choice(
            (Test("mood", "==", (here + 1) % 3),),
            (Change(other.name, "+=", 1), Change(read.name, "-=", 1)),
            leaf,
            f"let_{leaf}",
        ),
        Choice(
            (asked, Test(other.name, ">=", 1)),
            (Change("asked", "=", 1 - asked.value), Change("mood", "=", dice.randrange(3))),
            "crossroads", f"ask_{leaf}",
        ),
    ]  # fmt: skip
    if here % 4 == 0:
        choices.append(
            Choice(
                (Test(up.name, "==", up.top), Test(down.name, "==", 0)), (),
                "together" if here else "parted", f"end_{leaf}",
            )
        )  # fmt: skip
    if leaf in _ENGINE:
        heavy = Test("mood", "==", here % 3)
        choices += [
            Choice(
                (heavy, Test(read.name, "<=", read.top - 1)), (Change(read.name, "+=", 1),),
                following, f"sam_warms_{leaf}", engine=True, weight=3,
            ),
            Choice(
                (heavy,), (Change(read.name, "-=", 1), Change("mood", "=", (here + 1) % 3)),
                leaf, f"sam_cools_{leaf}", engine=True, weight=2,
            ),
        ]  # fmt: skip
    return tuple(choices)


# The scenario file ------------------------------------------------------------------------------


def _lines(given: Model) -> Iterator[str]:
    yield "heartline: 1"
    yield f"id: model_{given.size}"
    yield "version: 1.0.0"
    yield f"title: A conversation of about {given.size} configurations"
    yield "cast:"
    yield "  you: {name: You}"
    yield "  sam: {name: Sam, pronouns: they, played_by: engine}"
    yield "context:"
    for number in given.numbers:
        yield f"  {number.name}: {{{_declared(number)}}}"
    yield f"initial: {given.leaves[0].name}"
    yield "states:"
    for leaf in given.leaves:
        yield from _state(given, leaf)


def _declared(number: Number) -> str:
    if number.kind == "bool":
        return f"type: bool, initial: {_value(number, number.initial)}"
    if number.kind == "enum":
        words = ", ".join(number.words)
        return f"type: enum, values: [{words}], initial: {number.words[number.initial]}"
    return f"type: int, min: 0, max: {number.top}, initial: {number.initial}"


def _state(given: Model, leaf: Leaf) -> Iterator[str]:
    if leaf.final:
        yield f"  {leaf.name}: {{type: final, outcome: {leaf.name}}}"
        return
    yield f"  {leaf.name}:"
    if leaf.always:
        yield "    always:"
        for way in leaf.always:
            yield f"      - {{{_way(given, way)}}}"
    if leaf.choices:
        yield "    choices:"
    for number, choice in enumerate(leaf.choices):
        said = _SAID[number % len(_SAID)]
        who = (
            f"by: sam, weight: {choice.weight}, label: {said}" if choice.engine else f"say: {said}"
        )
        yield f"      {choice.id}: {{{who}, {_way(given, choice)}}}"


def _way(given: Model, way: Way) -> str:
    parts = []
    if way.when:
        parts.append("when: " + " and ".join(_test(given, test) for test in way.when))
    if way.do:
        parts.append("do: [" + ", ".join(_change(given, change) for change in way.do) + "]")
    return ", ".join([*parts, f"to: {way.to}"])


def _test(given: Model, test: Test) -> str:
    number = given.number(test.name)
    if number.kind == "bool":
        return test.name if (test.op == "==") == bool(test.value) else f"not {test.name}"
    return f"{test.name} {test.op} {_value(number, test.value)}"


def _change(given: Model, change: Change) -> str:
    return f"{change.name} {change.op} {_value(given.number(change.name), change.value)}"


def _value(number: Number, value: int) -> str:
    if number.kind == "bool":
        return "true" if value else "false"
    return f"'{number.words[value]}'" if number.kind == "enum" else str(value)


def _plain(part: Any) -> Any:
    """Dataclasses as dictionaries, tuples as lists."""
    if isinstance(part, tuple):
        return [_plain(each) for each in part]
    if hasattr(part, "__dataclass_fields__"):
        return {name: _plain(getattr(part, name)) for name in part.__dataclass_fields__}
    return part


if __name__ == "__main__":
    sys.stdout.write(model(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000).yaml())
