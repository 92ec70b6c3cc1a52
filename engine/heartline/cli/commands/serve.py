"""`heartline serve`."""

from __future__ import annotations

import click

from heartline.cli.names import Port, ScenarioName, Speed
from heartline.cli.storing import watched

__all__ = ["command"]


@click.command(
    "serve",
    epilog="""\b
Examples:
  heartline serve reconciliation
  heartline serve my_scenario --author
  heartline serve my_scenario --store sqlite:///heartline.db --port 8080
  heartline serve reconciliation --address 0.0.0.0 --host talk.example.org --proxy 10.0.0.2

A conversation is reached only with the token that its page keeps. Speak HTTPS with people: put a
proxy before this that does, and name it. How often somebody may ask is set in the environment, as
in HEARTLINE_WEB_RATE_BEGIN=10/minute. It runs until Ctrl-C or SIGTERM, and lets what has begun come
to its end. Exit codes: 0 when it is told to end; 1 where it cannot begin, since the store or the
port cannot be used or there is no such scenario; 2 for usage, also for the URL of no store.""",
)
@click.argument("scenarios", metavar="SCENARIO...", type=ScenarioName(), nargs=-1, required=True)
@click.option(
    "--port", type=Port(), default="8000", show_default=True, help="0 takes one that is free."
)
@click.option(
    "--store", "url", envvar="HEARTLINE_STORE", default="memory:", show_default=True,
    metavar="URL",
    help="Where conversations are kept, as in sqlite:///heartline.db; memory: ends with the "
    "program. Without it, the variable HEARTLINE_STORE.",
)  # fmt: skip
@click.option(
    "--author", is_flag=True,
    help="Show the author's view too, at /author/: the diagram with the way taken, variables, "
    "guards and diagnostics. For yourself: it shows what players must not see.",
)  # fmt: skip
@click.option(
    "--address", default="127.0.0.1", show_default=True, metavar="ADDRESS",
    help="Where to listen; 0.0.0.0 is everywhere.",
)  # fmt: skip
@click.option(
    "--host", "hosts", multiple=True, metavar="NAME",
    help="A name that people reach the server by; may be repeated. At a local address others are "
    "refused.",
)  # fmt: skip
@click.option(
    "--origin", "origins", multiple=True, metavar="ORIGIN",
    help="Another site whose pages may use the API, as in https://example.org; may be repeated.",
)  # fmt: skip
@click.option(
    "--proxy", "proxies", multiple=True, metavar="ADDRESS",
    help="A proxy whose word is taken for where a request comes from; may be repeated.",
)  # fmt: skip
@click.option(
    "--speed", type=Speed(), metavar="NUMBER",
    help="For demonstrations: let time run so many times as fast. With 86400 a day takes a second.",
)  # fmt: skip
@watched
def command(
    scenarios: tuple[str, ...],
    port: int | None,
    url: str,
    author: bool,
    address: str,
    hosts: tuple[str, ...],
    origins: tuple[str, ...],
    proxies: tuple[str, ...],
    speed: float | None,
    form: str,
    metrics: int | None,
) -> int:
    """Serve conversations as a web page, and over HTTP.

    SCENARIO is a folder, a file or the name of one that came with Heartline.
    """
    from heartline.cli.operating import opened
    from heartline.cli.working import work
    from heartline.conversation import load
    from heartline.frontends.plugins import make
    from heartline.frontends.web import Web
    from heartline.loader import find_scenario

    if port is None:
        raise click.UsageError("--port is a number: 0 takes one that is free.")
    if author and address not in ("127.0.0.1", "::1", "localhost"):
        raise click.UsageError(
            "--author is for yourself: it shows what players must not see, so that it is served "
            "at a local address only."
        )
    opened(url, new=True, inside=True)  # what is wrong with the name is said first
    for name in scenarios:
        if not find_scenario(name).exists():
            load(name)  # which says so
    settings = {
        "port": str(port), "address": address, "hosts": " ".join(hosts),
        "origins": " ".join(origins), "proxies": " ".join(proxies),
    }  # fmt: skip
    asked = ["web", *(f"{name}={value}" for name, value in settings.items() if value)]
    web = make(",".join(asked))
    assert isinstance(web, Web)
    if author:
        from heartline.frontends.web.author import make_author

        web.author = make_author(scenarios)
    web.bind()
    return work(lambda: opened(url, new=True, inside=True), scenarios, [web], speed, form, metrics)
