"""Connections to a PostgreSQL server, and what is done when they break.

asyncpg has a pool of its own; this one is smaller and does what a host needs: it costs a commit no
second round trip (asyncpg's resets a connection each time that it is given back), it waits for a
server that restarts, and it says what is wrong in a sentence.
"""

from __future__ import annotations

import asyncio
import random
import socket
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg

from heartline.errors import CallerError, HeartlineError, StoreDamaged, StoreUnavailable
from heartline.host.stores.pgtables import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from heartline.host.stores.pgurl import Place

__all__ = ["Connections", "Taken"]

Result = TypeVar("Result")

PATIENCE = 10.0  # seconds: for a free connection, and for a server that does not answer any more
AT_FIRST = 4.0  # seconds: for one that has not answered yet, as where its name is mistyped
_PAUSES = 0.02, 1.0  # between tries: the first, and the longest

# The connection or the server is gone, or it starts or stops: it may be there again in a moment.
_GONE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,
    asyncpg.InterfaceError,
)
# Another was in the way, and nothing was stored: the same again finds out how things are now.
_IN_THE_WAY = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,
    asyncpg.InvalidCachedStatementError,
)
Taken = asyncpg.UniqueViolationError

# A text that cannot be sent (the driver says so), or not be kept (the server does).
_UNKEPT = (
    asyncpg.DataError,
    asyncpg.CharacterNotInRepertoireError,
    asyncpg.UntranslatableCharacterError,
)


class Connections:
    """Up to so many connections, made when they are needed."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._idle: list[Any] = []
        self._free = asyncio.Semaphore(place.pool)
        self._reached = False
        self._closed = False

    async def run(self, work: Callable[[Any], Awaitable[Result]]) -> Result:
        """Carry out work on a connection; where that breaks, again on another, for some seconds.

        The work may have been done although it broke, so it must be such that a second time does
        no harm. Raises StoreUnavailable and StoreDamaged.
        """
        pause, longest = _PAUSES
        clock = asyncio.get_running_loop().time
        until = None if self._reached else clock() + AT_FIRST
        while True:
            try:
                connection = await self._take()
                try:
                    return await work(connection)
                except asyncpg.PostgresError:
                    raise
                except BaseException:
                    # Whoever was cancelled, or could not understand the answer, leaves nobody a
                    # connection with half of an answer in it.
                    connection.terminate()
                    raise
                finally:
                    self._give(connection)
            except (*_GONE, *_IN_THE_WAY) as error:
                now = clock()
                until = now + PATIENCE if until is None else until
                if isinstance(error, ValueError) or now + pause > until:
                    raise self._sentence(error) from None
            except (asyncpg.PostgresError, ValueError) as error:
                raise self._sentence(error) from None
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
            pause = min(pause * 2, longest)

    async def close(self) -> None:
        """Close what is open; who still works on a connection closes it when it is done."""
        self._closed = True
        while self._idle:
            connection = self._idle.pop()
            try:
                await connection.close(timeout=2)
            except (*_GONE, asyncpg.PostgresError):
                connection.terminate()

    async def _take(self) -> Any:
        if self._closed:
            raise StoreUnavailable(
                f"The store in PostgreSQL at {self._place.shown} is closed: open it with "
                "`async with`."
            )
        if self._free.locked():
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._free.acquire()
            except TimeoutError:
                raise StoreUnavailable(
                    f"All {self._place.pool} connections to PostgreSQL at {self._place.shown} were "
                    f"in use for {PATIENCE:g} s: write more into its URL, as in ?pool=32, or look "
                    "what takes so long there."
                ) from None
        else:
            await self._free.acquire()
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        try:
            connection = await asyncpg.connect(
                self._place.dsn, timeout=PATIENCE if self._reached else AT_FIRST,
                command_timeout=PATIENCE, max_cached_statement_lifetime=0,
                server_settings=SETTINGS,
            )  # fmt: skip
        except BaseException:
            self._free.release()
            raise
        self._reached = True
        return connection

    def _give(self, connection: Any) -> None:
        if self._closed:
            connection.terminate()
        elif not connection.is_closed():
            self._idle.append(connection)
        self._free.release()

    def _sentence(self, error: Exception) -> HeartlineError:
        """What is wrong, without what was sent: in an error of the driver it may stand."""
        where = f"PostgreSQL at {self._place.shown}"
        said = (getattr(error, "message", None) or "").splitlines()[:1] or [""]
        match error:
            case asyncpg.ClientConfigurationError():
                return CallerError(
                    f"The URL of {where} has options that do not go together: look at what stands "
                    "after the question mark, and at the environment variables that begin with PG."
                )
            case _ if isinstance(error, ValueError) or type(error) in _UNKEPT:
                return CallerError(
                    "A text has a character that PostgreSQL cannot keep: one of the number 0, or "
                    "half of one that takes two."
                )
            case asyncpg.InvalidAuthorizationSpecificationError():
                return StoreUnavailable(
                    f"{where} does not let us in: look at the user and the password in its URL or "
                    "in the password file."
                )
            case asyncpg.InvalidCatalogNameError():
                return StoreUnavailable(
                    f"There is no such database in {where}: make it with createdb."
                )
            case asyncpg.InsufficientPrivilegeError() | asyncpg.InvalidSchemaNameError():
                return StoreUnavailable(
                    f"{where} does not allow it ({said[0]}): give the user of the URL rights "
                    "to its schema and tables."
                )
            case asyncpg.TooManyConnectionsError():
                return StoreUnavailable(
                    f"{where} takes no more connections: write fewer into the URLs of its workers, "
                    "as in ?pool=4, or raise max_connections."
                )
            case asyncpg.ReadOnlySQLTransactionError():
                return StoreUnavailable(
                    f"{where} takes no changes, for it only follows another server: write the "
                    "first of them into the URL."
                )
            case asyncpg.QueryCanceledError():
                return StoreUnavailable(
                    f"{where} stops what takes longer than it allows ({said[0]}): allow the user "
                    "of the URL more (statement_timeout), or look what is slow there."
                )
            case asyncpg.DiskFullError():
                return StoreUnavailable(f"The disk of {where} is full: make room there.")
            case (
                asyncpg.UndefinedTableError()
                | asyncpg.UndefinedFunctionError()
                | asyncpg.UndefinedColumnError()
            ):
                return StoreDamaged(
                    f"A part of the tables in {where} is missing ({said[0]}): bring them back "
                    "from a copy."
                )
            case asyncpg.DataCorruptedError() | asyncpg.IndexCorruptedError():
                return StoreDamaged(
                    f"{where} has found damaged data ({said[0]}): look at its log, and bring the "
                    "database back from a copy."
                )
            case asyncpg.PostgresError() if not isinstance(error, _GONE):
                return StoreUnavailable(
                    f"{where} could not do it ({said[0] or type(error).__name__}): look at its log."
                )
        if not self._reached:
            return StoreUnavailable(
                f"PostgreSQL cannot be reached at {self._place.address} ({_why(error, said[0])}): "
                "see whether it runs, whether host and port are right in its URL (or in PGHOST and "
                "PGPORT), and whether a firewall is in between."
            )
        return StoreUnavailable(
            f"{where} does not answer: see whether it runs and can be reached from here. What was "
            "being stored may be stored or not; the same may be sent again."
        )


def _why(error: Exception, said: str) -> str:
    """Why nothing could be asked of a server."""
    match error:
        case TimeoutError():
            return "it does not answer"
        case ConnectionRefusedError():
            return "nothing listens there"
        case socket.gaierror():
            return "that name is not known"
    return said or getattr(error, "strerror", None) or str(error)
