"""Time that runs fast: `--speed 86400`, with which a day takes a second.

A demonstration begins where the last one on its store ended, or now. Several programs may take part
in one, say a worker and two players, and all of them must agree what time it is. So the first of
them writes down when it began, in the user's state folder, and each holds that file for as long as
it runs: who finds it held goes by it, who finds it free begins anew.
"""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from heartline.clock import FastClock, SystemClock
from heartline.errors import CallerError
from heartline.frontends.terminal.saving import NotSaved, folder_of
from heartline.stored import write_moment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from heartline.clock import Clock
    from heartline.host.store import Store

__all__ = ["running_clock", "told"]


@asynccontextmanager
async def running_clock(make: Callable[[], Store], speed: float | None) -> AsyncIterator[Clock]:
    """The clock for a host on a store: the machine's, or a fast one. `make` gives the store, which
    is asked for its latest moment. Raises CallerError, HostError."""
    if speed is None:
        yield SystemClock()
        return
    start = SystemClock().now()
    async with make() as store:
        name = store.url
        start = max(start, await store.latest() or start)
    with _shared(name, speed, start) as clock:
        yield clock


def told(clock: Clock) -> str | None:
    """A sentence about time, where it is not the machine's."""
    if not isinstance(clock, FastClock):
        return None
    second = timedelta(seconds=clock.speed)
    length = "a day" if second == timedelta(days=1) else f"{clock.speed:,.10g} seconds"
    return (
        f"This is a demonstration: {length} of its time take{'s' * (length == 'a day')} one "
        f"second. Its time is {clock.now():%Y-%m-%d %H:%M} now."
    )


@contextmanager
def _shared(name: str, speed: float, start: datetime) -> Iterator[FastClock]:
    """The clock of a demonstration that may be running already. Where no file can be held, each
    program has a clock of its own."""
    try:
        import fcntl

        path = _place(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = path.open("a+")
    except (ImportError, OSError, NotSaved):
        yield FastClock(speed, start)
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pass  # a demonstration runs
        else:
            file.truncate(0)
            file.write(json.dumps([write_moment(start), time.time(), speed]))
            file.flush()
        # Who comes in between the two locks may have written anew, and everybody goes by that.
        fcntl.flock(file, fcntl.LOCK_SH)
        file.seek(0)
        first, began, theirs = json.load(file)
        if theirs != speed:
            raise CallerError(
                f"A demonstration of this store is running at --speed {theirs:.10g}: take the same "
                "one, or end that first."
            )
        passed = timedelta(seconds=max(time.time() - began, 0) * speed)
        yield FastClock(speed, datetime.fromisoformat(first).astimezone(UTC) + passed)


def _place(name: str) -> Path:
    """The file for a store; its name says nothing of it."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:24]
    return folder_of("any").parent / ".demonstrations" / f"{digest}.json"
