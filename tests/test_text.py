"""Spoken lines: placeholders, pronouns, lengths of time and dates in words, typed text."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartline.durations import parse_duration
from heartline.errors import InputError
from heartline.expressions import (
    BoolType,
    Declaration,
    DurationType,
    EnumType,
    IntType,
    Problem,
    TextType,
)
from heartline.text import (
    MOST_PROBLEMS,
    RoleText,
    Text,
    TextScope,
    clean_text,
    parse_name,
    parse_text,
)
from heartline.words import ENGLISH, humanise_date, humanise_duration, language

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 12, 6, 9, 0, tzinfo=UTC)

VARIABLES = {
    "trust": IntType(0, 6),
    "sessions": IntType(0, 9),
    "at_fault": BoolType(),
    "mood": EnumType(("warm", "far_away")),
    "pronouns": EnumType(("they", "she", "he", "it")),
    "break_length": DurationType((timedelta(days=14), timedelta(days=28))),
    "name": TextType(),
    "care.mood": EnumType(("calm",)),
}


def scope(**changes: object) -> TextScope:
    given: dict[str, object] = {
        "roles": {
            "you": RoleText("You"),
            "partner": RoleText("{name}", "pronouns"),
            "friend": RoleText("Ana", "she"),
            "cat": RoleText("Mo", "it"),
        },
        "variables": {name: Declaration(name, kind) for name, kind in VARIABLES.items()},
        "labels": {"mood": {"warm": "close and warm"}},
        "timers": ("break", "care.pause"),
        "has_support": True,
    }
    return TextScope(**{**given, **changes})  # type: ignore[arg-type]


@dataclass
class View:
    """A conversation, as far as a text needs one."""

    values: dict[str, object] = field(default_factory=dict)
    now: datetime = NOW
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    support: str = "Call 112."

    @property
    def layout(self) -> Mapping[tuple[str, ...], int]:
        return {("var", name): place for place, name in enumerate(self.values)}

    @property
    def frame(self) -> tuple[object, ...]:
        return tuple(self.values.values())

    def due(self, timer: str) -> datetime | None:
        return self.deadlines.get(timer)

    def length(self, timer: str) -> timedelta | None:
        return timedelta(days=28) if timer == "break" else None


def read(source: str, **changes: object) -> Text:
    parsed = parse_text(source, scope(**changes))
    assert parsed.tree is not None, parsed.problems
    return parsed.tree


def say(source: str, **values: object) -> str:
    return read(source).render(View(values))


def problem(source: str, **changes: object) -> Problem:
    parsed = parse_text(source, scope(**changes))
    assert parsed.tree is None
    assert len(parsed.problems) == 1, parsed.problems
    return parsed.problems[0]


# Placeholders


def test_a_text_without_placeholders_is_a_stored_string() -> None:
    text = read("I can't keep doing this.")
    assert text.is_static
    assert text.render(View()) is text.parts[0]


def test_doubled_braces_are_braces() -> None:
    text = read("{{not a placeholder}} and }}{{")
    assert text.is_static
    assert text.render(View()) == "{not a placeholder} and }{"


def test_three_braces_are_a_brace_around_a_placeholder() -> None:
    assert say("{{{friend}}}") == "{Ana}"


def test_a_role_is_called_by_its_name() -> None:
    assert say("{friend} looks up.") == "Ana looks up."
    assert read("{friend} looks up.").is_static


def test_a_roles_name_may_be_a_variable() -> None:
    assert say("{partner} looks up.", name="Sam") == "Sam looks up."
    assert read("{partner}").symbols == {("var", "name")}


@pytest.mark.parametrize(
    ("pronouns", "said"),
    [
        ("they", "They see them, their hand, theirs, themself"),
        ("she", "She see her, her hand, hers, herself"),
        ("he", "He see him, his hand, his, himself"),
        ("it", "It see it, its hand, its, itself"),
    ],
)
def test_each_pronoun_set_has_all_its_forms(pronouns: str, said: str) -> None:
    source = (
        "{partner.They} see {partner.them}, {partner.their} hand, {partner.theirs}, "
        "{partner.themself}"
    )
    assert say(source, pronouns=pronouns) == said


@pytest.mark.parametrize(
    ("pronouns", "said"),
    [("they", "They are"), ("she", "She is"), ("he", "He is"), ("it", "It is")],
)
def test_verbs_agree_with_the_pronoun(pronouns: str, said: str) -> None:
    assert say("{partner.They} {partner:is|are}", pronouns=pronouns) == said


@pytest.mark.parametrize("pronouns", ["they", "she"])
def test_verbs_are_singular_after_a_name(pronouns: str) -> None:
    source = (
        "{partner} {partner:has|have} decided, and with {partner.their} bag {partner:is|are} here"
    )
    said = say(source, name="Sam", pronouns=pronouns)
    assert said.startswith("Sam has decided")
    assert said.endswith("bag is here")


def test_verbs_agree_with_whichever_came_last_the_name_or_the_pronoun() -> None:
    source = "{partner} nods. {partner.They} {partner:is|are} calm; {partner} {partner:is|are}."
    assert say(source, name="Sam", pronouns="they") == "Sam nods. They are calm; Sam is."


def test_a_name_that_owns_something_is_not_the_subject() -> None:
    source = "{partner}'s eyes {partner:says|say} it"
    assert say(source, name="Sam", pronouns="they") == "Sam's eyes say it"


def test_verbs_and_pronouns_of_a_fixed_set_cost_nothing_at_run_time() -> None:
    text = read("{friend.They} {friend:knows|know} {cat.their} name.")
    assert text.is_static
    assert text.render(View()) == "She knows its name."


def test_a_form_may_be_empty() -> None:
    assert say("{partner.they} know{partner:s|}", pronouns="he") == "he knows"


def test_variables_are_put_into_words() -> None:
    assert say("{trust}", trust=4) == "4"
    assert say("{at_fault}", at_fault=True) == "yes"
    assert say("{at_fault}", at_fault=False) == "no"
    assert say("{mood}", mood="warm") == "close and warm"
    assert say("{mood}", mood="far_away") == "far away"
    assert say("{break_length}", break_length=timedelta(days=14)) == "two weeks"


def test_a_number_chooses_the_noun_that_goes_with_it() -> None:
    assert say("{sessions} {sessions:session|sessions}", sessions=1) == "1 session"
    assert say("{sessions} {sessions:session|sessions}", sessions=0) == "0 sessions"


def test_a_truth_value_chooses_between_two_forms() -> None:
    assert say("It {at_fault:was|was not} me.", at_fault=True) == "It was me."
    assert say("It {at_fault:was|was not} me.", at_fault=False) == "It was not me."


def test_a_capital_in_the_last_word_gives_the_words_a_capital() -> None:
    assert say("{Break_length}.", break_length=timedelta(days=14)) == "Two weeks."
    assert say("{Name}", name="sam") == "Sam"
    assert say("{Name}", name="") == ""
    assert say("{friend.Their} hat") == "Her hat"


def test_timers_say_when_they_are_due_and_what_is_left() -> None:
    view = View(deadlines={"break": NOW + timedelta(days=14)})
    text = read("Until {break.due}: {break.left} of {break.length}.")
    assert text.render(view) == "Until Sunday 20 December 2026: two weeks of four weeks."
    assert text.symbols == {("timer", "break")}


def test_a_timer_that_does_not_run_has_no_day_and_no_time_left() -> None:
    assert say("{break.due}, {break.left}") == "a day not yet set, no time"
    assert read("{pause.length}", prefix="care.").render(View()) == "no time"


def test_the_day_is_the_one_where_the_clock_is() -> None:
    east = timezone(timedelta(hours=10))
    view = View(
        now=NOW.astimezone(east), deadlines={"break": datetime(2026, 12, 20, 20, tzinfo=UTC)}
    )
    assert read("{break.due}").render(view) == "Monday 21 December 2026"


def test_today_and_support_need_no_declaration() -> None:
    assert say("{Today}. {support}") == "Sunday 6 December 2026. Call 112."


def test_in_an_included_file_its_own_names_come_first() -> None:
    text = read("{mood} {trust}", prefix="care.")
    assert text.symbols == {("var", "care.mood"), ("var", "trust")}
    assert text.render(View({"care.mood": "calm", "trust": 2})) == "calm 2"


def test_in_an_included_file_the_cast_is_still_the_outer_files() -> None:
    variables = {**scope().variables, "care.name": Declaration("care.name", TextType())}
    text = read("{partner}", prefix="care.", variables=variables)
    assert text.symbols == {("var", "name")}


def test_an_outer_file_reads_an_included_variable_by_its_dotted_name() -> None:
    assert read("{care.mood}").symbols == {("var", "care.mood")}
    assert read("{care.pause.left}").symbols == {("timer", "care.pause")}


def test_pronouns_that_are_not_known_are_said_as_they() -> None:
    odd = {"partner": RoleText("Sam", "no_such_variable")}
    assert read("{partner.they} {partner:is|are}", roles=odd).render(View()) == "they are"


# What was typed


@pytest.mark.parametrize("name", ["{trust}", "{{", "}", "{partner.they}", "%s", "{0.__class__}"])
def test_a_typed_name_that_holds_braces_is_never_looked_into(name: str) -> None:
    assert say("Hello, {name}. {partner}!", name=name) == f"Hello, {name}. {name}!"


@given(st.text(max_size=80))
def test_whatever_is_typed_stands_there_as_it_is(name: str) -> None:
    assert say("<{name}>", name=name) == f"<{name}>"


def test_typed_text_loses_control_characters_and_stray_white_space() -> None:
    assert clean_text("  Sam\x1b[31m\x00 \n\t Lee\x7f\u202e\u200b ", 80) == "Sam[31m Lee"


def test_typed_text_keeps_letters_of_all_scripts_and_joined_emoji() -> None:
    for name in ("Zoë", "李小龍", "نور", "👩\u200d👧", "O'Neil-García"):
        assert clean_text(name, 80) == name


def test_composed_and_decomposed_letters_become_the_same_text() -> None:
    assert clean_text("Zoe\u0308", 3) == "Zoë"


def test_typed_text_that_is_too_long_is_refused_and_not_cut() -> None:
    assert clean_text("x" * 80, 80) == "x" * 80
    with pytest.raises(InputError, match="81 characters long, and 80 is the most"):
        clean_text("x" * 81, 80)
    with pytest.raises(InputError, match="1000000 characters long"):
        clean_text("\u0301" * 1_000_000, 80)


@given(st.text(), st.integers(1, 400))
def test_cleaning_typed_text_twice_changes_nothing_more(value: str, most: int) -> None:
    try:
        once = clean_text(value, most)
    except InputError:
        return
    assert clean_text(once, most) == once
    assert not {unicodedata.category(each) for each in once} & {"Cc", "Cs", "Zl", "Zp"}


# Faults


def test_an_unknown_placeholder_is_found_where_it_stands_with_the_nearest_name() -> None:
    fault = problem("Hello {partnr}, hello.")
    assert (fault.code, fault.start, fault.end) == ("HL307", 6, 14)
    assert fault.hint == "did you mean 'partner'?"


def test_the_name_before_the_point_is_looked_for_first() -> None:
    assert problem("It ends in {breack.left}.").hint == "did you mean 'break'?"


def test_all_faults_of_a_text_are_found_at_once() -> None:
    parsed = parse_text("{a_b} {trust} {} {", scope())
    assert [(each.code, each.start, each.end) for each in parsed.problems] == [
        ("HL307", 0, 5),
        ("HL407", 14, 16),
        ("HL407", 17, 18),
    ]


def test_a_text_full_of_faults_is_refused_quickly() -> None:
    many = {f"variable_{number}": IntType(0, 1) for number in range(5000)}
    variables = {name: Declaration(name, kind) for name, kind in many.items()}
    shared = scope(variables=variables)
    for number in range(200):
        parsed = parse_text(f"{{variabel_{number}}}" * 300, shared)
        assert len(parsed.problems) == MOST_PROBLEMS


@pytest.mark.parametrize(
    ("source", "start", "message"),
    [
        ("Hello {partner", 6, "never closed"),
        ("{partner and {friend}", 0, "never closed"),
        ("Hello partner}", 13, "closes nothing"),
        ("{ partner }", 0, "not a placeholder"),
        ("{}", 0, "nothing is named"),
        ("{partner.they()}", 0, "not a placeholder"),
        ("{trust + 1}", 0, "not a placeholder"),
        ("{partner:is}", 0, "1 form,"),
        ("{partner:is|are|be}", 0, "3 forms"),
        ("{mood:a|b}", 0, "cannot choose between"),
        ("{break}", 0, "it is not said what of it"),
    ],
)
def test_a_malformed_placeholder_is_one_fault(source: str, start: int, message: str) -> None:
    fault = problem(source)
    assert (fault.code, fault.start) == ("HL407", start)
    assert message in fault.message
    assert fault.hint


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("{friend.she}", "write {friend.they}, which takes the form"),
        ("{friend.himself}", "write {friend.themself}"),
        ("{friend.name}", "write {friend}"),
        ("{friend.thier}", "did you mean 'their'?"),
        ("{break.lefft}", "did you mean 'left'?"),
        ("{trust.left}", "write {trust}"),
        ("{Partnr}", "did you mean 'partner'?"),
        ("{partnr.they}", "did you mean 'partner'?"),
        ("{todai}", "did you mean 'today'?"),
    ],
)
def test_a_part_that_does_not_exist_comes_with_what_to_write(source: str, hint: str) -> None:
    fault = problem(source)
    assert fault.code == "HL307"
    assert fault.hint is not None
    assert fault.hint.startswith(hint)


def test_support_needs_support_data() -> None:
    assert "no 'support'" in problem("{support}", has_support=False).message


def test_a_roles_name_holds_nothing_but_variables() -> None:
    assert parse_name("{name} the {mood}", scope()).tree is not None
    for source in ("{friend}", "{today}", "{break.left}", "{support}", "{nam}"):
        (fault,) = parse_name(source, scope()).problems
        assert fault.code == "HL307"


def test_a_faulty_role_name_is_reported_once_and_said_as_it_is_written() -> None:
    roles = {"partner": RoleText("{nobody}")}
    assert read("{partner}", roles=roles).render(View()) == "{nobody}"


@given(st.text(alphabet="{}|:. ab_tTrus", max_size=30))
def test_any_text_is_read_or_refused_with_places_inside_it(source: str) -> None:
    parsed = parse_text(source, scope())
    assert (parsed.tree is None) == bool(parsed.problems)
    for fault in parsed.problems:
        assert 0 <= fault.start < fault.end <= len(source)


# Words


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        ("0s", "no time"),
        ("1s", "one second"),
        ("30s", "30 seconds"),
        ("20m", "20 minutes"),
        ("2m30s", "2 minutes and 30 seconds"),
        ("1h", "one hour"),
        ("2h30m", "2 hours and 30 minutes"),
        ("2h5m", "two hours and five minutes"),
        ("2h29m31s", "2 hours and 30 minutes"),
        ("1d", "one day"),
        ("23h59m40s", "one day"),
        ("36h", "one day and twelve hours"),
        ("6d23h45m", "one week"),
        ("1w", "one week"),
        ("10d", "ten days"),
        ("13d23h", "two weeks"),
        ("14d", "two weeks"),
        ("20d4h", "20 days"),
        ("28d", "four weeks"),
        ("84d", "twelve weeks"),
        ("91d", "13 weeks"),
        ("365d", "365 days"),
    ],
)
def test_a_length_of_time_is_said_as_people_say_it(duration: str, said: str) -> None:
    assert humanise_duration(parse_duration(duration)) == said


def test_time_that_is_over_is_no_time() -> None:
    assert humanise_duration(timedelta(seconds=-5)) == "no time"


def test_a_date_is_said_with_its_weekday() -> None:
    assert humanise_date(datetime(2026, 12, 20, tzinfo=UTC)) == "Sunday 20 December 2026"


def test_a_language_that_is_not_written_yet_speaks_english() -> None:
    assert language("en-GB") is ENGLISH
    assert language("xx") is ENGLISH
