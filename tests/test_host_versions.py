"""Which version of its scenario serves a conversation: what migrates, what stays, what waits."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from harness import HEAD
from heartline import Choose, RunawayError, Scenario, StaleTurn, Tick
from heartline.host.stores.memory import MemoryStore
from living import PLACES, STORY, World, awaited, edit, stores, version, version_of, world
from test_kept_files import WITH_SUPPORT
from test_support import DATA
from versions import versions

__all__ = ["stores", "world"]

OLD = version()


@awaited
async def test_a_conversation_that_does_not_fit_migrates_once_it_does(world: World) -> None:
    gone = edit("a state is removed")
    async with world.host(OLD) as before:
        await before.open("chat", "story", seed=1)
        for choice in PLACES["cold"]:
            await before.submit("chat", Choose(choice))
    async with world.host(version("1.1.0", gone.body, migrations=gone.migration)) as after:
        assert (await after.submit("chat", Choose("soften"))).turn.state == "home"
        assert await version_of(after, "chat") == "1.0.0"
        answer = await after.submit("chat", Choose("ask"))
        assert (answer.turn.state, await version_of(after, "chat")) == ("asked", "1.1.0")
        kinds = [each.kind for each in await after.transcript("chat")]
        assert kinds == ["opened", "chose", "chose", "chose", "migrated", "chose"]


@awaited
async def test_a_timer_that_fires_while_a_conversation_migrates_says_how_late(world: World) -> None:
    renamed = edit("a timer is renamed")
    async with world.host(OLD) as before:
        await before.open("chat", "story", seed=1)
        await before.submit("chat", Choose("wait"))
    world.clock.advance(timedelta(days=16))
    async with world.host(version("1.1.0", renamed.body, migrations=renamed.migration)) as after:
        assert await after.fire_due() == 1
        entry = (await after.transcript("chat"))[-1]
        assert (entry.kind, entry.state) == ("migrated", "review")
        assert entry.late == timedelta(days=2)
        assert await after.verify("chat") is None


@awaited
async def test_texts_may_change_under_a_conversation(world: World) -> None:
    async with world.host(OLD) as before:
        await before.open("chat", "story", seed=1)
    async with world.host(version("1.0.1", STORY.replace("What is it", "How is it"))) as after:
        assert after.versions.notes == ()
        answer = await after.submit("chat", Choose("ask"))
        assert [line.text for line in answer.turn.lines] == ["How is it like for you?"]
        assert [each.kind for each in await after.transcript("chat")] == ["opened", "chose"]


@awaited
async def test_a_stored_version_has_its_texts_and_its_support_data_as_they_were(
    world: World, tmp_path: Path
) -> None:
    folder = tmp_path / "help"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "help.yaml").write_text(DATA, "utf-8")
    (folder / "scenario.yaml").write_text(HEAD + WITH_SUPPORT, "utf-8")
    async with world.host(folder) as before:
        await before.open("chat", "story", seed=1)
    # A later version in the same place: another structure, other words, another number to call.
    (folder / "data" / "help.yaml").write_text(DATA.replace("999", "998"), "utf-8")
    text = HEAD.replace("1.0.0", "1.1.0") + WITH_SUPPORT.replace("end: {", "stop: {")
    (folder / "scenario.yaml").write_text(text, "utf-8")
    async with world.host(folder) as after:
        (line,) = (await after.submit("chat", Choose("look"))).turn.lines
        assert "999" in line.text
        await after.open("new", "story", seed=1)
        (line,) = (await after.submit("new", Choose("look"))).turn.lines
        assert "998" in line.text


@awaited
async def test_a_migration_from_a_number_with_the_same_structure_fits(world: World) -> None:
    # 1.0.1 changed texts only, and a conversation that slept then still has the number 1.0.0.
    async with world.host(OLD) as first:
        await first.open("chat", "story", seed=1)
    async with world.host(version("1.0.1", STORY.replace("What is it", "How is it"))):
        pass
    renamed = edit("a state is renamed")
    migration = renamed.migration.replace("1.0.0", "1.0.1")
    new = version("1.1.0", renamed.body, migrations=migration)
    async with world.host(new) as last:
        found = [(each.fate, each.to) for each in await last.versions.forecast(last.store)]
        assert found == [("migrates", "1.1.0")]
        assert (await last.submit("chat", Choose("ask"))).turn.state == "listening"
        assert await version_of(last, "chat") == "1.1.0"


@awaited
async def test_one_of_an_earlier_number_that_does_not_fit_stays(world: World) -> None:
    async with world.host(OLD) as first:
        await first.open("chat", "story", seed=1)
        await first.submit("chat", Choose("wait"))
    async with world.host(version("1.0.1", STORY.replace("What is it", "How is it"))):
        pass
    new = version("1.1.0", edit("a timer is removed").body, migrations="{from: 1.0.1}")
    async with world.host(new) as last:
        (found,) = await last.versions.forecast(last.store)
        assert (found.fate, found.version, found.to) == ("stays", "1.0.0", "1.0.1")
        assert (await last.submit("chat", Choose("write"))).turn.state == "home"
        assert await version_of(last, "chat") == "1.0.1"


@awaited
async def test_what_would_go_round_for_ever_stays(world: World) -> None:
    body = (
        STORY.replace("  cold:", "  cold:\n    always: {when: heard >= 0, to: chill}", 1)
        + "  chill: {always: {when: heard >= 0, to: cold}}\n"
    )
    async with world.host(OLD) as before:
        await before.open("chat", "story", seed=1)
        for choice in PLACES["cold"]:
            await before.submit("chat", Choose(choice))
    async with world.host(version("1.1.0", body, migrations="{from: 1.0.0}")) as after:
        (found,) = await after.versions.forecast(after.store)
        assert (found.fate, found.to) == ("stays", "1.0.0")
        assert "loops at 'chill'" in found.why[0] or "loops at 'cold'" in found.why[0]
        assert (await after.submit("chat", Choose("soften"))).turn.state == "home"


# Two hosts with different versions --------------------------------------------------------------


@awaited
async def test_two_hosts_with_two_versions_move_a_conversation_once(world: World) -> None:
    renamed = edit("a state is renamed")
    new = version("1.1.0", renamed.body, migrations=renamed.migration)
    async with world.host(OLD) as old, world.host(new) as newer:
        await old.open("chat", "story", seed=1)
        assert (await newer.submit("chat", Choose("ask"))).turn.state == "listening"
        # The older host goes on in the newer version, of which it has no file.
        for _ in range(3):
            assert (await old.submit("chat", Choose("listen"))).turn.state == "home"
            assert (await newer.submit("chat", Choose("ask"))).turn.state == "listening"
        assert await version_of(old, "chat") == await version_of(newer, "chat") == "1.1.0"
        kinds = [each.kind for each in await old.transcript("chat")]
        assert kinds.count("migrated") == 1
        # What begins with the older one is of its version, until the newer one touches it.
        await old.open("late", "story", seed=1)
        assert (await old.submit("late", Choose("ask"))).turn.state == "asked"
        assert (await newer.read("late")).turn.state == "asked"
        assert (await newer.submit("late", Choose("listen"))).turn.state == "home"
        assert await version_of(old, "late") == "1.1.0"
        for found in await old.versions.forecast(old.store):
            assert (found.fate, found.to) == ("stays", "1.1.0")
            assert found.why == (
                "This host has version 1.0.0 of story, which is earlier, and nothing goes back.",
            )


@awaited
async def test_nothing_goes_back_even_where_a_lower_number_declares_it(world: World) -> None:
    renamed = edit("a state is renamed")
    new = version("1.1.0", renamed.body, migrations=renamed.migration)
    old = version(migrations="{from: 1.1.0, states: {listening: asked}}")
    async with world.host(old) as one, world.host(new) as other:
        await one.open("chat", "story", seed=1)
        for _ in range(3):
            await other.submit("chat", Choose("ask"))
            await one.submit("chat", Choose("listen"))
        kinds = [each.kind for each in await one.transcript("chat")]
        assert kinds.count("migrated") == 1
        assert await version_of(one, "chat") == "1.1.0"


@awaited
async def test_two_structures_of_one_number_are_kept_apart(world: World) -> None:
    swapped = version(body=edit("two choices change their names").body)
    async with world.host(OLD) as one, world.host(swapped) as other:
        await one.open("first", "story", seed=1)
        await other.open("second", "story", seed=1)
        assert (await other.submit("first", Choose("ask"))).turn.state == "asked"
        assert (await one.submit("second", Choose("ask"))).turn.state == "apart"
        (_, found) = await one.versions.forecast(one.store)
        assert found.fate == "stays"
        assert "raise the version of the new one" in found.why[0]


@awaited
async def test_an_input_that_crosses_a_migration_is_stale(world: World) -> None:
    # The two choices have changed their names: what was meant as "ask" would now be to wait.
    swapped = edit("two choices change their names")
    new = version("1.1.0", swapped.body, migrations=swapped.migration)
    async with world.host(OLD) as old, world.host(new) as newer:
        shown = await old.open("chat", "story", seed=1)
        crossing = Choose("ask", shown.turn.number)
        with pytest.raises(StaleTurn):
            await newer.submit("chat", crossing, key="m-1")
        with pytest.raises(StaleTurn):  # also by the host that holds the conversation as it was
            await old.submit("chat", crossing, key="m-1")
        assert (await old.read("chat")).turn.state == "home"


# Generated versions -----------------------------------------------------------------------------


@settings(max_examples=settings().max_examples // 2)
@given(versions(), st.integers(0, 9), st.lists(st.integers(0, 9), max_size=6))
def test_a_generated_conversation_ends_up_where_the_forecast_says(
    both: tuple[Scenario, Scenario], seed: int, choices: list[int]
) -> None:
    asyncio.run(ends_up_where_the_forecast_says(*both, seed, choices))


async def ends_up_where_the_forecast_says(
    old: Scenario, new: Scenario, seed: int, choices: list[int]
) -> None:
    store = MemoryStore()
    world = World(lambda: store)
    async with world.host(old) as before:
        try:
            answer = await before.open("chat", "generated", seed=seed)
            for number in choices:
                offered = [choice.id for choice in answer.turn.choices if choice.enabled]
                if answer.status == "live" and offered:
                    chosen = Choose(offered[number % len(offered)])
                    answer = await before.submit("chat", chosen)
        except RunawayError:  # the scenario loops, whatever its version
            pass
        stands = await store.find("chat")
    if stands is None or stands.status != "live":
        return
    async with world.host(new) as after:
        (found,) = await after.versions.forecast(store)
        event(found.fate)
        assert found.state == stands.state
        answer = await after.submit("chat", Tick())
        if found.fate != "goes on":  # there the number changes with the next turn
            assert await version_of(after, "chat") == found.to
        kinds = [each.kind for each in await after.transcript("chat")]
        if found.fate == "migrates":
            assert kinds.count("migrated") == 1
        else:
            assert "migrated" not in kinds
            assert answer.turn.state == stands.state
        assert (found.to == "1.1.0") == (found.fate in ("migrates", "goes on"))
