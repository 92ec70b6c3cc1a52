"""What the engine's roles are told to draw: `:draw CHOICE...`, for rehearsals.

It holds for the next step that leads to another turn, and is forgotten with it. What cannot be
drawn there is refused when that step is tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.diagnostics import did_you_mean
from heartline.errors import CallerError, UnknownChoice
from heartline.frontends.terminal.output import Sentence

if TYPE_CHECKING:
    from collections.abc import Collection

    from heartline.machine import Machine

__all__ = ["MOST", "read_draws", "told"]

MOST = 100  # draws in one step; a scenario that draws more often is not being rehearsed


def read_draws(argument: str, machine: Machine, persons: Collection[str]) -> tuple[str, ...]:
    """The choices that were typed; raises UnknownChoice for one that the engine never draws."""
    known = _drawable(machine, persons)
    named = tuple(argument.replace(",", " ").split())
    for choice in named:
        if choice not in known:
            hint = did_you_mean(choice, known)
            rest = f"; {hint}" if hint else "." if known else ": it plays no role here."
            raise UnknownChoice(f"The engine never draws {choice[:60]!r}{rest}")
    if len(named) > MOST:
        raise CallerError(f"At most {MOST} draws can be said at once.")
    return named


def told(draws: tuple[str, ...], before: tuple[str, ...]) -> Sentence:
    """What was understood."""
    if draws:
        text = (
            f"In the next step the engine draws {', then '.join(draws)}. (:draw alone forgets it.)"
        )
    elif before:
        text = "Forgotten: the seed decides again."
    else:
        text = "The seed decides what is drawn; :draw and the name of a choice says it instead."
    return Sentence("note", "draws", text)


def _drawable(machine: Machine, persons: Collection[str]) -> list[str]:
    engine = (spec for leaf in machine.leaves.values() for spec in leaf.engine)
    return sorted({spec.id for spec in engine if spec.role not in persons})
