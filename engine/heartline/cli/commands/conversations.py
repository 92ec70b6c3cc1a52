"""`heartline conversations`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from heartline.cli.names import Length, Number, ScenarioName

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from heartline.cli.operating import Asked
    from heartline.host.values import Filter

    Command = TypeVar("Command", bound=Callable[..., Any])

__all__ = ["command", "located", "named"]

MOST = 2**53
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


@click.group(
    "conversations",
    cls=InOrder,
    epilog="""\b
Examples:
  heartline conversations list --store sqlite:///heartline.db --waiting-since 14d
  heartline conversations show chat-17
  heartline conversations migrate --scenario my_scenario --dry-run
  heartline conversations export -o backup.jsonl
  heartline conversations purge --older-than 90d --dry-run

The store is --store, or what HEARTLINE_STORE says. A conversation is named by its id or by its
reference. Times are in UTC. What was asked for goes to standard output, progress and warnings to
standard error. Exit codes: 0; 1 where the store cannot be used or is newer than this program, for
an unknown or deleted conversation, a log with a hole, a conversation that does not follow from
its log, an import that is refused; 2 for usage, also for the URL of no store; 130 after
Ctrl-C.""",
)
def command() -> None:
    """Look after the conversations of a store.

    They are those that a host keeps alive in a SQLite file or in PostgreSQL. All of this can be
    done while workers run.
    """


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


@command.command("list")
@stored
@filtered
@click.option(
    "--reference", metavar="NAME",
    help="Only those with this reference, and those that tell it what happens. Looks at all.",
)  # fmt: skip
@click.option(
    "--overdue", is_flag=True,
    help="Only those with a timer that should have fired more than a minute ago. Looks at all.",
)  # fmt: skip
@click.option("--limit", type=Number(1, MOST), metavar="NUMBER", help="At most so many.")
def list_(
    url: str | None, form: str, reference: str | None, overdue: bool, limit: int | None,
    **which: Any,
) -> int:  # fmt: skip
    """List conversations, in the order of their ids.

    Below it stands what is wrong with them: versions that do not load, so that conversations wait,
    and timers that should have fired.
    """
    from heartline.cli import operating

    asked, meant = _asked(url, form), _filter(**which)
    return operating.run(
        operating.list_conversations(asked, meant, reference, limit, overdue=overdue)
    )


@command.command("show", cls=Named)
@click.argument("name", metavar="ID")
@stored
def show(url: str | None, form: str, name: str) -> int:
    """Show where a conversation stands.

    What is stored of it, the timers that run, and what can be chosen. A conversation whose scenario
    does not load is shown without the choices.
    """
    from heartline.cli import operating

    return operating.run(operating.show(_asked(url, form), name))


@command.command("transcript", cls=Named)
@click.argument("name", metavar="ID")
@stored
def transcript(url: str | None, form: str, name: str) -> int:
    """Show what has happened in a conversation, entry by entry."""
    from heartline.cli import operating

    return operating.run(operating.transcript(_asked(url, form), name))


@command.command("replay", cls=Named)
@click.argument("name", metavar="ID")
@stored
@click.option(
    "--to", type=Number(1, MOST), metavar="NUMBER",
    help="Up to this entry of the log; the last, without it.",
)  # fmt: skip
def replay(url: str | None, form: str, name: str, to: int | None) -> int:
    """Play the log of a conversation again, and show where that leads.

    With its variables, hidden ones too. Nothing is changed.
    """
    from heartline.cli import operating

    return operating.run(operating.replay(_asked(url, form), name, to))


@command.command("fork", cls=Named)
@click.argument("name", metavar="ID")
@stored
@click.option(
    "--at", type=Number(1, MOST), metavar="NUMBER",
    help="Where it stood after this entry of the log; where it stands, without it.",
)  # fmt: skip
@click.option(
    "--reference", metavar="NAME",
    help="The reference of the new one; without it, that of the old one, @ and the number.",
)  # fmt: skip
def fork(url: str | None, form: str, name: str, at: int | None, reference: str | None) -> int:
    """Begin another conversation where one stood.

    It has the log up to there, and lives on its own: what ran there runs from now on. Nobody is
    told of it. Prints its id and its reference.
    """
    from heartline.cli import operating

    return operating.run(operating.fork(_asked(url, form), name, at, reference))


@command.command("verify", cls=Named)
@click.argument("names", metavar="[ID]...", nargs=-1)
@stored
@filtered
def verify(url: str | None, form: str, names: tuple[str, ...], **which: Any) -> int:
    """Play logs again, and compare what follows with what is stored.

    Of the conversations ID, or of all that the options mean. Exit code 1 where one does not follow
    from its log, or waits since its version does not load, or has timers that are due and cannot
    fire.
    """
    from heartline.cli import operating

    if names and any(value is not None for value in which.values()):
        raise click.UsageError("Name conversations, or say which are meant, and not both.")
    return operating.run(operating.verify(_asked(url, form), names, _filter(**which)))


@command.command("migrate")
@stored
@click.option(
    "--scenario", "paths", multiple=True, required=True, type=ScenarioName(), metavar="PATH",
    help="The new version of a scenario. Repeatable.",
)  # fmt: skip
@click.option(
    "--dry-run", is_flag=True,
    help="Only say, by state, what would happen to the live conversations.",
)  # fmt: skip
def migrate(url: str | None, form: str, paths: tuple[str, ...], dry_run: bool) -> int:
    """Bring live conversations to new versions of their scenarios.

    Those that a declared migration fits go over now, and what was due in them happens; the others
    stay in their version, which goes on serving them. It is what a host with the new versions does
    at the next touch of each.
    """
    from heartline.cli import operating, upkeep
    from heartline.conversation import load

    asked = _asked(url, form)
    scenarios = {scenario.id: scenario for scenario in map(load, dict.fromkeys(paths))}
    if len(scenarios) < len(set(paths)):
        raise click.UsageError("Give one version of each scenario: two of these have one id.")
    return operating.run(upkeep.migrate(asked, list(scenarios.values()), dry_run=dry_run))


@command.command("export")
@located
@filtered
@click.option(
    "-o", "output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Write it to this file, for its owner's eyes alone; to standard output, without it.",
)  # fmt: skip
def export(url: str | None, output: Path | None, **which: Any) -> int:
    """Write conversations with all that belongs to them as JSON lines.

    Records, logs with all that was said, timers, what is still to be delivered, and the texts of
    their scenarios. What could not be imported again (a log with a hole, a version that is gone or
    does not load) is told and left out, and the exit code is 1.
    """
    from heartline.cli import operating, upkeep

    return operating.run(upkeep.export(_asked(url, "json"), _filter(**which), output))


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@stored
@click.option("--dry-run", is_flag=True, help="Only check it.")
@click.option(
    "--no-parcels", is_flag=True,
    help="Leave out what was still to be delivered: it may have arrived since the export.",
)  # fmt: skip
@click.option(
    "--skip-damaged", is_flag=True,
    help="Leave out conversations that do not follow from their logs, and say which. Without it, "
    "one of them keeps all others from being imported.",
)  # fmt: skip
def import_(
    url: str | None, form: str, file: str, dry_run: bool, no_parcels: bool, skip_damaged: bool
) -> int:
    """Bring an export into a store, which may be of another kind.

    All of it is checked first: that nothing is missing, and that each log leads to its snapshot
    when it is played again. Where something is wrong, nothing is stored. Conversations that the
    store has already stay as they are. A file - is standard input.
    """
    from heartline.cli import operating, upkeep

    asked = _asked(url, form, new=not dry_run)
    work = upkeep.import_file(
        asked, file, dry_run=dry_run, parcels=not no_parcels, skip_damaged=skip_damaged
    )
    return operating.run(work)


@command.command("purge")
@stored
@click.option(
    "--older-than", "age", type=Length(), required=True, metavar="LENGTH",
    help="Those in which nothing has happened for so long, as in 90d.",
)  # fmt: skip
@click.option("--scenario", metavar="ID", help="Only those in this scenario.")
@click.option("--outcome", metavar="OUTCOME", help="Only those that ended so.")
@click.option(
    "--status", type=click.Choice(["over", "closed"]),
    help="Only those that came to an end, or that were closed from outside.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only count them.")
@click.option("--yes", is_flag=True, help="Delete them without asking.")
def purge(
    url: str | None, form: str, age: timedelta, dry_run: bool, yes: bool, **which: Any
) -> int:
    """Delete conversations that ended long ago, with every trace of them.

    Live ones are never purged.
    """
    from heartline.cli import operating, upkeep
    from heartline.host.values import Filter

    _can_answer("purge", yes or dry_run)
    asked = _asked(url, form)
    meant = Filter(ended_before=_ago(age), **which)
    return operating.run(upkeep.purge(asked, meant, dry_run=dry_run, yes=yes))


@command.command("purge-versions")
@stored
@click.option(
    "--scenario", "paths", multiple=True, required=True, type=ScenarioName(), metavar="PATH",
    help="A version that workers run with, which stays in any case. Repeatable: name all of them.",
)  # fmt: skip
def purge_versions(url: str | None, form: str, paths: tuple[str, ...]) -> int:
    """Remove stored versions of scenarios that nothing needs any more.

    A store keeps the texts of each version that a worker began with. Those go that no conversation
    is in, and that none of the logs was played in. Looks at all conversations.
    """
    from heartline.cli import operating, upkeep
    from heartline.conversation import load

    asked = _asked(url, form)
    scenarios = [load(path) for path in dict.fromkeys(paths)]
    return operating.run(upkeep.purge_versions(asked, scenarios))


@command.command("delete", cls=Named)
@click.argument("names", metavar="ID...", nargs=-1, required=True)
@stored
@click.option("--forks", is_flag=True, help="Also those that were forked from it. Looks at all.")
@click.option("--yes", is_flag=True, help="Delete without asking.")
def delete(url: str | None, form: str, names: tuple[str, ...], forks: bool, yes: bool) -> int:
    """Delete conversations, with every trace of them.

    Record, log, timers, and what is still to be delivered. A fork of it is a conversation of its
    own, with a copy of what was said: --forks deletes these too.
    """
    from heartline.cli import operating, upkeep

    _can_answer("delete", yes)
    return operating.run(upkeep.delete(_asked(url, form), names, forks=forks, yes=yes))


def _asked(url: str | None, form: str, *, new: bool = False) -> Asked:
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


def _filter(
    *, waiting: timedelta | None, status: str | None, scenario: str | None, state: str | None,
    outcome: str | None,
) -> Filter:  # fmt: skip
    from heartline.host.values import LIVE, Filter

    if waiting is not None and status is None:
        status = LIVE  # what has ended waits for nothing
    since = None if waiting is None else _ago(waiting)
    return Filter(scenario, None, state, outcome, status, since)


def _ago(length: timedelta) -> datetime:
    from heartline.clock import SystemClock

    return SystemClock().now() - length


def _can_answer(what: str, answered: bool) -> None:
    """Refuse to ask where nobody can answer."""
    if not answered and not sys.stdin.isatty():
        raise click.UsageError(
            f"{what} asks before it deletes, and nobody can answer here: look at what it would do "
            "at a terminal, or give --yes."
        )
