"""What names mean: the declarations of a scenario, as expressions see them.

The compiler fills a `Scope` and hands it to the parser. Inside an included file names are looked
up under that file's prefix first, so `mood` in the file that the state `session` includes is the
variable `session.mood`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from heartline.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from heartline.expressions.tree import Declaration, Tree

__all__ = ["RESERVED", "Guard", "Scope"]

RESERVED = frozenset({"and", "or", "not", "in", "if", "else", "true", "false"})
"""Words of the language: nothing that expressions name may be called so."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A named guard: its checked tree, and the author's sentence for when it does not hold."""

    tree: Tree
    why: str | None = None


@dataclass
class Scope:
    """All names that an expression may use. `states` and `tags` lead to the leaves they cover."""

    variables: Mapping[str, Declaration] = field(default_factory=dict)
    guards: Mapping[str, Guard] = field(default_factory=dict)
    timers: Collection[str] = ()
    states: Mapping[str, frozenset[str]] = field(default_factory=dict)
    choices: Collection[str] = ()
    tags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    outcomes: Collection[str] = ()
    roles: Collection[str] = ()
    timer_lengths: Mapping[str, Tree] = field(default_factory=dict)
    prefix: str = ""

    def inside(self, prefix: str) -> Scope:
        """The same declarations, seen from the file whose names begin with `prefix`."""
        return replace(self, prefix=prefix)

    def resolve(self, name: str, known: Collection[str]) -> str | None:
        """The full name that `name` stands for here, or None."""
        if self.prefix and (full := self.prefix + name) in known:
            return full
        return name if name in known else None

    def suggest(self, name: str, known: Iterable[str]) -> str | None:
        """The hint with the nearest known name, written the way it is written here."""
        return did_you_mean(name, (each.removeprefix(self.prefix) for each in known))
