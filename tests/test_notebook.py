"""What a notebook shows: a conversation as a person may see it, a scenario as its diagram."""

from __future__ import annotations

import base64
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import timedelta
from html.parser import HTMLParser
from textwrap import dedent

import pytest

from heartline import Conversation, ManualClock, Scenario, loads
from heartline.diagram import svg
from heartline.diagram.layout import MISSING, DrawingFailed

EVIL = "<script>alert(1)</script>"
FERRY = dedent(
    """\
    heartline: 1
    id: ferry
    version: 1.0.0
    title: "A ferry %(evil)s"
    cast:
      guest: {name: "{nick}"}
      mo: {name: "Mo %(evil)s", played_by: engine}
    context:
      nick: {type: text, initial: Guest, input: true, kept_for: To call you by it.}
      mood: {type: enum, values: [stormy_mood, calm_mood], initial: stormy_mood, hidden: true}
      looks: {type: int, min: 0, max: 9, initial: 0}
    timers:
      crossing: {length: 2d, title: "the crossing %(evil)s"}
    states:
      quay:
        title: "The quay %(evil)s"
        entry:
          say:
            - "It rains. %(evil)s"
            - {mo: "A word for you, {nick}.", only_to: guest}
            - {guest: To nobody but Mo., only_to: mo}
            - "A question\\nof *two* lines_"
        choices:
          board: {label: "Board %(evil)s", say: Room?, do: start(crossing), to: deck}
          wave: {say: Not today., when: looks >= 1, why: "Look first %(evil)s", to: ashore}
          calm_down: {say: Later., when: mood == "calm_mood", to: ashore}
          nod: {by: mo, when: looks >= 1, say: Mo nods.}
      deck:
        after: {crossing: {say: [{mo: "Here we are!"}], to: island}}
      ashore: {type: final, outcome: not_today}
      island: {type: final, outcome: the_island}
    """
) % {"evil": EVIL}

ALLOWED = {
    "div": set(), "p": set(), "strong": set(), "b": set(), "span": {"dir"}, "ol": {"start"},
    "li": set(), "code": set(), "br": set(), "details": set(), "summary": set(), "pre": set(),
    "img": {"alt", "src"},
}  # fmt: skip


class Reader(HTMLParser):
    """Reads HTML as a browser would: tags that are not allowed fail, the text is kept."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []
        self.pictures: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED
        assert {name for name, _ in attributes} <= ALLOWED[tag]
        if tag == "img":
            self.pictures += [value or "" for name, value in attributes if name == "src"]
        elif tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.fixture
def scenario() -> Scenario:
    return loads(FERRY)


@pytest.fixture
def conversation(scenario: Scenario) -> Conversation:
    return scenario.start(clock=ManualClock(), nick=f"Kim {EVIL}")


def html(conversation: Conversation) -> str:
    return Reader(conversation._repr_html_()).text


def markdown(conversation: Conversation) -> str:
    return conversation._repr_markdown_()


class TestConversation:
    def test_it_shows_what_was_said_and_what_can_be_chosen_by_which_id(
        self, conversation: Conversation
    ) -> None:
        shown = html(conversation)
        assert shown.startswith(f"The quay {EVIL} It rains. {EVIL}")
        assert f"Mo {EVIL} (only to Kim {EVIL}) : A word for you, Kim {EVIL}." in shown
        assert f"You can: Board {EVIL} board" in shown

    def test_a_closed_choice_says_why(self, conversation: Conversation) -> None:
        assert f"Not today. Closed: Look first {EVIL}. wave" in html(conversation)
        assert "Not today. Closed: Look first &lt;script&gt;" in markdown(conversation)

    def test_whatever_a_text_holds_is_text(self, conversation: Conversation) -> None:
        assert "<script" not in conversation._repr_html_()
        assert "<script" not in markdown(conversation)
        assert "A question<br>of \\*two\\* lines\\_" in markdown(conversation)

    def test_a_text_in_markdown_begins_no_list(self) -> None:
        text = FERRY.replace("It rains.", "1. It rains.").replace("A question", "- A question")
        shown = loads(text).start(clock=ManualClock())._repr_markdown_()
        assert "\n1\\. It rains." in shown
        assert "\n\\- A question" in shown

    def test_nobody_sees_hidden_variables_nor_what_is_said_to_the_engine(
        self, conversation: Conversation
    ) -> None:
        for shown in (html(conversation), markdown(conversation), repr(conversation)):
            assert "stormy" not in shown
            assert "calm_mood" not in shown
            assert "To nobody but Mo" not in shown
        assert "Later. Closed:" in html(conversation)

    def test_with_two_persons_it_says_who_can_do_what(self, scenario: Scenario) -> None:
        both = scenario.start(clock=ManualClock(), seats=["mo"])
        assert "Guest can: Board" in html(both)
        assert f"Mo {EVIL} can: Mo nods. Closed:" in html(both)
        assert '<ol start="4">' in both._repr_html_()
        assert "\n4. Mo nods. Closed:" in markdown(both)
        assert "To nobody but Mo." in html(both)

    def test_it_tells_the_time_that_is_left_now(self, conversation: Conversation) -> None:
        conversation.choose("board")
        title = f"The crossing {EVIL}"
        assert f"{title}: two days left, until Wednesday 7 January 2026." in html(conversation)
        assert "There is nothing to say now: let time pass with wait()." in html(conversation)
        clock = conversation.clock
        assert isinstance(clock, ManualClock)
        clock.advance(timedelta(hours=47))
        assert f"{title}: one hour left." in html(conversation)
        clock.advance(timedelta(hours=2))
        assert "the time is over, and tick() lets happen what follows" in html(conversation)
        conversation.tick()
        assert html(conversation).endswith("Here we are! The end: the island.")

    def test_what_a_log_shows_of_it_is_where_it_stands(self, conversation: Conversation) -> None:
        assert repr(conversation) == "<Conversation in ferry: turn 1, at quay>"


class TestScenario:
    def test_it_shows_its_diagram_as_a_picture_that_cannot_act(self, scenario: Scenario) -> None:
        reader = Reader(scenario._repr_html_())
        (source,) = reader.pictures
        kind, _, data = source.partition(",")
        assert kind == "data:image/svg+xml;base64"
        picture = ET.fromstring(base64.b64decode(data))  # noqa: S314  # our own
        assert picture.tag == "{http://www.w3.org/2000/svg}svg"
        assert f"The quay {EVIL} (quay)" in reader.text

    def test_without_graphviz_it_shows_its_states_and_says_what_brings_the_picture(
        self, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def lay_out(dot: str) -> str:
            raise DrawingFailed(MISSING)

        monkeypatch.setattr(svg.to_svg, "__defaults__", (lay_out,))
        reader = Reader(scenario._repr_html_())
        assert not reader.pictures
        assert "(island): the end, the island" in reader.text
        assert "pip install 'heartline[graph]'" in reader.text

    def test_as_markdown_it_is_a_list_of_states(self, scenario: Scenario) -> None:
        shown = scenario._repr_markdown_()
        assert "- Island (island): the end, the island\n" in shown
        assert "<script" not in shown

    def test_what_a_log_shows_of_it_is_its_name(self, scenario: Scenario) -> None:
        assert repr(scenario) == "<Scenario ferry 1.0.0: 4 leaf states>"


def test_who_shows_nothing_pays_for_nothing() -> None:
    program = (
        "import sys, heartline\n"
        "heartline.load('breaking_bad_news').start().turn\n"
        "assert not [name for name in sys.modules if name.startswith('heartline.frontends')]\n"
        "assert not [name for name in sys.modules if name.startswith('heartline.diagram')]\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
