"""What operators are told beside what they asked for: which conversations wait since their version
does not load, and whose timers should have fired. A part of `heartline conversations`.

A worker knows more of the timers that it cannot let fire, but only while it runs. Here it is seen
from what is stored.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from heartline.errors import ScenarioUnavailable
from heartline.host import turning
from heartline.host.values import LIVE
from heartline.host.versions import Versions

if TYPE_CHECKING:
    from datetime import datetime

    from heartline.host.host import Host
    from heartline.host.store import Store
    from heartline.host.values import Record

__all__ = ["Noticing", "cannot_fire", "counted", "is_overdue", "overdue_before"]

_SOON = timedelta(minutes=1)  # in which any worker gets round to a timer


def counted(count: int) -> str:
    return "1 conversation" if count == 1 else f"{count:,} conversations"


def overdue_before(now: datetime) -> datetime:
    """A timer that was due before this moment should have fired by now."""
    return now - _SOON


def is_overdue(record: Record, now: datetime) -> bool:
    """Whether a timer should have fired by now."""
    return record.status == LIVE and record.due is not None and record.due < overdue_before(now)


class Noticing:
    """Notices what is wrong with conversations as they are shown; none of them is kept."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._versions: Counter[tuple[str, str, str]] = Counter()
        self._overdue = 0

    def see(self, record: Record) -> None:
        """One more is shown."""
        if record.status == LIVE:
            self._versions[record.scenario, record.version, record.fingerprint] += 1
            self._overdue += is_overdue(record, self._now)

    async def notes(self, store: Store) -> list[str]:
        """Sentences about those that were shown. Raises as the store does."""
        found = []
        versions = Versions()
        for (name, version, fingerprint), many in sorted(self._versions.items()):
            try:
                await versions.find(store, name, version, fingerprint)
            except ScenarioUnavailable as error:
                found.append(f"Of these, {counted(many)} cannot go on. {error}")
        if self._overdue:
            have = "has" if self._overdue == 1 else "have"
            found.append(
                f"Of these, {counted(self._overdue)} {have} a timer that should have fired more "
                "than a minute ago (--overdue lists them): either no worker runs on this store, or "
                "it cannot fire, and `heartline conversations verify ID` says why."
            )
        return found


async def cannot_fire(host: Host, record: Record) -> str | None:
    """Why the timers of a conversation that are due cannot fire, if they cannot. Nothing is
    changed. Raises HostError."""
    now = host.touching.now()
    if not is_overdue(record, now):
        return None
    held = await host.touching.decoded(record)
    try:
        if turning.tick(held, now) is not None:
            return None
        why = "by its snapshot none is due."
    except Exception as error:  # noqa: BLE001 - whatever it is, a worker leaves it alone as well
        why = f"{type(error).__name__}: {error}"
    return f"The timers of the conversation {record.id} are due and cannot fire: {why}"
