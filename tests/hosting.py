"""What the tests of hosts share: a scenario with something of everything, and stores to keep it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

import postgres
from heartline import ManualClock, Scenario, loads
from heartline.clock import Clock
from heartline.host import Answer, Host, Observer

INN = dedent(
    """\
    heartline: 1
    id: inn
    version: 1.0.0
    title: An inn
    cast:
      guest: {name: "{nick}"}
      mo: {name: Mo, played_by: engine}
    context:
      nick: {type: text, initial: Guest, input: true, kept_for: To call you by it.}
      nights: {type: int, min: 0, max: 9, initial: 1, input: true}
      stay: {type: duration, values: [1d, 2d], initial: 1d, input: true}
      secret: {type: int, min: 0, max: 3, initial: 0, hidden: true}
    timers:
      night: {length: stay, title: your stay}
      tea: {length: 1h, title: the kettle}
    states:
      desk:
        entry:
          say: ["It rains.", {mo: Good evening., only_to: guest}, {guest: Tired., only_to: mo}]
        choices:
          ask: {say: "How about {nights} nights?", do: nights += 1, to: asked}
          take: {say: I take it., do: [start(night), start(tea)], to: room}
          leave: {say: Never mind., when: nights >= 3, to: gone}
        events: {bell: {do: secret += 1}}
      asked:
        choices:
          yes_to_that: {by: mo, say: By all means., weight: 3, to: desk}
          no_to_that: {by: mo, say: [I fear not., Not tonight.], weight: 2, to: desk}
      room:
        choices:
          rest: {say: What a bed.}
          go: {say: I am off., to: gone}
        after:
          tea: {say: [{mo: Your tea!}]}
          night: {say: [{mo: It is time.}], to: gone}
      gone: {type: final, outcome: gone, entry: {say: [The door falls shut.]}}
    """
)


@cache  # many tests ask for it, and nothing changes what came of it
def inn(old: str = "", new: str = "") -> Scenario:
    """The inn, with something changed."""
    assert old in INN
    return loads(INN.replace(old, new, 1))


STORES = ["memory", "sqlite", "postgresql"]


def url_of(store: str, folder: Path) -> str:
    """The URL of a new store; skips where its kind cannot be had."""
    if store == "sqlite":
        return f"sqlite:///{folder / 'heartline.db'}?synchronous=OFF"
    return postgres.server().url() if store == "postgresql" else "memory:"


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a new store of each kind, one after the other."""
    return url_of(request.param, tmp_path)


def host_on(url: str, *scenarios: Scenario, clock: Clock | None = None, **options: object) -> Host:
    """A host with the inn, or with other scenarios, on a clock that stands still."""
    return Host(url, scenarios or [inn()], clock=clock or ManualClock(), **options)  # type: ignore[arg-type]


Play = Callable[[Host, ManualClock], Awaitable[None]]


def played(url: str, play: Play, *scenarios: Scenario, **options: object) -> None:
    """Play on a host with the inn, or with other scenarios."""

    async def main() -> None:
        clock = ManualClock()
        async with host_on(url, *scenarios, clock=clock, **options) as host:
            await play(host, clock)

    asyncio.run(main())


def later(clock: ManualClock, **length: float) -> None:
    """Let time pass."""
    clock.advance(timedelta(**length))


def lines(answer: Answer) -> list[str]:
    """What was said, speaker first."""
    return [f"{line.speaker}: {line.text}" for line in answer.turn.lines]


class Watching(Observer):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def turn(self, scenario: str, seconds: float) -> None:
        assert seconds >= 0
        self.told.append(("turn", scenario))

    def refused(self, kind: str) -> None:
        self.told.append(("refused", kind))

    def conflict(self) -> None:
        self.told.append(("conflict",))

    def fired(self, count: int, late: float) -> None:
        self.told.append(("fired", count, late))

    def waiting(self, scenario: str) -> None:
        self.told.append(("waiting", scenario))
