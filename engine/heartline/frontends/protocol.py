"""What a front end is: a name, what its network can do, and two coroutines.

    class Irc:
        name = "irc"
        capabilities = Capabilities(buttons=False, longest_text=400)

        async def run(self, host: Host) -> None: ...
        async def deliver(
            self, reference: ConversationReference, events: Sequence[OutEvent]
        ) -> None: ...

It is found by the entry point of its name in the group `heartline.frontends`, which names the
class. The keywords of its `__init__` are its settings, all of them texts
(heartline.frontends.plugins).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.frontends.references import ConversationReference
    from heartline.host.host import Host
    from heartline.turn import Said, Turn

__all__ = ["Button", "Capabilities", "FrontEnd", "OutEvent"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a network can do. Lengths are in characters.

    `buttons`: a message can have some that are pressed. `edits`: a message that was sent can be
    changed, so that buttons which no longer answer anything are taken away. `push`: a person can be
    told something without having asked. `threads`: a chat has parts that are conversations of
    their own. `longest_text` is that of a message, `longest_label` that of a button, and
    `most_choices` how many buttons, or numbers of a list, a message has.
    """

    buttons: bool = True
    edits: bool = False
    push: bool = True
    threads: bool = False
    longest_text: int = 4000
    longest_label: int = 60
    most_choices: int = 12


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. `press` is what comes back then: at most 64 bytes of ASCII, which hold
    the turn, so that a stale one is known. A closed choice has `enabled` false and the `reason`."""

    label: str
    press: str
    enabled: bool = True
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class OutEvent:
    """Something to show to one person, already fitted to what the network can do.

    `id` is the same each time that it is delivered. `text` is whole: who wants no more than texts
    and buttons shows these. `lines` and `turn` are what it was made of, as the seat may see it;
    `turn` is None where there is nothing to answer. `replaces` says that buttons shown earlier in
    this place answer nothing any more; `paged` that these are other buttons of the same message: a
    network that can changes that one.
    """

    id: str
    text: str
    buttons: tuple[Button, ...] = ()
    lines: tuple[Said, ...] = ()
    turn: Turn | None = None
    replaces: bool = False
    paged: bool = False


@runtime_checkable
class FrontEnd(Protocol):
    """Somewhere that conversations are held."""

    name: str
    capabilities: Capabilities

    async def run(self, host: Host) -> None:
        """Take what people do there, until this is cancelled. Ending by itself ends no other front
        end. Where it raises it is started again, unless that is a CallerError: with these settings
        it cannot run."""
        ...

    async def deliver(self, reference: ConversationReference, events: Sequence[OutEvent]) -> None:
        """Show something to the person there. Where this raises it is tried again, with a growing
        pause, and may therefore come twice."""
        ...
