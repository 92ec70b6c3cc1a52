"""The benchmarks measure the same thing: their scenario and the floor go the same way.

Nothing here is about time; `make bench` measures.
"""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from benchmarks import durable, harness, web
from benchmarks.bulk import copies
from benchmarks.cycle import EVENTS, NUMBERS, STATES
from benchmarks.generate import generate
from benchmarks.peers import floor, ours, stock

import heartline
import postgres
from heartline import Choose, ManualClock
from heartline.host import Host

ROOT = Path(__file__).resolve().parent.parent


def test_the_scenario_goes_the_way_of_the_floor_at_every_depth() -> None:
    compiled = ours.machine()
    harness.check(floor.contender())
    for machine in (compiled, ours.without_lines(compiled), compiled.stock()):
        harness.check(ours.dispatch("machine", machine))
    for show in (False, True):
        harness.check(ours.in_step("step", compiled, show=show))


def test_the_machine_in_stock_transitions_goes_the_same_way() -> None:
    harness.check(stock.contender())


def test_a_contender_that_strays_is_found_out() -> None:
    stray = harness.loop("stray", lambda _event: None, lambda: "nowhere")
    with pytest.raises(AssertionError, match="stray is in 'nowhere' after input 0"):
        harness.check(stray)


def test_a_round_visits_every_state_that_is_not_final_and_ends_where_it_began() -> None:
    leaves = ours.machine().leaves
    assert {name for name, leaf in leaves.items() if not leaf.final} == set(STATES)
    assert STATES[-1] == "doorstep"


def test_the_floor_and_the_scenario_begin_with_the_same_numbers() -> None:
    compiled = ours.machine()
    frame = compiled.initial_frame()
    assert {name: frame[compiled.layout["var", name]] for name in NUMBERS} == NUMBERS
    assert floor.new_frame()[1:6] == list(NUMBERS.values())


def test_the_same_inputs_stand_in_the_files_of_the_peers() -> None:
    choices = {event for event in EVENTS if event != "pause_over"}
    peers = ROOT / "benchmarks" / "peers"
    ink = (peers / "flatmates.ink").read_text("utf-8")
    assert choices <= set(re.findall(r"#(\w+)\]", ink))
    assert choices <= set(
        re.findall(r"event: (\w+)", (peers / "flatmates.sismic.yaml").read_text("utf-8"))
    )
    states = json.loads((peers / "flatmates.xstate.json").read_text("utf-8"))["states"]
    assert choices <= {event for state in states.values() for event in state.get("on", {})}
    assert set(STATES) < set(states)


def test_a_generated_scenario_has_the_states_that_were_asked_for_and_loads_clean() -> None:
    scenario = heartline.loads(generate(60))
    assert not scenario.diagnostics
    leaves = scenario.machine.leaves.values()
    assert sum(not leaf.final for leaf in leaves) == 60
    assert generate(60) == generate(60)
    assert generate(60, seed=1) != generate(60)


def test_the_pins_of_the_peers_are_those_that_make_bench_installs() -> None:
    constraints = (ROOT / ".ci" / "constraints.txt").read_text("utf-8")
    pins = re.findall(
        r"(?m)^[a-z-]+==[\d.]+", (ROOT / "benchmarks" / "requirements.txt").read_text("utf-8")
    )
    assert len(pins) >= 3
    for pin in pins:
        assert f"{pin} " in constraints, f"{pin} is not what .ci/constraints.txt pins"


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_copied_conversations_are_as_good_as_played_ones(store: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bulk.db'}?synchronous=OFF"
    if store == "postgresql":
        url = postgres.server().url("pool=2")

    async def main() -> None:
        clock, letters = ManualClock(), heartline.loads(durable.LETTERS)
        async with Host(url, [letters], clock=clock) as host:
            one = await host.open("one", "letters")
            two = await host.open("two", "letters")
            await host.submit("two", Choose("write"))
            names = await copies(url, [one.conversation, two.conversation], 9)
            assert len(names) == 9
            for name in names:
                assert await host.verify(name) is None
            await host.submit(names[-1], Choose("write"), key="k")
            assert await host.verify(names[-1]) is None
            clock.advance(timedelta(days=91))
            assert await host.fire_due() == 2 + 10
            assert (await host.store.counts()).timers == 0

    asyncio.run(main())


def test_what_is_compared_over_http_is_a_turn_and_the_same_body_for_nothing() -> None:
    async def main(port: int) -> None:
        caller = await web._Caller.to(port)
        body = b'{"choose": "write"}'
        assert await caller.ask("/empty", body) == b'{"done":true}'
        token = await caller.begin()
        turn = json.loads(await caller.ask("/api/v1/conversation/inputs", body, token))["turn"]
        assert (turn["number"], turn["state"]) == (2, "home")
        caller.close()
        found = await web._streams(port, 4, 3)
        assert [each.what.startswith("4 open streams") for each in found] == [True, True]

    with web._served() as port:
        asyncio.run(main(port))
