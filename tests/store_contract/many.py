"""Stores are asked what they hold: of conversations, and of scenarios."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from heartline.host.store import Store
from heartline.host.values import (
    CLOSED,
    CONFLICT,
    LIVE,
    OVER,
    STORED,
    Counts,
    Filter,
    StoredScenario,
)
from store_contract.samples import ODD, at, change, everyone, record, told


class Many:
    # Many conversations ---------------------------------------------------------------------------

    @told
    async def test_conversations_are_found_by_what_they_are(self, store: Store) -> None:
        each: dict[str, dict[str, Any]] = {
            "a": {"touched": at(1)},
            "b": {"touched": at(2), "scenario": "coffee", "fingerprint": "f2"},
            "c": {"touched": at(3), "status": OVER, "state": "end", "outcome": "left"},
            "d": {"touched": at(4), "status": CLOSED},
        }
        each["a"]["due"], each["d"]["due"] = at(4), at(4)
        for name, values in each.items():
            await store.commit(change(name, **values))
        assert await everyone(store) == list("abcd")
        assert await everyone(store, after="b") == ["c", "d"]
        assert [found async for found in store.records(Filter(), "c")] == [record("d", **each["d"])]
        for which, names in (
            (Filter(scenario="coffee"), "b"),
            (Filter(fingerprint="f1"), "acd"),
            (Filter(state="talk"), "abd"),
            (Filter(outcome="left"), "c"),
            (Filter(status=LIVE), "ab"),
            (Filter(status=CLOSED), "d"),
            (Filter(waiting_since=at(2.5)), "ab"),
            (Filter(waiting_since=at(2.5), status=LIVE, scenario="tea"), "a"),
            (Filter(ended_before=at(3.5)), "c"),
            (Filter(ended_before=at(1)), ""),
            (Filter(due_before=at(5)), "a"),
            (Filter(due_before=at(4)), ""),
            (Filter(state="talk", status=OVER), ""),
            (Filter(state=ODD), ""),
        ):
            assert await everyone(store, which) == list(names), which

    @told
    async def test_many_are_read_while_others_change(self, store: Store) -> None:
        names = [f"n{number:04}" for number in range(1300)]
        await store.commit_all([change(name) for name in names])
        found = []
        async for each in store.records(Filter(status=LIVE)):
            if not found:
                await store.delete("n1299")
                await store.commit(change("n1298", 2, status=OVER))
            found.append(each.id)
        assert found == names[:-2]

    @told
    async def test_the_latest_moment_is_found_in_whatever_order_it_came(self, store: Store) -> None:
        assert await store.latest() is None
        await store.commit(change("a", touched=at(-30_000)))  # in 1943
        assert await store.latest() == at(-30_000)
        await store.commit(change("b", touched=at(9)))
        await store.commit(change("c", touched=at(5)))  # brought in from elsewhere, say
        assert await store.latest() == at(9)
        await store.commit(change("b", 2, touched=at(7), status=OVER))  # the clock was set back
        assert await store.latest() == at(7)
        await store.commit_all([change(f"n{number:04}", touched=at(6)) for number in range(1000)])
        assert await store.latest() == at(7)
        await store.commit(change("n0700", 2, touched=at(8)))
        assert await store.latest() == at(8)
        await store.delete_all(["n0700", "b"])
        assert await store.latest() == at(6)

    @told
    async def test_the_tally_follows_every_change(self, store: Store) -> None:
        for name in "abc":
            await store.commit(change(name))
        await store.commit(change("d", version="2.0", fingerprint="f2", state="listen"))
        await store.commit(change("a", 2, state="listen"))
        await store.commit(change("a", 3, state="listen"))
        await store.commit(change("b", 2, status=CLOSED))
        await store.commit(change("c", 2, state=ODD))
        await store.commit(change("c", 9, state="refused"))
        assert sorted(await store.tally()) == [
            ("tea", "1.0", "f1", ODD, 1),
            ("tea", "1.0", "f1", "listen", 1),
            ("tea", "2.0", "f2", "listen", 1),
        ]
        assert sorted(await store.versions()) == [("tea", "1.0", "f1", 2), ("tea", "2.0", "f2", 1)]
        assert await store.counts() == Counts(4, 3, 0, 0, 0)
        await store.delete("a")
        await store.commit(change("b", 3))
        assert sorted(await store.tally()) == [
            ("tea", "1.0", "f1", ODD, 1),
            ("tea", "1.0", "f1", "talk", 1),
            ("tea", "2.0", "f2", "listen", 1),
        ]
        await store.commit(change("d", 2, version="1.0", fingerprint="f1", state="listen"))
        assert sorted(await store.versions()) == [("tea", "1.0", "f1", 3)]

    @told
    async def test_the_tally_follows_many_changes_at_once(self, store: Store) -> None:
        names = [f"n{number:02}" for number in range(40)]
        mixed: dict[str, dict[str, Any]] = {
            name: {
                "version": ("1.0", "1.1")[number % 2],
                "seats": ({}, {"you": f"p-{name}"})[number // 2 % 2],
            }
            for number, name in enumerate(names)
        }
        await store.commit_all([change(name, **mixed[name]) for name in names])
        live = await store.versions()
        assert sorted(live) == [("tea", "1.0", "f1", 20), ("tea", "1.1", "f1", 20)]
        # Half of them end, and whoever was in 1.0 is in 1.1 now, whether it ended or not.
        at_once = [
            change(
                name, 2, **mixed[name] | {"version": "1.1"}, status=OVER if name < "n20" else LIVE
            )
            for name in names
        ]
        assert set(await store.commit_all(at_once)) == {STORED}
        assert [each for each in await store.versions() if each[-1]] == [("tea", "1.1", "f1", 20)]
        assert await store.counts() == Counts(40, 20, 0, 0, 0)
        # Of those that are refused none is counted.
        later = [change(name, 3, version="1.1", status=CLOSED) for name in names[18:]]
        refused = [change(name, 9, version="2.0") for name in names[:18]]
        assert list(await store.commit_all([*refused, *later])) == [CONFLICT] * 18 + [STORED] * 22
        assert [each for each in await store.versions() if each[-1]] == []
        assert await store.counts() == Counts(40, 0, 0, 0, 0)

    # Scenarios ------------------------------------------------------------------------------------

    @told
    async def test_scenarios_are_kept_for_those_who_are_in_them(self, store: Store) -> None:
        kept = {
            name: StoredScenario(name, ODD, "1.0", "scenario.yaml", {"scenario.yaml": ODD, ODD: ""})
            for name in ("f1", "f2", "f3", "f4")
        }
        for each in kept.values():
            await store.keep_scenario(each)
        newer = replace(kept["f1"], version="1.0.1", files={"scenario.yaml": "other texts"})
        await store.keep_scenario(newer)
        assert await store.scenario("f1") == newer
        assert await store.scenario("f2") == kept["f2"]
        await store.commit(change("a", fingerprint="f2"))
        await store.commit(change("b", fingerprint="f3", status=OVER))
        assert await store.forget_scenarios(["f4", "unknown"]) == 1
        assert await store.scenario("f1") is None
        assert await store.scenario("f3") == kept["f3"]
        await store.delete("a")
        assert await store.forget_scenarios([]) == 2
        assert await store.scenario("f3") == kept["f3"]
