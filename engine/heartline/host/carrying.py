"""Many conversations at once, for operators: they are exported, migrated, purged, deleted.

All of these look at conversations in portions and hold none of them for long, so that they run
beside the workers of a store. A conversation that goes on meanwhile is seen as it was before or
after a turn, never in between.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from heartline.errors import HeartlineError, ScenarioUnavailable, StoreDamaged
from heartline.host.breathing import Breathing
from heartline.host.exported import Carried, End, Head, write_line
from heartline.host.fitting import load_again
from heartline.host.holes import check_up_to
from heartline.host.replaying import fingerprints
from heartline.host.values import LIVE, STORED, Filter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Sequence
    from datetime import datetime

    from heartline.host.host import Host
    from heartline.host.store import Store
    from heartline.host.turning import Turned
    from heartline.host.values import Entry, Parcel, Record, StoredScenario

    Progress = Callable[[], None]  # is told of each conversation that was looked at
    Tell = Callable[[Record, str], None]  # is told of each with which something is wrong

__all__ = [
    "Migrated",
    "export",
    "forks_of",
    "migrate",
    "purge",
    "purge_versions",
    "resend",
    "to_purge",
    "to_purge_versions",
    "to_resend",
]

_PORTION = 1000  # entries that are read at once
_TRIES = 8
_AT_ONCE = 100  # conversations that migrate, or go, in one transaction


class Migrated(NamedTuple):
    """What came of it: how many went over, how many could not be looked at."""

    done: int
    failed: int


# Export -------------------------------------------------------------------------------------------


async def export(
    store: Store, which: Filter, now: datetime, progress: Progress, tell: Tell
) -> AsyncIterator[str]:
    """The lines of an export. What could not be imported again is left out, and told."""
    yield write_line(Head(now))
    scenarios: dict[str, str | None] = {}  # by fingerprint, why each is left out if it is
    conversations = 0
    breathing = Breathing()
    async for record in store.records(which):
        await breathing.breathe()
        progress()
        try:
            carried = await _carried(store, record)
            if carried is None:
                continue
            for fingerprint in (*fingerprints(carried.entries), carried.record.fingerprint):
                if fingerprint not in scenarios:
                    scenario, why = await _loads(store, fingerprint)
                    scenarios[fingerprint] = why
                    if scenario is not None:
                        yield write_line(scenario)
                # Of versions before a migration a log can do without.
                if fingerprint == carried.record.fingerprint and scenarios[fingerprint]:
                    raise ScenarioUnavailable(
                        f"Version {record.version} of the scenario {record.scenario} "
                        f"{scenarios[fingerprint]}"
                    )
        except HeartlineError as error:
            tell(record, str(error))
            continue
        conversations += 1
        yield write_line(carried)
    yield write_line(End(list(scenarios.values()).count(None), conversations))


async def _loads(store: Store, fingerprint: str) -> tuple[StoredScenario | None, str | None]:
    """A stored version that an import could load, or why there is none."""
    scenario = await store.scenario(fingerprint)
    if scenario is None:
        return None, "is not in the store: start a host once with the files of that version."
    _, why = load_again(scenario)
    if why is None:
        return scenario, None
    return None, (
        "does not load any more, so that nothing could import it: export its conversations with "
        f"the program that they began with. {why}"
    )


async def _carried(store: Store, record: Record) -> Carried | None:
    """A conversation with its log and its timers, all of one moment, and what has not arrived
    yet; None where it is gone."""
    for tried in range(_TRIES):
        entries = await _log(store, record)
        timers = await store.timers(record.id)
        parcels = await store.outgoing(record.id)
        latest = await store.get(record.id)
        if latest is None:
            return None
        if latest.sequence == record.sequence:
            check_up_to(record.id, entries, record.sequence)
            return Carried(record, tuple(entries), tuple(timers), tuple(parcels))
        record = latest  # somebody went on with it meanwhile
        await asyncio.sleep(0.01 * (tried + 1))
    raise StoreDamaged(f"The conversation {record.id} was changed again and again: try later.")


async def _log(store: Store, record: Record) -> list[Entry]:
    """The log of a conversation up to the entry that its record knows."""
    found: list[Entry] = []
    after = 0
    breathing = Breathing()
    while after < record.sequence:
        await breathing.breathe()
        portion = await store.log(record.id, after, min(_PORTION, record.sequence - after))
        if not portion:
            break
        found += [entry for entry in portion if entry.sequence <= record.sequence]
        after = portion[-1].sequence
    return found


# New versions -------------------------------------------------------------------------------------


async def migrate(host: Host, progress: Progress, tell: Tell) -> Migrated:
    """Let each live conversation that fits go over to the host's version of its scenario.

    It is what the next touch of each would do: timers that are due fire in the new version as it
    goes over. Who is to be told of that is told by whoever delivers parcels.
    """
    done = failed = 0
    portion: list[Turned] = []
    breathing = Breathing()
    for name, own in host.versions.own.items():
        async for record in host.store.records(Filter(scenario=name, status=LIVE)):
            await breathing.breathe()
            progress()
            if record.fingerprint == own.machine.fingerprint:
                continue
            try:
                turned = await host.touching.migrated(record, host.touching.now())
            except HeartlineError as error:
                failed += 1
                tell(record, str(error))
                continue
            if turned is not None:
                portion.append(turned)
            if len(portion) == _AT_ONCE:
                done += await _stored(host, portion)
                portion = []
    return Migrated(done + await _stored(host, portion), failed)


async def _stored(host: Host, portion: Sequence[Turned]) -> int:
    """Store them in one transaction; those that others went on with meanwhile, one by one."""
    if not portion:
        return 0
    told = await host.store.commit_all([turned.change for turned in portion])
    done = list(told).count(STORED)
    for turned, each in zip(portion, told, strict=True):
        if each == STORED:
            host.touching.stored(turned)
        elif await _alone(host, turned.held.record.id):
            done += 1
    return done


async def _alone(host: Host, conversation: str) -> bool:
    """Let one conversation go over, whoever else works on it; whether it did."""
    for tried in range(_TRIES):
        record = await host.store.get(conversation)
        turned = None if record is None else await host.touching.migrated(
            record, host.touching.now()
        )  # fmt: skip
        if turned is None:
            return False
        if await host.store.commit(turned.change) == STORED:
            host.touching.stored(turned)
            return True
        await asyncio.sleep(0.01 * (tried + 1))
    return False


# What goes ----------------------------------------------------------------------------------------


async def to_purge(store: Store, which: Filter, progress: Progress) -> AsyncIterator[Record]:
    """The conversations that have ended before the moment that the filter says."""
    assert which.ended_before is not None, "only what has ended long ago is purged"
    async for record in store.records(which):
        progress()
        yield record


async def purge(
    store: Store, which: Filter, progress: Progress, gone: Callable[[int], None]
) -> None:
    """Delete the conversations that have ended before the moment that the filter says; `gone` is
    told how many have been."""
    deleted = 0
    portion: list[str] = []
    breathing = Breathing()
    async for record in to_purge(store, which, progress):
        await breathing.breathe()
        latest = await store.get(record.id)
        # Somebody may have taken its last turn back meanwhile.
        if latest is None or latest.sequence != record.sequence:
            continue
        portion.append(record.id)
        if len(portion) == _AT_ONCE:
            deleted += await store.delete_all(portion)
            gone(deleted)
            portion = []
    gone(deleted + await store.delete_all(portion))


async def to_purge_versions(
    store: Store, but: Collection[str], progress: Progress
) -> list[tuple[str, str, str]]:
    """The stored versions of scenarios that nothing needs, and that are none of these: scenario,
    version and fingerprint of each. Needed are those that conversations are in, and those in which
    their logs begin and go on: without them a log is only played again from its last migration on.
    """
    needed = await _needed(store, but, progress)
    return [each for each in await store.scenarios() if each[2] not in needed]


async def purge_versions(store: Store, found: Collection[tuple[str, str, str]]) -> int:
    """Remove the versions that were found, but for those that somebody has begun with since; gives
    how many."""
    kept = [each for each in await store.scenarios() if each not in found]
    return await store.forget_scenarios([fingerprint for _, _, fingerprint in kept])


async def _needed(store: Store, but: Collection[str], progress: Progress) -> set[str]:
    needed = set(but)
    breathing = Breathing()
    async for record in store.records(Filter()):
        await breathing.breathe()
        progress()
        needed.add(record.fingerprint)
        first = await store.log(record.id, 0, 1)
        if fingerprints(first) != (record.fingerprint,):  # it has migrated since
            needed.update(fingerprints(await _log(store, record)))
    return needed


async def forks_of(store: Store, conversation: str, progress: Progress) -> list[Record]:
    """The conversations that were forked from one, and from those, and so on. Looks at all."""
    forked: dict[str, list[Record]] = defaultdict(list)
    async for record in store.records(Filter()):
        progress()
        if record.parent is not None:
            forked[record.parent].append(record._replace(snapshot=""))
    found: list[Record] = []
    parents = [conversation]
    while parents:
        found += (more := forked.pop(parents.pop(), []))
        parents += [record.id for record in more]
    return found


# What did not arrive ------------------------------------------------------------------------------


async def to_resend(store: Store, conversations: Collection[str]) -> list[Parcel]:
    """The parcels that are tried no more: of these conversations, or where none is named of all."""
    if not conversations:
        return list(await store.parked((await store.counts()).parked))
    every = [each for name in conversations for each in await store.outgoing(name)]
    return [each for each in every if each.parked is not None]


async def resend(
    store: Store, parcels: Sequence[Parcel], now: datetime, progress: Progress
) -> None:
    """Let parcels be tried again from now on, as often as new ones. One that has arrived, or whose
    receiver has lost their seat, is not there any more, and stays so."""
    breathing = Breathing()
    for parcel in parcels:
        await breathing.breathe()
        await store.again(replace(parcel, due=now, tries=0, parked=None))
        progress()
