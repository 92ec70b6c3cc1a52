"""What commands on a store share: which store is meant, which conversations, and their names."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from heartline.cli.names import Length, Port

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from heartline.cli.operating import Asked
    from heartline.host.values import Filter

    Command = TypeVar("Command", bound=Callable[..., Any])

__all__ = [
    "InOrder", "Named", "ago", "asked_of", "check_answered", "filter_of", "filtered", "located",
    "named", "stored", "watched",
]  # fmt: skip

_ID = re.compile(r"-[A-Za-z0-9_-]{21}\Z")


class Named(click.Command):
    """A command whose arguments are conversations: the id of one may begin with a dash."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" not in args:
            ids = [each for each in args if _ID.match(each)]
            if ids:
                args = [each for each in args if each not in ids] + ["--", *ids]
        return super().parse_args(ctx, args)


class InOrder(click.Group):
    """A group whose commands are listed as they stand here; a wrong name meets the nearest."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].startswith("-") and args[0] not in self.commands:
            from heartline.diagnostics import did_you_mean

            hint = did_you_mean(args[0], self.commands) or f"they are {', '.join(self.commands)}"
            raise click.UsageError(f"There is no command {args[0][:60]!r}; {hint}", ctx=ctx)
        return super().resolve_command(ctx, args)


def stored(use: Command) -> Command:
    """The options of every command."""
    use = click.option(
        "--format", "form", type=click.Choice(["text", "json"]), default="text",
        show_default=True, help="For people or for programs.",
    )(use)  # fmt: skip
    return located(use)


def located(use: Command) -> Command:
    """Which store is meant."""
    return click.option(
        "--store", "url", envvar="HEARTLINE_STORE", metavar="URL",
        help="The store, as in sqlite:///heartline.db or postgresql://user@host/database; "
        "without it, the variable HEARTLINE_STORE.",
    )(use)  # fmt: skip


def watched(use: Command) -> Command:
    """How a worker tells what it does."""
    use = click.option(
        "--metrics", type=Port(), default="off", metavar="PORT|off", show_default=True,
        help="Serve what Prometheus reads at this port of 127.0.0.1; 0 takes one that is free.",
    )(use)  # fmt: skip
    return click.option(
        "--log", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
        help="For people or for programs.",
    )(use)  # fmt: skip


def filtered(use: Command) -> Command:
    """Which conversations are meant."""
    for option in reversed((
        click.option("--scenario", metavar="ID", help="Only those in this scenario."),
        click.option("--state", metavar="STATE", help="Only those in this state."),
        click.option("--outcome", metavar="OUTCOME", help="Only those that ended so."),
        click.option(
            "--status", type=click.Choice(["live", "over", "closed"]),
            help="Only those that go on, that came to an end, or that were closed from outside.",
        ),
        click.option(
            "--waiting-since", "waiting", type=Length(), metavar="LENGTH",
            help="Only those in which nothing has happened for so long, as in 14d; without "
            "--status, those of them that are live.",
        ),
    )):  # fmt: skip
        use = option(use)
    return use


def asked_of(url: str | None, form: str, *, new: bool = False) -> Asked:
    """What is asked of which store."""
    from heartline.cli.operating import Asked, opened

    return Asked(opened(named(url), new=new), form == "json")


def named(url: str | None) -> str:
    """The URL that was given. Raises UsageError where none was."""
    if not url:
        raise click.UsageError(
            "Say which store: --store sqlite:///heartline.db, or set the variable HEARTLINE_STORE."
        )
    return url


def filter_of(
    *, waiting: timedelta | None, status: str | None, scenario: str | None, state: str | None,
    outcome: str | None,
) -> Filter:  # fmt: skip
    from heartline.host.values import LIVE, Filter

    if waiting is not None and status is None:
        status = LIVE  # what has ended waits for nothing
    since = None if waiting is None else ago(waiting)
    return Filter(scenario, None, state, outcome, status, since)


def ago(length: timedelta) -> datetime:
    from heartline.clock import SystemClock

    return SystemClock().now() - length


def check_answered(what: str, answered: bool) -> None:
    """Refuse to ask where nobody can answer."""
    if not answered and not sys.stdin.isatty():
        raise click.UsageError(
            f"{what} asks before it deletes, and nobody can answer here: look at what it would do "
            "at a terminal, or give --yes."
        )
