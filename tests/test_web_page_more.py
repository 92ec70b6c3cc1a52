"""The web page, in a real browser: beginnings, trouble, looks, and what it is made of.

The quick tests of it are in test_web_page.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from browsing import Served, Visitor, chromium, ferry, served, shapes
from heartline import loads

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow  # a second or two each

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


# Beginnings ---------------------------------------------------------------------------------------


def test_a_served_scenario_that_asks_nothing_begins_at_once(browser: Browser) -> None:
    quiet = ferry(", prompt: How are you?")
    with served("memory:", quiet) as server:
        somebody = Visitor(browser, server.url)
        somebody.opens()
        somebody.sees("Count your coins.")
        somebody.context.close()


def test_what_a_text_is_kept_for_is_said_with_the_question(browser: Browser) -> None:
    asking = ferry(
        "secret: {type: int",
        "nick: {type: text, initial: Kim, input: true, prompt: Your name?,"
        " kept_for: Ada calls you so.}\n  secret: {type: int",
    )
    with served("memory:", asking) as server:
        somebody = Visitor(browser, server.url)
        somebody.opens()
        field = somebody.page.get_by_label("Your name?")
        told = somebody.page.locator(f"#{field.get_attribute('aria-describedby')}")
        assert told.inner_text() == "Ada calls you so."
        for empty in ("", "  "):
            field.fill(empty)
            somebody.press("Begin")
            somebody.sees("Your name? Write something.")
            field.fill("Zoë")
        somebody.press("Begin")
        somebody.sees("Count your coins.")
        assert somebody.faults == []
        somebody.context.close()


def test_answers_of_another_script_stand_beside_what_is_ticked(browser: Browser) -> None:
    hebrew = "values: [calm, cross], labels: {calm: \u05e8\u05d2\u05d5\u05e2\u05d4}"
    with served("memory:", ferry("values: [calm, cross]", hebrew)) as server:
        somebody = Visitor(browser, server.url)
        somebody.opens()
        places = somebody.page.locator("fieldset input, fieldset label").evaluate_all(
            "all => all.map((each) => each.getBoundingClientRect().left)"
        )
        assert places[0] > places[1]  # right to left
        assert places[2] < places[3]
        somebody.context.close()


def test_where_nothing_has_been_said_the_page_says_so(browser: Browser) -> None:
    quiet = loads(
        dedent(
            """\
            heartline: 1
            id: door
            version: 1.0.0
            title: A door
            cast: {you: {name: You}}
            states:
              outside: {choices: {knock: {label: Knock., say: Hello?, to: inside}}}
              inside: {type: final, outcome: in}
            """
        )
    )
    with served("memory:", quiet) as server:
        somebody = Visitor(browser, server.url)
        somebody.opens()
        somebody.sees("Nothing has been said yet.")
        somebody.press("Knock.")
        somebody.waits_for_line("Hello?")
        assert not somebody.page.get_by_text("Nothing has been said yet.").is_visible()
        somebody.context.close()


def test_an_answer_that_cannot_be_is_said_beside_the_questions(
    browser: Browser,
) -> None:
    asking = ferry("max: 3, initial: 0}", "max: 3, initial: 0, input: true, prompt: How rich?}")
    with served("memory:", asking) as server:
        somebody = Visitor(browser, server.url)
        somebody.opens()
        field = somebody.page.get_by_label("How rich?")
        hint = somebody.page.locator(f"#{field.get_attribute('aria-describedby')}")
        assert hint.inner_text() == "A whole number from 0 to 3."
        assert field.evaluate("each => [each.type, each.min, each.max, each.step]") == [
            "number", "0", "3", "1",
        ]  # fmt: skip
        field.fill("9")
        somebody.press("Begin")
        somebody.until("document.activeElement.matches('[role=alert]')")
        assert somebody.page.evaluate("document.activeElement.textContent") == (
            "How rich? Write a whole number from 0 to 3."
        )
        assert field.get_attribute("aria-invalid") == "true"
        field.fill("2")
        assert field.get_attribute("aria-invalid") is None
        somebody.press("Begin")
        somebody.sees("Count your coins.")
        somebody.context.close()


# Trouble ------------------------------------------------------------------------------------------


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


def test_a_device_that_was_offline_catches_up_when_it_is_back(
    visitor: Visitor, server: Served
) -> None:
    visitor.begins()
    visitor.press("Wait for the next one.")
    visitor.sees("14 days left")
    visitor.context.set_offline(True)
    server.later(days=14)
    visitor.page.wait_for_timeout(200)
    visitor.context.set_offline(False)
    visitor.waits_for_line("You came.")
    assert visitor.heard().count("Ada: There it is!") == 1
    visitor.faults.clear()  # the browser notes that it was offline


def test_a_line_that_has_gone_silent_is_given_up_for_a_new_one(
    visitor: Visitor, server: Served
) -> None:
    visitor.begins()
    visitor.page.clock.install()
    visitor.opens()
    visitor.page.wait_for_selector(".log[aria-live=polite]")
    asked: list[str] = []
    visitor.page.on(
        "request", lambda each: asked.append(each.url) if "events" in each.url else None
    )
    visitor.page.clock.run_for(30_000)
    assert asked == []  # a quiet line is a good one for a while
    visitor.page.clock.run_for(60_000)
    visitor.page.wait_for_timeout(300)
    assert len(asked) == 1
    visitor.press("Count your coins.")
    visitor.waits_for_line("One more.")


def test_a_server_that_is_busy_is_asked_again_and_the_page_says_so(visitor: Visitor) -> None:
    visitor.begins()
    visitor.page.route(
        "**/conversation", lambda route: route.fulfill(status=429, headers={"Retry-After": "1"})
    )
    visitor.opens_to("The server cannot do that just now.")
    visitor.page.unroute("**/conversation")
    visitor.sees("Count your coins.")
    visitor.faults.clear()


def test_a_refusal_for_another_reason_forgets_nothing(visitor: Visitor) -> None:
    visitor.begins()
    visitor.page.route("**/conversation", lambda route: route.fulfill(status=401, json={
        "code": "no_entry", "detail": "Sign in first.",
    }))  # fmt: skip
    visitor.opens_to("That conversation cannot be opened: Sign in first.")
    visitor.page.unroute("**/conversation")
    visitor.press("The last ferry")
    visitor.sees("Count your coins.")
    visitor.faults.clear()


def test_a_stream_that_is_refused_says_what_the_server_says(
    visitor: Visitor, server: Served
) -> None:
    visitor.begins()
    visitor.page.route("**/conversation/events*", lambda route: route.fulfill(status=401, json={
        "code": "no_entry", "detail": "Sign in first.",
    }))  # fmt: skip
    server.cut()
    visitor.sees("The server does not let this page go on: Sign in first.")
    visitor.page.unroute("**/conversation/events*")
    visitor.until("document.getElementById('state').textContent === ''")
    visitor.faults.clear()


def test_where_the_browser_keeps_nothing_one_can_play_all_the_same(
    browser: Browser, server: Served
) -> None:
    somebody = Visitor(browser, server.url)
    for name in ("localStorage", "sessionStorage"):
        somebody.context.add_init_script(
            f"Object.defineProperty(window, '{name}', {{get() {{ throw new Error('no'); }}}})"
        )
    somebody.begins()
    somebody.press("Count your coins.")
    somebody.waits_for_line("One more.")
    assert somebody.faults == []
    somebody.context.close()


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
    visitor.sees("That conversation is no longer there: it was deleted")
    visitor.page.evaluate("token => { localStorage.heartline = JSON.stringify("
                          "{ kept: [{ token, title: 'The last ferry' }] }); }", token)  # fmt: skip
    visitor.opens_to("That conversation is no longer there: it was deleted")
    assert visitor.page.evaluate("JSON.parse(localStorage.heartline).kept") == []
    visitor.faults.clear()  # the browser notes the answer that says so


# Back ---------------------------------------------------------------------------------------------


def test_the_last_step_is_taken_back(visitor: Visitor) -> None:
    visitor.begins()
    assert not visitor.page.get_by_text("Take the last step back").is_visible()
    visitor.press("Wait for the next one.")
    visitor.sees("14 days left")
    visitor.press("Take the last step back")
    visitor.sees("The last step was taken back.")
    visitor.sees("Count your coins.")
    visitor.until("document.activeElement.id === 'choices'")  # the button is gone, the focus not


def test_where_a_scenario_forbids_it_nothing_is_taken_back(browser: Browser) -> None:
    with served("memory:", ferry("version: 1.0.0", "version: 1.0.0\nundo: false")) as server:
        somebody = Visitor(browser, server.url)
        somebody.begins()
        somebody.press("Count your coins.")
        somebody.waits_for_line("One more.")
        assert not somebody.page.get_by_text("Take the last step back").is_visible()
        somebody.context.close()


# Looks --------------------------------------------------------------------------------------------


def test_what_is_left_is_said_in_calm_steps(visitor: Visitor) -> None:
    visitor.opens()
    for seconds, words in [
        (14 * 86_400, "14 days"), (13 * 86_400 + 1, "14 days"), (3 * 86_400, "3 days"),
        (86_400 + 3 * 3600, "1 day and 3 hours"), (86_400, "1 day"), (7260, "2 hours and 1 minute"),
        (3600, "1 hour"), (3599, "1 hour"), (86_399, "1 day"), (60, "1 minute"),
        (59, "less than a minute"), (0, "a moment"), (-5, "a moment"),
    ]:  # fmt: skip
        said = f"import('/spans.js').then((spans) => spans.left({seconds}))"
        assert visitor.page.evaluate(said) == words


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
    somebody.press("Begin")
    somebody.press("Wait for the next one.")
    somebody.sees("14 days left")
    server.later(days=14)
    somebody.press("Wave to the shore.")
    somebody.sees("The conversation is over")
    looks_good("the end")
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


# What it is made of -------------------------------------------------------------------------------


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
