"""`heartline conversations`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heartline.cli.names import Length, Number, ScenarioName
from heartline.cli.storing import (
    InOrder,
    Named,
    ago,
    asked_of,
    check_answered,
    filter_of,
    filtered,
    located,
    stored,
)

if TYPE_CHECKING:
    from datetime import timedelta

__all__ = ["command"]

MOST = 2**53


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


@command.command("list")
@stored
@filtered
@click.option(
    "--reference", metavar="NAME",
    help="Only those with this reference, and those that tell it what happens. Looks at all.",
)  # fmt: skip
@click.option(
    "--overdue", is_flag=True,
    help="Only those with a timer that should have fired more than a minute ago.",
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

    asked, meant = asked_of(url, form), filter_of(**which)
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

    return operating.run(operating.show(asked_of(url, form), name))


@command.command("transcript", cls=Named)
@click.argument("name", metavar="ID")
@stored
def transcript(url: str | None, form: str, name: str) -> int:
    """Show what has happened in a conversation, entry by entry."""
    from heartline.cli import operating

    return operating.run(operating.transcript(asked_of(url, form), name))


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

    return operating.run(operating.replay(asked_of(url, form), name, to))


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

    return operating.run(operating.fork(asked_of(url, form), name, at, reference))


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
    return operating.run(operating.verify(asked_of(url, form), names, filter_of(**which)))


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

    asked = asked_of(url, form)
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

    return operating.run(upkeep.export(asked_of(url, "json"), filter_of(**which), output))


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

    asked = asked_of(url, form, new=not dry_run)
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

    check_answered("purge", yes or dry_run)
    asked = asked_of(url, form)
    meant = Filter(ended_before=ago(age), **which)
    return operating.run(upkeep.purge(asked, meant, dry_run=dry_run, yes=yes))


@command.command("purge-versions")
@stored
@click.option(
    "--scenario", "paths", multiple=True, required=True, type=ScenarioName(), metavar="PATH",
    help="A version that workers run with, which stays in any case. Repeatable: name all of them.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only say which these are.")
def purge_versions(url: str | None, form: str, paths: tuple[str, ...], dry_run: bool) -> int:
    """Remove stored versions of scenarios that nothing needs any more.

    A store keeps the texts of each version that a worker began with. Those go that no conversation
    is in, and that none of the logs was played in. Looks at all conversations.
    """
    from heartline.cli import operating, upkeep
    from heartline.conversation import load

    asked = asked_of(url, form)
    scenarios = [load(path) for path in dict.fromkeys(paths)]
    return operating.run(upkeep.purge_versions(asked, scenarios, dry_run=dry_run))


@command.command("resend", cls=Named)
@click.argument("names", metavar="[ID]...", nargs=-1)
@stored
@click.option("--dry-run", is_flag=True, help="Only count them, by what kept them from arriving.")
def resend(url: str | None, form: str, names: tuple[str, ...], dry_run: bool) -> int:
    """Let what could not be delivered be tried again.

    A parcel that has not arrived after 12 tries is parked, and tried no more. Here all of them, or
    those of the conversations ID, become due again, with 12 new tries: once a network is back, say.
    """
    from heartline.cli import operating, upkeep

    return operating.run(upkeep.resend(asked_of(url, form), names, dry_run=dry_run))


@command.command("close", cls=Named)
@click.argument("names", metavar="ID...", nargs=-1, required=True)
@stored
def close(url: str | None, form: str, names: tuple[str, ...]) -> int:
    """End conversations from outside.

    Their timers stop, whoever has a seat is told, and the reference is free for another one. What
    was said stays. This also works for a conversation that waits for a version of its scenario.
    """
    from heartline.cli import operating, upkeep

    return operating.run(upkeep.close(asked_of(url, form), names))


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

    check_answered("delete", yes)
    return operating.run(upkeep.delete(asked_of(url, form), names, forks=forks, yes=yes))
