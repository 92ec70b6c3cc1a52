"""A worker, for as long as it is let run: `heartline run`.

It opens the store, says what it finds there, lets timers fire, and serves people at the front ends
that it was given; without any it delivers nothing.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

from heartline.cli.demonstrating import running_clock, told
from heartline.cli.guard import DONE
from heartline.cli.operating import counted, say
from heartline.frontends.references import is_brought
from heartline.frontends.stage import Stage
from heartline.host.exposing import exposed
from heartline.host.host import Host
from heartline.host.loglines import LOGGER, JsonLines, TextLines
from heartline.host.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence
    from typing import Any, Self

    from heartline.conversation import Scenario
    from heartline.frontends.protocol import FrontEnd
    from heartline.host.store import Store

__all__ = ["until_told", "work"]

_ENDS = (signal.SIGINT, signal.SIGTERM)


def work(
    make: Callable[[], Store],
    scenarios: Sequence[Scenario | str],
    front_ends: Sequence[FrontEnd],
    speed: float | None,
    form: str,
    port: int | None,
) -> int:
    """Run until Ctrl-C or SIGTERM, or until all front ends have ended; gives the exit code. `make`
    gives the store, `form` is that of the log, `port` that of the metrics. Raises HeartlineError
    where it cannot begin."""
    played_here = sys.stderr.isatty() and any(each.name == "terminal" for each in front_ends)
    with Log(form, played_here=played_here) as log:
        asyncio.run(until_told(_work(make, scenarios, front_ends, speed, log, port)))
        log.say("Stopped.")
    return DONE


async def until_told(work: Coroutine[Any, Any, None]) -> None:
    """Do it until it is done, or until somebody wants the program to end, which lets it end in
    order. The second time it ends at once."""
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    told = False

    def end(*_: object) -> None:
        nonlocal told
        told = True
        for each in _ENDS:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(each)
        loop.call_soon_threadsafe(task.cancel)

    for each in _ENDS:
        try:
            loop.add_signal_handler(each, end)
        except NotImplementedError:  # a system where the loop cannot be woken by one
            signal.signal(each, end)
    try:
        await task
    except asyncio.CancelledError:
        if not told:
            raise


async def _work(
    make: Callable[[], Store],
    scenarios: Sequence[Scenario | str],
    front_ends: Sequence[FrontEnd],
    speed: float | None,
    log: Log,
    port: int | None,
) -> None:
    watching = Watching(logs=True, metrics=port is not None)
    async with AsyncExitStack() as stack:
        clock = await stack.enter_async_context(running_clock(make, speed))
        stage = Stage(front_ends, log.say)
        deliver = stage.deliver if front_ends else None
        host = Host(
            make(), scenarios, clock=clock, deliver=deliver, brings=is_brought, observer=watching
        )
        await stack.enter_async_context(host)
        for sentence in await _found(host):
            log.say(sentence)
        log.begin(_wrong(host))
        if (fast := told(clock)) is not None:
            log.say(fast)
        if port is not None:
            address = await stack.enter_async_context(exposed(watching, host.store, port))
            log.say(f"Metrics are at {address}.")
        if not front_ends:
            log.say("Timers fire from now on. Nothing is delivered. Ctrl-C ends it.")
            await host.run()
            return
        names = ", ".join(each.name for each in front_ends)
        log.say(f"Timers fire from now on, and people are served at {names}. Ctrl-C ends it.")
        await stage.run(host)


async def _found(host: Host) -> Sequence[str]:
    """What is served, and how much there is."""
    own = [f"{each.id} {each.version}" for each in host.versions.own.values()]
    what = ", ".join(own) or "the versions of scenarios that it keeps"
    live = sum(count for *_, count in await host.store.versions())
    due = await host.store.next_due()
    how_many = f"{counted(live).capitalize()} {'is' if live == 1 else 'are'} live"
    if due is not None:
        how_many += f"; the next timer is due on {due:%Y-%m-%d at %H:%M} (UTC)"
    return f"Serving {what} in {host.store.url}.", f"{how_many}."


def _wrong(host: Host) -> Iterator[str]:
    """What does not load, and which conversations are in other versions than the worker's."""
    yield from host.unavailable.values()
    if host.versions.own:  # else all are in the store's, as has been said
        yield from (note for note in host.versions.notes if note not in host.unavailable.values())


class Log:
    """What the host tells goes to standard error, a line for each thing that happens; with it go
    sentences about the run, in the same form."""

    def __init__(self, form: str, *, played_here: bool = False) -> None:
        """`played_here` says that somebody plays at this terminal, where only what is wrong may
        come between the lines."""
        self._json = form == "json"
        self._least = logging.WARNING if played_here else logging.INFO
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines() if self._json else TextLines())
        self._logger = logger = logging.getLogger(LOGGER)
        self._before = logger.handlers[:], logger.propagate, logger.level
        logger.handlers[:] = [handler]
        logger.propagate = False
        # What is wrong at the start comes as lines for programs, and for people as sentences.
        logger.setLevel(logging.INFO if self._json else logging.CRITICAL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.handlers[:], self._logger.propagate, level = self._before
        self._logger.setLevel(level)

    def begin(self, wrong: Iterator[str]) -> None:
        """Say what is wrong, and let all that happens be told from now on."""
        if not self._json:
            for sentence in wrong:
                say(sentence)
            self._logger.setLevel(self._least)

    def say(self, sentence: str) -> None:
        """A sentence about the run."""
        if self._json:
            self._logger.info("%s", sentence)
        else:
            say(sentence)
