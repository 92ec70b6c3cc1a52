"""Conversations in PostgreSQL, for many workers beside each other.

    postgresql://user@host/database?pool=16

What stands after the question mark beside `pool`, the number of connections, goes to the server; so
does what the environment says (PGPASSWORD and the others). A commit is one round trip. Claims last
by the server's clock, so that workers whose clocks differ agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from heartline.errors import CallerError
from heartline.host.stores import pgqueries as queries
from heartline.host.stores.pgclaims import Claims
from heartline.host.stores.pgrows import change_rows, change_values, entry_values
from heartline.host.stores.pgsets import Sets
from heartline.host.stores.pgtables import bring_up
from heartline.host.stores.pgurl import read_url
from heartline.host.stores.rows import (
    as_entry,
    as_moment,
    as_parcel,
    as_record,
    as_scenario,
    as_timer,
    conditions,
    micros,
    text,
)
from heartline.host.stores.waiting import Waiters
from heartline.host.values import STORED, Counts

try:
    from heartline.host.stores.pgpool import Connections, Taken
except ModuleNotFoundError as error:  # pragma: no cover - a test runs it in another process
    if error.name != "asyncpg":
        raise
    raise CallerError(
        "Conversations in PostgreSQL need asyncpg: pip install 'heartline[postgres]'."
    ) from None

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from heartline.host.values import (
        Change,
        Entry,
        Filter,
        Parcel,
        Record,
        StoredScenario,
        Timer,
    )

__all__ = ["PostgresStore"]

Result = TypeVar("Result")

_PORTIONS = 32, 512  # conversations that are read at once from many: at first, and at most
_SET = 1000  # changes that are stored at once
_LONG = 600.0  # seconds: for what looks at all conversations


class PostgresStore:
    """A store that many workers share."""

    def __init__(self, url: str) -> None:
        self._place = read_url(url)
        self.url = self._place.url  # without the password
        self._connections = Connections(self._place)
        self._waiters = Waiters(self._sequences)
        self._claims = Claims()
        self._sets = Sets(self._commit_one, self.commit_all)

    async def __aenter__(self) -> Self:
        self._connections, self._claims = Connections(self._place), Claims()
        try:
            await self._run(lambda on: bring_up(on, self._place.shown))
        except BaseException:
            await self._connections.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None, /,
    ) -> None:  # fmt: skip
        await self._waiters.close()
        await self._connections.close()

    async def _run(self, work: Callable[[Any], Awaitable[Result]]) -> Result:
        return await self._connections.run(work)

    async def _row(self, query: str, *values: object) -> Any:
        return await self._run(lambda on: on.fetchrow(query, *values))

    async def _rows(self, query: str, *values: object, seconds: float | None = None) -> Any:
        return await self._run(lambda on: on.fetch(query, *values, timeout=seconds))

    # One conversation -----------------------------------------------------------------------------

    async def get(self, conversation: str) -> Record | None:
        row = await self._row(queries.GET, conversation)
        return None if row is None else as_record(row)

    async def find(self, reference: str) -> Record | None:
        row = await self._row(queries.FIND, reference)
        return None if row is None else as_record(row)

    async def seated(self, reference: str) -> Record | None:
        row = await self._row(queries.SEATED, reference)
        return None if row is None else as_record(row)

    async def commit(self, change: Change) -> str:
        return await self._sets.send(change)

    async def _commit_one(self, change: Change) -> str:
        if len(change.entries) != 1:
            (told,) = await self.commit_all([change])
            return told
        values = change_values(change)
        broken = False

        async def work(on: Any) -> str:
            nonlocal broken
            again, broken = broken, True
            told: str = await on.fetchval(queries.COMMIT, *values)
            if again and told != STORED and await _is_stored(on, change):
                return STORED  # the time before it was, although the connection broke
            return told

        told = await self._run(work)
        if told == STORED:
            self._stored(change.record.id)
        return told

    async def commit_all(self, changes: Sequence[Change]) -> Sequence[str]:
        told: dict[str, str] = {}
        # In the order of their ids, so that two workers do not lock them crosswise.
        ordered = sorted(changes, key=lambda change: change.record.id)
        for first in range(0, len(ordered), _SET):
            told |= await self._commit_set(ordered[first : first + _SET])
        for name, each in told.items():
            if each == STORED:
                self._stored(name)
        return [told[change.record.id] for change in changes]

    async def _commit_set(self, changes: Sequence[Change]) -> dict[str, str]:
        rows = change_rows(changes)
        broken = False

        async def work(on: Any) -> dict[str, str]:
            nonlocal broken
            again, broken = broken, True
            try:
                told = await on.fetchval(queries.COMMIT_ALL, *rows)
            except Taken:
                if len(changes) == 1:
                    raise
                # Two of them want the same reference: one by one, it is seen who has it.
                told = []
                for change in changes:
                    one = await on.fetchval(queries.COMMIT_ALL, *change_rows([change]))
                    told += one or [STORED]
            if told is None:
                return {change.record.id: STORED for change in changes}
            found = {change.record.id: each for change, each in zip(changes, told, strict=True)}
            if again:
                for change in changes:
                    if found[change.record.id] != STORED and await _is_stored(on, change):
                        found[change.record.id] = STORED
            return found

        return await self._run(work)

    def _stored(self, conversation: str) -> None:
        self._claims.settle(conversation)
        self._waiters.wake(conversation)

    async def log(self, conversation: str, after: int = 0, most: int = 1000) -> Sequence[Entry]:
        rows = await self._rows(queries.LOG, conversation, after, most)
        return [as_entry(row) for row in rows]

    async def keyed(self, conversation: str, key: str) -> Entry | None:
        row = await self._row(queries.KEYED, conversation, key)
        return None if row is None else as_entry(row)

    async def wait(self, conversation: str, after: int, seconds: float) -> None:
        await self._waiters.wait(conversation, after, seconds)

    async def _sequences(self, names: Sequence[str]) -> dict[str, int]:
        rows = await self._rows(queries.SEQUENCES, list(names))
        return {row[0]: row[1] for row in rows}

    async def delete(self, conversation: str) -> bool:
        return await self.delete_all([conversation]) > 0

    async def delete_all(self, conversations: Sequence[str]) -> int:
        # In the order of their ids, so that two workers do not lock them crosswise.
        names = sorted(set(conversations))
        known: int = await self._run(lambda on: on.fetchval(queries.DELETE, names))
        for each in names:
            self._waiters.wake(each)
        return known

    async def timers(self, conversation: str) -> Sequence[Timer]:
        rows = await self._rows(queries.TIMERS, conversation)
        return [as_timer(row) for row in rows]

    # What is due ----------------------------------------------------------------------------------

    async def claim(self, now: datetime, most: int, lease: float) -> Sequence[Record]:
        done, partly, names = self._claims.news()
        rows = await self._rows(queries.CLAIM, micros(now), most, lease, done, partly, names)
        self._claims.told(done, partly)
        return self._claims.take(rows, lease)

    async def next_due(self) -> datetime | None:
        (due,) = await self._row(queries.NEXT_DUE)
        return None if due is None else as_moment(due)

    # What is to be delivered ----------------------------------------------------------------------

    async def parcels(self, now: datetime, most: int, lease: float) -> Sequence[Parcel]:
        rows = await self._rows(queries.PARCELS, micros(now), most, lease)
        ordered = sorted(rows, key=lambda row: (row["due"], row["number"]))
        return [as_parcel(tuple(row)[1:]) for row in ordered]

    async def delivered(self, parcels: Sequence[Parcel]) -> None:
        places = [(each.conversation, each.sequence, each.index) for each in parcels]
        await self._rows(
            queries.DELIVERED,
            *(zip(*places, strict=True) if places else ((), (), ())),
        )

    async def again(self, parcel: Parcel) -> None:
        await self._rows(
            queries.AGAIN, parcel.conversation, parcel.sequence, parcel.index,
            micros(parcel.due), parcel.tries, parcel.parked,
        )  # fmt: skip

    async def parked(self, most: int = 1000) -> Sequence[Parcel]:
        rows = await self._rows(queries.PARKED, most)
        return [as_parcel(row) for row in rows]

    async def outgoing(self, conversation: str) -> Sequence[Parcel]:
        rows = await self._rows(queries.OUTGOING, conversation)
        return [as_parcel(row) for row in rows]

    # Many conversations ---------------------------------------------------------------------------

    async def records(self, which: Filter, after: str = "") -> AsyncIterator[Record]:
        ending, values = conditions(which)
        for number in range(3, len(values) + 3):
            ending = ending.replace("?", f"${number}", 1)
        query = queries.RECORDS.format(ending)
        # Whoever wants a few does not wait until many are found that are as they ask.
        portion, most = _PORTIONS
        while True:
            rows = await self._rows(query, after, portion, *values, seconds=_LONG)
            for row in rows:
                yield as_record(row)
            if len(rows) < portion:
                return
            after, portion = rows[-1]["id"], min(2 * portion, most)

    async def latest(self) -> datetime | None:
        ((latest,),) = await self._rows(queries.LATEST, seconds=_LONG)
        return None if latest is None else as_moment(latest)

    async def counts(self) -> Counts:
        rows = await self._rows(queries.COUNTS, seconds=_LONG)
        return Counts(*rows[0])

    async def tally(self) -> Sequence[tuple[str, str, str, str, int]]:
        rows = await self._rows(queries.TALLY, seconds=_LONG)
        return sorted((row[0], row[1], row[2], row[3], row[4]) for row in rows)

    async def versions(self) -> Sequence[tuple[str, str, str, int]]:
        rows = await self._rows(queries.VERSIONS, seconds=_LONG)
        return sorted((row[0], row[1], row[2], row[3]) for row in rows)

    # Scenarios ------------------------------------------------------------------------------------

    async def scenarios(self) -> Sequence[tuple[str, str, str]]:
        rows = await self._rows(queries.SCENARIOS, seconds=_LONG)
        return sorted((row[0], row[1], row[2]) for row in rows)

    async def keep_scenario(self, scenario: StoredScenario) -> None:
        await self._rows(
            queries.KEEP_SCENARIO,
            scenario.fingerprint, scenario.scenario, scenario.version, scenario.main,
            text(scenario.files),
        )  # fmt: skip

    async def scenario(self, fingerprint: str) -> StoredScenario | None:
        row = await self._row(queries.SCENARIO, fingerprint)
        return None if row is None else as_scenario(row)

    async def forget_scenarios(self, but: Sequence[str]) -> int:
        rows = await self._rows(queries.FORGET_SCENARIOS, list(but), seconds=_LONG)
        return len(rows)


async def _is_stored(on: Any, change: Change) -> bool:
    """Whether the log holds what a change adds to it."""
    for entry in change.entries:
        row = await on.fetchrow(queries.ENTRY, change.record.id, entry.sequence)
        if row is None or tuple(row) != entry_values(entry):
            return False
    return bool(change.entries)
