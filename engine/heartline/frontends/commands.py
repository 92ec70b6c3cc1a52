"""What can be written in a chat besides choices.

Commands begin with a slash in every sentence of the desk; `signed` writes them as a network does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heartline.errors import ScenarioUnavailable
from heartline.frontends.seating import persons_of
from heartline.host.values import CLOSED, LIVE

if TYPE_CHECKING:
    from collections.abc import Collection

    from heartline.frontends.beginning import Beginning
    from heartline.host.host import Host
    from heartline.host.values import Record

__all__ = ["COMMANDS", "NO_CARE", "care", "listed", "possible", "signed"]

# What each does: networks with menus show these.
COMMANDS = {
    "start": "begin a conversation; with the name of one, that one",
    "again": "show where you are",
    "undo": "take your last step back",
    "log": "all that has been said",
    "care": "where to find support",
    "invite": "a code with which another person takes their seat",
    "join": "take a seat with such a code",
    "stop": "leave the conversation",
    "delete": "delete the conversation, with all that is stored of it",
    "help": "these words",
}
NO_CARE = "This scenario brings no list of places that help."
_CARE = "If this is too close: /care says where support is found."
_WHILE_ASKED = ("start", "again", "care", "join", "stop", "help")
_WHILE_WAITING = ("log", "stop", "delete", "help")
_AFTER_WAITING = ("start", "log", "delete", "help")
_COMMAND = re.compile(rf"(?<!\S)/(?=(?:{'|'.join(COMMANDS)})\b)")


async def possible(host: Host, record: Record) -> Collection[str]:
    """The commands that do something in this conversation. At its end they are others than on the
    way, and what its scenario forbids or has not got is none of them. Raises HostError."""
    try:
        held = await host.touching.hold(record)
    except ScenarioUnavailable:  # it waits, and is still to be read, ended and deleted
        return _WHILE_WAITING if record.status == LIVE else _AFTER_WAITING
    live, machine = record.status == LIVE, held.scenario.machine
    none = {"start", "join"} if live else {"stop", "invite"}
    if not machine.undo or record.status == CLOSED:
        none.add("undo")
    if machine.support is None:
        none.add("care")
    if len(await persons_of(host, record)) < 2:
        none.add("invite")
    return [name for name in COMMANDS if name not in none]


async def listed(host: Host, record: Record | None, beginning: Beginning | None) -> str:
    """The commands, one a line: in a conversation, or where one is about to begin, those that can
    be of use there, to all others every one that there is."""
    names: Collection[str] = COMMANDS
    if beginning is not None:
        names = [name for name in _WHILE_ASKED if name != "care" or beginning.support]
    elif record is not None:
        names = await possible(host, record)
    return "\n".join(f"/{name} – {COMMANDS[name]}" for name in names)


def care(support: str | None) -> tuple[str, ...]:
    """What is said of support at the beginning, once: the text itself is long, and /care has it."""
    return (_CARE,) if support else ()


def signed(text: str, sign: str) -> str:
    """A sentence with its commands as they are written where they begin with this sign."""
    return text if sign == "/" else _COMMAND.sub(sign, text)
