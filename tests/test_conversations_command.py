"""`heartline conversations`: operators look at a store, and bring it to new versions."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from heartline.host import Host
from hosting import inn
from operated import NEW, Inn, Typed, changed, newer, place, rows, typed

__all__ = ["place", "typed"]


# Looking ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], ["closed", "desk", "over", "room"]),
        (["--scenario", "inn"], ["closed", "desk", "over", "room"]),
        (["--scenario", "pub"], []),
        (["--state", "room"], ["room"]),
        (["--outcome", "gone"], ["over"]),
        (["--status", "closed"], ["closed"]),
        (["--status", "live", "--state", "desk"], ["desk"]),
        (["--waiting-since", "14d"], ["desk", "room"]),
        (["--waiting-since", "36500d"], []),
        (["--waiting-since", "1d", "--status", "over"], ["over"]),
        (["--reference", "desk"], ["desk"]),
        (["--reference", "phone"], ["room"]),
    ],
)
def test_a_list_has_those_that_are_meant(
    place: Inn, typed: Typed, options: list[str], found: list[str]
) -> None:
    code, out, err = typed("list", *options)
    assert code == 0
    assert sorted(row[1] for row in rows(out)) == found
    told = "Of these, 1 conversation has a timer that should" if "room" in found else ""
    assert err[: len(told)] == told
    assert err.count("\n") == bool(told or not found)
    assert ("There are no such conversations.\n" in err) is not bool(found)
    code, out, _ = typed("list", *options, "--format", "json")
    listed = json.loads(out)
    assert listed["format"] == 1
    assert sorted(each["reference"] for each in listed["conversations"]) == found


def test_a_list_says_where_each_stands(place: Inn, typed: Typed) -> None:
    _, out, _ = typed("list", "--state", "room")
    head, row = out.splitlines()
    assert head.split("  ")[0] == "id"
    room = place.id("room")
    assert row.split() == [
        room, "room", "inn", "1.0.0", "room", "live", "2",
        "2026-01-05", "09:00", "2026-01-05", "10:00",
    ]  # fmt: skip
    _, out, _ = typed("list", "--state", "room", "--format", "json")
    (one,) = json.loads(out)["conversations"]
    assert one == {
        "id": room, "reference": "room", "scenario": "inn", "version": "1.0.0",
        "fingerprint": inn().machine.fingerprint, "status": "live", "state": "room",
        "outcome": None, "entries": 2, "turn": 2, "created": "2026-01-05T09:00:00Z",
        "touched": "2026-01-05T09:00:00Z", "due": "2026-01-05T10:00:00Z", "parent": None,
        "tells": {"guest": "phone"},
    }  # fmt: skip


def test_a_long_list_is_shown_as_it_is_read(place: Inn, typed: Typed) -> None:
    async def play(host: Host) -> None:
        for number in range(300):
            await host.open(f"chat-{number}", "inn", seed=1)

    place.played(play)
    _, out, _ = typed("list")
    assert len(rows(out)) == 304
    assert [row[0] for row in rows(out)] == [each.id for each in place.records()]
    _, out, _ = typed("list", "--limit", "250", "--format", "json")
    assert len(json.loads(out)["conversations"]) == 250


def test_show_has_what_is_stored_and_what_can_be_chosen(place: Inn, typed: Typed) -> None:
    code, out, err = typed("show", "room")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == f"{place.id('room')}  room"
    assert "seated    guest" in out
    assert "phone" not in out
    assert "timer     tea, due 2026-01-05 10:00\n" in out
    assert "choice    rest of guest: What a bed.\n" in out
    _, out, _ = typed("show", place.id("room"), "--format", "json")
    shown = json.loads(out)
    assert shown["conversation"]["reference"] == "room"
    assert [timer["timer"] for timer in shown["timers"]] == ["tea", "night"]
    assert [choice["id"] for choice in shown["turn"]["choices"]] == ["rest", "go"]
    assert shown["unavailable"] is None


def test_show_also_shows_a_conversation_whose_version_is_gone(place: Inn, typed: Typed) -> None:
    changed(place, "DELETE FROM scenarios")
    code, out, err = typed("show", "room")
    assert code == 0
    assert "state     room" in out
    assert "start a host once with the files of that version" in err
    _, out, _ = typed("show", "room", "--format", "json")
    assert json.loads(out)["turn"] is None
    assert "wait" in json.loads(out)["unavailable"]


def test_an_id_may_begin_with_a_dash(place: Inn, typed: Typed) -> None:
    dashed = "-h" + "a" * 20
    changed(place, "UPDATE conversations SET id = ? WHERE reference = 'desk'", dashed)
    code, out, _ = typed("show", dashed, "--format", "json")
    assert code == 0
    assert json.loads(out)["conversation"]["id"] == dashed
    assert typed("show", "--format", "json", "--", dashed)[1] == out
    assert typed("delete", dashed, "--yes")[:2] == (0, "Deleted 1 conversation.\n")


def test_a_transcript_is_the_log_in_words(place: Inn, typed: Typed) -> None:
    code, out, _ = typed("transcript", "room")
    assert code == 0
    assert out.splitlines() == [
        "   1  2026-01-05 09:00  opened -> desk",
        "      It rains.",
        "      Mo: Good evening. (only to guest)",
        "      Kim: Tired. (only to mo)",
        "   2  2026-01-05 09:00  chose take -> room",
        "      Kim: I take it.",
    ]
    _, out, _ = typed("transcript", "over", "--format", "json")
    told = json.loads(out)
    assert [entry["kind"] for entry in told["entries"]] == ["opened", "chose"]
    assert told["entries"][1]["outcome"] == "gone"
    assert told["entries"][1]["said"][0]["text"] == "Never mind."


def test_a_late_timer_is_told_as_late(place: Inn, typed: Typed) -> None:
    async def play(host: Host) -> None:
        from heartline import Tick

        await host.submit("room", Tick())

    place.played(play)
    _, out, _ = typed("transcript", "room")
    assert "fired, 1h late -> room" in out


def test_nothing_that_is_stored_steers_a_terminal(place: Inn, typed: Typed) -> None:
    changed(place, "UPDATE conversations SET reference = ? WHERE reference = 'desk'", "a\x1b[2Jb")
    for arguments in (["list"], ["show", place.id("a\x1b[2Jb")]):
        code, out, _ = typed(*arguments)
        assert code == 0
        assert "\x1b" not in out
        assert "a\ufffd[2Jb" in out


def test_a_replay_shows_where_a_log_led(place: Inn, typed: Typed) -> None:
    code, out, _ = typed("replay", "room", "--to", "1")
    assert code == 0
    assert f"{place.id('room')} after entry 1 (opened) of 2\n" in out
    assert "state     desk, turn 1\n" in out
    assert "variable  nick = Kim\n" in out
    assert "variable  secret = 0\n" in out
    _, out, _ = typed("replay", "over", "--format", "json")
    led = json.loads(out)
    assert (led["entry"], led["turn"]["outcome"]) == (2, "gone")
    assert led["snapshot"]["context"]["nights"] == 5
    code, _, err = typed("replay", "room", "--to", "3")
    assert code == 1
    assert "entries 1 to 2: there is no 3" in err
    assert typed("replay", "room", "--to", "0")[0] == 2


def test_a_fork_lives_on_its_own(place: Inn, typed: Typed) -> None:
    code, out, _ = typed("fork", "room", "--at", "1")
    assert code == 0
    name, reference = out.split()
    assert reference == "room@1"
    assert name == place.id("room@1")
    _, out, _ = typed("fork", "room", "--reference", "what-if", "--format", "json")
    assert json.loads(out)["parent"] == place.id("room")
    assert json.loads(out)["turn"]["state"] == "room"
    code, _, err = typed("fork", "room", "--reference", "desk")
    assert code == 1
    assert "'desk' has a live conversation already" in err
    assert typed("fork", "room", "--at", "9")[0] == 1
    assert typed("verify")[0] == 0


def test_verify_names_what_does_not_follow(place: Inn, typed: Typed) -> None:
    code, out, _ = typed("verify")
    assert (code, out) == (0, "Verified 4 conversations: each follows from its log.\n")
    changed(place, "UPDATE conversations SET turn = 7 WHERE reference = 'room'")
    changed(place, "DELETE FROM entries WHERE sequence = 1 AND conversation = 3")
    code, out, err = typed("verify")
    assert code == 1
    assert "2 do not follow" in out
    assert f"The turn of the conversation {place.id('room')} does not follow" in err
    assert "has a hole: entry 1 is missing" in err
    _, out, _ = typed("verify", "desk", "room", "--format", "json")
    told = json.loads(out)
    assert told["conversations"] == 2
    assert [each["reference"] for each in told["findings"]] == ["room"]
    assert typed("verify", "--status", "closed")[:2] == (
        0, "Verified 1 conversation: each follows from its log.\n",
    )  # fmt: skip
    assert typed("verify", "desk", "--status", "live")[0] == 2
    changed(place, "DELETE FROM scenarios")
    assert "wait" in typed("verify", "desk")[2]


def test_a_log_with_a_hole_is_a_sentence(place: Inn, typed: Typed) -> None:
    changed(place, "DELETE FROM entries WHERE sequence = 1 AND conversation = 2")
    for arguments in (["transcript", "room"], ["replay", "room"], ["fork", "room"]):
        code, out, err = typed(*arguments)
        assert (code, out) == (1, "")
        assert "has a hole: entry 1 is missing" in err
        assert "backup" in err


# New versions -------------------------------------------------------------------------------------


def test_a_dry_run_says_by_state_what_would_happen_and_changes_nothing(
    place: Inn, typed: Typed
) -> None:
    before = place.everything()
    narrow = NEW.replace("tea: {length: 1h, title: the kettle}", "kettle: {length: 1h}")
    narrow = narrow.replace("start(tea)", "start(kettle)").replace(
        "      tea: {say", "      kettle: {say"
    )
    code, out, err = typed("migrate", "--scenario", newer(place, narrow), "--dry-run")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "scenario  version  state  conversations  what happens",
        "inn       1.0.0    desk   1              migrates to 1.1.0",
        "inn       1.0.0    room   1              stays in 1.0.0",
        "    the timer 'tea' runs, and there is none any more",
    ]
    _, out, _ = typed(
        "migrate", "--scenario", newer(place, narrow), "--dry-run", "--format", "json"
    )
    told = json.loads(out)
    assert [each["fate"] for each in told["states"]] == ["migrates", "stays"]
    assert (told["dry_run"], told["migrated"], told["others"]) == (True, 0, {})
    assert place.everything() == before


def test_without_a_dry_run_those_that_fit_go_over(place: Inn, typed: Typed) -> None:
    code, out, _ = typed("migrate", "--scenario", newer(place))
    assert code == 0
    assert out.startswith("Migrated 2 conversations.\n")
    assert "inn       1.1.0    desk   1              goes on\n" in out
    found = {each.reference: each for each in place.records()}
    assert {name: each.version for name, each in found.items()} == {
        "desk": "1.1.0", "room": "1.1.0", "over": "1.0.0", "closed": "1.0.0",
    }  # fmt: skip
    assert found["room"].outcome == "gone"  # the stay was over long ago

    async def told(host: Host) -> list[str]:
        parcels = await host.store.parcels(datetime.now(UTC), 10, 60)
        return [parcel.reference for parcel in parcels]

    assert place.played(told) == ["phone"]  # nobody misses that
    assert typed("verify")[0] == 0
    assert typed("migrate", "--scenario", newer(place))[1].startswith("Migrated 0 conversations.")


def test_conversations_of_other_scenarios_are_named(place: Inn, typed: Typed) -> None:
    path = newer(place, NEW.replace("id: inn", "id: pub"))
    code, out, err = typed("migrate", "--scenario", path, "--dry-run")
    assert (code, out) == (0, "No conversation lives in pub.\n")
    assert "inn (2)" in err


def test_a_new_version_that_does_not_load_is_refused(place: Inn, typed: Typed) -> None:
    before = place.everything()
    code, _, err = typed("migrate", "--scenario", newer(place, NEW.replace("to: gone", "to: away")))
    assert code == 1
    assert "away" in err
    path = newer(place)
    twice = place.folder / "twice.yaml"
    twice.write_text(NEW)
    assert typed("migrate", "--scenario", path, "--scenario", str(twice))[0] == 2
    assert typed("migrate", "--dry-run")[0] == 2
    assert place.everything() == before
