"""The SCENARIO argument: a bundled name, a folder or a file; completed by the shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["ScenarioName"]


class ScenarioName(click.ParamType[str]):
    """A scenario by name or path. Whether there is one is found out on loading it."""

    name = "scenario"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from heartline.loader import bundled_scenarios

        names = [
            CompletionItem(name)
            for name in sorted(bundled_scenarios())
            if name.startswith(incomplete)
        ]
        return [*names, *click.Path().shell_complete(ctx, param, incomplete)]
