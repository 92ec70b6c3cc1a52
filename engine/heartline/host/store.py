"""The seam between a host and what keeps its conversations: one protocol for all stores.

    store = open_store("sqlite:///heartline.db")
    async with store: ...

A store keeps what it is given, all of a change or nothing, and knows nothing of scenarios. Which of
two changes to one conversation comes first is decided by the entry that each follows: the second is
told CONFLICT, and whoever sent it reads again. All methods may raise StoreUnavailable, after which
nothing was stored or, where a connection broke in the middle of a commit, perhaps all of it: the
same change may be sent again, since its entry or its key tells which.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from heartline.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from heartline.host.values import (
        Change,
        Counts,
        Entry,
        Filter,
        Parcel,
        Record,
        StoredScenario,
        Timer,
    )

__all__ = ["Store", "open_store"]

# What stands before the colon, and the class that keeps it. Each is imported when it is asked for.
_KINDS = {
    "memory": "heartline.host.stores.memory:MemoryStore",
    "sqlite": "heartline.host.stores.sqlite:SqliteStore",
    "postgresql": "heartline.host.stores.postgres:PostgresStore",
    "postgres": "heartline.host.stores.postgres:PostgresStore",
}


class Store(Protocol):
    """What a host asks of a store. One store serves one event loop."""

    url: str

    def __init__(self, url: str) -> None:
        """Raises CallerError where the URL is not one of this store's."""
        ...

    async def __aenter__(self) -> Self:
        """Connect, and bring the tables to this program's version, one program at a time.

        Raises StoreUnavailable, StoreTooNew and StoreDamaged.
        """
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None, /,
    ) -> None: ...  # fmt: skip

    # One conversation -----------------------------------------------------------------------------

    async def get(self, conversation: str) -> Record | None:
        """A conversation by its id."""
        ...

    async def find(self, reference: str) -> Record | None:
        """The live conversation with a reference; without one, the last that had it."""
        ...

    async def seated(self, reference: str) -> Record | None:
        """The conversation in which a reference has a seat: the live one whose seat it was given
        last, or that came to life again since; without one, the one that ended last."""
        ...

    async def commit(self, change: Change) -> str:
        """Store a change: STORED, or why not (CONFLICT, REPEATED, TAKEN), and nothing is stored.

        A live conversation that stays so has other seats with an entry of the kind SEATED, and one
        that had ended is live again with one of the kind UNDONE. What waits to be delivered to a
        reference that has no seat in it any more goes with that.
        """
        ...

    async def commit_all(self, changes: Sequence[Change]) -> Sequence[str]:
        """Store changes to different conversations in one transaction; what becomes of one says
        nothing of the others."""
        ...

    async def log(self, conversation: str, after: int = 0, most: int = 1000) -> Sequence[Entry]:
        """Entries after a number, in order."""
        ...

    async def keyed(self, conversation: str, key: str) -> Entry | None:
        """The entry that has this key."""
        ...

    async def wait(self, conversation: str, after: int, seconds: float) -> None:
        """Come back when there is an entry after this one, or perhaps sooner; at the latest after
        so many seconds."""
        ...

    async def delete(self, conversation: str) -> bool:
        """Remove every trace of a conversation; whether there was one."""
        ...

    async def delete_all(self, conversations: Sequence[str]) -> int:
        """The same for many at once, in one transaction; gives how many there were."""
        ...

    async def timers(self, conversation: str) -> Sequence[Timer]:
        """What runs in a conversation, by due time."""
        ...

    # What is due ----------------------------------------------------------------------------------

    async def claim(self, now: datetime, most: int, lease: float) -> Sequence[Record]:
        """Conversations with a timer that is due, those that have waited longest first.

        Each is nobody else's for so many seconds of real time, or until its next commit.
        """
        ...

    async def next_due(self) -> datetime | None:
        """When the next timer is due that nobody has claimed."""
        ...

    # What is to be delivered ----------------------------------------------------------------------

    async def parcels(self, now: datetime, most: int, lease: float) -> Sequence[Parcel]:
        """Parcels to be delivered now, of each reference the oldest first; claimed as timers are.

        Nothing of a reference is given while an earlier parcel to it waits for its next try.
        """
        ...

    async def delivered(self, parcels: Sequence[Parcel]) -> None:
        """They have arrived, and are forgotten."""
        ...

    async def again(self, parcel: Parcel) -> None:
        """It has not: keep its new `due`, `tries` and `parked`."""
        ...

    async def parked(self, most: int = 1000) -> Sequence[Parcel]:
        """Parcels that are tried no more."""
        ...

    async def outgoing(self, conversation: str) -> Sequence[Parcel]:
        """What of a conversation has not arrived, in order, also what is parked. Nothing is claimed
        by that: a parcel that is listed here may be on its way at this moment."""
        ...

    # Many conversations ---------------------------------------------------------------------------

    def records(self, which: Filter, after: str = "") -> AsyncIterator[Record]:
        """Conversations by their ids, those after one: read in portions, without a long lock."""
        ...

    async def latest(self) -> datetime | None:
        """The latest moment at which something happened to a conversation, whichever that was, and
        in whatever order they were stored; None where there is none. It looks at all of them."""
        ...

    async def counts(self) -> Counts:
        """How much there is."""
        ...

    async def tally(self) -> Sequence[tuple[str, str, str, str, int]]:
        """How many live conversations there are, by scenario, version, fingerprint and state."""
        ...

    async def versions(self) -> Sequence[tuple[str, str, str, int]]:
        """The same by scenario, version and fingerprint alone, at once however many there are."""
        ...

    # Scenarios ------------------------------------------------------------------------------------

    async def scenarios(self) -> Sequence[tuple[str, str, str]]:
        """The versions that are kept: scenario, version and fingerprint, in this order."""
        ...

    async def keep_scenario(self, scenario: StoredScenario) -> None:
        """Keep a version of a scenario; of the same fingerprint the texts of the last one."""
        ...

    async def scenario(self, fingerprint: str) -> StoredScenario | None:
        """A version of a scenario that was kept."""
        ...

    async def forget_scenarios(self, but: Sequence[str]) -> int:
        """Remove the versions that no conversation is in, but for these; gives how many."""
        ...


def open_store(url: str) -> Store:
    """The store that a URL names; it is connected by `async with`.

    `memory:`, `sqlite:///heartline.db` (a relative path; four slashes begin an absolute one, and
    `?synchronous=FULL` is how safe a commit is), `postgresql://user@host/database`. Raises
    CallerError.
    """
    kind = url.partition(":")[0].lower()
    if ":" not in url or kind not in _KINDS:
        # What stands before an @ may be a password, which is never shown.
        shown = f"{kind}:..." if "@" in url else url
        raise CallerError(
            f"There is no store {shown[:80]!r}: write memory:, sqlite:///heartline.db or "
            "postgresql://user@host/database."
        )
    module, _, name = _KINDS[kind].partition(":")
    return cast("Store", getattr(import_module(module), name)(url))
