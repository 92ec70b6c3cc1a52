"""Seats that are held by a token which nobody can guess: for front ends without accounts.

    tokens, answer = await begin(host, "stdio", "reconciliation", reference="chat-17")
    seat = await seat_of(host, "stdio", tokens["you"])
    answer = await host.read(seat.conversation)

Each role that persons play has a token of its own. The store holds only a digest of it, so that
who reads the store cannot take a seat. Who presents the token has the seat, in this program or in
the next one on the same store.
"""

from __future__ import annotations

import re
import secrets
from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

from heartline.errors import ReferenceTaken, UnknownConversation
from heartline.frontends.references import ConversationReference, new_token

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from heartline.host.host import Host
    from heartline.host.values import Answer, Happened, Record

__all__ = ["Seat", "begin", "happened_after", "seat_of"]

_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,100}\Z")


class Seat(NamedTuple):
    """Whose seat a token is: the conversation, the role, and the reference that holds it there."""

    record: Record
    role: str
    reference: str

    @property
    def conversation(self) -> str:
        """The host's own name of the conversation, which is not for those outside."""
        return self.record.id


async def begin(
    host: Host,
    front_end: str,
    scenario: str,
    inputs: Mapping[str, object] | None = None,
    *,
    reference: str | None = None,
    seats: Collection[str] = (),
    seed: int | None = None,
    key: str | None = None,
) -> tuple[dict[str, str], Answer]:
    """Begin a conversation; gives the token of each person's seat, by role.

    Where the `key` was given before, the conversation is the one that began then. Its tokens are
    new and the old ones end, since no store can tell them again; seats that have gone to other
    front ends stay there. Raises as Host.open does.
    """
    roles = host.versions.current(scenario).machine.roles
    persons = [name for name, role in roles.items() if not role.engine or name in seats]
    tokens = {role: new_token() for role in persons}
    answer = await host.open(
        reference or f"{front_end}-{secrets.token_hex(8)}", scenario, inputs, key=key, seed=seed,
        seats=seats, tell={role: _place(front_end, token) for role, token in tokens.items()},
    )  # fmt: skip
    return (await _again(host, front_end, answer) if answer.repeated else tokens), answer


async def _again(host: Host, front_end: str, answer: Answer) -> dict[str, str]:
    """New tokens for a conversation that began before."""
    record = await host.touching.record(answer.conversation)
    tokens = {
        role: new_token()
        for role, held in record.seats.items()
        if ConversationReference.of(held).front_end == front_end
    }
    for role, token in tokens.items():
        await host.seat(record.id, role, _place(front_end, token))
    if not tokens:
        raise ReferenceTaken(
            "This key has begun a conversation in which nobody has a seat here any more: take "
            "another reference and another key.",
            record.id,
        )
    return tokens


async def seat_of(host: Host, front_end: str, token: str) -> Seat:
    """Whose seat this token is. Raises UnknownConversation, HostError."""
    reference = _place(front_end, token) if _TOKEN.match(token) else None
    found = None if reference is None else await host.seated(reference)
    if found is None or reference is None:
        raise UnknownConversation(
            "No conversation has this token: it was never given out, the conversation was deleted, "
            "or somebody else has the seat now. Take the token exactly as it was given, and the "
            "store that it was given with."
        )
    return Seat(*found, reference)


async def happened_after(
    host: Host, seat: Seat, after: int = 0, most: int | None = None
) -> Sequence[Happened]:
    """What has happened since an entry, as far as the seat's record knows; so many at most."""
    found: list[Happened] = []
    last = seat.record.sequence if most is None else min(seat.record.sequence, after + most)
    if after < last:
        async with aclosing(host.events(seat.conversation, after)) as events:
            async for each in events:
                found.append(each)
                if each.sequence >= last:
                    break
    return found


def _place(front_end: str, token: str) -> str:
    return ConversationReference.of_token(front_end, token).text()
