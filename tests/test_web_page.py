"""The web page, in a real browser against a real server: what a person can do there, and what can
go wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browsing import Served, Visitor, chromium, ferry, served, shapes, sqlite

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

SIZES = [{"width": 320, "height": 640}, {"width": 1100, "height": 900}]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served("memory:") as found:
        yield found


@pytest.fixture
def visitor(browser: Browser, server: Served) -> Iterator[Visitor]:
    """Somebody at the page. Whatever they do, their browser complains of nothing."""
    somebody = Visitor(browser, server.url)
    yield somebody
    assert somebody.faults == []
    assert somebody.elsewhere == []
    somebody.context.close()


# To an end ----------------------------------------------------------------------------------------


def test_a_conversation_is_played_to_its_end_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.page
    visitor.opens()
    keys = page.keyboard

    def tab_to(label: str) -> None:
        for _ in range(40):
            keys.press("Tab")
            focused = page.evaluate("document.activeElement.textContent")
            if focused.strip() == label:
                return
        raise AssertionError(f"Tab does not lead to {label}")

    tab_to("Begin")
    keys.press("Enter")
    visitor.sees("What now?")
    for _ in range(2):
        coins = len(visitor.heard())
        tab_to("Count your coins.")
        keys.press("Enter")
        visitor.until(f"document.querySelectorAll('.line').length > {coins}")
    visitor.until("document.activeElement.id === 'choices'")
    keys.press("Tab")
    keys.press("2")  # leads to the second choice
    assert page.evaluate("document.activeElement.dataset.choice") == "board"
    keys.press("Space")
    visitor.sees("You came.")
    tab_to("Wave to the shore.")
    keys.press("Enter")
    visitor.sees("The conversation is over")
    visitor.until("document.activeElement.textContent === 'The conversation is over'")
    visitor.sees("It ended so: sailed.")
    assert visitor.heard()[-1] == "The shore grows small."


def test_a_page_that_is_opened_again_shows_what_was_said_once(visitor: Visitor) -> None:
    visitor.begins()
    visitor.press("Count your coins.")
    visitor.waits_for_line("One more.")
    before = visitor.heard()
    visitor.opens()
    visitor.waits_for_line("One more.")
    assert visitor.heard() == before


def test_a_served_scenario_that_asks_nothing_begins_at_once(browser: Browser) -> None:
    quiet = ferry(", prompt: How are you?")
    with served("memory:", quiet) as server:
        somebody = Visitor(browser, server.url)
        somebody.opens()
        somebody.sees("Count your coins.")
        somebody.context.close()


def test_an_answer_that_cannot_be_is_said_beside_the_questions(
    browser: Browser,
) -> None:
    asking = ferry(
        "type: enum, values: [calm, cross], initial: calm,",
        "type: int, min: 1, max: 3, initial: 1,",
    )
    with served("memory:", asking) as server:
        somebody = Visitor(browser, server.url)
        somebody.opens()
        somebody.page.get_by_label("How are you?").fill("9")
        somebody.press("Begin")
        somebody.until("document.activeElement.matches('[role=alert]')")
        assert "mood" in somebody.page.evaluate("document.activeElement.textContent")
        somebody.page.get_by_label("How are you?").fill("2")
        somebody.press("Begin")
        somebody.sees("Count your coins.")
        somebody.context.close()


# What is read -------------------------------------------------------------------------------------


def test_text_is_never_read_as_html(visitor: Visitor) -> None:
    visitor.begins()
    assert any("<img src=x" in line for line in visitor.heard())
    assert visitor.page.locator(".log img").count() == 0
    assert visitor.page.title() == "Conversation"


def test_lines_run_in_the_direction_of_their_script(visitor: Visitor) -> None:
    visitor.begins()
    line = visitor.page.locator(".text", has_text="\u05e9\u05dc\u05d5\u05dd")
    assert line.evaluate("each => getComputedStyle(each).direction") == "rtl"
    assert "\U0001f6a2" in line.inner_text()


def test_a_closed_choice_can_be_reached_and_says_why(visitor: Visitor) -> None:
    visitor.begins()
    closed = visitor.page.get_by_role("button", name="Go on board.")
    assert closed.get_attribute("aria-disabled") == "true"
    closed.focus()
    assert closed.evaluate("each => document.activeElement === each")
    reason = visitor.page.locator(f"#{closed.get_attribute('aria-describedby')}")
    assert reason.inner_text() == "Closed: The fare is two coins."
    closed.press("Enter")
    visitor.sees("That cannot be chosen now: The fare is two coins.")


def test_what_is_added_is_read_out_and_what_was_there_is_not(visitor: Visitor) -> None:
    visitor.begins()
    log = visitor.page.get_by_role("log")
    visitor.page.wait_for_selector(".log[aria-live=polite]")
    assert log.get_attribute("aria-label") == "What has been said"
    visitor.page.evaluate(
        "new MutationObserver((all) => { window.added = all.map((each) => [...each.addedNodes]"
        ".map((node) => node.textContent)).flat(); })"
        ".observe(document.querySelector('.log'), { childList: true })"
    )
    visitor.press("Count your coins.")
    visitor.waits_for_line("One more.")
    assert visitor.page.evaluate("window.added") == ["You: One more."]


def test_a_double_click_takes_one_choice(visitor: Visitor, server: Served) -> None:
    visitor.begins()
    visitor.page.get_by_role("button", name="Count your coins.").dblclick()
    visitor.waits_for_line("One more.")
    visitor.page.wait_for_timeout(300)
    assert visitor.heard().count("You: One more.") == 1


# Time ---------------------------------------------------------------------------------------------


def test_a_break_shows_what_is_left_and_the_page_wakes_when_it_ends(
    visitor: Visitor, server: Served
) -> None:
    visitor.begins()
    visitor.press("Wait for the next one.")
    visitor.sees("14 days left")
    visitor.sees("This page wakes when the time is up")
    assert visitor.page.locator(".choices button").count() == 0
    server.later(days=14)
    visitor.waits_for_line("There it is!")
    visitor.sees("Wave to the shore.")
    assert not visitor.page.locator("#breaks").is_visible()


# Trouble ------------------------------------------------------------------------------------------


def test_a_press_whose_answer_is_lost_happens_once(visitor: Visitor) -> None:
    visitor.begins()
    sent: list[str | None] = []

    def lose_the_first(route: Route) -> None:
        sent.append(route.request.headers.get("idempotency-key"))
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    visitor.page.route("**/conversation/inputs", lose_the_first)
    visitor.press("Count your coins.")
    visitor.sees("it counts once")
    visitor.until("document.querySelector('[aria-busy=false]')")
    assert len(sent) == 2
    assert sent[0] == sent[1] is not None
    assert visitor.heard().count("You: One more.") == 1
    visitor.faults.clear()  # the browser notes that a request was aborted


def test_a_press_that_was_on_its_way_when_the_page_was_loaded_again_happens_once(
    visitor: Visitor,
) -> None:
    visitor.begins()
    visitor.page.route("**/conversation/inputs", lambda route: (route.fetch(), route.abort()))
    visitor.press("Count your coins.")
    visitor.sees("it counts once")
    visitor.page.unroute("**/conversation/inputs")
    visitor.opens()
    visitor.waits_for_line("One more.")
    visitor.until("sessionStorage.getItem('heartline.press') === null")
    assert visitor.heard().count("You: One more.") == 1
    visitor.faults.clear()


def test_a_stale_press_is_not_sent_and_says_why(visitor: Visitor) -> None:
    visitor.begins()
    other = visitor.tab()
    other.route("**/conversation/events*", lambda route: route.abort())
    other.goto(visitor.url)
    other.get_by_text("The line to the server is down").wait_for()
    other.unroute("**/conversation/events*")
    other.get_by_text("Count your coins.").wait_for()
    other.route("**/conversation/events*", lambda route: route.abort())
    other.route("**/conversation", lambda route: route.abort())
    visitor.press("Wait for the next one.")
    visitor.sees("14 days left")
    other.unroute("**/conversation/events*")
    other.get_by_role("button", name="Count your coins.").click()
    other.get_by_text("The conversation has moved on in between").first.wait_for()
    other.get_by_text("14 days left").wait_for()
    visitor.faults.clear()


def test_a_stream_that_is_cut_loses_and_doubles_nothing(visitor: Visitor, server: Served) -> None:
    visitor.begins()
    visitor.page.wait_for_selector(".log[aria-live=polite]")
    for _ in range(2):
        server.cut()
        visitor.press("Count your coins.")
        visitor.page.wait_for_timeout(50)
    visitor.until(
        "[...document.querySelectorAll('.mine')].length === 3"  # one is told to "you" at the start
    )
    server.cut()
    visitor.press("Wait for the next one.")
    visitor.waits_for_line("I can wait.")
    server.later(days=14)
    visitor.waits_for_line("You came.")
    sequences = visitor.page.locator(".entry").evaluate_all(
        "all => all.map((each) => Number(each.dataset.sequence))"
    )
    assert sequences == sorted(set(sequences))
    assert visitor.heard().count("You: One more.") == 2


def test_a_server_that_restarts_loses_and_doubles_nothing(browser: Browser, tmp_path: Path) -> None:
    with served(sqlite(tmp_path)) as first:
        somebody = Visitor(browser, first.url)
        somebody.begins()
        somebody.press("Count your coins.")
        somebody.waits_for_line("One more.")
        port = first.port
    somebody.sees("The line to the server is down.")
    somebody.press("Count your coins.")
    somebody.sees("Your answer has not arrived yet.")
    with served(sqlite(tmp_path), port=port):
        somebody.until(
            "document.querySelector('[data-choice=board]')?.getAttribute('aria-disabled') === null"
        )
        assert somebody.heard().count("You: One more.") == 2
        somebody.until("document.getElementById('state').textContent === ''")
        somebody.press("Go on board.")
        somebody.sees("You came.")
        somebody.context.close()


# Two people ---------------------------------------------------------------------------------------


def test_two_people_sit_in_two_seats_and_none_sees_what_is_the_others(
    browser: Browser, server: Served
) -> None:
    one, two = Visitor(browser, server.url), Visitor(browser, server.url)
    one.opens()
    one.page.get_by_text("Play with another person").click()
    one.page.get_by_label("ada").check()
    one.press("Begin")
    one.sees("Count your coins.")
    one.page.get_by_text("This conversation: keep").click()
    one.press("Invite somebody to play Ada")
    link = one.page.get_by_label("Send this link").input_value()
    assert link.startswith(f"{server.url}#join=")
    two.opens(link.removeprefix(server.url))
    assert two.page.url == server.url  # who looks over a shoulder, or into the history, joins not
    two.press("Take part")
    two.waits_for_line("I have a ticket in my shoe.")
    two.sees("It is somebody else's turn.")
    for _ in range(2):
        one.press("Count your coins.")
        one.until("document.querySelector('[aria-busy=false]')")
    one.press("Go on board.")
    two.press("You came.")
    one.waits_for_line("You came.")
    one.sees("Wave to the shore.")
    assert not any("ticket in my shoe" in line for line in one.heard())
    assert not any("no ticket" in line for line in two.heard())
    assert "One more." in " ".join(two.heard())
    three = Visitor(browser, server.url)
    three.opens(link.removeprefix(server.url))
    three.press("Take part")
    three.sees("This invitation is no longer good")
    assert one.faults == two.faults == []
    for each in (one, two, three):
        each.context.close()


# One's own ----------------------------------------------------------------------------------------


def test_the_last_step_is_taken_back(visitor: Visitor) -> None:
    visitor.begins()
    assert not visitor.page.get_by_text("Take the last step back").is_visible()
    visitor.press("Wait for the next one.")
    visitor.sees("14 days left")
    visitor.press("Take the last step back")
    visitor.sees("The last step was taken back.")
    visitor.sees("Count your coins.")


def test_where_a_scenario_forbids_it_nothing_is_taken_back(browser: Browser) -> None:
    with served("memory:", ferry("version: 1.0.0", "version: 1.0.0\nundo: false")) as server:
        somebody = Visitor(browser, server.url)
        somebody.begins()
        somebody.press("Count your coins.")
        somebody.waits_for_line("One more.")
        assert not somebody.page.get_by_text("Take the last step back").is_visible()
        somebody.context.close()


@pytest.mark.parametrize("how", ["the button", "Escape, twice"])
def test_leaving_clears_the_page_at_once_and_the_page_opens_discreetly(
    visitor: Visitor, how: str
) -> None:
    page = visitor.page
    visitor.opens()
    visitor.sees("clears this page at once")
    visitor.press("Begin")
    visitor.sees("Count your coins.")
    if how == "the button":
        visitor.press("Leave quickly")
    else:
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
    page.wait_for_url("about:blank")
    page.go_back()
    assert page.url == "about:blank"  # it took the page's place
    visitor.opens()
    visitor.sees("Welcome back")
    assert "ferry" not in page.content()
    visitor.press("Conversation 1")
    visitor.sees("Count your coins.")


def test_a_conversation_is_saved_and_deleted(visitor: Visitor) -> None:
    visitor.begins()
    visitor.page.get_by_text("This conversation: keep").click()
    with visitor.page.expect_download() as text:
        visitor.press("Save as text")
    said = Path(text.value.path()).read_text(encoding="utf-8")
    assert "You: You have no ticket." in said
    assert "shoe" not in said
    with visitor.page.expect_download() as data:
        visitor.press("Save as JSON")
    told = json.loads(Path(data.value.path()).read_text(encoding="utf-8"))
    assert told["events"][0]["kind"] == "opened"
    visitor.press("Delete it everywhere")
    visitor.press("Keep it")
    visitor.press("Delete it everywhere")
    visitor.press("Delete it")
    visitor.sees("The conversation is deleted.")
    assert visitor.page.evaluate("JSON.parse(localStorage.heartline).kept") == []


def test_a_conversation_that_was_deleted_elsewhere_is_said_to_be_gone(
    visitor: Visitor, server: Served
) -> None:
    visitor.begins()
    token = visitor.page.evaluate("JSON.parse(localStorage.heartline).kept[0].token")
    visitor.page.evaluate(
        "(token) => fetch('/api/v1/conversation',"
        " {method: 'DELETE', headers: {Authorization: `Bearer ${token}`}})",
        token,
    )
    visitor.sees("That conversation is no longer there")
    visitor.faults.clear()  # the browser notes the answer that says so


# Looks --------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=["narrow", "wide"])
def test_each_screen_can_be_used_by_everybody(
    browser: Browser, server: Served, scheme: str, size: dict[str, int]
) -> None:
    somebody = Visitor(browser, server.url, viewport=size, color_scheme=scheme)
    page = somebody.page

    def looks_good(screen: str) -> None:
        page.wait_for_timeout(350)  # until it has faded in
        assert shapes(page) == [], screen
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], screen
        assert page.locator("h1").count() == 1, screen

    somebody.opens()
    looks_good("the beginning")
    page.get_by_text("Play with another person").click()
    page.get_by_label("ada").check()
    looks_good("two seats")
    somebody.press("Begin")
    somebody.sees("Count your coins.")
    page.get_by_text("This conversation: keep").click()
    somebody.press("Invite somebody to play Ada")
    page.get_by_role("button", name="Go on board.").press("Enter")
    looks_good("the conversation")
    somebody.press("Delete it everywhere")
    looks_good("a question")
    somebody.press("Keep it")
    somebody.press("Wait for the next one.")
    somebody.sees("14 days left")
    looks_good("a break")
    server.later(days=14)
    page.goto(server.url + "#join=abc")
    somebody.sees("You are invited")
    looks_good("an invitation")
    somebody.press("Not now")
    somebody.sees("Welcome back")
    looks_good("what is kept")
    assert somebody.faults == []
    somebody.context.close()


def test_print_has_the_transcript_and_nothing_to_press(visitor: Visitor) -> None:
    visitor.begins()
    visitor.page.emulate_media(media="print")
    assert visitor.page.get_by_text("You have no ticket.").is_visible()
    for control in ("button", "summary", "header", "#choices"):
        assert not any(each.is_visible() for each in visitor.page.locator(control).all())


def test_nothing_moves_for_who_wants_it_so(browser: Browser, server: Served) -> None:
    somebody = Visitor(browser, server.url, reduced_motion="reduce")
    somebody.begins()
    entry = somebody.page.locator(".entry").first
    assert entry.evaluate("each => getComputedStyle(each).animationName") == "none"
    somebody.context.close()


def test_the_page_is_small_and_comes_from_one_place(browser: Browser, server: Served) -> None:
    somebody = Visitor(browser, server.url)
    session = somebody.context.new_cdp_session(somebody.page)
    session.send("Network.enable")
    received: list[float] = []
    session.on("Network.loadingFinished", lambda done: received.append(done["encodedDataLength"]))
    somebody.begins()
    somebody.page.wait_for_timeout(200)
    assert 10_000 < sum(received) < 100_000
    assert somebody.elsewhere == []
    somebody.context.close()


def test_no_inline_script_or_style_runs(visitor: Visitor) -> None:
    visitor.begins()
    visitor.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'),"
        " {textContent: 'window.ran = true'}))"
    )
    assert visitor.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in fault for fault in visitor.faults)
    visitor.faults.clear()
