"""What a promise means: for each pattern of a property, a small automaton over moments.

A play is a row of moments. Each begins with one cause: the beginning, a choice that is taken or
drawn, an event, a timer that runs out; and it stands where all has settled that follows by itself,
so that a role can move, or time, or it is over (heartline.run.Moment). What is passed through
on the way there, as `always` leads on, is no moment of its own. docs/properties.md says this for
authors; here it is decided, once, for whoever holds a scenario to its promises.

A promise stands at a mark, a whole number, so that a play's marks can be kept, copied, compared
and counted:

    CLOSED   its scope is not open
    DONE     nothing that can still come breaks it
    BROKEN   it was broken
    0, 1...  its scope is open; what the number says is the pattern's business

The rules:

 1. A scope opens in the first moment in which `after` holds and `before` does not, that moment
    included; without `after`, at the beginning. It closes in the first moment in which `before`
    holds, that moment excluded, and where there is an `after`, it can open again.
 2. Where a play is over, what is open closes. A play that is not over owes nothing yet.
 3. Of two things in one moment, neither comes before the other: `must` is in time, and what
    `leads_to` says has followed.
 4. Turns are inputs: of persons, of the host, of time.
 5. A promise of an included file is about that file's own plays: each stay in the state that
    includes it is one, over where the file ends; one that is left otherwise owes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heartline.expressions import BOOL, TRUE, CanReach, Happens, Not, Or, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from heartline.expressions import Tree
    from heartline.plan import Promise

    Test = Callable[[Sequence[Any]], Any]

__all__ = ["BROKEN", "CLOSED", "DONE", "OWING", "Rule", "happenings", "is_monitored", "stirring"]

CLOSED, DONE, BROKEN = -1, -2, -3
ANSWERED, OWED = 1, 2  # of `whenever`: nothing is owed any more; owed since this turn

OWING = ("eventually", "whenever")  # patterns that the end of a play can break


def happenings(tree: Tree) -> set[Happens]:
    """What an expression asks of the moment itself, rather than of where the play stands."""
    return {node for node in walk(tree) if isinstance(node, Happens)}


def is_monitored(promise: Promise) -> bool:
    """Whether one play can break it; what could have come otherwise, no play shows."""
    return not any(
        isinstance(node, CanReach) for tree in promise.trees.values() for node in walk(tree)
    )


def stirring(promise: Promise) -> dict[str, Tree]:
    """The expressions of `Rule.fresh` and `Rule.later`."""
    trees, pattern = promise.trees, promise.pattern
    main = trees.get(pattern)
    fresh = [] if main is None else [Not((0, 0), BOOL, main) if pattern == "always" else main]
    later: list[Tree] = []
    if pattern == "must":
        fresh.append(trees["before"])
    elif "before" in trees:
        fresh.append(trees["before"])
        later.append(trees["before"])
    if pattern == "whenever":
        later.append(trees["leads_to"])
    if pattern == "of":  # that it no longer holds counts too
        later.append(TRUE)
    return {
        field: parts[0] if len(parts) == 1 else Or((0, 0), BOOL, tuple(parts))
        for field, parts in (("fresh", fresh), ("later", later))
        if parts
    }


@dataclass(slots=True)
class Rule:
    """One promise, ready to be held: its pattern, bound and tests over a moment's frame.

    `main` is the pattern's expression, `other` that of `leads_to`, or of the `before` of a `must`.
    `by_moment` says that each moment counts by itself, not only the first of several in a row.
    `fresh` and `later` are for speed: see `stir`.
    """

    promise: Promise
    main: Test | None
    other: Test | None
    opens: Test | None
    closes: Test | None
    bound: int | None
    by_moment: bool
    fresh: Test | None = None
    later: Test | None = None

    @classmethod
    def of(cls, promise: Promise, tests: Mapping[str, Test]) -> Rule:
        """The rule of a promise, its expressions made into tests by the caller."""
        pattern, numbers = promise.pattern, promise.numbers
        other = {"whenever": "leads_to", "must": "before"}.get(pattern, "")
        bound = {"of": "at_most", "whenever": "within", "ends_within": "ends_within"}
        return cls(
            promise,
            tests.get(pattern),
            tests.get(other),
            tests.get("after"),
            None if pattern == "must" else tests.get("before"),
            numbers.get(bound.get(pattern, "")),
            pattern == "of" and bool(happenings(promise.trees["of"])),
            tests.get("fresh"),
            tests.get("later"),
        )

    @property
    def first(self) -> int:
        """The mark before anything has happened."""
        return 0 if self.opens is None else CLOSED

    def tried(self, mark: int) -> bool:
        """Whether it came to the point at which it could have been broken; else it is vacuous."""
        if self.promise.pattern == "must":
            return mark in (DONE, BROKEN)
        if self.promise.pattern in ("whenever", "of"):
            return mark > 0 or mark == BROKEN
        return mark != CLOSED

    def stir(self, mark: int) -> Test | None:
        """What must hold in a moment for the mark to change in it; None where nothing changes it.

        Most promises stand still in most moments, which one test then tells.
        """
        if mark == CLOSED:
            return self.opens
        if mark < 0:
            return None
        pattern = self.promise.pattern
        is_later = (
            (pattern == "of" and mark % 2 == 1)
            or (pattern == "eventually" and mark > 0)
            or (pattern == "whenever" and mark >= OWED)
        )
        return self.later if is_later else self.fresh

    def move(self, mark: int, frame: Sequence[Any]) -> int:
        """The mark after one more moment."""
        if mark == CLOSED:
            if self.opens is None or not self.opens(frame):
                return CLOSED
            if self.closes is not None and self.closes(frame):
                return CLOSED
            mark = 0
        elif mark < 0:
            return mark
        elif self.closes is not None and self.closes(frame):
            if self.owes(mark):
                return BROKEN
            return DONE if self.opens is None else CLOSED
        return self.hold(mark, frame)

    def hold(self, mark: int, frame: Sequence[Any]) -> int:
        """The mark after a moment that lies in its scope."""
        pattern, main = self.promise.pattern, self.main
        if main is None:  # ends_within, which looks at turns only
            return mark
        if pattern == "always":
            return mark if main(frame) else BROKEN
        if pattern == "never":
            return BROKEN if main(frame) else mark
        if pattern == "eventually":
            if mark == 0 and main(frame):
                return 1 if self.reopens else DONE
            return mark
        if pattern == "of":
            return self.count(mark, bool(main(frame)))
        assert self.other is not None
        if pattern == "must":
            if main(frame):
                return DONE
            return BROKEN if self.other(frame) else mark
        if mark < OWED and not main(frame):
            return mark
        if self.other(frame):
            return ANSWERED
        return max(mark, OWED)

    def count(self, mark: int, holds: bool) -> int:
        """The mark of a bounded existence: twice how often, and one more while it lasts."""
        times, lasts = divmod(mark, 2)
        if holds and (self.by_moment or not lasts):
            times += 1
            assert self.bound is not None
            if times > self.bound:
                return BROKEN
        return 2 * times + holds

    def turned(self, mark: int) -> int:
        """The mark at the end of a turn after which the play goes on."""
        if self.bound is None or mark < 0:
            return mark
        if self.promise.pattern == "ends_within":
            return BROKEN if mark >= self.bound else mark + 1
        if self.promise.pattern == "whenever" and mark >= OWED:
            return BROKEN if mark - OWED >= self.bound else mark + 1
        return mark

    def over(self, mark: int) -> int:
        """The mark once the play is over."""
        return BROKEN if self.owes(mark) else mark

    def owes(self, mark: int) -> bool:
        """Whether something was still to come, in an open scope."""
        pattern = self.promise.pattern
        return (pattern == "eventually" and mark == 0) or (pattern == "whenever" and mark >= OWED)

    @property
    def reopens(self) -> bool:
        """Whether its scope can open more than once."""
        return self.opens is not None and self.closes is not None
