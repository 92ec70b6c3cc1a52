"""Every diagnostic code has a page, and what the page says is so.

The bad example of a page gives the page's code and no other, the good one gives none; those of
the family HL0 are given to a proof. The
examples are marked for this test by comments that readers do not see:

    <!-- bad -->                      the next block is the bad scenario
    <!-- good file=brew.yaml -->      the next block is a file beside the good scenario
    <!-- bad file=tests.yaml -->      the next block is the bad test file, of the scenario beside it
    <!-- bad encoding=latin-1 -->     the block is stored in this encoding
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heartline import load
from heartline.checking import codes
from heartline.checking.codes import CODES, FAMILIES, page, pages_folder, summary
from heartline.checking.exploring.explorer import explore
from heartline.checking.lint import check
from heartline.checking.proving import smells
from heartline.checking.proving.outcome import judge
from heartline.checking.proving.promises import wanted
from heartline.diagnostics import Diagnostic, Severity
from heartline.testing.files.loading import load_tests

PAGES = Path(__file__).parents[1] / "docs" / "diagnostics"
BLOCK = re.compile(
    r"<!-- (?P<kind>bad|good)(?: file=(?P<file>\S+))?(?: encoding=(?P<encoding>\S+))? -->\n"
    r"```yaml\n(?P<text>.*?)\n```",
    re.DOTALL,
)
# No file can show what a missing file is, nor a limit; mutants are found by another command.
WITHOUT_SCENARIO = {"HL002", "HL106", "HL907"}


def example(code: str, kind: str, folder: Path) -> Path:
    """Write the files of one example into a folder; the file that it is about is returned."""
    found = [
        block
        for block in BLOCK.finditer((PAGES / f"{code}.md").read_text("utf-8"))
        if block["kind"] == kind
    ]
    assert found, f"{code}.md has no {kind} example"
    for block in found:
        path = folder / (block["file"] or "scenario.yaml")
        path.write_bytes((block["text"] + "\n").encode(block["encoding"] or "utf-8"))
    tests = folder / "tests.yaml"
    return tests if tests.exists() else folder / "scenario.yaml"


def findings_in(path: Path, *, proof: bool = False) -> tuple[Diagnostic, ...]:
    """What is wrong with a scenario, or with a test file and the scenario beside it; with a proof
    what that shows too."""
    if path.name == "tests.yaml":
        return (*check(path.with_name("scenario.yaml")), *load_tests(path).diagnostics)
    return proved(path) if proof else check(path)


def proved(path: Path) -> tuple[Diagnostic, ...]:
    """What lint and a proof say of a scenario; all that they show is played by the runtime."""
    scenario = load(path)
    keep, speakers = wanted(scenario.machine)
    keep |= smells.wanted(scenario.machine)
    graph = explore(scenario.machine, keep=keep, speakers=speakers)
    outcome = judge(scenario, graph, linted=check(path))
    assert not [shown.doubt for shown in outcome.shown if shown.doubt]
    return outcome.diagnostics


@pytest.mark.parametrize("code", sorted(set(CODES) - WITHOUT_SCENARIO))
def test_the_bad_example_of_a_page_gives_that_code_and_no_other(code: str, tmp_path: Path) -> None:
    findings = findings_in(example(code, "bad", tmp_path), proof=code.startswith("HL0"))
    assert [finding.code for finding in findings] == [code], "\n".join(map(str, findings))
    assert findings[0].severity is CODES[code].severity


@pytest.mark.parametrize("code", sorted(set(CODES) - WITHOUT_SCENARIO))
def test_the_good_example_of_a_page_is_clean(code: str, tmp_path: Path) -> None:
    findings = findings_in(example(code, "good", tmp_path), proof=code.startswith("HL0"))
    assert not findings, "\n".join(map(str, findings))


def test_a_missing_file_gives_the_code_that_its_page_explains(tmp_path: Path) -> None:
    (finding,) = check(tmp_path / "no_such_scenario.yaml")
    assert finding.code == "HL106"
    assert finding.severity is Severity.ERROR


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == {*CODES, "index"}


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_page_begins_with_its_code_and_title_and_says_how_to_mend_it(code: str) -> None:
    text = page(code)
    assert text.startswith(f"# {code}: {CODES[code].title}\n")
    assert "\n## How to mend it\n" in text
    assert "<!--" not in text
    assert len(summary(code)) > 40
    assert "\n" not in summary(code)


def test_the_index_lists_every_code_with_its_title_and_severity() -> None:
    index = (PAGES / "index.md").read_text("utf-8")
    for code in CODES.values():
        assert f"| [{code.code}]({code.code}.md) | {code.title} | {code.severity.value} |" in index
    for title in FAMILIES.values():
        assert f"\n## {title}\n" in index


def test_every_code_belongs_to_a_family() -> None:
    assert {code.code[:3] for code in CODES.values()} == set(FAMILIES)
    assert CODES["HL501"].family == "Flow: what can and cannot happen"


def test_a_checkout_reads_its_pages_where_they_are_written() -> None:
    assert Path(str(pages_folder())).samefile(PAGES)


def test_an_installed_package_brings_its_pages_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "_diagnostics").mkdir()
    monkeypatch.setattr(codes.resources, "files", lambda _package: tmp_path)
    assert pages_folder() == tmp_path / "_diagnostics"


def test_an_unknown_code_has_no_page() -> None:
    with pytest.raises(KeyError):
        page("HL999")


def test_every_code_that_the_rooms_report_is_registered() -> None:
    engine = Path(__file__).parents[1] / "engine" / "heartline"
    used = {
        code
        for path in engine.rglob("*.py")
        for code in re.findall(r"\"(HL\d{3})\"", path.read_text("utf-8"))
    }
    assert used == set(CODES)
