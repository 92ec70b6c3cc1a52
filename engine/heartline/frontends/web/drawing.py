"""Diagrams for players: drawn once for each scenario, beside whatever else is served.

They show what the file says and not what was played: which way somebody else took may say more
than the lines that a role has heard. For the same reason they are drawn for a role: guards may tell
of hidden variables, and what others can choose is theirs.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

from heartline.diagram import DrawingFailed, draw
from heartline.frontends.web.problems import Problem

if TYPE_CHECKING:
    from heartline.machine import Machine

__all__ = ["Drawings"]

_KEPT = 32


class Drawings:
    """The diagrams that were asked for last."""

    def __init__(self) -> None:
        self._drawn: OrderedDict[tuple[str, str, str], str] = OrderedDict()
        self._lock = asyncio.Lock()  # a picture takes a while, and the next one may want the same

    async def drawn(self, machine: Machine, form: str, role: str) -> str:
        """The diagram of a machine as a role may see it, in one of heartline.diagram.FORMATS.
        Raises Problem where it cannot be drawn here."""
        key = machine.fingerprint, form, role
        async with self._lock:
            if key not in self._drawn:
                try:
                    self._drawn[key] = await asyncio.to_thread(draw, machine, form, seen_by=role)
                except DrawingFailed:
                    raise Problem(
                        501, "not_drawn", "This server cannot draw pictures. Its text can be had: "
                        "send Accept: text/plain.",
                    ) from None  # fmt: skip
                if len(self._drawn) > _KEPT:
                    self._drawn.popitem(last=False)
            self._drawn.move_to_end(key)
            return self._drawn[key]
