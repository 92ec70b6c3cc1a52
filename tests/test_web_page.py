"""The web page, in a real browser against a real server: what a person can do there.

More of it, which takes longer, is in test_web_page_more.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from browsing import Served, Visitor, chromium, served, sqlite
from heartline import loads

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

FAEHRE = dedent(
    """\
    heartline: 1
    id: faehre
    version: 1.0.0
    title: Die letzte Fähre
    about: Zwei Menschen und ein Boot.
    language: de
    cast:
      ich: {name: Ich}
      ada: {name: Ada Weiß, played_by: engine}
    context:
      wetter: {type: enum, values: [sonne, regen], initial: sonne, input: true, prompt: Wie ist es?}
      pause: {type: duration, values: [1d, 2d], initial: 1d, input: true, prompt: Wie lange?}
      geld: {type: int, min: 0, max: 3, initial: 0}
    timers:
      boot: {length: pause, title: das Boot}
    states:
      steg:
        entry: {say: [{ada: Das Wasser ist glatt.}]}
        choices:
          fahren: {label: Geh an Bord., to: ende, when: geld > 0, why: Die Fahrt kostet Geld.}
          warten: {label: Warte noch., say: Ich kann warten., do: start(boot), to: bank}
      bank: {after: {boot: ende}}
      ende: {type: final, outcome: vorbei, entry: {say: Schluss.}}
    """
)


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


def test_the_first_key_leads_past_the_head_of_the_page(visitor: Visitor) -> None:
    visitor.begins()
    visitor.opens()
    visitor.sees("Count your coins.")
    visitor.page.evaluate("document.querySelector('.log').dataset.same = 'yes'")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "main"
    visitor.page.wait_for_timeout(100)
    assert visitor.page.locator(".log").get_attribute("data-same") == "yes"


def test_an_invitation_that_is_opened_in_the_same_tab_is_taken_out_of_the_address(
    visitor: Visitor,
) -> None:
    visitor.begins()
    visitor.page.evaluate("location.hash = '#join=abcdefghijklmnopqrstuvwxyz'")
    visitor.sees("You are invited")
    assert visitor.page.url == visitor.url
    visitor.press("Not now")
    visitor.press("The last ferry")
    visitor.sees("Count your coins.")


@pytest.mark.slow
def test_a_page_that_is_opened_again_shows_what_was_said_once(visitor: Visitor) -> None:
    visitor.begins()
    visitor.press("Count your coins.")
    visitor.waits_for_line("One more.")
    before = visitor.heard()
    visitor.opens()
    visitor.waits_for_line("One more.")
    assert visitor.heard() == before


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
    assert line.evaluate("each => getComputedStyle(each).display") == "block"  # all of its lines
    assert "\U0001f6a2" in line.inner_text()


def test_words_of_the_scenario_are_marked_with_its_language_and_the_pages_own_are_not(
    browser: Browser,
) -> None:
    with served("memory:", loads(FAEHRE)) as server:
        somebody = Visitor(browser, server.url, locale="fr-FR")

        def language_of(text: str) -> str:
            found = somebody.page.get_by_text(text).first
            found.wait_for(state="attached")
            return str(found.evaluate("each => each.closest('[lang]').lang"))

        somebody.opens()
        german = ("Die letzte", "Zwei Menschen", "Wie ist es?", "regen", "Wie lange?", "Ada Weiß")
        assert [language_of(text) for text in german] == ["de"] * len(german)
        english = ("Begin a conversation", "two days", "Play with another person")
        assert [language_of(text) for text in english] == ["en"] * len(english)
        somebody.page.get_by_text("Play with another person").click()
        somebody.page.get_by_label("Ada Weiß").check()
        somebody.press("Begin")
        german = ("Die letzte Fähre", "Ada Weiß", "Das Wasser", "Geh an Bord", "Die Fahrt kostet")
        assert [language_of(text) for text in german] == ["de"] * len(german)
        assert language_of("Closed:") == "en"
        somebody.page.get_by_role("button", name="Geh an Bord.").press("Enter")
        somebody.sees("That cannot be chosen now: Die Fahrt kostet Geld.")
        assert language_of("That cannot be chosen now") == "en"
        somebody.press("Warte noch.")
        assert language_of("das Boot") == "de"
        assert language_of("1 day left") == "en"
        assert somebody.page.locator(".until time").get_attribute("lang") == "fr-FR"
        server.later(days=1)
        assert [language_of(text) for text in ("vorbei", "It ended so:")] == ["de", "en"]
        somebody.press("Begin another one")
        kept = somebody.page.locator(".kept span")
        assert (kept.inner_text(), kept.get_attribute("lang")) == ("Die letzte Fähre", "de")
        assert somebody.faults == []
        somebody.context.close()


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
    visitor.page.keyboard.press("1")
    visitor.page.keyboard.press("Enter")
    visitor.waits_for_line("One more.")
    visitor.until("document.getElementById('state').textContent === ''")


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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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
