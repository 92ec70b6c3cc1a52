"""The dry run: what would happen to each live conversation, by scenario, version and state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness import HEAD
from heartline import Choose, loads
from heartline.host import Filter, Host
from heartline.host.forecasting import Forecast
from living import EDITS, PLACES, World, awaited, stores, version, world

__all__ = ["stores", "world"]

OLD = version()
RENAMED = version(
    "1.1.0",
    next(each.body for each in EDITS if each.what == "a state is renamed"),
    migrations="{from: 1.0.0, states: {asked: listening}}",
)
# Without the state `cold` and the timer, so that two of the places have none.
NARROWED = version(
    "1.2.0",
    """\
    context: {heard: {type: int, min: 0, max: 0, initial: 0}}
    states:
      home: {choices: {ask: {to: asked}, wait: {to: apart}, leave: {to: gone}}}
      asked: {choices: {listen: {to: home}}}
      apart: {choices: {write: {to: home}}}
      gone: {type: final, outcome: gone}
    """,
    migrations="{from: 1.0.0}",
)


async def live(host: Host, many: int = 1, scenario: str = "story") -> None:
    """So many conversations in each place."""
    for place, choices in PLACES.items():
        for number in range(many):
            await host.open(f"{scenario}-{place}-{number}", scenario, seed=1)
            for choice in choices:
                await host.submit(f"{scenario}-{place}-{number}", Choose(choice))


def told(found: Forecast) -> tuple[str, str, str, int, str]:
    return found.version, found.state, found.fate, found.conversations, found.to


@awaited
async def test_it_says_by_state_what_migrates_and_what_stays_and_why(world: World) -> None:
    async with world.host(OLD) as before:
        await live(before, 2)
        await before.open("over", "story", seed=1)
        await before.submit("over", Choose("leave"))
    progress: list[int] = []
    async with world.host(NARROWED) as after:
        found = await after.versions.forecast(after.store, progress.append)
        assert [told(each) for each in found] == [
            ("1.0.0", "apart", "stays", 2, "1.0.0"),
            ("1.0.0", "asked", "migrates", 2, "1.2.0"),
            ("1.0.0", "cold", "stays", 2, "1.0.0"),
            ("1.0.0", "home", "migrates", 2, "1.2.0"),
            ("1.0.0", "home", "stays", 2, "1.0.0"),
        ]
        assert [each.why for each in found] == [
            ("the timer 'break' runs, and there is none any more",),
            (),
            ("there is no state 'cold' any more",),
            (),
            ("heard cannot be '1' any more",),
        ]
        assert progress == list(range(1, 11))
        assert {each.fingerprint for each in found} == {OLD.machine.fingerprint}
        assert {each.scenario for each in found} == {"story"}


@awaited
async def test_it_says_what_then_happens_and_changes_nothing(world: World) -> None:
    async with world.host(OLD) as before:
        await live(before)
        unseen = [record async for record in before.store.records(Filter())]
    store = world.stores()
    async with store:
        # Nobody has begun with the new version: what would be is asked before it is let loose.
        host = Host(store, [NARROWED], clock=world.clock)
        found = await host.versions.forecast(store)
        assert [record async for record in store.records(Filter())] == unseen
        assert await store.scenario(NARROWED.machine.fingerprint) is None
    async with world.host(NARROWED) as after:
        assert await after.versions.forecast(after.store) == found
        for record in unseen:
            scenario, carried = await after.versions.migrated(record, world.clock.now())
            fate = "stays" if carried is None else "migrates"
            (one,) = [each for each in found if (each.state, each.fate) == (record.state, fate)]
            assert one.to == scenario.version


@awaited
async def test_only_those_are_read_whom_a_migration_may_carry_over(world: World) -> None:
    other = loads(HEAD.replace("id: story", "id: other") + "states: {here: {choices: {a: {}}}}")
    async with world.host(OLD, other) as before:
        await live(before)
        await before.open("beside", "other", seed=1)
    progress: list[int] = []
    for scenarios, fates in (
        ((OLD, other), {("story", "goes on"), ("other", "goes on")}),
        ((OLD,), {("story", "goes on"), ("other", "stays")}),
        ((version("1.1.0", "states: {home: {choices: {a: {}}}}"),),
         {("story", "stays"), ("other", "stays")}),
    ):  # fmt: skip
        host = Host(world.stores(), scenarios, clock=world.clock)
        async with host.store:
            found = await host.versions.forecast(host.store, progress.append)
        assert {(each.scenario, each.fate) for each in found} == fates
        assert sum(each.conversations for each in found) == len(PLACES) + 1
        for each in found:
            assert (each.why == ()) == (each.fate == "goes on")
    assert progress == []


@awaited
async def test_a_host_without_the_scenario_lets_its_conversations_go_on(world: World) -> None:
    async with world.host(OLD) as before:
        await before.open("chat", "story", seed=1)
    async with world.host() as after:
        (found,) = await after.versions.forecast(after.store)
        assert (told(found), found.why) == (
            ("1.0.0", "home", "stays", 1, "1.0.0"), ("This host has no scenario 'story'.",),
        )  # fmt: skip
        assert (await after.submit("chat", Choose("ask"))).turn.state == "asked"


@awaited
async def test_what_is_damaged_or_cannot_be_loaded_waits(world: World) -> None:
    async with world.host(OLD) as before:
        await live(before)
        kept = await before.store.scenario(OLD.machine.fingerprint)
        assert kept is not None
        await before.store.keep_scenario(replace(kept, files={"scenario.yaml": "heartline: 1"}))
    async with world.host(NARROWED) as after:
        found = await after.versions.forecast(after.store)
        assert [told(each) for each in found] == [
            ("1.0.0", "apart", "waits", 1, "1.0.0"),
            ("1.0.0", "asked", "migrates", 1, "1.2.0"),
            ("1.0.0", "cold", "waits", 1, "1.0.0"),
            ("1.0.0", "home", "migrates", 1, "1.2.0"),
            ("1.0.0", "home", "waits", 1, "1.0.0"),
        ]
        assert found[0].why[0] == "the timer 'break' runs, and there is none any more"
        assert "does not load any more" in found[0].why[1]


class Damaged:
    """A store whose snapshots are not whole."""

    def __init__(self, host: Host) -> None:
        self.store = host.store

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)

    async def records(self, which: Filter) -> object:
        async for record in self.store.records(which):
            yield record._replace(snapshot="{")


@awaited
async def test_a_damaged_conversation_waits(world: World) -> None:
    async with world.host(OLD) as before:
        await before.open("chat", "story", seed=1)
    async with world.host(RENAMED) as after:
        (found,) = await after.versions.forecast(Damaged(after))  # type: ignore[arg-type]
        assert (found.fate, found.to) == ("waits", "1.0.0")
        assert found.why == ("This is not a saved conversation: it is not a JSON object.",)


@awaited
async def test_two_numbers_of_one_structure_are_counted_once(world: World) -> None:
    async with world.host(OLD) as first:
        await first.open("early", "story", seed=1)
    async with world.host(version("1.0.1")) as second:
        await second.open("late", "story", seed=1)
    for source in ("1.0.0", "1.0.1"):
        new = version(
            "1.2.0",
            "states: {home: {choices: {a: {}}}}",
            migrations=f"{{from: {source}}}",
        )
        host = Host(world.stores(), [new], clock=world.clock)
        async with host.store:
            found = await host.versions.forecast(host.store)
        expected = {"1.0.0": "migrates", "1.0.1": "stays" if source == "1.0.0" else "migrates"}
        assert {each.version: each.fate for each in found} == expected
        assert sum(each.conversations for each in found) == 2


@pytest.mark.parametrize("number", ["1.10.0", "2.0.0", "1.2.10"])
@awaited
async def test_numbers_are_compared_as_numbers(world: World, number: str) -> None:
    old, new = "1.2.0", number
    async with world.host(version(old)) as before:
        await before.open("chat", "story", seed=1)
    body = "states: {home: {choices: {a: {}}}}"
    async with world.host(version(new, body, migrations=f"{{from: {old}}}")) as after:
        (found,) = await after.versions.forecast(after.store)
        assert (found.fate, found.to) == ("migrates", new)
