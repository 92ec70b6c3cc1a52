"""Where somebody is reached: a front end, a chat there, a person, the seat that they have.

    reference = ConversationReference("telegram", chat="4711", person="17", seat="you")

It is JSON, and as such the reference that a host keeps with a seat: a break that ends in three
weeks finds its person by it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from heartline.errors import CallerError

__all__ = ["INVITE", "ConversationReference", "is_brought", "new_token"]

INVITE = "invite"  # the front end of a seat that nobody has taken yet

# Whoever has a seat at one of these looks for themselves: nothing is brought to them.
_LOOKING = ("web", "stdio", "mcp", "terminal", INVITE)


def new_token() -> str:
    """A capability: who has it has the seat. It cannot be guessed."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class ConversationReference:
    """A place at a front end; what a network has not got is left empty.

    `tenant` is the workspace or bot, `chat` the room, `thread` a part of it, `person` who sits
    there, and `seat` the role that they have in the conversation.
    """

    front_end: str
    tenant: str = ""
    chat: str = ""
    thread: str = ""
    person: str = ""
    seat: str = ""

    @property
    def place(self) -> ConversationReference:
        """The same without the seat: where messages of this person come from."""
        return replace(self, seat="")

    @property
    def looks(self) -> bool:
        """Whether nothing is brought there, since who sits there looks for themselves."""
        return self.front_end in _LOOKING

    @classmethod
    def of_token(cls, front_end: str, token: str) -> ConversationReference:
        """The place that a capability gives. What is stored of it does not tell the token."""
        return cls(front_end, person=hashlib.sha256(token.encode()).hexdigest()[:32])

    def text(self) -> str:
        """As a host keeps it: the same text for the same place, always."""
        given = {name: value for name in _FIELDS if (value := getattr(self, name))}
        return _written(given)

    @classmethod
    def of(cls, text: str) -> ConversationReference:
        """Read what `text` wrote. Raises CallerError where it is something else."""
        try:
            given = json.loads(text)
        except ValueError:
            given = None
        if (
            not isinstance(given, dict)
            or not given.get("front_end")
            or not given.keys() <= set(_FIELDS)
            or not all(isinstance(value, str) for value in given.values())
        ):
            raise CallerError(f"{text[:60]!r} is no reference of a front end.")
        return cls(**given)


_FIELDS = tuple(each.name for each in fields(ConversationReference))
_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@lru_cache(10_000)  # it is asked for each seat at each turn
def is_brought(reference: str) -> bool:
    """Whether what happens is brought to a reference: for Host(brings=...). Who sits at a page or
    in a program looks for themselves, and nothing need be written down for them."""
    try:
        return not ConversationReference.of(reference).looks
    except CallerError:
        return True  # none of a front end; whoever delivers knows it
