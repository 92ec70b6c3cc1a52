"""What the tests of stores give them, and how one of the suite is written."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from heartline.host.store import Store
from heartline.host.values import LIVE, SEATED, Change, Entry, Filter, Parcel, Record, Timer

NOON = datetime(2026, 3, 1, 12, 0, 0, 123457, tzinfo=UTC)
DAY = timedelta(days=1)
SHORT, LONG = 0.05, 60.0  # leases, in seconds: one that a test waits for, one that it does not

ODD = "Zoë 🙂 'quoted\" \\n\n\t%s $1 ?1 שלום"  # nothing of it means anything to a store

Make = Callable[[], Store]


def at(days: float = 0) -> datetime:
    return NOON + days * DAY


def record(name: str, sequence: int = 1, **others: Any) -> Record:
    """A conversation after so many entries."""
    values: dict[str, Any] = {
        "reference": f"chat-{name}", "scenario": "tea", "version": "1.0", "fingerprint": "f1",
        "status": LIVE, "state": "talk", "outcome": None, "turn": sequence,
        "snapshot": f'{{"turn":{sequence}}}', "created": at(), "touched": at(sequence / 24),
    }  # fmt: skip
    return Record(id=name, sequence=sequence, **(values | others))


def entry(sequence: int, key: str | None = None, **data: Any) -> Entry:
    return Entry(sequence, "chose" if sequence > 1 else "opened", key, at(sequence / 24), data)


def change(
    name: str,
    sequence: int = 1,
    *,
    key: str | None = None,
    kind: str | None = None,
    timers: Any = None,
    parcels: tuple[Parcel, ...] = (),
    **others: Any,
) -> Change:
    """The change that adds one entry, of this number."""
    due = min((timer.due for timer in timers or ()), default=others.pop("due", None))
    added = entry(sequence, key)
    return Change(
        record(name, sequence, due=due, **others), sequence - 1,
        (added._replace(kind=kind or added.kind),), timers, parcels,
    )  # fmt: skip


def seating(name: str, sequence: int, **others: Any) -> Change:
    """The change by which seats change hands."""
    return change(name, sequence, kind=SEATED, **others)


def timer(name: str, days: float, label: str = "break", generation: int = 1) -> Timer:
    return Timer(name, label, generation, at(days))


def parcel(name: str, index: int = 0, to: str = "ana", *, sequence: int = 1, days: float = 0,
           **others: Any) -> Parcel:  # fmt: skip
    return Parcel(name, sequence, index, to, {"said": [["you", f"{index}"]]}, at(days), **others)


def told(story: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """A test that plays in an event loop. `store` is one that is open; `make` gives others."""
    wants = list(inspect.signature(story).parameters)[1:]

    def test(self: object, make: Make) -> None:
        async def play() -> None:
            async with make() as store:
                await story(self, *[{"store": store, "make": make}[name] for name in wants])

        asyncio.run(play())

    test.__name__, test.__doc__ = story.__name__, story.__doc__
    return test


async def everyone(store: Store, which: Filter | None = None, after: str = "") -> list[str]:
    return [each.id async for each in store.records(which or Filter(), after)]


async def seated(store: Store, reference: str) -> str | None:
    """The id of the conversation to which this reference is brought."""
    found = await store.seated(reference)
    return None if found is None else found.id
