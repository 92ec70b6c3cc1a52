"""The group of commands: it knows their names and their first sentences without importing them.

`heartline --help` and the completion of command names read COMMANDS and import nothing more; a
command's module is imported when that command is run or asked for its own help.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["COMMANDS", "LazyGroup", "heartline", "version"]

# name: its first sentence. The module is heartline.cli.commands.<name>; a test holds the sentences.
COMMANDS = {
    "play": "Play a scenario in the terminal.",
    "studio": "Play and look into a scenario full screen, while you write it.",
    "check": "Find the faults of scenario files.",
    "test": "Run the tests of scenarios.",
    "simulate": "Play a scenario many times at random, and count what happens.",
    "odds": "Work out exactly how plays of a scenario end.",
    "mutate": "Find out whether the tests of a scenario would notice a mistake in it.",
    "graph": "Draw a scenario as a diagram.",
    "new": "Begin a scenario of your own.",
    "run": "Let the timers of a store fire, and serve people at front ends.",
    "serve": "Serve conversations as a web page, and over HTTP.",
    "mcp": "Let an assistant play scenarios, over MCP.",
    "conversations": "Look after the conversations of a store.",
    "scenarios": "List the scenarios that come with Heartline.",
    "schema": "Print the JSON Schema of the scenario format.",
    "explain": "Explain the code of a finding.",
}


class LazyGroup(click.Group):
    """A click group whose commands are imported on first use."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"heartline.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].startswith("-") and args[0] not in COMMANDS and not ctx.resilient_parsing:
            from heartline.diagnostics import did_you_mean

            hint = did_you_mean(args[0], COMMANDS) or f"they are {', '.join(COMMANDS)}"
            raise click.UsageError(f"There is no command {args[0][:60]!r}; {hint}", ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=sentence)
            for name, sentence in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            from heartline.cli.guard import PIPE_CLOSED, pipe_closed

            pipe_closed()  # before click, which would leave with 1
            ctx.exit(PIPE_CLOSED)


def version() -> str:
    """The number of the installed version."""
    from importlib import metadata

    try:
        return metadata.version("heartline")
    except metadata.PackageNotFoundError:
        return "0 (a checkout that is not installed)"


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"heartline {version()}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  heartline play reconciliation
  heartline play --help

\b
Completion of commands and scenarios, in the start file of your shell:
  eval "$(_HEARTLINE_COMPLETE=bash_source heartline)"     (also zsh_source)
  _HEARTLINE_COMPLETE=fish_source heartline | source""",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Print the version and leave.",
)
def heartline() -> None:
    """Play, check and draw conversations that are written as scenario files."""
