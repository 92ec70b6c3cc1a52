"""A conversation is ended from outside.

Its record says all that it takes: no scenario is asked, so that one can be ended that waits for a
version that does not load, or whose snapshot cannot be gone on with. Its reference is free then.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from heartline.errors import HeartlineError, ScenarioUnavailable, StoreDamaged
from heartline.host.naming import check_key
from heartline.host.touching import MOST_TRIES, answer, contended, pause
from heartline.host.turning import parcels_of
from heartline.host.values import CLOSED, LIVE, REPEATED, STORED, Answer, Change, Entry
from heartline.turn import Turn

if TYPE_CHECKING:
    from datetime import datetime

    from heartline.host.touching import Touching
    from heartline.host.turning import Brought, Held
    from heartline.host.values import Record

__all__ = ["close", "closed"]


def closed(
    old: Record, now: datetime, key: str | None, sender: str | None, parcels: Brought | None
) -> Change | None:
    """What is stored when a conversation is ended; None where it has ended already."""
    if old.status != LIVE:
        return None
    data: dict[str, Any] = {"at_turn": old.turn, "state": old.state}
    if old.outcome is not None:
        data["outcome"] = old.outcome
    record = old._replace(status=CLOSED, sequence=old.sequence + 1, touched=now, due=None)
    entry = Entry(record.sequence, CLOSED, key, now, data)
    told = parcels_of(record, CLOSED, (), now, sender, parcels) if parcels else ()
    return Change(record, old.sequence, (entry,), (), told)


async def close(touching: Touching, name: str, key: str | None, sender: str | None) -> Answer:
    """End a conversation, once for each key; one that has ended stays as it is. Raises
    UnknownConversation, Contended, HostError."""
    try:
        if key is not None:
            check_key(key)
        record = await touching.record(name)
        await touching.enter(record.id)
        try:
            return await _close(touching, name, record, key, sender)
        finally:
            touching.leave(record.id)
    except HeartlineError as error:
        touching.observer.refused(type(error).__name__)
        raise


async def _close(
    touching: Touching, name: str, record: Record, key: str | None, sender: str | None
) -> Answer:
    began, store = perf_counter(), touching.store
    for tried in range(MOST_TRIES):
        if key is not None and (entry := await store.keyed(record.id, key)):
            if entry.kind != CLOSED:
                return await touching.repeated(record, entry)
            stood = record._replace(sequence=entry.sequence)
            return _answer(stood, await _held(touching, record))._replace(repeated=True)
        held = await _held(touching, record)  # before anything is stored, since it may be refused
        change = closed(record, touching.now(), key, sender, touching.parcels)
        if change is None:
            return _answer(record, held)
        told = await store.commit(change)
        if told == STORED:
            if held is not None:
                touching.holding.put(held._replace(record=change.record, said=()))
            if change.parcels:
                touching.posted.set()
            touching.observer.turn(record.scenario, perf_counter() - began)
            return _answer(change.record, held)
        if told != REPEATED:
            touching.observer.conflict()
            await pause(tried)
        record = await touching.again(name, record)
    raise contended(record.reference)


async def _held(touching: Touching, record: Record) -> Held | None:
    """The conversation in hand; None where it cannot be."""
    try:
        return await touching.hold(record)
    except (ScenarioUnavailable, StoreDamaged):
        return None


def _answer(record: Record, held: Held | None) -> Answer:
    """Where it has ended; of a turn that cannot be shown, what the record says of it."""
    if held is not None:
        return answer(held._replace(record=record, said=()))
    turn = Turn(
        number=record.turn, state=record.state, path=(record.state,), title=record.state, tags=(),
        time=record.touched, lines=(), choices=(), deadlines=(), outcome=record.outcome,
        support=None, changes=(),
    )  # fmt: skip
    return Answer(record.id, record.reference, record.sequence, record.status, turn)
