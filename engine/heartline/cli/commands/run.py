"""`heartline run`."""

from __future__ import annotations

import click

from heartline.cli.names import Port, ScenarioName, Speed
from heartline.cli.storing import located, named

__all__ = ["command"]


@click.command(
    "run",
    epilog="""\b
Examples:
  heartline run --store sqlite:///heartline.db
  heartline run my_scenario reconciliation --store postgresql://user@host/database --log json
  heartline run my_scenario --store sqlite:///trial.db --speed 86400
  heartline run --store sqlite:///heartline.db --metrics 9100

It runs until Ctrl-C or SIGTERM, and lets what has begun come to its end. Standard error has what it
finds at its start, and then a line for each thing that happens; no line holds a text, a reference
or an id of a conversation. Exit codes: 0 when it is told to end; 1 where it cannot begin, since the
store or the port cannot be used or there is no such scenario; 2 for usage, also for the URL of no
store.""",
)
@click.argument("scenarios", metavar="[SCENARIO]...", type=ScenarioName(), nargs=-1)
@located
@click.option(
    "--speed", type=Speed(), metavar="NUMBER",
    help="For demonstrations: let time run so many times as fast. With 86400 a day takes a second. "
    "It begins where the last demonstration ended, and moves on real conversations too.",
)  # fmt: skip
@click.option(
    "--log", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="For people or for programs.",
)  # fmt: skip
@click.option(
    "--metrics", type=Port(), default="off", metavar="PORT|off", show_default=True,
    help="Serve what Prometheus reads at this port of 127.0.0.1; 0 takes one that is free.",
)  # fmt: skip
def command(
    scenarios: tuple[str, ...], url: str | None, speed: float | None, form: str, metrics: int | None
) -> int:
    """Let the timers of a store fire.

    SCENARIO is a folder, a file or the name of one that came with Heartline, in the version that
    is to serve from now on. Conversations in other versions, and all where none is named, go on in
    what the store keeps. Several workers may run on one store. Nothing is delivered yet.
    """
    from heartline.cli.operating import opened
    from heartline.cli.working import work
    from heartline.conversation import load
    from heartline.loader import find_scenario

    url = named(url)
    opened(url, new=bool(scenarios))  # what is wrong with the name is said first
    for name in scenarios:
        if not find_scenario(name).exists():
            load(name)  # which says so: one that is there and has faults keeps nobody from the rest
    return work(lambda: opened(url, new=True), scenarios, speed, form, metrics)
