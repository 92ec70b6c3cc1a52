"""A turn is fitted to what a network can do, and what comes back from there is understood."""

from __future__ import annotations

import itertools
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from harness import play
from heartline.errors import StaleTurn, UnknownChoice
from heartline.frontends.degrading import (
    as_lines,
    degrade,
    fitted,
    meant,
    page_of,
    pressed,
    shortened,
)
from heartline.frontends.protocol import Capabilities
from heartline.turn import Choice, Deadline, Said, Turn

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

# Words of letters with accents, of both directions, and signs that are made of several characters.
SIGNS = [
    "a",
    "é",
    "é",
    "ع̈",
    "ה",
    "ش",
    "日",
    "👩‍🍳",
    "👨‍👩‍👧‍👦",
    "🇵🇹",
    "🇯🇴",
    "👋🏿",
    "❤️",
    "7️⃣",
    "한",
    "한",
    "क्षि",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
]
WORDS = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=12).map("".join)
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from([" ", ". ", "\n", "\n\n"])), max_size=20).map(
    lambda parts: "".join(word + after for word, after in parts).strip()
)
IDS = st.from_regex(r"[a-z][a-z0-9_]{0,63}", fullmatch=True)
CAPABILITIES = st.builds(
    Capabilities,
    buttons=st.booleans(),
    longest_text=st.integers(40, 400),
    longest_label=st.integers(2, 60),
    most_choices=st.integers(2, 12),
)


def choice(id: str, label: str, *, role: str = "you", reason: str | None = None) -> Choice:
    return Choice(id, label, role, reason is None, reason, ())


def turn(*choices: Choice, number: int = 3, **more: object) -> Turn:
    found = Turn(number, "talk", ("talk",), "", (), NOW, (), choices, (), None, None, ())
    return found._replace(**more)  # type: ignore[arg-type]


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    choices = [
        choice(name, draw(WORDS), reason=draw(st.none() | WORDS))
        for name in draw(st.lists(IDS, unique=True, max_size=45))
    ]
    return turn(*choices, number=draw(st.integers(1, 10**12)))


def said(*texts: str) -> tuple[Said, ...]:
    return tuple(Said("sam", "Sam", text, None, "") for text in texts)


def squeezed(text: str) -> str:
    return "".join(text.split())


class TestTexts:
    @given(TEXTS, st.integers(40, 300))
    def test_no_part_is_too_long_and_nothing_is_lost(self, text: str, most: int) -> None:
        parts = fitted(text, most)
        assert all(0 < len(part) <= most for part in parts)
        assert squeezed("".join(parts)) == squeezed(text)

    @given(TEXTS, st.integers(40, 300))
    def test_no_sign_is_cut(self, text: str, most: int) -> None:
        whole = [sign for sign in iter_graphemes(text) if sign.strip()]
        parts = [sign for part in fitted(text, most) for sign in iter_graphemes(part)]
        assert [sign for sign in parts if sign.strip()] == whole

    @given(WORDS, st.integers(1, 30))
    def test_what_is_shortened_is_short_and_says_so(self, text: str, most: int) -> None:
        short = shortened(text, most)
        assert len(short) <= most
        assert short == text or short.endswith("…")
        kept = list(iter_graphemes(short.removesuffix("…")))
        assert kept == list(iter_graphemes(text))[: len(kept)]

    @pytest.mark.parametrize("count", range(1, 12))
    def test_a_row_of_flags_is_cut_between_two_of_them(self, count: int) -> None:
        parts = fitted("🇵🇹" * 11 + "a" * count, 17 + count % 2)
        assert all(part.count("🇵🇹") * 2 == len(part.rstrip("a")) for part in parts)

    def test_it_is_cut_where_a_reader_pauses(self) -> None:
        text = "One paragraph of it.\n\nAnother longer one. It has two sentences, and goes on."
        assert fitted(text, 40) == [
            "One paragraph of it.", "Another longer one.", "It has two sentences, and goes on.",
        ]  # fmt: skip

    def test_a_sign_that_is_longer_than_a_message_is_cut_since_it_must_be(self) -> None:
        parts = fitted("a" + "\u0301" * 100, 20)
        assert "".join(parts) == "a" + "\u0301" * 100
        assert all(len(part) <= 20 for part in parts)

    def test_lines_say_whose_they_are(self) -> None:
        lines = (Said("narrator", "", "It rains.", None, ""), *said("Come in."))
        assert as_lines(lines) == ["It rains.", "Sam: Come in."]


