"""Where people find help: by country and language, and never another country's number."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest

from heartline.loader import load_file, load_text
from heartline.support import SupportData, load_support, read_support
from tea import TEA, text_at

DATA = dedent(
    """\
    support: 1
    texts:
      en:
        unknown: Call the emergency number of the place you are in.
        kinds: {emergency: In danger now, crisis: When you cannot go on}
      de: {unknown: Ruf die Notrufnummer an.}
    countries:
      gb:
        en:
          - {kind: relationship, name: Two, contact: "2", source: two.example, checked: 2026-11-20}
          - {kind: crisis, name: One, contact: "1", hours: at night, url: one.example,
             source: one.example, checked: 2026-11-20}
          - {kind: emergency, name: All, contact: "999", source: gov.example, checked: 2026-11-21}
      de:
        de:
          - {kind: emergency, name: Notruf, contact: "112", source: x.example, checked: 2026-11-20}
    """
)
KINDS = "emergency, violence, crisis or relationship"


def data() -> SupportData:
    found, faults = read_support(DATA, "help.yaml")
    assert faults == ()
    assert found is not None
    return found


def test_the_most_urgent_comes_first_with_its_label_hours_and_page() -> None:
    assert data().text("gb", "en") == (
        "In danger now: All: 999\nWhen you cannot go on: One: 1 (at night, one.example)\nTwo: 2"
    )


def test_each_entry_says_where_it_was_found_and_when_it_was_checked() -> None:
    first = data().entries("gb", "en")[0]
    assert (first.source, first.checked) == ("gov.example", date(2026, 11, 21))


def test_an_unknown_country_gets_the_general_text_and_no_number() -> None:
    assert data().text("fr", "en") == "Call the emergency number of the place you are in."
    assert data().text("any", "de") == "Ruf die Notrufnummer an."
    assert data().entries("fr", "en") == ()


def test_a_country_without_the_language_gives_the_entries_that_it_has() -> None:
    assert data().text("de", "en") == "In danger now: Notruf: 112"


def test_an_unknown_language_gets_the_first_one() -> None:
    assert data().text("fr", "nl") == "Call the emergency number of the place you are in."


@pytest.mark.parametrize(
    ("old", "new", "at", "fault"),
    [
        ("checked: 2026-11-21", "checked: soon", "soon",
         "HL204 'checked': 'soon' is not a date: write it as in 2026-11-20"),
        ("checked: 2026-11-21", "checked: 2026-02-30", "2026-02-30",
         "HL204 'checked': '2026-02-30' is not a date: write it as in 2026-11-20"),
        ("checked: 2026-11-21", "checked: 3", "3",
         "HL203 'checked' must be a date such as 2026-11-20, not the number 3"),
        ('contact: "112"', "contact: 112", "112",
         "HL203 'contact' must be a text, not the number 112"),
        ("kind: crisis", "kind: crises", "crises", f"HL204 'kind' must be {KINDS}, not 'crises'"),
        ("{emergency: In", "{emergncy: In", "emergncy",
         f"HL204 the name 'emergncy' must be {KINDS}, not 'emergncy'"),
        ("  gb:", "  uk1:", "uk1",
         "HL204 the name 'uk1' must be the two letters of a country, not 'uk1'"),
        ("kind: emergency, name: Notruf", "kind: crisis, name: Notruf", "de",
         "HL202 'de': there is no entry of the kind emergency"),
        ("countries:", "country:", "country", "HL201 the file has no field 'country'"),
        ("support: 1", "support: 2", "2", "HL204 'support' must be 1, not 2"),
        ("support: 1", "support: [", "[", "HL103 the [ that opens here is not closed"),
        ("texts:", "texts: \x1b", "\x1b", "HL101 the character U+001B cannot stand in a file"),
    ],
)  # fmt: skip
def test_a_fault_in_the_data_is_one_sentence_at_its_place(
    old: str, new: str, at: str, fault: str
) -> None:
    text = DATA.replace(old, new, 1)
    found, faults = read_support(text, "help.yaml")
    (only,) = faults
    assert (text_at(text, only), f"{only.code} {only.message}") == (at, fault)
    assert found is None


def test_a_scenario_names_its_data_by_a_path_in_its_folder(tmp_path: Path) -> None:
    text = TEA.replace("properties:", "support: {file: help.yaml, country: mood}\nproperties:")
    (tmp_path / "scenario.yaml").write_text(text)
    loaded = load_file(tmp_path, "tea/scenario.yaml")
    found, (fault,) = load_support(loaded, "help.yaml")
    assert found is None
    assert str(fault.location) == "tea/scenario.yaml:28:17"
    assert (fault.code, fault.message) == ("HL106", "'help.yaml' is not a file that can be read")
    (tmp_path / "help.yaml").write_text(DATA)
    (_, (fault,)) = load_support(loaded, "helps.yaml")
    assert fault.hint == "did you mean 'help.yaml'?"
    found, faults = load_support(loaded, "help.yaml")
    assert faults == ()
    assert found == data()
    (_, (fault,)) = load_support(loaded, "../help.yaml")
    assert "leaves the scenario's folder" in fault.message
    (_, (fault,)) = load_support(load_text(text), "help.yaml")
    assert "no folder" in fault.message
