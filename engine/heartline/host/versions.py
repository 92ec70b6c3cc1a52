"""Which version of its scenario serves a conversation: what a host has, and what its store keeps.

    versions = Versions(["reconciliation"])
    await versions.begin(store)
    scenario, carried = await versions.migrated(record, now)

A conversation belongs to a structure, by its fingerprint, and is never played in another unless
its scenario says how. What becomes of one that a host touches:

1. Its structure is that of the host's own version: it goes on there. Texts may differ.
2. The host's version has a higher number and declares a migration from the conversation's, which
   fits it now: it migrates. Where it does not fit now it may later, and each touch tries again.
3. Otherwise it stays in its own version, whose files the store has kept since a host began with
   them: texts, included files and support data as they were.
4. Where that cannot be loaded, it waits, and changes nothing. Others go on.

Several hosts with different versions of a scenario may work on one store. Since a conversation
only migrates to a higher number, it never comes back: a host with the lower one goes on with it in
the version that the other host kept, loaded from the store. Two versions of one number, or a lower
number with a migration that leads down, move nothing.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heartline.conversation import Scenario, made_of
from heartline.diagnostics import did_you_mean
from heartline.errors import CallerError, ScenarioError, ScenarioUnavailable, StoreDamaged
from heartline.files import SCENARIO
from heartline.host import forecasting
from heartline.host.fitting import carried_over, leads, load_again, number
from heartline.host.observing import Observer
from heartline.host.values import LIVE, StoredScenario
from heartline.loader import find_scenario, load_file
from heartline.migrating import no_migration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from heartline.host.forecasting import Forecast
    from heartline.host.store import Store
    from heartline.host.values import Record
    from heartline.loader import Loaded

__all__ = ["Versions"]

# Where a file says what its scenario is called, also where the file as a whole cannot be read.
_ID = re.compile(r"^id:[ \t]*[\"']?([a-z_][a-z0-9_]*)", re.MULTILINE)


class Versions:
    """The scenarios of a host, and those that its store keeps.

    `scenarios` are loaded ones, paths, or names of bundled ones. What does not load is noted in
    `unavailable`, by its id, with a sentence for the operator; after `begin` also the stored
    versions ("tea 1.0.0") that cannot be loaded though live conversations are in them. `notes` are
    the operator's sentences about all live conversations that are not in the host's versions.
    Raises CallerError where two scenarios have one id.
    """

    def __init__(self, scenarios: Sequence[Scenario | str | Path] = ()) -> None:
        self.notes: tuple[str, ...] = ()
        self._own: dict[str, Scenario] = {}
        self._unavailable: dict[str, str] = {}
        self._served: dict[str, Scenario] = {}  # by fingerprint
        self._failed: dict[str, tuple[StoredScenario, str]] = {}  # what did not load, and why
        self._store: Store | None = None
        for source in scenarios:
            self._take(source)

    def _take(self, source: Scenario | str | Path) -> None:
        if isinstance(source, Scenario):
            name, scenario = source.id, source
        else:
            loaded = load_file(find_scenario(source))
            name = _name(loaded, source)
            try:
                scenario = made_of(loaded)
            except ScenarioError as error:
                self._unavailable[name] = (
                    f"The scenario {name} does not load, so that no conversation begins in it; "
                    f"those that live go on with the versions that are stored. {error}"
                )
                return
        if name in self._own:
            raise CallerError(
                f"Two of the host's scenarios are called {name!r}: give it one version of each; "
                "the earlier ones are in its store."
            )
        self._own[name] = self._served[scenario.machine.fingerprint] = scenario

    @property
    def unavailable(self) -> Mapping[str, str]:
        """What does not load: its name, and a sentence that says why."""
        return dict(self._unavailable)

    @property
    def own(self) -> Mapping[str, Scenario]:
        """The host's own scenarios, by id."""
        return self._own

    async def begin(self, store: Store, observer: Observer | None = None) -> None:
        """Keep the host's scenarios in the store, and see in which versions its conversations are.

        `observer` is told what does not load, and of each version that is another than the host's.
        Raises as the store does.
        """
        self._store = store
        observer = observer or Observer()
        for scenario in list(self._own.values()):
            await self._keep(store, scenario)
        for name, why in self._unavailable.items():
            if " " not in name:  # else it is a stored version, from an earlier start
                observer.unloaded(name, why)
        notes = []
        for name, version, fingerprint, count in sorted(await store.versions()):
            if self._is_own(name, fingerprint):
                continue
            note = f"Live conversations of {name} in its version {version}: {count:,}. "
            fate = forecasting.MIGRATES if self._leads(name, version) else forecasting.STAYS
            try:
                await self.find(store, name, version, fingerprint)
                note += self._what_becomes(name, version)
            except ScenarioUnavailable as error:
                fate = forecasting.WAITS
                note += str(error)
                self._unavailable[f"{name} {version}"] = note
            notes.append(note)
            observer.noted(name, version, count, fate, note)
            await asyncio.sleep(0)  # loading takes a while: others get a turn in between
        self.notes = tuple(notes)

    async def _keep(self, store: Store, scenario: Scenario) -> None:
        """Keep the texts of a scenario, once it is sure that it can be loaded from them again."""
        kept = StoredScenario(
            scenario.machine.fingerprint, scenario.id, scenario.version, scenario.main,
            dict(scenario.files),
        )  # fmt: skip
        with suppress(StoreDamaged):  # then it is kept anew
            if await store.scenario(kept.fingerprint) == kept:
                return
        _, why = load_again(kept)
        if why is None:
            await store.keep_scenario(kept)
            return
        del self._own[scenario.id], self._served[kept.fingerprint]
        self._unavailable[scenario.id] = (
            f"The scenario {scenario.id} cannot be kept, so that no conversation begins in it: "
            f"from its own texts it cannot be loaded again. {why} Load it from its files, and let "
            "no two links give one path to different ones."
        )

    def current(self, scenario_id: str) -> Scenario:
        """The version in which new conversations of a scenario begin.

        Raises ScenarioUnavailable where it does not load, and CallerError where the host has no
        such scenario.
        """
        found = self._own.get(scenario_id)
        if found is not None:
            return found
        if scenario_id in self._unavailable:
            raise ScenarioUnavailable(self._unavailable[scenario_id])
        known = sorted({*self._own, *(name for name in self._unavailable if " " not in name)})
        hint = did_you_mean(scenario_id, known)
        raise CallerError(
            f"This host has no scenario {scenario_id[:60]!r}; "
            + (hint or f"it has {', '.join(known[:20]) or 'none'}.")
        )

    async def serving(self, record: Record) -> Scenario:
        """The version that a conversation is in: the host's own, or a stored one, which is loaded
        once. Raises ScenarioUnavailable."""
        found = self._served.get(record.fingerprint)
        if found is not None:
            return found
        assert self._store is not None, "begin comes first"
        return await self.find(self._store, record.scenario, record.version, record.fingerprint)

    async def migrated(
        self, record: Record, now: datetime
    ) -> tuple[Scenario, dict[str, Any] | None]:
        """The version that serves a conversation from now on; and where that is another than
        before, the conversation carried over into it (of `heartline.migrating.carry`).

        `now` is aware. Raises ScenarioUnavailable, and SnapshotDamaged.
        """
        own = self._own.get(record.scenario)
        if own is None or own.machine.fingerprint == record.fingerprint or record.status != LIVE:
            return await self.serving(record), None
        if leads(own, record.version):
            carried, _ = carried_over(own, record, record.version, now)
            if carried is not None:
                return own, carried
            return await self.serving(record), None
        # A number may change where the structure does not: what leads on from a later number of
        # the conversation's own structure leads on from here.
        pinned = await self.serving(record)
        if leads(own, pinned.version):
            carried, _ = carried_over(own, record, pinned.version, now)
            if carried is not None:
                return own, carried
        return pinned, None

    async def forecast(
        self, store: Store, progress: Callable[[int], None] | None = None
    ) -> Sequence[Forecast]:
        """What would happen to each live conversation, counted by scenario, version and state.

        Nothing is changed. Only conversations that a declared migration might carry over are read,
        and `progress` is told how many have been. Raises as the store does.
        """
        return await forecasting.forecast(self, store, progress)

    # ----------------------------------------------------------------------------------------------

    def _is_own(self, name: str, fingerprint: str) -> bool:
        own = self._own.get(name)
        return own is not None and own.machine.fingerprint == fingerprint

    def _leads(self, name: str, version: str) -> bool:
        own = self._own.get(name)
        return own is not None and leads(own, version)

    def _what_becomes(self, name: str, version: str) -> str:
        """What the operator is told of conversations that are in another version."""
        if self._leads(name, version):
            new = self._own[name].version
            return f"Each migrates to {new} at its next turn, if it fits; until then it stays."
        return f"They go on in it: {self.what_keeps(name, version)}"

    def what_keeps(self, name: str, version: str) -> str:
        """Why the conversations of a version stay in it."""
        own = self._own.get(name)
        if own is None:
            if name in self._unavailable:
                return self._unavailable[name]
            return f"This host has no scenario {name!r}."
        if number(version) > number(own.version):
            return (
                f"This host has version {own.version} of {name}, which is earlier, and nothing "
                "goes back."
            )
        return no_migration(own.machine, version)

    async def find(self, store: Store, name: str, version: str, fingerprint: str) -> Scenario:
        """A version by its fingerprint. Raises ScenarioUnavailable."""
        found = self._served.get(fingerprint)
        if found is not None:
            return found
        try:
            stored = await store.scenario(fingerprint)
        except StoreDamaged as error:
            raise ScenarioUnavailable(
                f"Version {version} of the scenario {name} cannot be read from the store, so that "
                f"its conversations wait: start a host once with the files of that version. {error}"
            ) from error
        if stored is None:
            raise ScenarioUnavailable(
                f"Version {version} of the scenario {name} is not in the store, so that its "
                "conversations wait: start a host once with the files of that version."
            )
        found = self._served.get(fingerprint)  # somebody else may have loaded it in between
        if found is not None:
            return found
        before, why = self._failed.get(fingerprint, (None, None))
        if before != stored:
            found, why = load_again(stored)
            if found is not None:
                self._failed.pop(fingerprint, None)
                self._served[fingerprint] = found
                return found
            self._failed[fingerprint] = stored, why or ""
        raise ScenarioUnavailable(
            f"Version {version} of the scenario {name}, as the store has it, does not load any "
            f"more, so that its conversations wait: play them with the program that they began "
            f"with, or migrate them. {why}"
        )


def _name(loaded: Loaded, source: str | Path) -> str:
    """The id of a scenario that may not load: as its file says, or else as its folder is called."""
    if loaded.file is not None:
        return loaded.file.id
    if found := _ID.search(loaded.text):
        return found[1]
    path = loaded.path or Path(source)
    return path.parent.name if path.name == SCENARIO else path.stem
