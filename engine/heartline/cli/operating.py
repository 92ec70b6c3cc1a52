"""What operators look at of stored conversations. A part of `heartline conversations`.

Each function opens the store, does one thing, prints what came of it, and gives the exit code.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from heartline.cli import conversing
from heartline.cli.conversing import print_json
from heartline.cli.guard import DONE, FINDINGS
from heartline.cli.noticing import Noticing, cannot_fire, counted, overdue_before
from heartline.cli.progress import Progress
from heartline.errors import CallerError, HostError, ScenarioUnavailable, StoreUnavailable
from heartline.host.holes import check_up_to
from heartline.host.host import Host
from heartline.host.naming import check_reference
from heartline.host.store import open_store
from heartline.host.values import Filter
from heartline.rendering import look
from heartline.stored import dump
from heartline.wrapping import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from heartline.host.store import Store
    from heartline.host.values import Record

__all__ = [
    "Asked", "counted", "fork", "list_conversations", "opened", "replay", "run", "say", "show",
    "telling", "transcript", "verify",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """The store that is meant, and whether the answer is for programs."""

    store: Store
    as_json: bool


def opened(url: str, *, new: bool = False, inside: bool = False) -> Store:
    """The store of a URL. One that does not exist is only made with `new`: a name that was
    mistyped should not leave an empty file. `inside` allows one that ends with the program."""
    kind = url.partition(":")[0].lower()
    if kind == "memory" and not inside:
        raise click.UsageError(
            "memory: is a store inside of one program, and there is nothing in it here: name the "
            "file or the server, as in --store sqlite:///heartline.db"
        )
    try:
        store = open_store(url)
    except CallerError as refusal:
        raise click.UsageError(str(refusal)) from None
    if kind == "sqlite" and not new:
        from heartline.host.stores.sqlfile import DatabaseFile

        path = DatabaseFile(url).path
        if not path.exists():
            raise StoreUnavailable(
                f"There is no file {path}, so that there are no conversations in it. Three slashes "
                "begin a relative path, four an absolute one."
            )
    return store


def run(work: Coroutine[Any, Any, int]) -> int:
    """Do it; gives the exit code."""
    return asyncio.run(work)


def say(sentence: str) -> None:
    click.echo(plain(sentence), err=True)


def problem(record: Record, sentence: str) -> dict[str, str]:
    """What is wrong with a conversation, in JSON."""
    return {"id": record.id, "reference": record.reference, "message": sentence}


def telling(problems: list[dict[str, str]], *, as_json: bool) -> Callable[[Record, str], None]:
    """Notes with which conversation something is wrong, and says it where people read."""
    last = ""

    def tell(record: Record, sentence: str) -> None:
        nonlocal last
        problems.append(problem(record, sentence))
        if as_json:
            return
        if record.id in sentence:
            say(sentence)
        else:  # of a version, say, which many are in
            say(f"{record.id}: {'the same.' if sentence == last else sentence}")
            last = sentence

    return tell


# Looking ------------------------------------------------------------------------------------------


async def list_conversations(
    asked: Asked, which: Filter, reference: str | None, most: int | None, *, overdue: bool
) -> int:
    """Show conversations as they are read."""
    async with asked.store as store:
        now = Host(store).touching.now()
        if overdue:
            which = replace(which, due_before=overdue_before(now))
        listing, noticing = conversing.Listing(as_json=asked.as_json), Noticing(now)
        with Progress("conversations looked at", beside=True) as progress:
            async for record in store.records(which):
                progress.step()
                named = reference is None or reference in (record.reference, *record.seats.values())
                if named:
                    listing.add(record)
                    noticing.see(record)
                if listing.many == most:
                    break
        listing.end(await noticing.notes(store))
    return DONE


async def show(asked: Asked, name: str) -> int:
    """A conversation: what is stored of it, and what can be done there."""
    async with Host(asked.store) as host:
        record = await host.touching.record(name)
        timers = await host.store.timers(record.id)
        parcels = await host.store.outgoing(record.id)
        turn, why, stuck = None, None, None
        try:
            turn = (await host.read(record.id)).turn
            stuck = await cannot_fire(host, record)
        except HostError as error:
            why = str(error)
    if asked.as_json:
        print_json({
            "conversation": conversing.record_values(record),
            "timers": conversing.timer_values(timers),
            "parcels": conversing.parcel_values(parcels),
            "turn": None if turn is None else conversing.turn_values(turn),
            "unavailable": why,
            "stuck": stuck,
        })  # fmt: skip
        return DONE
    for line in conversing.record_lines(record, timers, parcels):
        click.echo(line)
    for line in () if turn is None else conversing.turn_lines(turn):
        click.echo(line)
    for sentence in (why, stuck):
        if sentence is not None:
            say(sentence)
    return DONE


async def transcript(asked: Asked, name: str) -> int:
    """All that has happened in a conversation."""
    async with asked.store:
        host = Host(asked.store)
        record = await host.touching.record(name)
        entries = await host.transcript(record.id)
    if asked.as_json:
        print_json({
            "conversation": {"id": record.id, "reference": record.reference},
            "entries": [conversing.happened_values(entry) for entry in entries],
        })  # fmt: skip
        return DONE
    for entry in entries:
        for line in conversing.happened_lines(entry):
            click.echo(line)
    return DONE


async def replay(asked: Asked, name: str, to: int | None) -> int:
    """Play the log of a conversation again, up to an entry, and show where that leads."""
    async with Host(asked.store) as host:
        record = await host.touching.record(name)
        to = record.sequence if to is None else to
        if to > record.sequence:
            raise CallerError(
                f"The log of {record.id} has entries 1 to {record.sequence}: there is no {to}."
            )
        entries = await host.touching.entries(record.id, to)
        check_up_to(record.id, entries, to)
        path = await host.touching.path(record, entries)
    place = path[-1]
    machine = place.scenario.machine
    turn = look(machine, place.snapshot, place.said, place.changes)
    if asked.as_json:
        print_json({"id": record.id, "entry": to, **conversing.place_values(place, turn)})
        return DONE
    entry = entries[-1]
    click.echo(f"{record.id} after entry {to} ({entry.kind}) of {record.sequence}")
    click.echo(f"scenario  {machine.id} {machine.version}")
    ended = "" if turn.outcome is None else f" ({turn.outcome})"
    click.echo(f"state     {turn.state}{ended}, turn {turn.number}")
    click.echo(f"time      {conversing.moment(turn.time)}")
    for variable, value in dump(machine, place.snapshot, whole=True)["context"].items():
        click.echo(plain(f"variable  {variable} = {value}"))
    for due in turn.deadlines:
        click.echo(f"timer     {due.timer}, due {conversing.moment(due.due)}")
    for line in conversing.turn_lines(turn):
        click.echo(line)
    return DONE


async def verify(asked: Asked, names: Sequence[str], which: Filter) -> int:
    """Play logs again and compare; those that were named, or all that are meant."""
    problems: list[dict[str, str]] = []
    tell = telling(problems, as_json=asked.as_json)
    waiting: Counter[str] = Counter()  # by what keeps them waiting, which is said once
    stuck = 0

    async def look_at(host: Host, record: Record) -> None:
        nonlocal stuck
        try:
            why = await host.verify(record.id)
            if why is None and (why := await cannot_fire(host, record)) is not None:
                stuck += 1
        except ScenarioUnavailable as error:
            waiting[str(error)] += 1
            problems.append(problem(record, str(error)))
            return
        except HostError as error:
            why = str(error)
        except CallerError:
            why = None  # it was deleted meanwhile
        if why is not None:
            tell(record, why)

    async with Host(asked.store) as host:
        if names:
            for name in names:
                await look_at(host, await host.touching.record(name))
            many = len(names)
        else:
            total = (await host.store.counts()).conversations if which == Filter() else None
            with Progress("conversations verified", total) as progress:
                async for record in host.store.records(which):
                    progress.step()
                    await look_at(host, record)
                many = progress.done
    if asked.as_json:
        print_json({"conversations": many, "findings": problems})
        return FINDINGS if problems else DONE
    for sentence, some in waiting.items():
        say(f"{counted(some)}: {sentence}")
    wrong = len(problems) - stuck - waiting.total()
    found = [
        f"{some:,} {one if some == 1 else more}"
        for some, one, more in (
            (wrong, "does not follow from its log", "do not follow from their logs"),
            (stuck, "has timers that cannot fire", "have timers that cannot fire"),
            (waiting.total(), "waits, and was not played", "wait, and were not played"),
        )
        if some
    ]
    click.echo(f"Verified {counted(many)}: {', '.join(found) or 'each follows from its log'}.")
    return FINDINGS if problems else DONE


# Changing -----------------------------------------------------------------------------------------


async def fork(asked: Asked, name: str, at: int | None, reference: str | None) -> int:
    """Begin another conversation at an earlier place of one."""
    async with Host(asked.store) as host:
        record = await host.touching.record(name)
        if reference is None:
            reference = f"{record.reference}@{record.sequence if at is None else at}"
        check_reference(reference, "The reference of the fork (--reference)")
        answer = await host.fork(record.id, reference, at=at)
    if asked.as_json:
        print_json({
            "conversation": answer.conversation, "reference": answer.reference,
            "parent": record.id, "turn": conversing.turn_values(answer.turn),
        })  # fmt: skip
    else:
        click.echo(f"{answer.conversation}  {plain(answer.reference)}")
    return DONE
