"""Conversations in hand: those that were last touched, decoded, so that a turn need not read them.

What is held may be older than what is stored, where another host has gone on with a conversation.
The store finds out: it takes a change only from who knows the last entry.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from heartline.host.values import LIVE

if TYPE_CHECKING:
    from heartline.host.turning import Held

__all__ = ["Holding"]


class Holding:
    """The conversations that were last touched, at most so many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._ids: dict[str, str] = {}  # of live ones by their references, which only they have

    def get(self, conversation: str) -> Held | None:
        """A conversation by its id."""
        held = self._held.get(conversation)
        if held is not None:
            self._held.move_to_end(conversation)
        return held

    def named(self, name: str) -> Held | None:
        """A conversation by its id; or a live one by its reference."""
        held = self.get(name)
        if held is None and (conversation := self._ids.get(name)) is not None:
            held = self.get(conversation)
        return held

    def put(self, held: Held) -> None:
        """Hold a conversation, where nothing newer of it is held."""
        record = held.record
        old = self._held.get(record.id)
        if old is not None and old.record.sequence > record.sequence:
            return
        self._held[record.id] = held
        self._held.move_to_end(record.id)
        if record.status == LIVE:
            self._ids[record.reference] = record.id
        elif old is not None:
            self._forget_reference(old)
        if len(self._held) > self._most:
            _, oldest = self._held.popitem(last=False)
            self._forget_reference(oldest)

    def drop(self, conversation: str) -> None:
        """Hold a conversation no more."""
        held = self._held.pop(conversation, None)
        if held is not None:
            self._forget_reference(held)

    def _forget_reference(self, held: Held) -> None:
        if self._ids.get(held.record.reference) == held.record.id:
            del self._ids[held.record.reference]
