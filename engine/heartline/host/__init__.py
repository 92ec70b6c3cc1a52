"""Conversations that live for months, many of them: a Host, its stores, its timers.

    async with Host("sqlite:///heartline.db", ["reconciliation"]) as host:
        answer = await host.open("chat-17", "reconciliation")

`Host` is for programs with an event loop, `BlockingHost` for scripts. What each of them answers
and stores are plain values (heartline.host.values); a store is named by a URL (open_store).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heartline.host.blocking import BlockingHost
    from heartline.host.delivering import Deliver
    from heartline.host.host import Host
    from heartline.host.loglines import JsonLines, TextLines
    from heartline.host.observing import Observer
    from heartline.host.store import Store, open_store
    from heartline.host.values import (
        Answer,
        Change,
        Counts,
        Entry,
        Filter,
        Happened,
        Parcel,
        Record,
        StoredScenario,
        Timer,
    )
    from heartline.host.watching import Watching

# Where each name lives: it is imported when it is first used, so that who wants the values or one
# store pays for no more.
_HOMES = {
    "blocking": ("BlockingHost",),
    "delivering": ("Deliver",),
    "host": ("Host",),
    "loglines": ("JsonLines", "TextLines"),
    "observing": ("Observer",),
    "store": ("Store", "open_store"),
    "values": (
        "Answer", "Change", "Counts", "Entry", "Filter", "Happened", "Parcel", "Record",
        "StoredScenario", "Timer",
    ),
    "watching": ("Watching",),
}  # fmt: skip
_HOME = {name: room for room, names in _HOMES.items() for name in names}

__all__ = [
    "Answer", "BlockingHost", "Change", "Counts", "Deliver", "Entry", "Filter", "Happened", "Host",
    "JsonLines", "Observer", "Parcel", "Record", "Store", "StoredScenario", "TextLines", "Timer",
    "Watching", "open_store",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOME:
        return getattr(import_module(f"heartline.host.{_HOME[name]}"), name)
    raise AttributeError(f"module 'heartline.host' has no attribute {name!r}")
