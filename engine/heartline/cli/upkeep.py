"""What operators change about many stored conversations. A part of `heartline conversations`.

Each function opens the store, does one thing, prints what came of it, and gives the exit code.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from heartline.cli import conversing
from heartline.cli.conversing import print_json
from heartline.cli.guard import DONE, FINDINGS
from heartline.cli.operating import counted, say, telling
from heartline.cli.progress import Progress
from heartline.frontends.references import is_brought
from heartline.host import carrying, importing
from heartline.host.host import Host
from heartline.host.values import LIVE, Filter
from heartline.wholefiles import replacing
from heartline.wrapping import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from heartline.cli.operating import Asked
    from heartline.conversation import Scenario
    from heartline.host.values import Parcel, Record

__all__ = [
    "close", "delete", "export", "import_file", "migrate", "purge", "purge_versions", "resend",
]  # fmt: skip


async def _deliver(reference: str, parcel: Parcel) -> None:
    """Never called: with it, what is to be told is written down, and a worker delivers it."""
    raise NotImplementedError(reference, parcel.id)


async def migrate(asked: Asked, scenarios: Sequence[Scenario], *, dry_run: bool) -> int:
    """Say what new versions mean for the live conversations, or let those that fit go over."""
    problems: list[dict[str, str]] = []
    done, unavailable = 0, []
    if dry_run:
        async with asked.store as store:
            # The host is not entered: it would keep the new versions in the store.
            host = Host(store, scenarios)
            found = await _forecast(host)
            others = await _others(host)
    else:
        async with Host(asked.store, scenarios, deliver=_deliver, brings=is_brought) as host:
            unavailable = list(host.unavailable.values())
            for scenario in () if asked.as_json else scenarios:
                if scenario.id in host.unavailable:
                    say(host.unavailable[scenario.id])
            with Progress("conversations looked at") as progress:
                told = telling(problems, as_json=asked.as_json)
                done = (await carrying.migrate(host, progress.step, told)).done
            found = await _forecast(host)
            others = await _others(host)
    if asked.as_json:
        print_json({
            "dry_run": dry_run,
            "migrated": done,
            "failed": problems,
            "unavailable": unavailable,
            "states": [conversing.forecast_values(each) for each in found],
            "others": others,
        })  # fmt: skip
        return FINDINGS if problems else DONE
    if not dry_run:
        click.echo(f"Migrated {counted(done)}.")
    if found:
        for line in conversing.forecast_rows(found):
            click.echo(line)
    else:
        click.echo("No conversation lives in " + ", ".join(each.id for each in scenarios) + ".")
    if others:
        say(
            "Not looked at are the live conversations of "
            + ", ".join(f"{name} ({many:,})" for name, many in others.items())
            + ": no --scenario was given for them."
        )
    return FINDINGS if problems else DONE


async def _forecast(host: Host) -> list[Any]:
    with Progress("conversations looked at") as progress:
        found = await host.versions.forecast(host.store, progress.at)
    return [each for each in found if each.scenario in host.versions.own]


async def _others(host: Host) -> dict[str, int]:
    many: Counter[str] = Counter()
    for name, _, _, _, count in await host.store.tally():
        if name not in host.versions.own:
            many[name] += count
    return dict(sorted(many.items()))


async def close(asked: Asked, names: Sequence[str]) -> int:
    """End conversations from outside; whoever has a seat in one is told."""
    async with Host(asked.store, deliver=_deliver, brings=is_brought) as host:
        found = [await host.touching.record(name) for name in names]  # all, before any is closed
        live = list(dict.fromkeys(record.id for record in found if record.status == LIVE))
        over = list(dict.fromkeys(record.id for record in found if record.status != LIVE))
        for conversation in live:
            await host.close(conversation)
    if asked.as_json:
        print_json({"closed": live, "ended_before": over})
        return DONE
    if live:
        click.echo(f"Closed {counted(len(live))}.")
    if over:
        had = "had" if live else "has" if len(over) == 1 else "have"
        click.echo(f"{counted(len(over)).capitalize()} {had} ended already.")
    return DONE


async def delete(asked: Asked, names: Sequence[str], *, forks: bool, yes: bool) -> int:
    """Remove every trace of conversations, once that was confirmed."""
    async with asked.store as store:
        host = Host(store)
        found: dict[str, Record] = {}
        for name in names:  # all of them, before any is deleted
            record = await host.touching.record(name)
            found[record.id] = record
        if forks:
            with Progress("conversations looked at") as progress:
                for conversation in list(found):
                    for record in await carrying.forks_of(store, conversation, progress.step):
                        found[record.id] = record
        if not yes:
            for record in found.values():
                say(
                    f"{record.id}  {record.reference}  {record.scenario} {record.version}, "
                    f"{record.status}, in {record.state}"
                )
            if not _confirmed(f"Delete {counted(len(found))} for good?"):
                return DONE
        gone = list(found)
        await store.delete_all(gone)
    if asked.as_json:
        print_json({"deleted": gone})
    else:
        click.echo(f"Deleted {counted(len(gone))}.")
    return DONE


async def purge(asked: Asked, which: Filter, *, dry_run: bool, yes: bool) -> int:
    """Delete what has ended long ago, once that was confirmed."""
    groups: Counter[tuple[str, str, str | None]] = Counter()
    async with asked.store as store:
        with Progress("conversations found") as progress:
            async for record in carrying.to_purge(store, which, progress.step):
                groups[record.scenario, record.status, record.outcome] += 1
        many = groups.total()
        gone = 0
        if not dry_run and many:
            if not yes and not _confirmed(f"Delete {counted(many)} for good?"):
                return DONE
            with Progress("conversations deleted", many) as progress:
                try:
                    await carrying.purge(store, which, lambda: None, progress.at)
                finally:
                    gone = progress.done
                    if sys.exc_info()[0] is not None:
                        say(f"Deleted {counted(gone)} until then.")
    if asked.as_json:
        by = [
            {"scenario": each[0], "status": each[1], "outcome": each[2], "conversations": count}
            for each, count in sorted(groups.items(), key=str)
        ]
        print_json({"dry_run": dry_run, "found": many, "deleted": gone, "by": by})
    elif dry_run:
        if groups:
            rows = [
                (name, status, outcome or "", f"{count:,}")
                for (name, status, outcome), count in sorted(groups.items(), key=str)
            ]
            for line in conversing.table(("scenario", "status", "outcome", "conversations"), rows):
                click.echo(line)
        click.echo(f"{counted(many)} would be deleted.".capitalize())
    else:
        click.echo(f"Deleted {counted(gone)}.")
    return DONE


async def purge_versions(asked: Asked, scenarios: Sequence[Scenario], *, dry_run: bool) -> int:
    """Remove the stored versions of scenarios that nothing needs, but for these."""
    async with asked.store as store:
        but = [scenario.machine.fingerprint for scenario in scenarios]
        total = (await store.counts()).conversations
        with Progress("conversations looked at", total) as progress:
            found = await carrying.to_purge_versions(store, but, progress.step)
        gone = 0 if dry_run else await carrying.purge_versions(store, found)
    if asked.as_json:
        versions = [
            {"scenario": name, "version": version, "fingerprint": fingerprint}
            for name, version, fingerprint in found
        ]
        print_json({"dry_run": dry_run, "removed": gone, "versions": versions})
        return DONE
    for line in conversing.table(("scenario", "version", "fingerprint"), found) if found else ():
        click.echo(line)
    many = len(found) if dry_run else gone
    what = f"{many:,} version{'s' * (many != 1)} of scenarios that no conversation needs"
    click.echo(f"Would remove {what}." if dry_run else f"Removed {what}.")
    return DONE


async def resend(asked: Asked, names: Sequence[str], *, dry_run: bool) -> int:
    """Let what was parked be tried again: of these conversations, or all of it."""
    async with asked.store as store:
        host = Host(store)
        found = dict.fromkeys([(await host.touching.record(name)).id for name in names])
        parcels = await carrying.to_resend(store, list(found))
        if not dry_run:
            with Progress("parcels", len(parcels)) as progress:
                await carrying.resend(store, parcels, host.touching.now(), progress.step)
    many = len(parcels)
    why = Counter(plain(parcel.parked or "") for parcel in parcels).most_common()
    if asked.as_json:
        by = [{"parked": reason, "parcels": count} for reason, count in why]
        print_json({"dry_run": dry_run, "parcels": many, "by": by})
        return DONE
    rows = [(f"{count:,}", reason) for reason, count in why]
    for line in conversing.table(("parcels", "parked since"), rows) if rows else ():
        click.echo(line)
    if not many:
        click.echo("No parcel of these conversations is parked." if found else "Nothing is parked.")
    elif dry_run:
        click.echo(f"{many:,} parcel{'s' * (many > 1)} would be tried again.")
    else:
        click.echo(f"{many:,} parcel{'s' * (many > 1)} will be tried again by the next worker.")
    return DONE


def _confirmed(question: str) -> bool:
    if click.confirm(question, err=True):
        return True
    say("Nothing was deleted.")
    return False


# Carrying -----------------------------------------------------------------------------------------


async def export(asked: Asked, which: Filter, output: Path | None) -> int:
    """Write conversations as JSON lines, to a file or to standard output."""
    problems: list[dict[str, str]] = []
    tell = telling(problems, as_json=False)
    whole = nullcontext(sys.stdout.buffer) if output is None else replacing(output, private=True)
    async with asked.store as store:
        total = (await store.counts()).conversations if which == Filter() else None
        now = Host(store).touching.now()
        what = "conversations exported"
        many = 0
        with whole as file, Progress(what, total, beside=output is None) as progress:
            async for line in carrying.export(store, which, now, progress.step, tell):
                file.write(line.encode() + b"\n")
                many += line.startswith('{"type":"conversation"')
            file.flush()
    if output is not None:
        say(f"Exported {counted(many)} to {output}.")
    if problems:
        they = "it" if len(problems) == 1 else "they"
        say(f"Left out {counted(len(problems))}, since {they} could not be imported again.")
    return FINDINGS if problems else DONE


async def import_file(
    asked: Asked, path: str, *, dry_run: bool, parcels: bool, skip_damaged: bool
) -> int:
    """Check an export as a whole, then bring it into the store, with or without what is still to
    be delivered."""
    with _seekable(path) as file:
        name = "The export" if path == "-" else path
        size = file.seek(0, 2)
        file.seek(0)
        async with asked.store as store:
            with Progress("bytes checked", size) as progress:
                checked = await importing.check(
                    store, file, name, progress.at, skip_damaged=skip_damaged
                )
            failed: list[str] = []
            if not dry_run:
                with Progress("lines imported", len(checked.places)) as progress:
                    failed = await importing.bring_in(
                        store, file, checked, progress.at, parcels=parcels
                    )
    if not parcels:
        checked = checked._replace(parcels=0, parked=0)
    if asked.as_json:
        print_json({
            "dry_run": dry_run, "new": checked.new, "longer": checked.longer,
            "known": checked.known, "parcels": checked.parcels, "parked": checked.parked,
            "left_out": list(checked.left_out), "failed": failed,
        })  # fmt: skip
        return FINDINGS if failed or checked.left_out else DONE
    for sentence in (*checked.left_out, *failed):
        say(sentence)
    begun = "Would import" if dry_run else "Imported"
    click.echo(
        f"{begun} {counted(checked.new + checked.longer - len(failed))}"
        + (
            f", {checked.longer:,} of which {_were(checked.longer)} there up to an earlier turn"
            * bool(checked.longer)
        )
        + (f"; {checked.known:,} {_were(checked.known)} there already" * bool(checked.known))
        + "."
    )
    if checked.parcels or checked.parked:
        click.echo(
            f"Parcels in them: {checked.parcels:,} still to be delivered, "
            f"{checked.parked:,} parked."
        )
    return FINDINGS if failed or checked.left_out else DONE


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


@contextmanager
def _seekable(path: str) -> Iterator[BinaryIO]:
    """An export that can be read twice; what comes through a pipe is kept on the disk."""
    if path != "-":
        with open(path, "rb") as file:  # noqa: PTH123 - as the person wrote it
            yield file
        return
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        yield file
