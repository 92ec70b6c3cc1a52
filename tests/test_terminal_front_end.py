"""The terminal on the interface of all front ends: `heartline run SCENARIO --on terminal`."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from contract_drivers.terminal import Keys, Screen
from heartline import ManualClock, Scenario, loads
from heartline.cli import run
from heartline.errors import CallerError
from heartline.frontends.plugins import make
from heartline.frontends.protocol import FrontEnd
from heartline.frontends.stage import Stage
from heartline.frontends.terminal.frontend import Terminal
from heartline.frontends.terminal.keyboard import Lines
from heartline.frontends.terminal.player import Sink
from heartline.host import Host
from hosting import INN, inn
from test_stage import Leaves

OTHER = loads(INN.replace("id: inn", "id: hostel").replace("An inn", "A hostel"))


class Typed(Terminal):
    """A terminal at which these lines are typed."""

    def __init__(self, *lines: str, screen: Screen | None = None, **settings: str) -> None:
        super().__init__(**settings)
        self.screen = screen or Screen()
        self.keys = Keys()
        for line in lines:
            self.keys.typed.put_nowait(line)

    def sink(self) -> Sink:
        return self.screen

    def source(self, words: Callable[[], Sequence[str]], sink: Sink) -> Lines:
        self.words = words
        return self.keys

    @property
    def shown(self) -> str:
        return " ".join((self.screen.out.getvalue() + self.screen.err.getvalue()).split())


def played(*front_ends: FrontEnd, scenarios: Sequence[Scenario] = (), url: str = "memory:") -> None:
    """Let them run until the last has ended by itself."""

    async def main() -> None:
        stage = Stage(front_ends)
        scenes = scenarios or [inn()]
        async with Host(url, scenes, clock=ManualClock(), deliver=stage.deliver) as host:
            async with asyncio.timeout(20):
                await stage.run(host)

    asyncio.run(main())


def test_it_is_found_by_its_name_and_is_a_front_end() -> None:
    terminal = make("terminal,scenario=inn,reference=mine,seed=7", {})
    assert isinstance(terminal, Terminal)
    assert isinstance(terminal, FrontEnd)
    assert (terminal.scenario, terminal.reference, terminal.seed) == ("inn", "mine", 7)


@pytest.mark.parametrize("seed", ["x", "-1", "1.5", "²", "9" * 19])
def test_a_seed_that_is_none_is_refused(seed: str) -> None:
    with pytest.raises(CallerError, match="the seed is a whole number, as in seed=7"):
        make(f"terminal,seed={seed}", {})


def test_somebody_plays_and_leaves_and_the_process_ends() -> None:
    terminal = Typed("take", ":quit")
    played(terminal)
    assert "It rains. Mo (only to Guest): Good evening." in terminal.shown
    assert "Guest: I take it." in terminal.shown
    assert terminal.shown.endswith("The conversation is not kept: it ends with this program.")
    assert "rest" in terminal.words()


def test_who_leaves_leaves_the_others_there() -> None:
    async def main() -> None:
        other, terminal = Leaves("other"), Typed(":quit")
        stage = Stage([terminal, other])
        async with Host("memory:", [inn()], clock=ManualClock(), deliver=stage.deliver) as host:
            running = asyncio.create_task(stage.run(host))
            async with asyncio.timeout(20):
                while "it ends with this program" not in terminal.shown:
                    await asyncio.sleep(0.005)
                await asyncio.sleep(0.02)
                assert not running.done()
                other.leave.set()
                await running

    asyncio.run(main())


def test_whoever_comes_back_goes_on_with_any_command(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'inn.db'}?synchronous=OFF"
    first = Typed("take", ":quit", seed="7")
    played(first, url=url)
    assert "You stopped at turn 2, and the conversation goes on in the store." in first.shown
    assert "heartline run --on terminal,scenario=inn --store 'sqlite:///" in first.shown
    again = Typed(":quit", seed="7")  # a seed is for a conversation that begins
    played(again, url=url)
    assert "What a bed." in again.shown
    mine = Typed(":quit", reference="mine")
    played(mine, url=url)
    assert "Never mind." in mine.shown
    assert "--on terminal,scenario=inn,reference=mine" in mine.shown


def test_among_several_scenarios_one_is_named() -> None:
    with pytest.raises(CallerError) as refused:
        played(Typed(), scenarios=[inn(), OTHER])
    assert str(refused.value) == (
        "Which scenario is to be played at the terminal? Write --on terminal,scenario=inn; there "
        "are inn, hostel."
    )
    hostel = Typed(":quit", scenario="hostel")
    played(hostel, scenarios=[inn(), OTHER])
    assert "A hostel" in hostel.shown


def test_without_a_scenario_it_says_how_to_name_one() -> None:
    async def main() -> None:
        async with Host("memory:", [], clock=ManualClock()) as host:
            with pytest.raises(CallerError, match="has no scenario to play: name one, as in"):
                await Typed().run(host)

    asyncio.run(main())


def test_a_pipe_plays_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lines").write_text("take\nrest\n")
    (tmp_path / "inn.yaml").write_text(INN)
    with (tmp_path / "lines").open() as lines:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(lines.buffer))  # type: ignore[arg-type]
        url = f"sqlite:///{tmp_path / 'inn.db'}"
        code = run(["run", str(tmp_path / "inn.yaml"), "--on", "terminal", "--store", url])
    out, err = capfd.readouterr()
    assert code == 0
    assert "Guest: What a bed." in out
    assert "You stopped at turn 3" in " ".join(err.split())
    assert err.endswith("Stopped.\n")
