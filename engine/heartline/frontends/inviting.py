"""Free seats are given away by a code that works once.

    role, code = await invite(host, record, "you")
    record, role = await join(host, code, reference)

The store holds a digest of the code, as the reference of the seat: a new code ends the one before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.errors import CallerError
from heartline.frontends.references import INVITE, ConversationReference, new_token
from heartline.frontends.seating import persons_of
from heartline.host.values import LIVE
from heartline.typed import shown

if TYPE_CHECKING:
    from heartline.host.host import Host
    from heartline.host.values import Record

__all__ = ["invite", "is_free", "join", "key_of"]

_NO_CODE = "That code opens nothing, or it has been used: ask for a new one."


def is_free(record: Record, role: str) -> bool:
    """Whether nobody has this seat: an invitation is nobody yet."""
    reference = record.seats.get(role)
    return reference is None or ConversationReference.of(reference).front_end == INVITE


async def invite(
    host: Host, record: Record, own: str, wanted: str = "", *, key: str | None = None
) -> tuple[str, str]:
    """A code for a free seat other than `own`: the first, or the one that is wanted. Gives the role
    and the code. Raises CallerError where there is no such seat, and HostError."""
    persons = await persons_of(host, record)
    free = [role for role in persons if role != own and is_free(record, role)]
    if not free:
        roles = (await host.versions.serving(record)).machine.roles
        played = [f"/start {record.scenario} {role}" for role in roles if role not in persons]
        other = f" One with a seat for somebody else begins by: {played[0]}" if played else ""
        raise CallerError(f"There is no free seat in this conversation.{other}")
    role = wanted or free[0]
    if role not in free:
        raise CallerError(f"There is no free seat {shown(role, 30)}: {', '.join(free)}.")
    code = new_token()
    await host.seat(record.id, role, _reference(code).text(), key=key)
    return role, code


async def join(host: Host, code: str, reference: str) -> tuple[Record, str]:
    """Whoever is at `reference` takes the seat of the code; of several who have it the first does.
    Gives the conversation and the role. Raises CallerError where the code opens nothing."""
    invited = await host.seated(_reference(code).text())
    if invited is None or invited[0].status != LIVE:
        raise CallerError(_NO_CODE)
    record, role = invited
    await host.seat(record.id, role, reference, key=key_of(code))
    seat = await host.seated(reference)
    if seat is None or seat[0].id != record.id:
        raise CallerError(_NO_CODE)
    return seat


def key_of(code: str) -> str:
    """The key under which somebody joins."""
    return f"join:{_reference(code).person}"


def _reference(code: str) -> ConversationReference:
    return ConversationReference.of_token(INVITE, code)
