"""The names and values of a test, held against the compiled scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.expressions import BOOL, parse_expression

if TYPE_CHECKING:
    from heartline.expressions import Scope, Tree
    from heartline.machine import Machine
    from heartline.testing.faults import Faults, Path
    from heartline.testing.form import Expect, Start, Test

__all__ = ["Checks"]


class Checks:
    """Checks tests against one scenario; faults go to `faults`, at its present sources."""

    def __init__(self, machine: Machine, scope: Scope, faults: Faults) -> None:
        self.machine = machine
        self.scope = scope
        self.faults = faults

    def start(self, start: Start, path: Path) -> None:
        """What a conversation is started with."""

    def test(self, name: str, test: Test, *, whole: bool) -> None:
        """A test; `whole` says that nothing of it was left out for a fault in its shape."""

    def trees(self, expect: Expect, place: Path) -> tuple[Tree, ...]:
        """The trees of what must hold."""
        trees = (parse_expression(text, self.scope, BOOL).tree for text in expect.holds)
        return tuple(tree for tree in trees if tree is not None)
