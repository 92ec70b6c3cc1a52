"""Who sits in a conversation, as front ends ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.host.values import CHOSE

if TYPE_CHECKING:
    from heartline.host.host import Host
    from heartline.host.values import Record

__all__ = ["last_by", "persons_of"]


async def persons_of(host: Host, record: Record) -> tuple[str, ...]:
    """The roles that persons play in this conversation, in the order of its cast. Raises
    HostError."""
    held = await host.touching.hold(record)
    roles = held.scenario.machine.roles
    return tuple(
        name for name, role in roles.items() if not role.engine or name in held.snapshot.persons
    )


async def last_by(host: Host, record: Record, role: str) -> bool:
    """Whether a person may take back what happened last: among several only who chose last may,
    so that nobody takes back what another has said. Raises HostError."""
    if len(await persons_of(host, record)) < 2:
        return True
    for sequence in range(record.sequence, 0, -1):
        entry = (await host.store.log(record.id, sequence - 1, 1))[0]
        if entry.kind == CHOSE:
            return entry.data.get("role") == role
        if entry.kind != "seated":
            break
    return False
