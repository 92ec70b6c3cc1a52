"""`heartline conversations`: exports and imports."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import postgres
from heartline import Choose, Tick
from heartline.host import Host
from operated import Inn, Typed, changed, newer, other, place, saved, typed

__all__ = ["place", "typed"]

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_export_is_the_same_conversations_in_another_store(
    place: Inn, typed: Typed, kind: str
) -> None:
    typed("fork", "room", "--at", "1")
    typed("migrate", "--scenario", newer(place))
    path = saved(place)
    there = other(place) if kind == "sqlite" else postgres.server().url()
    code, out, err = typed("import", str(path), "--store", there)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "Imported 5 conversations.",
        "Parcels in them: 1 still to be delivered, 0 parked.",  # of the migration
    ]
    assert place.everything(there) == place.everything()
    # And back again, as the same bytes but for the moment of the export.
    typed("export", "-o", str(place.folder / "again.jsonl"), "--store", there)
    again = (place.folder / "again.jsonl").read_bytes()
    assert again.splitlines()[1:] == path.read_bytes().splitlines()[1:]
    code, out, _ = typed("import", str(path), "--store", there)
    assert (code, out) == (0, "Imported 0 conversations; 5 were there already.\n")
    assert place.everything(there) == place.everything()
    assert typed("verify", "--store", there)[0] == 0


def test_what_was_imported_goes_on_with_its_timers(place: Inn, typed: Typed) -> None:
    path, there = saved(place), other(place)
    typed("import", str(path), "--store", there)

    async def play(host: Host) -> None:
        answer = await host.submit("room", Tick())
        assert [line.text for line in answer.turn.lines] == ["Your tea!"]
        assert (await host.read("over")).status == "over"

    place.played(play, there)
    before = place.everything(there)
    _, out, _ = typed("import", str(path), "--store", there)
    assert out.endswith("; 4 were there already.\n")  # also the one that has gone on
    assert place.everything(there) == before


def test_a_later_export_brings_what_has_happened_since(place: Inn, typed: Typed) -> None:
    there = other(place)
    typed("import", str(saved(place)), "--store", there)

    async def play(host: Host) -> None:
        await host.submit("room", Choose("go"))
        await host.open("new", "inn", seed=1)

    place.played(play)
    later = str(saved(place))
    code, out, _ = typed("import", later, "--store", there, "--dry-run")
    assert (code, out[:12]) == (0, "Would import")
    code, out, _ = typed("import", later, "--store", there, "--format", "json")
    assert json.loads(out) == {
        "format": 1, "dry_run": False, "new": 1, "longer": 1, "known": 3,
        "parcels": 0, "parked": 0, "left_out": [], "failed": [],
    }  # fmt: skip
    assert place.everything(there) == place.everything()


def test_the_last_one_with_a_reference_is_still_the_last(place: Inn, typed: Typed) -> None:
    async def play(host: Host) -> list[str]:
        for _ in range(6):
            place.clock.advance(timedelta(minutes=1))
            await host.open("guest", "inn", seed=1)
            await host.close("guest")
        return [(await host.read("guest")).conversation]

    last = place.played(play)
    typed("import", str(saved(place)), "--store", other(place))
    _, out, _ = typed("show", "guest", "--store", other(place), "--format", "json")
    assert [json.loads(out)["conversation"]["id"]] == last


def test_seats_are_carried_and_the_last_is_still_the_last(place: Inn, typed: Typed) -> None:
    async def play(host: Host) -> list[str]:
        for number in range(5):
            place.clock.advance(timedelta(minutes=1))
            await host.open(f"g{number}", "inn", seed=1, tell={"guest": "ana", "mo": "bob"})
        await host.seat("g1", "mo", "cy")
        await host.seat("g1", "guest", None)
        for number in (3, 2):
            await host.close(f"g{number}")
        return [(await host.read("g4")).conversation]

    async def seated(host: Host) -> list[str]:
        found = [await host.seated(each) for each in ("ana", "bob", "cy", "dee")]
        return [f"{each[0].reference} {each[1]}" if each else "nowhere" for each in found]

    place.played(play)
    assert place.played(seated) == ["g4 guest", "g4 mo", "g1 mo", "nowhere"]
    code, _, err = typed("import", str(saved(place)), "--store", other(place))
    assert (code, err) == (0, "")
    assert place.played(seated, other(place)) == ["g4 guest", "g4 mo", "g1 mo", "nowhere"]
    assert typed("verify", "--store", other(place))[0] == 0


def test_an_export_goes_through_a_pipe(place: Inn) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    command = [sys.executable, "-m", "heartline", "conversations"]
    export = subprocess.run(
        [*command, "export", "--status", "live"], capture_output=True, check=True, env=env
    )
    assert export.stderr == b""
    lines = [json.loads(line) for line in export.stdout.splitlines()]
    assert [line["type"] for line in lines] == [
        "export", "scenario", "conversation", "conversation", "end",
    ]  # fmt: skip
    done = subprocess.run(
        [*command, "import", "-", "--store", other(place)],
        input=export.stdout, capture_output=True, check=True, env=env,
    )  # fmt: skip
    assert done.stdout == b"Imported 2 conversations.\n"


def test_an_export_is_for_its_owners_eyes_and_is_whole_or_not_there(
    place: Inn, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(place)
    assert path.stat().st_mode & 0o077 == 0
    before = path.read_bytes()

    def broken(_: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("heartline.wholefiles.os.fsync", broken)
    code, _, err = typed("export", "-o", str(path))
    assert (code, "no space left" in err) == (1, True)
    assert path.read_bytes() == before
    assert not list(place.folder.glob("*.part"))


def test_what_could_not_be_imported_again_is_left_out_and_told(place: Inn, typed: Typed) -> None:
    changed(place, "DELETE FROM entries WHERE sequence = 1 AND conversation = 2")
    path = place.folder / "x.jsonl"
    code, _, err = typed("export", "-o", str(path))
    assert code == 1
    assert "has a hole: entry 1 is missing" in err
    assert "Left out 1 conversation" in err
    assert typed("import", str(path), "--store", other(place))[:2] == (
        0, "Imported 3 conversations.\n",
    )  # fmt: skip
    changed(place, "UPDATE scenarios SET files = replace(files, 'to: room}', 'to: rom}')")
    code, _, err = typed("export", "-o", str(path))
    assert code == 1
    assert "does not load any more, so that nothing could import it" in err
    assert typed("import", str(path), "--store", other(place))[1].startswith("Imported 0 conv")
    changed(place, "DELETE FROM scenarios")
    code, _, err = typed("export", "-o", str(path))
    assert code == 1
    assert "is not in the store: start a host once" in err
    assert sorted(line.partition(": ")[2][:9] for line in err.splitlines()[:4]) == [
        "Version 1", "entry 1 i", "the same.", "the same.",
    ]  # fmt: skip


def room_of(lines: list[str]) -> int:
    """The line of the conversation in the room, which has two entries and two timers."""
    return next(n for n, line in enumerate(lines) if '"reference":"room"' in line)


def rewritten(number: int, change: Callable[[dict[str, Any]], None]) -> Callable[[list[str]], None]:
    """Another line in place of one."""

    def write(lines: list[str]) -> None:
        place = room_of(lines) if number > 1 else number
        data = json.loads(lines[place])
        change(data)
        lines[place] = json.dumps(data)

    return write


def entry(name: str, value: object) -> Callable[[list[str]], None]:
    return rewritten(2, lambda data: data["entries"][0].update({name: value}))


def record(name: str, value: object) -> Callable[[list[str]], None]:
    return rewritten(2, lambda data: data["record"].update({name: value}))


DAMAGES: dict[str, tuple[Callable[[list[str]], Any], str]] = {
    "empty": (lambda lines: lines.clear(), "it is empty"),
    "cut off": (lambda lines: lines.pop(), "it was cut off after line 6"),
    "a line is missing": (lambda lines: lines.pop(3), "holds 3 and 1: lines are missing"),
    "no head": (lambda lines: lines.pop(0), "line 1 is not the head of an export"),
    "two exports": (lambda lines: lines.extend(lines), "line 8 comes after the end"),
    "two heads": (lambda lines: lines.insert(1, lines[0]), "line 2 is a second head"),
    "cut line": (
        lambda lines: lines.__setitem__(2, lines[2][:200]), "line 3 is not JSON (",
    ),
    "no object": (lambda lines: lines.__setitem__(2, "[1]"), "line 3 is JSON, but no object"),
    "nested": (lambda lines: lines.__setitem__(2, "[" * 200_000), "line 3 is nested too deeply"),
    "no number": (lambda lines: lines.__setitem__(2, "NaN"), "NaN is no number of JSON"),
    "other type": (lambda lines: lines.__setitem__(2, '{"type":[]}'), "its type is none of"),
    "format": (
        rewritten(0, lambda data: data.update(format=4)),
        "the export is of format 4, and this program reads formats 1 to 3",
    ),
    "twice": (lambda lines: lines.insert(3, lines[2]), "in the order of their ids, each once"),
    "order": (lambda lines: lines.insert(2, lines.pop(4)), "in the order of their ids"),
    "no scenario": (lambda lines: lines.pop(1), "comes neither before it nor is in the store"),
    "second scenario": (lambda lines: lines.insert(2, lines[1]), "a second time"),
    "other scenario": (
        rewritten(1, lambda data: data["files"].update({data["main"]: "heartline: 1"})),
        "which does not load here",
    ),
    "other structure": (
        rewritten(1, lambda data: data.update(fingerprint="f" * 16)), "make the structure",
    ),
    "a hole": (rewritten(2, lambda data: data["entries"].pop(0)), "has a hole: entry 1"),
    "no log": (rewritten(2, lambda data: data["entries"].clear()), "it is empty"),
    "a timer": (
        rewritten(2, lambda data: data["timers"].append(["tea", 1, 5])), "The timers of the",
    ),
    "no timer": (
        rewritten(2, lambda data: data["timers"].append(["tea", "1", 5])), "has a timer that is",
    ),
    "state": (record("state", "room2"), "The state of the conversation"),
    "turn": (record("turn", 40), "The turn of the conversation"),
    "status": (record("status", "dead"), "is not one of closed, live, over"),
    "id": (record("id", "chat"), "is not the id of a conversation"),
    "reference": (record("reference", ""), "A reference is a text of 1 to 512 characters"),
    "zero": (record("reference", "a\0"), "is not a text that can be stored"),
    "half": (record("reference", "\ud800"), "holds half of a character"),
    "time": (record("touched", 2**62), "what is not a time"),
    "number": (record("sequence", True), "is not a whole number"),
    "large": (record("turn", 2**70), "is not a number that can be stored"),
    "snapshot": (record("snapshot", "{"), "is not JSON of an object"),
    "a role": (record("seats", {"gu\0est": "ana"}), "A role cannot hold the character"),
    "lacks": (rewritten(2, lambda data: data["record"].pop("seats")), "lacks record.'seats'"),
    "kind": (entry("kind", "eaten"), "entry 1: 'kind' what is not one of"),
    "data": (entry("data", {}), "cannot be played again"),
    "hidden": (
        rewritten(2, lambda data: data["record"].update(
            snapshot=data["record"]["snapshot"].replace('"secret":0', '"secret":1'))),
        "'context' differs",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_export_is_refused_and_nothing_is_stored(
    place: Inn, typed: Typed, damage: str
) -> None:
    change, why = DAMAGES[damage]
    path = saved(place)
    lines = path.read_text("utf-8").splitlines()
    change(lines)
    path.write_text("".join(f"{line}\n" for line in lines))
    code, out, err = typed("import", str(path), "--store", other(place))
    assert (code, out) == (1, "")
    assert err.startswith(f"{path} is not imported, and nothing of it is stored: ")
    assert why in err
    assert err.count("\n") == 1
    assert place.everything(other(place)) == []


def test_what_is_damaged_can_be_left_out(place: Inn, typed: Typed) -> None:
    path, there = saved(place), other(place)
    lines = path.read_text("utf-8").splitlines()
    record("turn", 40)(lines)
    path.write_text("".join(f"{line}\n" for line in lines))
    assert typed("import", str(path), "--store", there)[0] == 1
    code, out, err = typed("import", str(path), "--store", there, "--skip-damaged")
    assert (code, out) == (1, "Imported 3 conversations.\n")
    assert err.startswith("Left out is a line that is refused. The turn of the conversation")
    assert typed("verify", "--store", there)[0] == 0
    assert sorted(each.reference for each in place.records(there)) == ["closed", "desk", "over"]
    DAMAGES["other scenario"][0](lines)  # which none of them can do without
    path.write_text("".join(f"{line}\n" for line in lines))
    third = other(place, "third.db")
    code, out, _ = typed(
        "import", str(path), "--store", third, "--skip-damaged", "--format", "json"
    )
    assert (code, json.loads(out)["new"], len(json.loads(out)["left_out"])) == (1, 0, 5)
    assert place.everything(third) == []
    path.write_text("\n".join(lines[:-1]))  # a file that was cut off is none
    assert typed("import", str(path), "--store", third, "--skip-damaged")[0] == 1


def test_an_export_with_any_byte_changed_brings_in_what_follows_from_its_logs_or_nothing(
    place: Inn, typed: Typed
) -> None:
    path, there = saved(place), other(place)
    whole = path.read_bytes()
    draw = random.Random(5)
    refused = 0
    for _ in range(60):
        broken = bytearray(whole)
        broken[draw.randrange(len(whole))] = draw.choice(b'09az"{}[],:\\\xff ')
        path.write_bytes(broken)
        code, _, err = typed("import", str(path), "--store", there)
        if code == 1:
            refused += 1
            assert err.startswith(f"{path} is not imported")
            assert place.everything(there) == []
        else:  # a word that was said, a reference: what follows from no log
            assert code == 0, err
            assert typed("verify", "--store", there)[0] == 0
            for file in place.folder.glob("other.db*"):
                file.unlink()
    assert refused > 20


def test_what_the_store_has_under_the_same_names_is_never_overwritten(
    place: Inn, typed: Typed
) -> None:
    path, there = saved(place), other(place)
    typed("import", str(path), "--store", there)

    async def here(host: Host) -> None:
        await host.submit("desk", Choose("ask"))

    async def elsewhere(host: Host) -> None:
        await host.submit("desk", Choose("take"))

    place.played(here)
    place.played(elsewhere, there)
    before = place.everything(there)
    code, _, err = typed("import", str(saved(place)), "--store", there)
    assert code == 1
    assert "has gone on in another way in this store" in err
    assert place.everything(there) == before

    async def taken(host: Host) -> None:
        await host.open("room", "inn", seed=1)

    third = other(place, "third.db")
    place.played(taken, third)
    code, _, err = typed("import", str(path), "--store", third)
    assert code == 1
    assert "with the reference 'room', which the live conversation" in err
    assert len(place.records(third)) == 1


def test_many_are_carried_migrated_and_purged_in_portions(place: Inn, typed: Typed) -> None:
    async def play(host: Host) -> None:
        for number in range(250):
            await host.open(f"chat-{number}", "inn", {"nights": 3}, seed=number)
            if number % 2:
                await host.submit(f"chat-{number}", Choose("leave"))

    place.played(play)
    there = other(place)
    assert typed("import", str(saved(place)), "--store", there)[1] == (
        "Imported 254 conversations.\n"
    )
    assert place.everything(there) == place.everything()
    _, out, _ = typed("migrate", "--scenario", newer(place), "--store", there)
    assert out.startswith("Migrated 127 conversations.\n")
    _, out, _ = typed("purge", "--older-than", "90d", "--yes", "--store", there)
    assert out == "Deleted 127 conversations.\n"
    assert typed("verify", "--store", there)[1].startswith("Verified 127 conversations: each")
