"""Scenarios that do not load while conversations live in them: they wait, and others go on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from harness import HEAD
from heartline import CallerError, Choose, Scenario, loads
from heartline.errors import ScenarioUnavailable, StoreDamaged
from heartline.host import Store, StoredScenario
from heartline.host.stores.memory import MemoryStore
from heartline.host.versions import Versions
from living import STORY, World, awaited, edit, stores, version, world

__all__ = ["stores", "world"]

OLD = version()


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """The folder of a version that does not load: a state is missing."""
    folder = tmp_path / "story"
    folder.mkdir()
    text = HEAD + STORY.replace("to: asked}", "to: askd}")
    (folder / "scenario.yaml").write_text(text, "utf-8")
    return folder


OTHER = loads(
    HEAD.replace("id: story", "id: other") + "states: {here: {choices: {stay: {to: here}}}}\n"
)


@awaited
async def test_conversations_go_on_in_what_was_stored_where_their_scenario_does_not_load(
    world: World, broken: Path
) -> None:
    async with world.host(OLD, OTHER) as before:
        await before.open("chat", "story", seed=1)
        await before.open("beside", "other", seed=1)
    async with world.host(broken, OTHER) as after:
        assert list(after.unavailable) == ["story"]
        assert "did you mean 'asked'?" in after.unavailable["story"]
        (note,) = after.versions.notes
        assert note.startswith("Live conversations of story in its version 1.0.0: 1. They go on")
        assert (await after.submit("chat", Choose("ask"))).turn.state == "asked"
        assert (await after.submit("beside", Choose("stay"))).turn.state == "here"
        with pytest.raises(ScenarioUnavailable, match="The scenario story does not load"):
            await after.open("new", "story")
        with pytest.raises(CallerError, match=r"no scenario 'othr'; did you mean 'other'\?"):
            await after.open("new", "othr")


@awaited
async def test_conversations_wait_where_nothing_of_their_version_loads(
    world: World, broken: Path
) -> None:
    async with world.host(OLD, OTHER) as before:
        await before.open("chat", "story", seed=1)
        await before.open("beside", "other", seed=1)
        kept = await before.store.scenario(OLD.machine.fingerprint)
        assert kept is not None
        text = kept.files["scenario.yaml"].replace("to: asked}", "to: askd}")
        await before.store.keep_scenario(replace(kept, files={"scenario.yaml": text}))
    async with world.host(broken, OTHER) as after:
        assert set(after.unavailable) == {"story", "story 1.0.0"}
        (note,) = after.versions.notes
        assert note == after.unavailable["story 1.0.0"]
        assert note.startswith(
            "Live conversations of story in its version 1.0.0: 1. Version 1.0.0 of the scenario "
            "story, as the store has it, does not load any more, so that its conversations wait"
        )
        stored = await after.store.find("chat")
        for _ in range(2):
            with pytest.raises(ScenarioUnavailable, match="so that its conversations wait"):
                await after.submit("chat", Choose("ask"))
        assert await after.store.find("chat") == stored
        assert (await after.submit("beside", Choose("stay"))).turn.state == "here"
        fates = {each.scenario: each.fate for each in await after.versions.forecast(after.store)}
        assert fates == {"story": "waits", "other": "goes on"}
        # Another host brings the version: this one finds it at the next try.
        async with world.host(OLD):
            pass
        assert (await after.submit("chat", Choose("ask"))).turn.state == "asked"


@awaited
async def test_texts_of_another_structure_serve_nobody(world: World) -> None:
    async with world.host(OLD) as before:
        await before.open("chat", "story", seed=1)
        kept = await before.store.scenario(OLD.machine.fingerprint)
        assert kept is not None
        swapped = version(body=edit("two choices change their names").body)
        await before.store.keep_scenario(replace(kept, files=dict(swapped.files)))
    async with world.host() as after:
        sentence = f"make the structure {swapped.machine.fingerprint} of story, and not"
        assert sentence in after.unavailable["story 1.0.0"]
        with pytest.raises(ScenarioUnavailable, match=sentence):
            await after.submit("chat", Choose("ask"))


class Elsewhere:
    """A store whose scenarios take a while to come, or do not come whole."""

    def __init__(self, store: Store, damaged: bool = False) -> None:
        self.store = store
        self.damaged = damaged

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)

    async def scenario(self, fingerprint: str) -> StoredScenario | None:
        await asyncio.sleep(0)
        if self.damaged:
            raise StoreDamaged("What is stored of a scenario is not what was put there.")
        return await self.store.scenario(fingerprint)


@awaited
async def test_many_that_want_a_version_at_once_wait_for_one_loading(world: World) -> None:
    async with world.host(OLD) as before:
        await before.open("chat", "story", seed=1)
        record = await before.store.find("chat")
        assert record is not None
        versions = Versions()
        await versions.begin(MemoryStore())
        versions._store = Elsewhere(before.store)  # type: ignore[assignment]
        found = await asyncio.gather(*[versions.serving(record) for _ in range(5)])
        assert len({id(scenario) for scenario in found}) == 1


@awaited
async def test_what_is_damaged_in_the_store_waits_and_is_kept_anew(world: World) -> None:
    async with world.host(OLD) as before:
        await before.open("chat", "story", seed=1)
        record = await before.store.find("chat")
        assert record is not None
        damaged = Elsewhere(before.store, damaged=True)
        versions = Versions([OTHER])
        await versions.begin(damaged)  # type: ignore[arg-type]
        assert list(versions.unavailable) == ["story 1.0.0"]
        with pytest.raises(ScenarioUnavailable, match=r"cannot be read from the store.*put there"):
            await versions.serving(record)
        assert await before.store.scenario(OTHER.machine.fingerprint) is not None


@awaited
async def test_a_conversation_migrates_out_of_a_version_that_does_not_load(world: World) -> None:
    async with world.host(OLD) as before:
        await before.open("chat", "story", seed=1)
        kept = await before.store.scenario(OLD.machine.fingerprint)
        assert kept is not None
        await before.store.keep_scenario(replace(kept, files={"scenario.yaml": "heartline: 1"}))
    renamed = edit("a state is renamed")
    new = version("1.1.0", renamed.body, migrations=renamed.migration)
    async with world.host(new) as after:
        assert (await after.submit("chat", Choose("ask"))).turn.state == "listening"


@awaited
async def test_a_version_that_was_never_kept_is_a_sentence(world: World) -> None:
    async with world.host(OLD) as before:
        await before.open("chat", "story", seed=1)
        record = await before.store.find("chat")
        assert record is not None
        strange = record._replace(fingerprint="0123456789abcdef", version="0.9.0")
        with pytest.raises(
            ScenarioUnavailable, match=r"Version 0\.9\.0 of the scenario story is not"
        ):
            await before.versions.serving(strange)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("heartline: 1\nid: tea\nstates: [", "tea"),
        ("heartline: 1\nid: 'tea'\n", "tea"),
        ("heartline: 1\n", "folder"),
        (None, "folder"),
    ],
)
def test_what_does_not_load_is_called_as_its_file_says_or_as_its_folder(
    tmp_path: Path, text: str | None, name: str
) -> None:
    folder = tmp_path / "folder"
    if text is not None:
        folder.mkdir()
        (folder / "scenario.yaml").write_text(text, "utf-8")
    versions = Versions([folder])
    assert list(versions.unavailable) == [name]
    with pytest.raises(ScenarioUnavailable):
        versions.current(name)


def test_a_host_has_one_version_of_a_scenario() -> None:
    with pytest.raises(CallerError, match="Two of the host's scenarios are called 'story'"):
        Versions([OLD, version("1.1.0")])


def test_bundled_scenarios_are_named() -> None:
    assert Versions(["reconciliation"]).current("reconciliation").id == "reconciliation"
    with pytest.raises(CallerError, match="it has none"):
        Versions().current("reconciliation")


@awaited
async def test_what_cannot_be_kept_is_not_begun(world: World) -> None:
    without = Scenario(OLD.file, OLD.machine)
    async with world.host(without) as host:
        with pytest.raises(ScenarioUnavailable, match="from its own texts it cannot be loaded"):
            await host.open("chat", "story")
