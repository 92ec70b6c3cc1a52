"""Where conversations are held: the interface of a front end, and what all of them share.

    class Irc:
        name = "irc"
        capabilities = Capabilities(buttons=False, longest_text=400)

        async def run(self, host: Host) -> None:
            desk = Desk(host, self)
            ...  # for each message: await desk.hear(reference, text, id=its_id_on_the_network)

        async def deliver(
            self, reference: ConversationReference, events: Sequence[OutEvent]
        ) -> None: ...

A `Stage` runs several of them on one host. `degrade` fits a turn to what a network can do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heartline.frontends.degrading import degrade
    from heartline.frontends.desk import Desk
    from heartline.frontends.protocol import Button, Capabilities, FrontEnd, OutEvent
    from heartline.frontends.references import ConversationReference
    from heartline.frontends.stage import Stage

# Where each name lives: it is imported when it is first used, so that who wants the values pays for
# no host.
_HOMES = {
    "degrading": ("degrade",),
    "desk": ("Desk",),
    "protocol": ("Button", "Capabilities", "FrontEnd", "OutEvent"),
    "references": ("ConversationReference",),
    "stage": ("Stage",),
}
_HOME = {name: room for room, names in _HOMES.items() for name in names}

__all__ = [
    "Button", "Capabilities", "ConversationReference", "Desk", "FrontEnd", "OutEvent", "Stage",
    "degrade",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOME:
        return getattr(import_module(f"heartline.frontends.{_HOME[name]}"), name)
    raise AttributeError(f"module 'heartline.frontends' has no attribute {name!r}")
