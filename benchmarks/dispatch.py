"""Dispatch, step and view beside the peers: all play the same round, in turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.harness import Contender, Missing, Samples, check, interleave, ratio
from benchmarks.peers import floor, node, ours, psm, sismic_peer, stock, xsm
from benchmarks.targets import Finding

__all__ = ["findings", "measure"]

_TRANSITIONS = "transitions (stock)"


def measure(samples: int, seconds: float, say: Callable[[str], None]) -> Samples:
    """Seconds per input of everybody who can take part; `say` hears who cannot, and why."""
    compiled = ours.machine()
    mute = ours.without_lines(compiled)
    builders: list[Callable[[], Contender]] = [
        floor.contender,
        partial(ours.dispatch, ours.DISPATCH, mute),
        partial(ours.dispatch, ours.SPEAKING, compiled),
        partial(ours.dispatch, ours.STOCK, mute.stock()),
        stock.contender,
        partial(ours.in_step, ours.STEP, compiled, show=False),
        partial(ours.in_step, ours.VIEW, compiled, show=True),
        psm.contender,
        sismic_peer.contender,
        xsm.contender,
    ]
    try:
        node.install()
        builders += [node.xstate, node.inkjs]
    except Missing as why:
        say(str(why))
    contenders = []
    try:
        for build in builders:
            try:
                contender = build()
            except Missing as why:
                say(str(why))
                continue
            contenders.append(contender)
            check(contender)
        return interleave(contenders, samples=samples, seconds=seconds)
    finally:
        for contender in contenders:
            contender.close()


def findings(samples: Samples) -> list[Finding]:
    """The promises about speed, as far as their peers took part."""
    found = []

    def compare(
        one: str, other: str, *, at_least: float | None = None, at_most: float | None = None
    ) -> None:
        if one in samples and other in samples:
            r = ratio(samples, one, other)
            found.append(
                Finding(f"{one} / {other}", r.median, "x", at_least, at_most, (r.low, r.high))
            )

    compare(ours.DISPATCH, floor.NAME, at_most=2.5)
    compare(ours.SPEAKING, floor.NAME)
    compare(_TRANSITIONS, ours.DISPATCH, at_least=8)
    compare(ours.STOCK, ours.DISPATCH)
    compare("XState", ours.STEP, at_least=1)
    compare("inkjs", ours.VIEW, at_least=5)
    compare("python-statemachine", ours.VIEW, at_least=10)
    for peer in ("python-statemachine", "sismic", "xstate-statemachine"):
        compare(peer, ours.STEP)
    return found
