"""What a PostgreSQL store makes of its server: its tables, its questions, and what a URL shows.

What any store does is in store_contract, what can break in test_host_postgres.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

import postgres
from heartline.errors import CallerError, StoreDamaged, StoreTooNew, StoreUnavailable
from heartline.host.store import open_store
from heartline.host.stores import pgtables
from heartline.host.stores.pgurl import read_url
from heartline.host.values import OVER, REPEATED, STORED, StoredScenario
from store_contract import LONG, ODD, at, change, parcel, seated, seating, timer


@pytest.fixture
def url() -> str:
    return postgres.server().url()


def raw(url: str, text: str) -> str:
    """Change a schema past the store."""
    schema = url.partition("search_path=")[2].partition("&")[0]
    return postgres.server().sql(f"SET search_path = {schema}", text)


# The tables --------------------------------------------------------------------------------------


def test_programs_that_start_at_once_make_the_tables_once(url: str) -> None:
    async def play() -> None:
        async def start(number: int) -> str:
            async with open_store(url) as store:
                return await store.commit(change(f"n{number}"))

        assert await asyncio.gather(*[start(number) for number in range(8)]) == [STORED] * 8

    asyncio.run(play())
    assert raw(url, "SELECT version FROM heartline_schema").split() == [str(len(pgtables.SCRIPTS))]


def test_tables_are_brought_forward_and_never_back(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        async with open_store(url) as store:
            await store.commit(change("a"))
        newer = (*pgtables.SCRIPTS, "ALTER TABLE heartline_conversations ADD COLUMN mood text")
        with monkeypatch.context() as changed:
            changed.setattr(pgtables, "SCRIPTS", newer)
            async with open_store(url) as store, open_store(url) as other:
                assert await store.commit(change("a", 2)) == STORED
                assert await other.get("a") is not None
        known = len(pgtables.SCRIPTS)
        says = f"of version {known + 1}, and this program knows them up to {known}"
        with pytest.raises(StoreTooNew, match=says):
            async with open_store(url):
                pass

    asyncio.run(play())


def test_the_first_tables_are_brought_up_with_what_is_in_them(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def begin() -> None:
        with monkeypatch.context() as changed:
            changed.setattr(pgtables, "SCRIPTS", pgtables.SCRIPTS[:1])
            async with open_store(url):
                pass

    async def go_on() -> None:
        async with open_store(url) as store:
            found = await store.get("a")
            assert found is not None
            assert (found.reference, found.state) == ("chat-a", "talk")
            assert [each.id for each in await store.claim(at(2), 10, LONG)] == ["a"]
            assert await store.commit(change("a", 2, timers=())) == STORED
            assert [each.sequence for each in await store.log("a")] == [1, 2]

    asyncio.run(begin())
    raw(
        url,
        "CREATE FUNCTION heartline_why() RETURNS text LANGUAGE sql AS $$ SELECT 'as it was' $$; "
        "INSERT INTO heartline_conversations (id, reference, scenario, version, fingerprint, "
        "status, state, sequence, turn, snapshot, created, touched, due, seats) VALUES "
        "('a', 'chat-a', 'tea', '1.0.0', 'f1', 'live', 'talk', 1, 1, '{}', 0, 0, 0, '{}'); "
        "INSERT INTO heartline_entries VALUES ('a', 1, 'opened', NULL, 0, '{}'); "
        "INSERT INTO heartline_timers VALUES ('a', 'break', 1, 0)",
    )
    asyncio.run(go_on())


def test_tables_without_seats_learn_them_from_the_conversations(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def begin() -> None:
        with monkeypatch.context() as changed:
            changed.setattr(pgtables, "SCRIPTS", pgtables.SCRIPTS[:2])
            async with open_store(url):
                pass

    async def go_on() -> None:
        async with open_store(url) as store:
            assert [await seated(store, each) for each in ("ana", "bob", ODD, "cy")] == [
                "b", "d", "b", None,
            ]  # fmt: skip
            assert await store.commit(seating("b", 2, seats={}, created=at(0))) == STORED
            assert [await seated(store, each) for each in ("ana", ODD)] == ["a", None]
            assert await store.delete("d")
            assert await seated(store, "bob") == "c"

    asyncio.run(begin())
    rows = {
        "a": ("live", 1, {"you": "ana"}),
        "b": ("live", 1, {"you": "ana", "mo": ODD}),
        "c": ("over", 8, {"you": "bob"}),
        "d": ("closed", 9, {"you": "bob"}),
        "e": ("over", 7, {"you": "bob"}),
        "none": ("live", 1, {}),
    }
    for name, (status, touched, seats) in rows.items():
        text = json.dumps(seats, ensure_ascii=False).replace("'", "''")
        raw(
            url,
            "INSERT INTO heartline_conversations (id, reference, scenario, version, fingerprint, "  # noqa: S608
            "status, state, sequence, turn, snapshot, created, touched, seats) VALUES "
            f"('{name}', 'chat-{name}', 'tea', '1.0', 'f1', '{status}', 'talk', 1, 1, '{{}}', 0, "
            f"{touched}, '{text}')",
        )
    asyncio.run(go_on())


def test_a_script_that_fails_leaves_the_tables_as_they_were(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        async with open_store(url):
            pass
        broken = (*pgtables.SCRIPTS, "CREATE TABLE heartline_more (x text); SELECT 1 / 0")
        with monkeypatch.context() as changed:
            changed.setattr(pgtables, "SCRIPTS", broken)
            with pytest.raises(StoreUnavailable, match=r"could not do it \(division by zero\)"):
                async with open_store(url):
                    pass
        async with open_store(url) as store:
            assert await store.commit(change("a")) == STORED

    asyncio.run(play())


@pytest.mark.parametrize(
    ("done", "says"),
    [
        ("DELETE FROM heartline_schema", "does not hold one version"),
        ("UPDATE heartline_schema SET version = -1", "does not hold one version"),
        ("DROP TABLE heartline_entries", 'missing (relation "heartline_entries" does not exist)'),
        ("DROP FUNCTION heartline_commit", "missing (function heartline_commit("),
        ("ALTER TABLE heartline_entries DROP COLUMN key", 'missing (column "key"'),
    ],
)
def test_tables_that_somebody_changed_are_damaged(url: str, done: str, says: str) -> None:
    async def play() -> None:
        async with open_store(url):
            pass
        raw(url, done)
        with pytest.raises(StoreDamaged) as caught:
            async with open_store(url) as store:
                await store.commit(change("a"))
        assert says in str(caught.value)

    asyncio.run(play())


def test_no_question_reads_a_table_from_end_to_end(url: str) -> None:
    """Also where its plan was made when there was nothing to read, and no statistics came since."""

    async def play() -> None:
        async with open_store(url + "&pool=1") as store:

            async def everything(name: str) -> None:
                await store.commit(change(name, key="k", timers=(timer(name, 1),),
                                          parcels=(parcel(name, to=name),)))  # fmt: skip
                await store.commit(change(name, 2, timers=(timer(name, 1),)))
                await store.commit_all([change(name, 3, key="l", timers=(timer(name, 1),))])
                assert await store.commit(change(name, 4, key="l")) == REPEATED
                await store.find(f"chat-{name}")
                await store.log(name)
                await store.keyed(name, "k")
                await store.wait(name, 0, 1)
                await store.timers(name)
                assert len(await store.claim(at(2), 1, LONG)) == 1
                await store.next_due()
                found = await store.parcels(at(2), 1, LONG)
                await store.again(found[0])
                await store.delivered(found)
                await store.parked()
                await store.keep_scenario(StoredScenario("f", "tea", "1", "x", {}))
                await store.scenario("f")
                await store.commit(seating(name, 4, seats={"you": "ana"}))
                await store.commit_all([change(name, 5, seats={"you": "ana"}, status=OVER)])
                assert await store.seated("ana") is not None
                await store.delete(name)

            raw(url, "VACUUM ANALYZE")  # it knows now that there is nothing
            for _ in range(8):
                await everything("a")
            many = [change(f"n{number}", timers=(timer("n", 1),)) for number in range(3000)]
            await store.commit_all(many)
            await everything("b")

    scans = "SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE schemaname = current_schema() "
    scans += "AND relname <> 'heartline_schema'"

    async def make() -> None:
        async with open_store(url):
            pass

    asyncio.run(make())
    before = raw(url, scans)  # an index that is made counts as well
    asyncio.run(play())
    assert raw(url, scans) == before


# What comes from outside -------------------------------------------------------------------------


def guarded(url: str, password: str) -> str:
    return url.replace("heartline@", f"{postgres.GUARDED}:{quote(password, safe='')}@")


def test_a_password_is_never_shown(url: str) -> None:
    async def play() -> None:
        right = guarded(url, postgres.PASSWORD)
        async with open_store(right) as store:
            assert await store.commit(change("a")) == STORED
            assert quote(postgres.PASSWORD, safe="") not in store.url
            assert f"{postgres.GUARDED}:***@/postgres" in store.url
        with pytest.raises(StoreUnavailable, match="does not let us in") as caught:
            async with open_store(guarded(url, "quietmouse")):
                pass
        assert "quietmouse" not in str(caught.value)

    asyncio.run(play())


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana:quiet/mouse@here/it",
        "postgresql://ana:quiet?mouse@here/it",
        "postgresql://ana:quiet#mouse@here/it",
        "postgresql://ana:quiet[mouse@here/it",
        "postgresql://here:quietmouse/it",
        "postgresql:ana:quietmouse@here/it",
        "postgresql://here/it#quietmouse",
        "postgresql://here/it?quietmouse",
        "postgresql://here/it?password=quietmouse&pool=many",
        "postgresql://ana:quietmouse@here/it?pool=0",
        "postgresql://ana:quietmouse@here/it?pool=16&sslmode=quietmouse",
        "mysql://ana:quietmouse@here/it",
    ],
)
def test_a_url_that_cannot_be_read_is_refused_and_not_repeated(url: str) -> None:
    async def play() -> None:
        async with open_store(url):
            pass

    with pytest.raises(CallerError) as caught:
        asyncio.run(play())
    assert "quiet" not in str(caught.value)
    assert "mouse" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown", "where", "pool"),
    [
        ("postgresql://ana@here:5432/it", "postgresql://ana@here:5432/it", "here:5432/it", 16),
        ("postgres://a:p%40@[::1]:1,b/it?pool=2", "postgres://a:***@[::1]:1,b/it?pool=2",
         "[::1]:1,b/it", 2),
        ("postgresql://here/it?password=p&sslmode=require",
         "postgresql://here/it?password=***&sslmode=require", "here/it", 16),
        ("postgresql://", "postgresql://", "its usual place", 16),
    ],
)  # fmt: skip
def test_a_url_is_shown_without_its_password(url: str, shown: str, where: str, pool: int) -> None:
    place = read_url(url)
    assert (place.url, place.shown, place.pool) == (shown, where, pool)
    assert "pool" not in place.dsn


def test_what_the_server_does_not_allow_is_said_so(url: str) -> None:
    async def play() -> None:
        missing = url.replace("/postgres?", "/nothing?")
        with pytest.raises(StoreUnavailable, match=r"no such database in .*createdb"):
            async with open_store(missing):
                pass
        raw(url, f"REVOKE ALL ON SCHEMA {url.partition('search_path=')[2]} FROM PUBLIC, guarded")
        with pytest.raises(StoreUnavailable, match=r"does not allow it \(.*give the user"):
            async with open_store(guarded(url, postgres.PASSWORD)):
                pass

    asyncio.run(play())


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_a_character_that_cannot_be_kept_is_said_so(url: str, text: str) -> None:
    async def play() -> None:
        async with open_store(url) as store:
            for way in (
                lambda: store.get(text),
                lambda: store.find(text),
                lambda: store.commit(change(text)),
                lambda: store.commit(change("a", seats={text: "ana"})),
                lambda: store.commit_all([change("a", state=text)]),
            ):
                with pytest.raises(CallerError, match="a character that PostgreSQL cannot keep"):
                    await way()
            assert await store.commit(change("a")) == STORED

    asyncio.run(play())


def test_without_the_driver_a_sentence_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['asyncpg'] = None\n"
        "from heartline.host.store import open_store\n"
        "try: open_store('postgresql://here/it')\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    engine = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "engine")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=engine
    )
    assert done.stdout.startswith("CallerError ")
    assert "pip install 'heartline[postgres]'" in done.stdout


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql://ana:quiet@here:5433/it", "here:5433"),
        ("postgresql://here/it", "here:5499"),
        ("postgresql://[::1]:1,b/it", "[::1]:1, b:5499"),
        ("postgresql:///it?host=/run/pg&port=5434", "/run/pg:5434"),
        ("postgresql://", "there:5499"),
    ],
)
def test_an_address_has_its_port_also_where_the_environment_says_it(
    url: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", "there")
    monkeypatch.setenv("PGPORT", "5499")
    assert read_url(url).address == address
