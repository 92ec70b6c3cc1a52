"""`heartline mcp`."""

from __future__ import annotations

import click

from heartline.cli.names import Port, ScenarioName, Speed
from heartline.cli.storing import located

__all__ = ["command"]


@click.command(
    "mcp",
    epilog="""\b
Examples:
  heartline mcp reconciliation --store sqlite:///heartline.db
  heartline mcp my_scenario reconciliation --http 8765
  heartline mcp my_scenario --speed 86400

An assistant's program starts it by itself and speaks with it on standard input and output; with
--http it listens at http://127.0.0.1:PORT/mcp, which only programs of this machine can reach. It
needs pip install 'heartline[mcp]'. A scenario that does not load is told on standard error and to
the assistant, and the others are played. Exit codes: 0 when its client has gone or it is told to
end; 1 where it cannot begin, or none of its scenarios loads; 2 for usage.""",
)
@click.argument("scenarios", metavar="SCENARIO...", type=ScenarioName(), nargs=-1, required=True)
@located
@click.option(
    "--http", "port", type=Port(), default="off", metavar="PORT|off", show_default=True,
    help="Listen at this port of 127.0.0.1 instead; 0 takes one that is free.",
)  # fmt: skip
@click.option(
    "--speed",
    type=Speed(),
    metavar="NUMBER",
    help="For demonstrations: let time run so many times as fast. With 86400 a day takes a second.",
)
def command(
    scenarios: tuple[str, ...], url: str | None, port: int | None, speed: float | None
) -> int:
    """Let an assistant play scenarios, over MCP.

    SCENARIO is a folder, a file or the name of one that came with Heartline. With a store a
    conversation is found again after a restart; without one it ends with the program.
    """
    from heartline.cli.assisting import assist

    return assist(scenarios, url or "memory:", port, speed)
