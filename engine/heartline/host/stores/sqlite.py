"""Conversations in one SQLite file: the store for one machine, without a server.

    sqlite:///heartline.db?synchronous=FULL

Several programs may have the file open at once. FULL, the default, keeps a commit through a power
cut; with NORMAL the last moments may be lost then, though never through the end of a program, and
the file stays whole.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

from heartline.errors import StoreDamaged
from heartline.host.stores import sqlclaims as claims
from heartline.host.stores.gathering import Gathering
from heartline.host.stores.rows import (
    ENTRY,
    RECORD,
    as_entry,
    as_moment,
    as_parcel,
    as_record,
    as_scenario,
    as_timer,
    conditions,
    text,
)
from heartline.host.stores.sqlchanges import Changes, remove
from heartline.host.stores.sqlfile import DatabaseFile
from heartline.host.stores.sqllog import read_log
from heartline.host.stores.waiting import Waiters
from heartline.host.values import STORED, Counts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self, TypeVar

    from heartline.host.values import (
        Change,
        Entry,
        Filter,
        Parcel,
        Record,
        StoredScenario,
        Timer,
    )

    Result = TypeVar("Result")

__all__ = ["SqliteStore"]

_PORTION = 500  # conversations that are looked at before others get a turn
_ASKED = 200  # waiting conversations that are asked for before others get a turn

_SEATED = (
    f"SELECT {RECORD} FROM conversations WHERE number = (SELECT conversation FROM seats "  # noqa: S608
    "WHERE reference = ? ORDER BY live DESC, number DESC LIMIT 1)"
)
_NUMBER = "(SELECT number FROM conversations WHERE id = ?)"


class SqliteStore:
    """A store in a file, which several programs of one machine may share."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._file = DatabaseFile(url)
        self._run = self._file.run
        self._write = self._file.write
        self._changes = Changes()
        self._gathering = Gathering(self._commit, self.commit_all)
        self._waiters = Waiters(self._sequences)

    async def __aenter__(self) -> Self:
        await self._file.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None, /,
    ) -> None:  # fmt: skip
        try:
            await self._gathering.close()
            await self._waiters.close()
        finally:
            self._file.close()

    async def _rows(self, query: str, values: Any = ()) -> list[Any]:
        return await self._run(lambda db: db.execute(query, values).fetchall())

    def _read(self, make: Callable[[Any], Result], row: Any) -> Result:
        """A value from a row. What cannot be read was not written by a store."""
        try:
            return make(row)
        except (ValueError, TypeError, OverflowError) as error:
            raise StoreDamaged(
                f"What is stored in {self._file.path} cannot be read ({error}): the file is "
                "damaged or was changed by hand. Put back a copy."
            ) from error

    # One conversation -----------------------------------------------------------------------------

    async def get(self, conversation: str) -> Record | None:
        rows = await self._rows(
            f"SELECT {RECORD} FROM conversations WHERE id = ?",  # noqa: S608
            (conversation,),
        )
        return self._read(as_record, rows[0]) if rows else None

    async def find(self, reference: str) -> Record | None:
        for which in ("= 'live'", "<> 'live' ORDER BY number DESC LIMIT 1"):
            rows = await self._rows(
                f"SELECT {RECORD} FROM conversations WHERE reference = ? AND status {which}",  # noqa: S608
                (reference,),
            )
            if rows:
                return self._read(as_record, rows[0])
        return None

    async def seated(self, reference: str) -> Record | None:
        rows = await self._rows(_SEATED, (reference,))
        return self._read(as_record, rows[0]) if rows else None

    async def commit(self, change: Change) -> str:
        return await self._gathering.commit(change)

    async def _commit(self, change: Change) -> str:
        told = await self._run(lambda db: self._changes.commit(db, change))
        if told == STORED:
            self._waiters.wake(change.record.id)
        return told

    async def commit_all(self, changes: Sequence[Change]) -> Sequence[str]:
        every = list(changes)
        told = await self._run(lambda db: self._changes.commit_all(db, every))
        for change, each in zip(every, told, strict=True):
            if each == STORED:
                self._waiters.wake(change.record.id)
        return told

    async def log(self, conversation: str, after: int = 0, most: int = 1000) -> Sequence[Entry]:
        values = {"conversation": conversation, "after": after, "most": most}
        rows = await self._run(lambda db: read_log(db, values))
        return [self._read(as_entry, row) for row in rows]

    async def keyed(self, conversation: str, key: str) -> Entry | None:
        rows = await self._rows(
            f"SELECT {ENTRY} FROM entries WHERE conversation = {_NUMBER} AND key = ?",  # noqa: S608
            (conversation, key),
        )
        return self._read(as_entry, rows[0]) if rows else None

    async def wait(self, conversation: str, after: int, seconds: float) -> None:
        await self._waiters.wait(conversation, after, seconds)

    async def _sequences(self, names: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(names), _ASKED):
            if start:
                await asyncio.sleep(0)
            some = names[start : start + _ASKED]
            rows = await self._rows(
                "SELECT id, sequence FROM conversations "  # noqa: S608 - question marks
                f"WHERE id IN ({', '.join('?' * len(some))})",
                some,
            )
            found.update(rows)
        return found

    async def delete(self, conversation: str) -> bool:
        return await self.delete_all([conversation]) > 0

    async def delete_all(self, conversations: Sequence[str]) -> int:
        known = await self._write(lambda db: sum([remove(db, each) for each in conversations]))
        for each in conversations:
            self._waiters.wake(each)
        await self._file.leave_no_trace()
        return known

    async def timers(self, conversation: str) -> Sequence[Timer]:
        rows = await self._rows(
            f"SELECT name, generation, due FROM timers WHERE conversation = {_NUMBER} "  # noqa: S608
            "ORDER BY due, name",
            (conversation,),
        )
        return [self._read(as_timer, (conversation, *row)) for row in rows]

    # What is due ----------------------------------------------------------------------------------

    async def claim(self, now: datetime, most: int, lease: float) -> Sequence[Record]:
        found = await claims.claim_timers(self._file, now, most, lease)
        for number, row in found:
            self._changes.remember(row[0], number)
        return [self._read(as_record, row) for _, row in found]

    async def next_due(self) -> datetime | None:
        due = await claims.next_due(self._file)
        return None if due is None else self._read(as_moment, due)

    # What is to be delivered ----------------------------------------------------------------------

    async def parcels(self, now: datetime, most: int, lease: float) -> Sequence[Parcel]:
        rows = await claims.claim_parcels(self._file, now, most, lease)
        return [self._read(as_parcel, row) for row in rows]

    async def delivered(self, parcels: Sequence[Parcel]) -> None:
        await claims.forget_parcels(self._file, parcels)

    async def again(self, parcel: Parcel) -> None:
        await claims.put_back(self._file, parcel)

    async def parked(self, most: int = 1000) -> Sequence[Parcel]:
        rows = await claims.parked_parcels(self._file, most)
        return [self._read(as_parcel, row) for row in rows]

    async def outgoing(self, conversation: str) -> Sequence[Parcel]:
        rows = await claims.outgoing_parcels(self._file, conversation)
        return [self._read(as_parcel, row) for row in rows]

    # Many conversations ---------------------------------------------------------------------------

    async def records(self, which: Filter, after: str = "") -> AsyncIterator[Record]:
        ending, values = conditions(which)
        while True:
            # A window of ids, however few of them are meant: so each look is a short one.
            ids = await self._rows(
                "SELECT max(id), count(*) FROM (SELECT id FROM conversations WHERE id > ? "
                "ORDER BY id LIMIT ?)",
                (after, _PORTION),
            )
            last, many = ids[0]
            if not many:
                return
            rows = await self._rows(
                f"SELECT {RECORD} FROM conversations WHERE id > ?{ending} "  # noqa: S608
                "AND id <= ? ORDER BY id",
                (after, *values, last),
            )
            for row in rows:
                yield self._read(as_record, row)
            after = last
            await asyncio.sleep(0)

    async def latest(self) -> datetime | None:
        """By no index, since every turn would write it: one to two seconds for a million."""
        found: datetime | None = None
        async for ((touched,),) in self._portions("SELECT max(touched) FROM conversations"):
            if touched is not None:
                moment = self._read(as_moment, touched)
                found = moment if found is None else max(found, moment)
        return found

    async def counts(self) -> Counts:
        """How much there is. Conversations are counted as they change; timers and parcels are
        counted here, by an index: about a tenth of a second for a million."""
        rows = await self._rows(
            "SELECT (SELECT coalesce(sum(many), 0) FROM tally), "
            "(SELECT coalesce(sum(many), 0) FROM tally WHERE status = 'live'), "
            "(SELECT count(*) FROM timers), "
            "(SELECT count(*) FROM parcels WHERE parked IS NULL), "
            "(SELECT count(*) FROM parcels WHERE parked IS NOT NULL)"
        )
        return Counts(*rows[0])

    async def tally(self) -> Sequence[tuple[str, str, str, str, int]]:
        """By state too, which reads all conversations, in portions; `versions` does not."""
        found: Counter[tuple[str, str, str, str]] = Counter()
        async for rows in self._portions(
            "SELECT scenario, version, fingerprint, state, count(*) FROM conversations",
            "AND status = 'live' GROUP BY 1, 2, 3, 4",
        ):
            found.update({row[:4]: row[4] for row in rows})
        return [(*key, many) for key, many in sorted(found.items())]

    async def _portions(self, select: str, ending: str = "") -> AsyncIterator[list[Any]]:
        """What a query gives of all conversations, of some at a time: others get their turns."""
        ((last,),) = await self._rows("SELECT coalesce(max(number), 0) FROM conversations")
        for start in range(0, last, _PORTION):
            yield await self._rows(
                f"{select} WHERE number > ? AND number <= ? {ending}", (start, start + _PORTION)
            )
            await asyncio.sleep(0)

    async def versions(self) -> Sequence[tuple[str, str, str, int]]:
        rows = await self._rows(
            "SELECT scenario, version, fingerprint, many FROM tally "
            "WHERE status = 'live' AND many > 0"
        )
        return sorted(rows)

    # Scenarios ------------------------------------------------------------------------------------

    async def scenarios(self) -> Sequence[tuple[str, str, str]]:
        return sorted(await self._rows("SELECT scenario, version, fingerprint FROM scenarios"))

    async def keep_scenario(self, scenario: StoredScenario) -> None:
        values = (
            scenario.fingerprint, scenario.scenario, scenario.version, scenario.main,
            text(scenario.files),
        )  # fmt: skip
        await self._write(
            lambda db: db.execute(
                "INSERT OR REPLACE INTO scenarios (fingerprint, scenario, version, main, files) "
                "VALUES (?, ?, ?, ?, ?)",
                values,
            )
        )

    async def scenario(self, fingerprint: str) -> StoredScenario | None:
        rows = await self._rows(
            "SELECT fingerprint, scenario, version, main, files FROM scenarios "
            "WHERE fingerprint = ?",
            (fingerprint,),
        )
        return self._read(as_scenario, rows[0]) if rows else None

    async def forget_scenarios(self, but: Sequence[str]) -> int:
        def forgotten(db: sqlite3.Connection) -> int:
            db.execute("DELETE FROM tally WHERE many <= 0")
            used = {row[0] for row in db.execute("SELECT fingerprint FROM tally")} | set(but)
            known = [row[0] for row in db.execute("SELECT fingerprint FROM scenarios")]
            gone = [(fingerprint,) for fingerprint in known if fingerprint not in used]
            db.executemany("DELETE FROM scenarios WHERE fingerprint = ?", gone)
            return len(gone)

        return await self._write(forgotten)