class TestMessages:
    @settings(deadline=None)
    @given(turns(), CAPABILITIES, st.lists(TEXTS.filter(bool), max_size=3))
    def test_none_is_too_long_and_each_has_few_enough_buttons(
        self, shown: Turn, able: Capabilities, texts: list[str]
    ) -> None:
        for event in degrade("e", said(*texts), shown, able):
            assert 0 < len(event.text) <= able.longest_text
            assert len(event.buttons) <= able.most_choices * able.buttons
            for button in event.buttons:
                assert 0 < len(button.label) <= able.longest_label
                assert button.press.isascii()
                assert len(button.press) <= 64

    @settings(deadline=None)
    @given(turns(), CAPABILITIES)
    def test_each_open_choice_can_be_taken_and_means_itself(
        self, shown: Turn, able: Capabilities
    ) -> None:
        open_now = [each for each in shown.choices if each.enabled]
        if able.buttons:
            assert reached(shown, able) == open_now
        else:
            text = "".join(event.text for event in degrade("e", (), shown, able))
            for number, each in enumerate(shown.choices, 1):
                assert squeezed(f"{number}. {each.label}") in squeezed(text)
                assert meant(shown, str(number)) == each

    @settings(deadline=None)
    @given(turns(), CAPABILITIES)
    def test_what_is_closed_says_why_and_has_no_button(
        self, shown: Turn, able: Capabilities
    ) -> None:
        events = degrade("e", (), shown, able)
        text = squeezed("".join(event.text for event in events))
        presses = [button.press for event in events for button in event.buttons]
        for each in shown.choices:
            if not each.enabled:
                assert squeezed(f"{each.label} (not now: {each.reason})") in text
                assert pressed(shown.number, each.id) not in presses

    @settings(deadline=None)
    @given(turns(), CAPABILITIES, TEXTS)
    def test_ids_follow_from_the_first_and_are_unlike(
        self, shown: Turn, able: Capabilities, text: str
    ) -> None:
        events = degrade("e", said(text), shown, able)
        assert events == degrade("e", said(text), shown, able)
        ids = [event.id for event in events]
        assert len(set(ids)) == len(ids)
        assert ids[:1] in ([], ["e"])
        assert [event.replaces for event in events] == [True] * (events != ()) + [False] * (
            len(events) - 1
        )

    def test_a_label_that_is_too_long_stands_whole_above_its_button(self) -> None:
        label = "Tell them that you would rather talk about it tomorrow"
        shown = turn(choice("later", label), choice("now", "Now"))
        (event,) = degrade("e", (), shown, Capabilities(longest_label=20))
        assert event.text == f"1. {label}\n2. Now"
        assert [button.label for button in event.buttons] == ["1. Tell them that y…", "2. Now"]

    def test_buttons_alone_come_with_some_text(self) -> None:
        (event,) = degrade("e", (), turn(choice("now", "Now")), Capabilities())
        assert event.text
        assert degrade("e", (), turn(), Capabilities()) == ()

    def test_what_is_left_is_counted_from_now(self) -> None:
        due = Deadline("break", "the break", NOW + timedelta(days=14), timedelta(days=14), 1)
        shown = turn(deadlines=(due, due._replace(title="")))
        ways: dict[timedelta | None, str] = {
            None: "two weeks", timedelta(days=13): "one day", timedelta(days=15): "no time",
        }  # fmt: skip
        for passed, left in ways.items():
            now = None if passed is None else NOW + passed
            (event,) = degrade("e", (), shown, Capabilities(), now=now)
            assert event.text == f"The break: {left} left, until Monday 19 January 2026."

    def test_the_end_is_told(self) -> None:
        (event,) = degrade("e", said("Bye."), turn(outcome="let_go"), Capabilities())
        assert event.text == "Sam: Bye.\n\nThe conversation is over: let go."

    def test_nothing_of_another_role_is_in_it(self) -> None:
        conversation = play(
            """\
            states:
              talk:
                entry: {say: [{other: For me., only_to: other}, {you: For all.}]}
                choices:
                  mine: {say: Mine.}
                  theirs: {by: other, say: Theirs.}
            """,
            seats=["other"],
        )
        shown = conversation.turn.seen_by("you")
        for able in (Capabilities(), Capabilities(buttons=False)):
            events = degrade("e", shown.lines, shown, able)
            everything = repr(events).lower()
            assert "for all." in everything
            assert "for me." not in everything
            assert "theirs" not in everything


