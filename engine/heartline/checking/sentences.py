"""What a broken promise is told with, by those who watch one play and by proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartline.expressions import reads, write
from heartline.expressions.types import describe_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.checking.patterns import Rule
    from heartline.machine import Machine
    from heartline.plan import Promise

__all__ = ["values_read", "what_went_wrong"]

MOST_VALUES = 4  # of variables, in the sentence of a violation


def what_went_wrong(rule: Rule, mark: int, *, late: bool) -> str:
    """What went wrong, in words. `mark` is the last before it was broken, and `late` says that its
    scope closed then."""
    promise = rule.promise
    trees = {field: write(tree) for field, tree in promise.trees.items()}
    return " ".join(_words(rule, mark, trees, late=late).split())


def _words(rule: Rule, mark: int, trees: dict[str, str], *, late: bool) -> str:
    pattern = rule.promise.pattern
    main = trees.get(pattern, "")
    scope = f" after {trees['after']}" if "after" in trees else ""
    if pattern == "always":
        return f"{main} does not hold{scope}"
    if pattern == "never":
        return f"{main} holds{scope}"
    if pattern == "of":
        return f"{main} for more than {_times(rule.bound)}{scope}"
    if pattern == "must":
        return f"{trees['before']} without {main} before it{scope}"
    if pattern == "ends_within":
        return f"it is not over within {_turns(rule.bound)}{scope}"
    end = f"until {trees['before']}" if late else "until the end"
    if pattern == "eventually":
        return f"{main} did not come{scope}, {end}"
    if rule.bound is not None and mark >= 0 and not late:
        end = f"within {_turns(rule.bound)}"
    return f"{main} was not followed by {trees['leads_to']}{scope}, {end}"


def _times(number: int | None) -> str:
    return "once" if number == 1 else f"{number} times"


def _turns(number: int | None) -> str:
    return "one turn" if number == 1 else f"{number} turns"


def values_read(promise: Promise, machine: Machine, frame: Sequence[Any]) -> str:
    """The variables that the promise reads, as they are; players' texts are never shown."""
    symbols = {symbol for tree in promise.trees.values() for symbol in reads(tree)}
    shown = [
        f"{symbol[1]} is {describe_value(frame[machine.layout[symbol]])}"
        for symbol in sorted(symbols)
        if symbol[0] == "var"
    ]
    return f" ({', '.join(shown[:MOST_VALUES])})" if shown else ""
