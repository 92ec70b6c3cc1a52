"""`heartline run`."""

from __future__ import annotations

import click

from heartline.cli.names import ScenarioName, Speed
from heartline.cli.storing import located, named, watched

__all__ = ["command"]


@click.command(
    "run",
    epilog="""\b
Examples:
  heartline run --store sqlite:///heartline.db
  heartline run my_scenario reconciliation --store postgresql://user@host/database --log json
  heartline run my_scenario --store sqlite:///trial.db --speed 86400
  heartline run --store sqlite:///heartline.db --metrics 9100
  heartline run reconciliation --on telegram --on web,port=8080 --store sqlite:///heartline.db

It runs until Ctrl-C or SIGTERM, or until the last front end has ended by itself, and lets what has
begun come to its end. A setting of a front end that is not given comes from the environment, as in
HEARTLINE_TELEGRAM_TOKEN. Standard error has what it finds at its start, and then a line for each
thing that happens; no line holds a text, a reference or an id of a conversation. Exit codes: 0 when
it is told to end; 1 where it cannot begin, since the store, the port or a front end cannot be used
or there is no such scenario; 2 for usage, also for the URL of no store.""",
)
@click.argument("scenarios", metavar="[SCENARIO]...", type=ScenarioName(), nargs=-1)
@located
@click.option(
    "--on", "front_ends", metavar="NAME[,SETTING=VALUE]...", multiple=True,
    help="Serve people at this front end, and deliver what happens to them; may be repeated.",
)  # fmt: skip
@click.option(
    "--speed", type=Speed(), metavar="NUMBER",
    help="For demonstrations: let time run so many times as fast. With 86400 a day takes a second. "
    "It begins where the last demonstration ended, and moves on real conversations too.",
)  # fmt: skip
@watched
def command(
    scenarios: tuple[str, ...],
    url: str | None,
    front_ends: tuple[str, ...],
    speed: float | None,
    form: str,
    metrics: int | None,
) -> int:
    """Let the timers of a store fire, and serve people at front ends.

    SCENARIO is a folder, a file or the name of one that came with Heartline, in the version that
    is to serve from now on. Conversations in other versions, and all where none is named, go on in
    what the store keeps. Several workers may run on one store. Without --on nothing is delivered:
    what is to be told waits for a worker that has the front end.
    """
    from heartline.cli.operating import opened
    from heartline.cli.working import work
    from heartline.conversation import load
    from heartline.frontends.plugins import make
    from heartline.loader import find_scenario

    url = named(url)
    inside = bool(front_ends and scenarios)  # people who try it can do without a file
    opened(url, new=bool(scenarios), inside=inside)  # what is wrong with the name is said first
    for name in scenarios:
        if not find_scenario(name).exists():
            load(name)  # which says so: one that is there and has faults keeps nobody from the rest
    stand = [make(each) for each in front_ends]
    return work(
        lambda: opened(url, new=True, inside=inside), scenarios, stand, speed, form, metrics
    )