def reached(shown: Turn, able: Capabilities) -> list[Choice]:
    """What can be chosen by going through the pages of buttons, each press once."""
    found = []
    page: int | None = 0
    for _ in itertools.repeat(None, 60):
        events = degrade("e", (), shown, able, page=page or 0)
        buttons = events[-1].buttons if events else ()
        page = None
        for button in buttons:
            if (following := page_of(button.press)) is None:
                found.append(meant(shown, press=button.press))
            else:
                page = following
        if not page:
            return found
    raise AssertionError("The pages have no end.")


class TestWhatComesBack:
    SHOWN = turn(
        choice("ask_why", "Ask why."), choice("let_go", "Let go"),
        choice("ask_when", "Ask when", reason="Not yet."), choice("wave", "👋🏿 לנופף"),
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("words", "id"),
        [
            ("2", "let_go"), ("let_go", "let_go"), ("Let Go!", "let_go"), ("let", "let_go"),
            ("ask why", "ask_why"), ("ASK WHY", "ask_why"), ("ask when", "ask_when"),
            ("👋🏿 לנופף", "wave"), ("👋🏿", "wave"), ("wav", "wave"),
            ("2.", "let_go"), ("2. Let go", "let_go"), ("1) ask…", "ask_why"),
        ],
    )  # fmt: skip
    def test_words_are_understood(self, words: str, id: str) -> None:
        assert meant(self.SHOWN, words).id == id

    @pytest.mark.parametrize(
        "words", ["ask", "", "0", "5", "nothing", "?", "²", "٢", "1. Let go", "9. Let"]
    )
    def test_what_could_mean_several_or_none_is_refused(self, words: str) -> None:
        with pytest.raises(UnknownChoice):
            meant(self.SHOWN, words)

    def test_a_button_of_an_earlier_turn_is_refused(self) -> None:
        old = pressed(2, "let_go")
        with pytest.raises(StaleTurn) as refused:
            meant(self.SHOWN, press=old)
        assert (refused.value.answered, refused.value.current) == (2, 3)

    @given(st.text(max_size=70))
    def test_whatever_else_is_pressed_is_refused(self, press: str) -> None:
        page_of(press)
        with suppress(StaleTurn, UnknownChoice):
            assert pressed(3, meant(self.SHOWN, press=press or "x").id) == press

    @given(st.text(max_size=40))
    def test_whatever_is_typed_is_understood_or_refused(self, words: str) -> None:
        with suppress(UnknownChoice):
            assert meant(self.SHOWN, words) in self.SHOWN.choices

    def test_of_two_with_one_id_the_open_one_is_meant(self) -> None:
        both = turn(choice("stay", "Stay", reason="Not here."), choice("stay", "Stay"))
        assert meant(both, press=pressed(3, "stay")).enabled

    @given(IDS, IDS, st.integers(1, 10**12))
    def test_presses_are_unlike(self, one: str, other: str, number: int) -> None:
        assert (pressed(number, one) == pressed(number, other)) == (one == other)
        assert pressed(number, one) != pressed(number + 1, one)
