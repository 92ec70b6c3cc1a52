"""Whoever watches over a host: what it is told, and one that does nothing.

An observer learns how much happens, how long it takes and what goes wrong. It learns no text of a
conversation, no reference and no id. `heartline.host.watching` writes what it learns down.
"""

from __future__ import annotations

import time

from heartline.errors import HostError, StoreUnavailable

__all__ = ["Observer", "Reach"]


class Observer:
    """Watches over a host. Each method does nothing: override those that matter.

    They are called in the event loop, between two turns, so they return at once and raise nothing.
    """

    def unloaded(self, scenario: str, why: str) -> None:
        """At the start: one of the host's scenarios does not load, so that no conversation begins
        in it. `why` is a sentence for the operator, which may show some of the scenario's file."""

    def noted(self, scenario: str, version: str, count: int, fate: str, note: str) -> None:
        """At the start: so many live conversations are in another version than the host's. `fate`
        is what becomes of them (migrates, if they fit; stays; waits), and `note` the sentence for
        the operator that says why, which may show some of the scenario's file."""

    def turn(self, scenario: str, seconds: float) -> None:
        """A turn of a scenario was stored; the call took so long."""

    def refused(self, kind: str) -> None:
        """A call was refused; `kind` is the name of its error, such as StaleTurn."""

    def conflict(self) -> None:
        """Somebody else changed a conversation in the midst of a turn, which is tried again."""

    def fired(self, count: int, late: float) -> None:
        """Timers of one conversation fired, the first of them so many seconds after its time."""

    def stuck(self, scenario: str, kind: str) -> None:
        """The timers of a conversation cannot fire, or of all in one version where that does not
        load; `kind` is the name of the error. It is tried again, less and less often."""

    def unavailable(self, kind: str) -> None:
        """What is stored could not be reached, and is tried again; `kind` is the name of the
        error."""

    def back(self, seconds: float) -> None:
        """What is stored could be reached again, after so many seconds."""

    def delivered(self) -> None:
        """A parcel has arrived."""

    def undelivered(self) -> None:
        """A parcel has not arrived, and is tried again later."""

    def parked(self) -> None:
        """A parcel is tried no more."""

    def waiting(self, scenario: str) -> None:
        """A conversation waits, since the scenario that it is in cannot be loaded."""


class Reach:
    """Whether the store answers to what a host does by itself: each loss is told, and, when all
    its loops have an answer again, the end of it."""

    def __init__(self) -> None:
        self._lost: set[str] = set()  # the loops that have had no answer
        self._since = 0.0  # of the monotonic clock

    def lost(self, loop: str, observer: Observer, error: HostError) -> None:
        """It did not answer this loop, or with something that cannot be read."""
        observer.unavailable(type(error).__name__)
        if isinstance(error, StoreUnavailable):
            self._since = self._since if self._lost else time.monotonic()
            self._lost.add(loop)

    def found(self, loop: str, observer: Observer) -> None:
        """It has answered this loop."""
        if loop in self._lost:
            self._lost.discard(loop)
            if not self._lost:
                observer.back(time.monotonic() - self._since)
