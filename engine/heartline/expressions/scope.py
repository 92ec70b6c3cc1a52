"""What names mean: the declarations of a scenario, as expressions see them.

The compiler fills a `Scope` and hands it to the parser. Inside an included file names are looked
up under that file's prefix first, so `mood` in the file that the state `session` includes is the
variable `session.mood`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from heartline.diagnostics import did_you_mean
from heartline.expressions.tree import TRUE, Not
from heartline.expressions.types import BOOL, EnumType

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from heartline.expressions.tree import Declaration, Tree

__all__ = ["RESERVED", "Guard", "Scope"]

RESERVED = frozenset({"and", "or", "not", "in", "if", "else", "true", "false"})
"""Words of the language: nothing that expressions name may be called so."""

MOST_HINTS = 20  # in one file; each takes some hundredths of a second where names are many


@dataclass(frozen=True, slots=True)
class Guard:
    """A named guard: its checked tree, and the author's sentence for when it does not hold."""

    tree: Tree
    why: str | None = None


def _nowhere(_choice: str) -> Tree:
    return Not((0, 0), BOOL, TRUE)


@dataclass
class Scope:
    """All names that an expression may use. `states` and `tags` lead to the leaves they cover;
    `opening` says of a choice where it is offered and open.
    """

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
    opening: Callable[[str], Tree] = _nowhere
    _hints: dict[tuple[str, str], str | None] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def enum_values(self) -> frozenset[str]:
        """All values of all enum variables; the variables are declared before it is asked."""
        types = [each.type for each in self.variables.values()]
        return frozenset(
            value for type_ in types if isinstance(type_, EnumType) for value in type_.values
        )

    def inside(self, prefix: str) -> Scope:
        """The same declarations, seen from the file whose names begin with `prefix`."""
        return replace(self, prefix=prefix)

    def resolve(self, name: str, known: Collection[str]) -> str | None:
        """The full name that `name` stands for here, or None."""
        if self.prefix and (full := self.prefix + name) in known:
            return full
        return name if name in known else None

    def suggest(self, name: str, noun: str, known: Iterable[str]) -> str | None:
        """The hint with the known name, of this kind of thing, that is nearest to `name`.

        It is written the way it is written here. Each name is looked for once, and only so many
        of a file's are: a file whose every name is wrong is not waited for.
        """
        if (noun, name) not in self._hints and len(self._hints) < MOST_HINTS:
            here = (each.removeprefix(self.prefix) for each in known)
            self._hints[noun, name] = did_you_mean(name, here)
        return self._hints.get((noun, name))
