"""The log of a conversation, for those who only look: all of it, each entry as it comes, and
whether what is stored follows from it. What is missing in it is said, and never passed over.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from heartline.errors import StoreDamaged
from heartline.host import replaying
from heartline.host.holes import check_up_to, ends_early
from heartline.host.replaying import check_whole, happened
from heartline.host.touching import MOST_TRIES, contended, pause, unknown
from heartline.host.values import LIVE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from heartline.host.touching import Touching
    from heartline.host.values import Entry, Happened, Record

__all__ = ["events", "log", "verify"]

_PORTION = 1000  # entries that are read at once
_WAIT = 20.0  # seconds until a reader that nobody has woken looks for itself


async def log(touching: Touching, record: Record, to: int | None = None) -> Sequence[Entry]:
    """The log of a conversation, up to an entry. Raises StoreDamaged where it has a hole."""
    entries = await touching.entries(record.id, to)
    try:
        check_up_to(record.id, entries, to or record.sequence)
    except StoreDamaged:
        if await touching.store.get(record.id) is None:  # it was deleted meanwhile
            raise unknown(record.reference) from None
        raise
    return entries


async def events(touching: Touching, name: str, after: int) -> AsyncGenerator[Happened, None]:
    """What happens in a conversation after an entry: what has happened already, then each when it
    does, until it has ended. Raises UnknownConversation, HostError."""
    store = touching.store
    conversation = (await touching.record(name)).id
    after = max(after, 0)
    while True:
        entries = await store.log(conversation, after, _PORTION)
        check_whole(conversation, entries, after)
        for entry in entries:
            after = entry.sequence
            yield happened(conversation, entry)
        if entries:
            await asyncio.sleep(0)  # a file answers at once, and the log may be a long one
            continue
        record = await store.get(conversation)
        if record is None:
            return
        if record.sequence > after:  # it has happened since, or is lost
            await _check_after(touching, record, after)
        elif record.status != LIVE:
            return
        else:
            await store.wait(conversation, after, _WAIT)


async def _check_after(touching: Touching, record: Record, after: int) -> None:
    """Raises StoreDamaged where the log lacks what its record says has happened after this."""
    entries = await touching.store.log(record.id, after, 1)
    if not entries and await touching.store.get(record.id) is not None:
        raise ends_early(record.id, after, record.sequence)


async def verify(touching: Touching, name: str) -> str | None:
    """Play a log again and compare: None, or the sentence that says what does not follow from it.
    Raises UnknownConversation, Contended, HostError."""
    record = await touching.record(name)
    for tried in range(MOST_TRIES):
        await asyncio.sleep(0)  # who verifies thousands does not hold up who else is served
        entries = await touching.entries(record.id)
        timers = await touching.store.timers(record.id)
        before, record = record, await touching.again(record.id, record)
        if record.sequence == before.sequence:  # nobody went on with it meanwhile
            try:
                check_up_to(record.id, entries, record.sequence)
            except StoreDamaged as error:
                return str(error)
            scenarios = await touching.scenarios(record, entries)
            return replaying.verify(record, timers, entries, scenarios)
        await pause(tried)
    raise contended(record.reference)
