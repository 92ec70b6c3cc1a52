"""A conversation that a store keeps, played at the terminal. A part of `heartline play`."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import signal
from typing import TYPE_CHECKING

import click

from heartline.cli.beginnings import pairs
from heartline.cli.demonstrating import running_clock, told
from heartline.cli.operating import opened
from heartline.errors import InputError
from heartline.frontends.terminal.hosted import Hosted, Wanted
from heartline.frontends.terminal.keyboard import source_of
from heartline.host.host import Host

if TYPE_CHECKING:
    from heartline.cli.beginnings import Options
    from heartline.frontends.terminal.player import Sink

__all__ = ["play"]

# Options of a play that has its own time and its own files, and why they are not for this one.
_NOT_HERE = {
    "start": "time is the clock's",
    "resume": "the store keeps the conversation: the same command comes back to it",
    "watch": "a host takes a new version when it starts",
    "strict": "properties are held where time is moved by hand",
    "script": "lines can come through a pipe",
    "keep": "the store keeps it",
    "test": "a test has its own time",
    "to": "a test has its own time",
    "record": "a test has its own time",
}


def play(options: Options, url: str, reference: str | None, speed: float | None, sink: Sink) -> int:
    """Go on with the conversation of a reference, or begin it; gives the exit code."""
    for name, why in _NOT_HERE.items():
        if getattr(options, name) not in (None, False):
            shown = "keep/--no-keep" if name == "keep" else name
            raise click.UsageError(f"--{shown} is not for a play with --store: {why}.")
    if options.scenario is None:
        raise click.UsageError(
            "Name the scenario too, as in: heartline play reconciliation --store "
            "sqlite:///heartline.db"
        )
    opened(url, new=True)  # what is wrong with the name is said first
    try:
        return asyncio.run(_play(options, url, reference, speed, sink))
    except InputError as refusal:
        raise click.UsageError(str(refusal)) from None


async def _play(
    options: Options, url: str, reference: str | None, speed: float | None, sink: Sink
) -> int:
    task = asyncio.current_task()
    assert task is not None
    # As Ctrl-C, so that the terminal is left in order. Not every loop knows of signals.
    with contextlib.suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with running_clock(lambda: opened(url, new=True), speed) as clock:
        host = Host(opened(url, new=True), [options.scenario or ""], clock=clock)
        scenario = next(iter((*host.versions.own, *host.unavailable)))
        reference = reference or f"{scenario}-me"
        wanted = Wanted(scenario, dict(pairs(options.settings)), options.seed, options.seats)
        if (fast := told(clock)) is not None:
            sink.about_run(fast, type="note", code="demonstration")
        async with host:
            words: list[Hosted] = []
            source = source_of(
                lambda: words[0].words() if words else [],
                sink.echo,
                lambda what: sink.about_run(what, type="note", code="line_by_line"),
                person=not options.as_json,
            )
            again = _again(options, host.store.url, reference, speed)
            player = Hosted(host, reference, wanted, source, sink, again)
            words.append(player)
            running = asyncio.create_task(host.run())
            try:
                return await player.run()
            finally:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running  # raises what has ended it before


def _again(options: Options, url: str, reference: str, speed: float | None) -> str:
    """The command that comes back to it."""
    parts = ["heartline", "play", options.scenario or "", "--store", url, "--reference", reference]
    if speed is not None:
        parts += ["--speed", f"{speed:.10g}"]
    return shlex.join(parts)
