"""Who sits in a conversation, and what of it they may take back, as front ends ask for it.

Among several persons nobody takes back what another has said, nor what time has brought to all of
them: only a choice can be taken back, by whoever made it, while nothing has followed it. What was
taken back does not count, so that somebody who chose twice can go back twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.errors import NothingToUndo
from heartline.host.values import CHOSE, CLOSED, FIRED, FORKED, SEATED, SENT, UNDONE

if TYPE_CHECKING:
    from heartline.host.host import Host
    from heartline.host.values import Entry, Record

__all__ = ["can_undo", "check_undo", "persons_of"]

_ANOTHERS = "Another person has done the last thing here: only they can take it back."
_NOBODYS = (
    "What happened last came {whence}. Where several persons take part, nobody can take that back, "
    "nor what was chosen before it."
)
_WHENCE = {FIRED: "with time", SENT: "from outside"}


async def persons_of(host: Host, record: Record) -> tuple[str, ...]:
    """The roles that persons play in this conversation, in the order of its cast. Raises
    HostError."""
    held = await host.touching.hold(record)
    roles = held.scenario.machine.roles
    return tuple(
        name for name, role in roles.items() if not role.engine or name in held.snapshot.persons
    )


async def can_undo(host: Host, record: Record, role: str) -> bool:
    """Whether there is something that the person in this seat may take back. Raises HostError."""
    held = await host.touching.hold(record)
    if not held.scenario.machine.undo or record.status == CLOSED:
        return False
    last = await _last(host, record)
    if last is None or last.kind not in (CHOSE, SENT, FIRED):
        return False
    return _is_own(last, role) or len(await persons_of(host, record)) < 2


async def check_undo(host: Host, record: Record, role: str) -> None:
    """Refuse to take back what is not this person's. What the scenario forbids, and where there is
    nothing at all, the host says. Raises NothingToUndo, HostError."""
    held = await host.touching.hold(record)
    if not held.scenario.machine.undo or len(await persons_of(host, record)) < 2:
        return
    last = await _last(host, record)
    if last is None or _is_own(last, role):
        return
    if last.kind == CHOSE:
        raise NothingToUndo(_ANOTHERS)
    if last.kind in _WHENCE:
        raise NothingToUndo(_NOBODYS.format(whence=_WHENCE[last.kind]))


def _is_own(last: Entry, role: str) -> bool:
    return last.kind == CHOSE and last.data.get("role") == role


async def _last(host: Host, record: Record) -> Entry | None:
    """What has happened last, of what was not taken back; that a seat changes hands is nothing of
    the story."""
    sequence = record.sequence
    while sequence > 0:
        entries = await host.store.log(record.id, sequence - 1, 1)
        if not entries:
            return None
        last = entries[0]
        if last.kind == UNDONE:
            sequence = last.data["to"]
        elif last.kind == FORKED:
            sequence = last.data["at"]
        elif last.kind == SEATED:
            sequence -= 1
        else:
            return last
    return None
