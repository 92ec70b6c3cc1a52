"""Writes big scenarios: valid, without findings, and the same for the same size and seed.

Tests may use it too. A generated scenario is what a long real one is like: states in groups with
a choice that all of a group inherit, guards and actions on bounded numbers, named guards, a timer
now and then, lines with names and numbers in them, one way out from everywhere. Every state is
reached from the start, and every one can reach the end.

The format's own bounds (4 MB, 400,000 nodes) leave about 400 bytes and 40 nodes a state at 10,000
states; the states here use most of that.

    python -m benchmarks.generate 10000 > big.yaml
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

__all__ = ["generate"]

GROUP = 25
NUMBERS = ("calm", "trust", "heard", "hope", "tired", "hurt")
_OPENINGS = (
    "{sam} looks out of the window.", "{sam} turns {sam.their} cup around.",
    "It is quiet for a while.", "{sam} {sam:thinks|think} about it.",
)  # fmt: skip
_LINES = ("I hear you.", "Go on.", "That was not easy to say.", "I need a moment.", "Tell me more.")
_SAID = ("Let us go on.", "What do you need?", "I did not know that.", "Thank you for saying so.")


def generate(states: int, seed: int = 0) -> str:
    """The text of a scenario with this many leaf states besides its one end."""
    if states < 1:
        raise ValueError("a scenario needs at least one state")
    return "\n".join(_lines(states, random.Random(seed))) + "\n"


def _lines(states: int, dice: random.Random) -> Iterator[str]:
    yield "heartline: 1"
    yield f"id: generated_{states}"
    yield "version: 1.0.0"
    yield f"title: A generated conversation of {states} states"
    yield "cast:"
    yield "  you: {name: You}"
    yield "  sam: {name: Sam, pronouns: they}"
    yield "context:"
    for name in NUMBERS:
        yield f"  {name}: {{type: int, min: 0, max: 9, initial: {dice.randint(2, 6)}}}"
    yield "timers:"
    yield "  rest: {length: 7d, title: the rest}"
    yield "guards:"
    yield "  warm: {when: trust >= 3 and calm >= 2, why: It is too early for that.}"
    yield "  rested: not running(rest)"
    yield "initial: g0"
    yield "choices:"
    yield "  leave: {say: I have to go now., to: gone}"
    yield "states:"
    for first in range(0, states, GROUP):
        yield from _group(first, min(first + GROUP, states), states, dice)
    yield "  gone: {type: final, outcome: gone, entry: {say: You go.}}"


def _group(first: int, end: int, states: int, dice: random.Random) -> Iterator[str]:
    yield f"  g{first // GROUP}:"
    yield "    choices:"
    yield f"      pause_{first // GROUP}: {{say: Can we start this over?, to: s{first}}}"
    yield "    states:"
    for number in range(first, end):
        yield from _state(number, states, dice)


def _state(number: int, states: int, dice: random.Random) -> Iterator[str]:
    following = f"s{number + 1}" if number + 1 < states else "gone"
    later = dice.randint(number + 1, min(number + 3 * GROUP, states))
    ahead = f"s{later}" if later < states else "gone"
    up, down = dice.sample(NUMBERS, 2)
    starts = "do: start(rest), " if number % 20 == 5 else ""
    guard = ("warm", "rested", f"{up} >= 2", f"{up} < 8 and {down} > 1")[number % 4]
    yield f"      s{number}:"
    opening, line = dice.choice(_OPENINGS), dice.choice(_LINES)
    yield f'        entry: {{{starts}say: ["{opening}", {{sam: {line}}}]}}'
    yield "        choices:"
    yield f"          on: {{say: {dice.choice(_SAID)}, do: {up} += 1, to: {following}}}"
    yield (
        f'          ahead: {{say: "Shall we skip that? ({{{up}}} of 9)", when: {guard}, '
        f"do: {down} -= 1, to: {ahead}}}"
    )
    if number % 10 == 5:
        yield f"        after: {{{'rest' if number % 20 == 5 else '3d'}: {following}}}"


if __name__ == "__main__":
    sys.stdout.write(generate(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
