"""What a seat is shown of its conversation: where it stands, and all that has happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartline.frontends.seating import can_undo
from heartline.frontends.wire import as_answer, heard_by
from heartline.host.values import CLOSED, UNDONE
from heartline.reasons import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from heartline.host.host import Host
    from heartline.host.turning import Held
    from heartline.host.values import Answer, Happened

__all__ = ["as_text", "view"]


async def view(host: Host, role: str, answer: Answer, *, chose: bool = False) -> dict[str, Any]:
    """Where a conversation stands, as a role sees it. `chose` says that this role has just
    chosen."""
    held = host.touching.holding.get(answer.conversation)
    if held is None or held.record.sequence < answer.sequence:
        held = await host.touching.hold(await host.touching.record(answer.conversation))
    told = as_answer(answer, held.scenario, role, host.touching.now())
    told["speed"] = getattr(host.clock, "speed", 1.0)
    told["can_undo"] = (
        held.scenario.machine.undo and answer.status != CLOSED
        if chose
        else await can_undo(host, held.record, role)
    )
    told["roles"] = _roles(held)
    return told


def _roles(held: Held) -> list[dict[str, Any]]:
    snapshot, machine = held.snapshot, held.scenario.machine
    moment = Moment(machine, snapshot.frame, snapshot.deadlines, snapshot.time)
    return [
        {
            "id": role.id,
            "name": role.name.fixed or role.name.render(moment),
            "engine": role.engine and role.id not in snapshot.persons,
        }
        for role in machine.roles.values()
    ]


def as_text(happened: Iterable[Happened], role: str) -> Iterator[str]:
    """All that a role has heard, as lines of text."""
    for entry in happened:
        if entry.kind == UNDONE:
            yield "(The last step was taken back.)"
        for line in heard_by(entry.said, role):
            yield f"{line.name}: {line.text}" if line.name else line.text
        if entry.kind == CLOSED:
            yield "(The conversation was closed.)"
