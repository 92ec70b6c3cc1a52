"""`heartline conversations`: what is deleted, and stores that cannot be used."""

from __future__ import annotations

import json
import sqlite3
import sys

import pytest

from heartline.cli import run
from hosting import inn
from operated import Inn, Terminal, Typed, changed, other, place, typed

__all__ = ["place", "typed"]


# What goes ----------------------------------------------------------------------------------------


def test_a_purge_takes_what_ended_long_ago_and_nothing_else(place: Inn, typed: Typed) -> None:
    code, out, _ = typed("purge", "--older-than", "90d", "--dry-run")
    assert code == 0
    assert out.splitlines() == [
        "scenario  status  outcome  conversations",
        "inn       closed           1",
        "inn       over    gone     1",
        "2 conversations would be deleted.",
    ]
    assert typed("purge", "--older-than", "90000d", "--yes")[0] == 2  # longer than any duration
    _, out, _ = typed("purge", "--older-than", "36500d", "--yes")
    assert out == "Deleted 0 conversations.\n"
    _, out, _ = typed(
        "purge", "--older-than", "1h", "--outcome", "gone", "--yes", "--format", "json"
    )
    assert json.loads(out) == {
        "format": 1, "dry_run": False, "found": 1, "deleted": 1,
        "by": [{"scenario": "inn", "status": "over", "outcome": "gone", "conversations": 1}],
    }  # fmt: skip
    assert typed("purge", "--older-than", "90d", "--yes")[1] == "Deleted 1 conversation.\n"
    assert sorted(each.reference for each in place.records()) == ["desk", "room"]


def test_deleting_leaves_no_trace(place: Inn, typed: Typed) -> None:
    typed("fork", "room", "--reference", "what-if")
    assert b"Kim" in (place.folder / "heartline.db").read_bytes()
    code, out, _ = typed("delete", "room", place.id("over"), "--forks", "--yes")
    assert (code, out) == (0, "Deleted 3 conversations.\n")
    left = b"".join(path.read_bytes() for path in place.folder.glob("heartline.db*"))
    for trace in (b"Kim", b"phone", b"what-if"):
        assert trace not in left
    assert sorted(each.reference for each in place.records()) == ["closed", "desk"]
    code, _, err = typed("show", "room")
    assert code == 1
    assert err == "There is no conversation 'room': it has never been here, or it was deleted.\n"


def test_deleting_tells_programs_what_went(place: Inn, typed: Typed) -> None:
    desk = place.id("desk")
    _, out, _ = typed("delete", "desk", "--yes", "--format", "json")
    assert json.loads(out) == {"format": 1, "deleted": [desk]}


def test_where_one_of_them_is_unknown_nothing_is_deleted(place: Inn, typed: Typed) -> None:
    assert typed("delete", "room", "rom", "--yes")[0] == 1
    assert len(place.records()) == 4


@pytest.mark.parametrize("arguments", [["delete", "over"], ["purge", "--older-than", "90d"]])
def test_they_ask_first(
    place: Inn, typed: Typed, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    code, _, err = typed(*arguments)  # nobody is there
    assert code == 2
    assert "give --yes" in err
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    code, _, err = typed(*arguments)
    assert code == 0
    assert err.endswith("Nothing was deleted.\n")
    assert "for good?" in err
    assert len(place.records()) == 4
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert typed(*arguments)[0] == 0
    assert len(place.records()) < 4


# Stores that cannot be used -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "code", "why"),
    [
        ("", 2, "Say which store"),
        ("heartline.db", 2, "There is no store 'heartline.db'"),
        ("mysql://localhost/x", 2, "There is no store 'mysql://localhost/x'"),
        ("sqlite://heartline.db", 2, "three"),
        ("memory:", 2, "a store inside of one program"),
        ("sqlite:///nowhere/heartline.db", 1, "There is no file nowhere/heartline.db"),
        ("postgresql://user:secret@localhost:1/x", 1, "localhost:1"),
        ("postgresql://user:secret@localhost/x?pool=0", 2, "from 1 to 1000"),
    ],
)
def test_a_store_that_is_none_is_a_sentence(
    place: Inn, typed: Typed, monkeypatch: pytest.MonkeyPatch, url: str, code: int, why: str
) -> None:
    monkeypatch.delenv("HEARTLINE_STORE")
    if url.startswith("postgresql"):
        monkeypatch.setattr("heartline.host.stores.pgpool.AT_FIRST", 0.2)
    if why == "three":
        why = "sqlite:///heartline.db"
    found, out, err = typed("list", "--store", url)
    assert (found, out) == (code, "")
    assert why in err
    assert "secret" not in err


def test_a_store_of_a_newer_program_is_left_alone(place: Inn, typed: Typed) -> None:
    changed(place, "PRAGMA user_version = 99")
    for arguments in (["list"], ["verify"], ["export"], ["delete", "desk", "--yes"]):
        code, _, err = typed(*arguments)
        assert code == 1
        assert "a newer program has changed them. Update this one." in err


def test_a_file_that_is_no_store_is_left_alone(place: Inn, typed: Typed) -> None:
    path = place.folder / "letter.db"
    path.write_text("Dear Mo, " * 500)
    code, _, err = typed("list", "--store", f"sqlite:///{path}")
    assert code == 1
    assert "is no SQLite database" in err
    assert path.read_text() == "Dear Mo, " * 500
    db = sqlite3.connect(place.folder / "else.db")
    db.execute("CREATE TABLE letters (text)")
    db.close()
    assert "another program" in typed("list", "--store", f"sqlite:///{place.folder / 'else.db'}")[2]


def test_an_unknown_command_names_the_nearest(typed: Typed) -> None:
    code, _, err = typed("lits")
    assert code == 2
    assert "did you mean 'list'?" in err


def test_long_work_shows_how_far_it_is(
    place: Inn, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    path = place.folder / "x.jsonl"
    shown = [
        typed("verify"),
        typed("export", "-o", str(path)),
        typed("import", str(path), "--store", other(place)),
        typed("purge", "--older-than", "90d", "--yes"),
    ]
    words = ["conversations verified", "conversations exported", "bytes checked", "deleted"]
    for (code, _, err), word in zip(shown, words, strict=True):
        assert code == 0
        assert f" {word}" in err
        assert "[#" in err or "[." in err
        assert "\r\x1b[K" in err  # and goes away


def test_the_scenarios_of_the_store_need_no_files(place: Inn, typed: Typed) -> None:
    """All that is needed is in the store: the inn is in no file here."""
    assert not list(place.folder.glob("*.yaml"))
    assert inn().files
    for arguments in (["show", "room"], ["replay", "room"], ["verify"], ["fork", "room"]):
        assert typed(*arguments)[0] == 0
    assert run(["conversations", "--help"]) == 0
