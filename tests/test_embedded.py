"""Heartline as a guest in somebody else's program: it does nothing by itself, and many of its
conversations live beside each other, in threads and in an event loop, without noticing."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent
from threading import Barrier

import pytest

from harness import bundled
from heartline import Choose, Conversation, ManualClock, Scenario, load, loads
from heartline.host import Host
from hosting import INN

BUNDLED = "reconciliation", "breaking_bad_news"
STEPS = 25  # of a play: it ends earlier or is left there

WATCHED = dedent(
    """\
    import io, json, select, sys, threading, time

    LOUD = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn",
            "urllib.", "ftplib.", "smtplib.", "webbrowser.")
    heard = []

    def listen(event, arguments):
        if event.startswith(LOUD):
            heard.append(event)
        if event == "open" and set(str(arguments[1])) & set("wax+"):
            heard.append(f"open {arguments[0]!r}")

    for owner, name in ((time, "sleep"), (select, "select"), (threading.Thread, "start")):
        setattr(owner, name, lambda *arguments, name=name: heard.append(name))

    class Silent(io.TextIOBase):
        def write(self, text):
            heard.append(f"printed {text!r}")
            return len(text)

    sys.dont_write_bytecode = True
    sys.stdout, sys.stderr, out = Silent(), Silent(), sys.stdout
    sys.addaudithook(listen)
    """
)
PLAYED = dedent(
    """\
    import heartline

    for name in ("reconciliation", "breaking_bad_news"):
        scenario = heartline.load(name)
        scenario.start().tick()
        for seed in range(5):
            clock = heartline.ManualClock()
            conversation = scenario.start(seed=seed, clock=clock)
            for step in range(30):
                open = [choice.id for choice in conversation.turn.choices if choice.enabled]
                if conversation.over:
                    break
                conversation.choose(open[step % len(open)]) if open else conversation.wait()
            stored = json.dumps(conversation.snapshot())
            conversation = scenario.resume(json.loads(stored), clock=clock)
            [conversation.explain(choice.id) for choice in conversation.turn.choices]
    """
)


def watched(program: str) -> list[str]:
    """What a program is heard to do besides its work."""
    whole = f"{WATCHED}{program}\nout.write(json.dumps(heard))\n"
    done = subprocess.run(
        [sys.executable, "-c", whole], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stderr == ""
    heard: list[str] = json.loads(done.stdout)
    return heard


class TestAlone:
    def test_the_engine_prints_nothing_sleeps_not_and_opens_nothing(self) -> None:
        assert watched(PLAYED) == []

    @pytest.mark.parametrize(
        "loud",
        ["print('x')", "import time; time.sleep(0)", "import socket; socket.socket().close()",
         "import threading; threading.Thread(target=list).start()",
         "import tempfile; tempfile.TemporaryFile().close()",
         "import subprocess; subprocess.run(['true'])"],
    )  # fmt: skip
    def test_whoever_did_would_be_heard(self, loud: str) -> None:
        assert watched(loud)


# Many ------------------------------------------------------------------------------------------


def stages(scenario: Scenario, seed: int) -> Iterator[str]:
    """A play, as the seed chooses, step by step: where it stands and all that is shown there."""
    chance = random.Random(seed)
    conversation = scenario.start(seed=seed, clock=ManualClock())
    for _ in range(STEPS):
        yield shown(conversation)
        if conversation.over:
            return
        choices = [choice.id for choice in conversation.turn.choices if choice.enabled]
        if choices and chance.random() < 0.9:
            conversation.choose(chance.choice(choices))
        elif conversation.position.deadlines:
            conversation.wait()
        elif choices:
            conversation.choose(choices[0])


def shown(conversation: Conversation) -> str:
    return f"{conversation.turn} {conversation.snapshot()}"


def play(scenario: Scenario, seed: int) -> list[str]:
    return list(stages(scenario, seed))


class TestThreads:
    def test_each_with_its_own_conversation_share_a_scenario_that_nobody_has_used(self) -> None:
        many = 8
        alone = [play(bundled("reconciliation"), seed) for seed in range(many)]
        fresh, together = load("reconciliation"), Barrier(many)

        def beside(seed: int) -> list[str]:
            together.wait(20)
            return play(fresh, seed)

        often = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)  # so that they get between each other's steps
        try:
            with ThreadPoolExecutor(many) as pool:
                assert list(pool.map(beside, range(many))) == alone
        finally:
            sys.setswitchinterval(often)

    def test_each_loads_for_itself(self) -> None:
        with ThreadPoolExecutor(4) as pool:
            loaded = list(pool.map(loads, [INN] * 12))
        assert len({scenario.machine.fingerprint for scenario in loaded}) == 1


class TestOneProcess:
    def test_a_thousand_conversations_in_several_scenarios_go_on_in_turn(self) -> None:
        scenarios = [*map(bundled, BUNDLED), loads(INN)]
        many = 350
        going = [(number, stages(scenarios[number % 3], number // 3)) for number in range(3 * many)]
        last: dict[int, str] = {}
        for _ in range(3):  # steps of each, in turn
            for number, play_on in going:
                last[number] = next(play_on, last.get(number, ""))
        for number in range(0, 3 * many, 97):
            alone = play(scenarios[number % 3], number // 3)
            assert last[number] == alone[min(2, len(alone) - 1)]

    def test_in_an_event_loop_nothing_waits_for_anything(self) -> None:
        scenario = bundled("reconciliation")

        async def talk(seed: int) -> list[str]:
            seen = []
            for stage in stages(scenario, seed):
                seen.append(stage)
                await asyncio.sleep(0)
            return seen

        async def main() -> list[list[str]]:
            return await asyncio.gather(*map(talk, range(50)))

        assert asyncio.run(main()) == [play(scenario, seed) for seed in range(50)]

    def test_one_host_has_thousands_of_several_scenarios(self) -> None:
        async def main() -> None:
            inn, news = loads(INN), bundled("breaking_bad_news")
            async with Host("memory:", [inn, news], clock=ManualClock()) as host:
                for number in range(2_000):
                    await host.open(f"chat-{number}", (inn, news)[number % 2].id, seed=number)
                for number in range(0, 2_000, 2):
                    await host.submit(f"chat-{number}", Choose("ask"))
                for number in range(0, 2_000, 111):
                    stands = (await host.read(f"chat-{number}")).turn
                    alone = (inn, news)[number % 2].start(seed=number, clock=ManualClock())
                    if number % 2 == 0:
                        alone.choose("ask")
                    assert stands.state == alone.turn.state
                    assert stands.lines == alone.turn.lines
                assert (await host.store.counts()).live == 2_000

        asyncio.run(main())
