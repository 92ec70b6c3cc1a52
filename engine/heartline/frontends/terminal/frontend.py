"""The terminal as a front end: `heartline run SCENARIO --on terminal --store URL`.

Somebody plays at this terminal while other front ends serve others from the same process. It is the
player of `heartline play --store`, so a conversation that was begun with either goes on in the
other. Whoever plays leaves with :quit, and the other front ends go on.
"""

from __future__ import annotations

import shlex
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from heartline.errors import CallerError, UnknownConversation
from heartline.frontends.protocol import Capabilities
from heartline.frontends.terminal.hosted import Hosted, Wanted
from heartline.frontends.terminal.keyboard import source_of
from heartline.frontends.terminal.player import Sink
from heartline.frontends.terminal.render import Renderer
from heartline.frontends.terminal.screen import colourful, columns
from heartline.host.values import LIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heartline.frontends.protocol import OutEvent
    from heartline.frontends.references import ConversationReference
    from heartline.frontends.terminal.keyboard import Lines
    from heartline.host.host import Host

__all__ = ["Terminal"]


class Terminal:
    """One person at the terminal that the process was started in.

    `scenario` is the id of the one to play, and need not be given where only one is served.
    `reference` is what the conversation is called in the store, the scenario's id and -me where it
    is not given. `seed` is a number that decides all draws of a conversation that begins.
    """

    name = "terminal"
    # The player takes numbers and names, and shows what happens by itself.
    capabilities = Capabilities(
        buttons=False, push=False, longest_text=1_000_000, longest_label=1_000, most_choices=1_000
    )

    def __init__(self, *, scenario: str = "", reference: str = "", seed: str = "") -> None:
        """Raises ValueError where the seed is no number."""
        if seed and not (seed.isascii() and seed.isdigit() and len(seed) <= 18):
            raise ValueError(f"the seed is a whole number, as in seed=7, not {seed[:40]!r}")
        self.scenario = scenario
        self.reference = reference
        self.seed = int(seed) if seed else None

    async def run(self, host: Host) -> None:
        """Play, until whoever sits there leaves or the lines end. Raises CallerError where it is
        not clear which scenario is meant, and HeartlineError where it cannot begin."""
        scenario = self.scenario or _only(host)
        reference = self.reference or f"{scenario}-me"
        sink = self.sink()
        players: list[Hosted] = []
        source = self.source(lambda: players[0].words() if players else [], sink)
        wanted = Wanted(scenario, {}, None if await _goes_on(host, reference) else self.seed)
        again = _again(scenario, self.reference, host.store.url)
        players.append(Hosted(host, reference, wanted, source, sink, again))
        await players[0].run()

    async def deliver(self, reference: ConversationReference, events: Sequence[OutEvent]) -> None:
        """Nothing is brought here: the player follows its conversation by itself."""

    def sink(self) -> Sink:
        """Where the conversation is shown."""
        return Sink(sys.stdout, sys.stderr, Renderer(columns(), colour=colourful(), kept=True),
                    columns)  # fmt: skip

    def source(self, words: Callable[[], Sequence[str]], sink: Sink) -> Lines:
        """Where the lines come from; `words` could be typed now."""
        return source_of(
            words, sink.echo, lambda what: sink.about_run(what, type="note", code="line_by_line")
        )


async def _goes_on(host: Host, reference: str) -> bool:
    """Whether a conversation with this reference has begun, and is not over."""
    with suppress(UnknownConversation):
        return (await host.touching.record(reference)).status == LIVE
    return False


def _only(host: Host) -> str:
    """The one scenario that is served."""
    names = [*host.versions.own, *host.unavailable]
    if len(names) == 1:
        return names[0]
    if not names:
        raise CallerError(
            "The terminal has no scenario to play: name one, as in heartline run reconciliation "
            "--on terminal, or give the id of one that the store keeps with --on "
            "terminal,scenario=ID."
        )
    raise CallerError(
        f"Which scenario is to be played at the terminal? Write --on terminal,scenario={names[0]}; "
        f"there are {', '.join(names)}."
    )


def _again(scenario: str, reference: str, url: str) -> str:
    """The command that comes back to it: the store keeps the scenario, too. Empty where the store
    ends with the program."""
    if url.startswith("memory:"):
        return ""
    on = f"terminal,scenario={scenario}" + (f",reference={reference}" if reference else "")
    return shlex.join(["heartline", "run", "--on", on, "--store", url])
