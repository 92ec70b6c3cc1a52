"""`heartline test`: what is run, what is told of it, and with which exit code."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from heartline import Scenario
from heartline.testing.case import Case, Listener, LoadedTests, Result
from heartline.testing.suite.selecting import NotSelectable, read_keyword
from heartline.testing.suite.session import Options, Outcome, run_files
from heartline.testing.suite.telling import Teller
from suites import FAILING, PASSING, ROOT, TEA, heartline, tea, timeless

__all__ = ["tea"]


class TestTelling:
    def test_a_line_for_each_test_and_one_that_counts_them(self, tea: Path) -> None:
        ran = heartline("test", "tea")
        assert timeless(ran.out).splitlines() == [
            "tea/tests.yaml",
            "  passed  it_steeps",
            "  passed  how_it_ends[well]",
            "  passed  how_it_ends[badly]",
            "",
            "3 passed in no time",
        ]
        assert (ran.code, ran.err) == (0, "")

    def test_a_failure_tells_what_came_where_it_stands_and_how_to_see_it(self, tea: Path) -> None:
        (tea / "tests.yaml").write_text(FAILING)
        ran = heartline("test", "tea")
        assert ran.code == 1
        assert "  FAILED  it_is_quick\n  passed  it_ends\n" in ran.out
        details = ran.out.partition("FAILED tea/tests.yaml::it_is_quick")[2]
        assert "tea/tests.yaml:6:9" in details
        assert "Ana: Four minutes, no less." in details
        assert "waiting" in details
        assert "heartline play tea --test tea/tests.yaml::it_is_quick --to 2" in details
        assert timeless(ran.out).endswith("\n1 failed, 1 passed in no time\n")

    def test_quiet_shows_what_went_wrong_and_the_count(self, tea: Path) -> None:
        assert timeless(heartline("test", "tea", "-q").out) == "3 passed in no time\n"
        (tea / "tests.yaml").write_text(FAILING)
        ran = heartline("test", "tea", "-q")
        assert ran.out.startswith("  FAILED  tea/tests.yaml::it_is_quick\n")
        assert "it_ends" not in ran.out

    def test_the_reason_of_a_skip_stands_beside_it(self, tea: Path) -> None:
        skipped = FAILING.replace("it_is_quick:", "it_is_quick:\n    skip: until Ana has a timer")
        (tea / "tests.yaml").write_text(skipped)
        ran = heartline("test", "tea")
        assert "  skipped it_is_quick (until Ana has a timer)\n" in ran.out
        assert timeless(ran.out).endswith("1 passed, 1 skipped in no time\n")
        assert ran.code == 0

    def test_what_is_left_out_for_the_sake_of_only_is_said(self, tea: Path) -> None:
        (tea / "tests.yaml").write_text(FAILING.replace("it_ends:", "it_ends:\n    only: at work"))
        ran = heartline("test", "tea")
        assert "tea/tests.yaml: 1 test was not run, since others say only (at work)." in ran.out
        assert "it_is_quick" not in ran.out
        assert ran.code == 0

    def test_a_slow_test_says_how_long_it_took(self, tea: Path) -> None:
        outcome = run_files(["tea"])
        case, result = outcome.files[0].run.cases[0], outcome.files[0].results[0]
        slow = Result(result.id, result.status, result.location, seconds=2.34)
        teller = Teller(colour=False, width=80)
        assert teller.test_line(case, slow) == "  passed  it_steeps 2.3 s"
        assert teller.test_line(case, result) == "  passed  it_steeps"

    def test_colours_stand_around_the_same_words(self, tea: Path) -> None:
        (tea / "tests.yaml").write_text(FAILING)
        outcome = run_files(["tea"])
        plain, painted = (told(outcome, colour=colour) for colour in (False, True))
        assert "\x1b[" not in plain
        assert "\x1b[1;31mFAILED" in painted
        assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def told(outcome: Outcome, *, colour: bool) -> str:
    teller = Teller(colour=colour, width=80)
    lines = [teller.file_line(file.run) for file in outcome.files]
    for file in outcome.files:
        lines += map(teller.test_line, file.run.cases, file.results)
    return "\n".join(map(str, [*lines, *teller.details(outcome), teller.summary(outcome, 1.0)]))


class TestBadInput:
    @pytest.mark.parametrize(
        ("broken", "code"),
        [
            (PASSING.replace("choose: pour", "choose: puor"), "HL309"),
            (PASSING.replace("state: waiting", "state: wating"), "HL301"),
            (FAILING.replace("wait: 1m", "wait: -1m"), "HL905"),
            (FAILING.replace("wait: 1m", "wait: 99999999d"), "HL905"),
            (FAILING.replace("        expect: {state: answer}\n", ""), "HL901"),
            (PASSING + "  more: [", "HL103"),
            ("", "HL202"),
        ],
    )
    def test_a_malformed_file_shows_its_findings_and_the_others_are_run(
        self, tea: Path, broken: str, code: str
    ) -> None:
        (tea / "broken.test.yaml").write_text(broken)
        ran = heartline("test", "tea")
        assert ran.code == 2
        assert "tea/broken.test.yaml\n  ERROR   The file cannot be used.\n" in ran.out
        assert re.search(rf"^tea/broken\.test\.yaml:\d+:\d+: error {code}: ", ran.out, re.MULTILINE)
        assert timeless(ran.out).endswith("3 passed, 1 file that cannot be used in no time\n")

    def test_a_finding_shows_the_line_that_it_is_about(self, tea: Path) -> None:
        (tea / "tests.yaml").write_text(PASSING.replace("choose: pour", "choose: puor", 1))
        ran = heartline("test", "tea")
        assert "    5 |       - choose: puor\n      |                 ^^^^\n" in ran.out
        assert "did you mean 'pour'?" in ran.out

    def test_a_scenario_that_does_not_load_keeps_no_other_from_being_tested(
        self, tea: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / "broken"
        other.mkdir()
        (other / "scenario.yaml").write_text(TEA.replace("to: waiting", "to: wating"))
        (other / "tests.yaml").write_text(PASSING)
        ran = heartline("test", ".")
        assert ran.code == 2
        assert "error HL902" in ran.out
        assert "broken/scenario.yaml" in ran.out
        assert "3 passed, 1 file that cannot be used" in ran.out

    def test_a_scenario_that_loops_is_one_error_and_the_others_are_run(self, tea: Path) -> None:
        looping = TEA.replace("      leave:", "      spin: {to: spinning}\n      leave:") + (
            "  spinning: {always: [{when: cups < 3, to: turning}]}\n"
            "  turning: {always: [{when: cups < 3, to: spinning}]}\n"
        )
        (tea / "scenario.yaml").write_text(looping)
        tests = FAILING.replace("it_is_quick:", "it_spins:").replace("pour", "spin", 1)
        (tea / "tests.yaml").write_text(tests)
        ran = heartline("test", "tea")
        assert ran.code == 2
        assert "  ERROR   it_spins\n  passed  it_ends\n" in ran.out
        assert "ERROR tea/tests.yaml::it_spins\n" in ran.out
        assert timeless(ran.out).endswith("1 with an error, 1 passed in no time\n")

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (["tea", "--yes"], "--yes answers what --update asks"),
            (["tea", "--generate", "-k", "a"], "leave -k out."),
            (["tea", "--generate", "--cov"], "leave --cov out."),
            (["tea", "--generate", "--watch"], "leave --watch out."),
        ],
    )
    def test_an_option_that_would_do_nothing_is_refused(
        self, tea: Path, given: list[str], said: str
    ) -> None:
        ran = heartline("test", *given)
        assert ran.code == 2
        assert said in " ".join(ran.err.split())

    def test_a_loop_is_told_once_and_referred_to_after_that(self, tea: Path) -> None:
        looping = TEA.replace("      leave:", "      spin: {to: spinning}\n      leave:") + (
            "  spinning: {always: [{when: cups < 3, to: turning}]}\n"
            "  turning: {always: [{when: cups < 3, to: spinning}]}\n"
        )
        (tea / "scenario.yaml").write_text(looping)
        one = "    steps: [{choose: spin}, {expect: {over: true}}]\n"
        (tea / "tests.yaml").write_text(f"heartline_tests: 1\ntests:\n  a:\n{one}  b:\n{one}")
        ran = heartline("test", "tea")
        assert ran.code == 2
        assert ran.out.count("What happened until then:") == 1
        assert "tea/scenario.yaml:" in ran.out
        again = "ERROR tea/tests.yaml::b\n  It runs into the same loop as tea/tests.yaml::a.\n"
        assert again in ran.out

    def test_a_folder_without_tests_is_a_sentence(self, tea: Path) -> None:
        (tea / "tests.yaml").unlink()
        ran = heartline("test", "tea")
        assert ran.code == 2
        assert "There are no tests in 'tea': a test file is called tests.yaml" in ran.out
        assert timeless(ran.out).endswith("no test was run in no time\n")

    def test_a_file_without_a_test_is_a_sentence(self, tea: Path) -> None:
        (tea / "more.test.yaml").write_text("heartline_tests: 1\n")
        ran = heartline("test", "tea")
        assert ran.code == 2
        assert "There is no test in tea/more.test.yaml: a test stands under tests:" in ran.out
        assert "3 passed" in ran.out

    def test_a_path_that_is_not_there_is_a_finding(self, tea: Path) -> None:
        ran = heartline("test", "tea/test.yaml", "tea")
        assert ran.code == 2
        assert "there is no file 'tea/test.yaml'" in ran.out
        assert "did you mean 'tests.yaml'?" in ran.out
        assert "3 passed" in ran.out


class TestChoosing:
    @pytest.mark.parametrize(
        ("expression", "chosen"),
        [
            ("steeps", ["it_steeps"]),
            ("ENDS", ["how_it_ends[well]", "how_it_ends[badly]"]),
            ("ends and not badly", ["how_it_ends[well]"]),
            ("steeps or badly", ["it_steeps", "how_it_ends[badly]"]),
            ("not (steeps or badly)", ["how_it_ends[well]"]),
            ("not not steeps", ["it_steeps"]),
            ("steeps or ends and well", ["it_steeps", "how_it_ends[well]"]),
            ("[well]", ["how_it_ends[well]"]),
            ("tests.yaml", ["it_steeps", "how_it_ends[well]", "how_it_ends[badly]"]),
            ("tea and ends", ["how_it_ends[well]", "how_it_ends[badly]"]),
        ],
    )
    def test_k_chooses_by_parts_of_names(
        self, tea: Path, expression: str, chosen: list[str]
    ) -> None:
        ran = heartline("test", "tea", "-k", expression)
        assert re.findall(r"^  passed  (\S+)$", ran.out, re.MULTILINE) == chosen
        assert ran.code == 0

    @pytest.mark.parametrize(
        ("expression", "sentence"),
        [
            ("", "here it is empty"),
            ("a b", "'b' is one too many"),
            ("a)", "')' is one too many: it closes nothing"),
            ("(a", "a bracket is not closed"),
            ("a and", "a part of a name is missing at its end"),
            ("or a", "a part of a name is missing before 'or'"),
            ("not", "a part of a name is missing at its end"),
            ("a & b", "'&' cannot stand in it"),
            ("(" * 60 + "a" + ")" * 60, "nested too deeply"),
            ("a or " * 1000 + "a", "at most 2000 characters"),
        ],
    )
    def test_an_expression_that_cannot_be_read_is_refused_in_a_sentence(
        self, tea: Path, expression: str, sentence: str
    ) -> None:
        ran = heartline("test", "tea", "-k", expression)
        assert (ran.code, ran.out) == (2, "")
        assert sentence in ran.err

    def test_an_expression_is_never_run(self) -> None:
        with pytest.raises(NotSelectable):
            read_keyword("__import__('os').getcwd()")

    def test_only_the_file_and_its_folder_count_of_a_path(self) -> None:
        keyword = read_keyword("home")
        assert not keyword.fits("/home/ana/scenarios/tea/tests.yaml::it_steeps")
        assert keyword.fits("home/tests.yaml::it_steeps")

    def test_k_that_fits_no_test_is_a_sentence(self, tea: Path) -> None:
        ran = heartline("test", "tea", "-k", "coffee")
        assert ran.code == 2
        assert "No test's name fits -k 'coffee'; --list shows them all." in ran.out

    @pytest.mark.parametrize(
        ("name", "number"), [("it_steeps", 1), ("how_it_ends", 2), ("how_it_ends[well]", 1)]
    )
    def test_one_test_is_named_by_its_id(self, tea: Path, name: str, number: int) -> None:
        assert f"{number} passed" in heartline("test", f"tea/tests.yaml::{name}").out

    def test_a_name_that_is_not_there_names_the_nearest(self, tea: Path) -> None:
        ran = heartline("test", "tea/tests.yaml::it_seeps")
        assert ran.code == 2
        assert "has no test 'it_seeps'; did you mean 'it_steeps'?" in ran.out

    def test_a_name_is_looked_for_in_all_files_of_a_folder(self, tea: Path) -> None:
        (tea / "more.test.yaml").write_text(FAILING)
        ran = heartline("test", "tea::it_ends")
        assert (ran.code, ran.err) == (0, "")
        assert "1 passed" in ran.out

    def test_a_test_is_run_once_however_often_it_is_named(self, tea: Path) -> None:
        assert "3 passed" in heartline("test", "tea", "tea/tests.yaml", "tea::it_steeps").out

    def test_list_gives_the_ids_and_runs_nothing(self, tea: Path) -> None:
        (tea / "tests.yaml").write_text(FAILING.replace("it_ends:", "it_ends:\n    skip: later"))
        ran = heartline("test", "tea", "--list")
        assert ran.out.splitlines() == [
            "tea/tests.yaml::it_is_quick",
            "tea/tests.yaml::it_ends (skipped: later)",
        ]
        assert ran.code == 0

    def test_list_says_on_stderr_what_cannot_be_listed(self, tea: Path) -> None:
        (tea / "broken.test.yaml").write_text("tests: {}")
        ran = heartline("test", "tea", "--list")
        assert len(ran.out.splitlines()) == 3
        assert "tea/broken.test.yaml:1:1: error HL202" in ran.err
        assert ran.code == 2

    def test_fail_fast_stops_and_says_so(self, tea: Path) -> None:
        (tea / "tests.yaml").write_text(FAILING)
        ran = heartline("test", "tea", "--fail-fast")
        assert "it_ends" not in ran.out
        assert "Stopped at the first failure" in ran.out
        assert ran.code == 1

    def test_a_seed_takes_the_place_of_every_tests_own(self, tea: Path) -> None:
        """Ana smiles with some seeds and frowns with others; nothing here draws for her."""
        drawn = PASSING.replace("        draw: $drawn\n", "").replace(
            "      well: {drawn: smile, end: warm}\n      badly: {drawn: frown, end: gone}",
            "      well: {end: warm}\n      badly: {end: gone}",
        )
        (tea / "tests.yaml").write_text(drawn)
        told = [
            tuple(re.findall(r"^  FAILED  (\S+)$", ran.out, re.MULTILINE))
            for seed in range(8)
            for ran in [heartline("test", "tea", "--seed", str(seed))]
        ]
        assert set(told) == {("how_it_ends[well]",), ("how_it_ends[badly]",)}


class TestWorkers:
    @pytest.mark.parametrize("options", [(), ("--fail-fast",), ("-q", "-k", "not row_3")])
    def test_several_processes_tell_the_same_in_the_same_order(
        self, tea: Path, options: tuple[str, ...]
    ) -> None:
        rows = "".join(
            f"      row_{n}: {{end: {'warm' if n % 7 else 'gone'}}}\n" for n in range(30)
        )
        many = PASSING.replace("        draw: $drawn\n", "        draw: smile\n")
        many = re.sub(r"      well:.*\n      badly:.*\n", lambda _: rows, many)
        (tea / "tests.yaml").write_text(many)
        (tea / "broken.test.yaml").write_text("tests: {}")
        (tea / "more.test.yaml").write_text(FAILING)
        one, two = (heartline("test", "tea", *options, "-n", n) for n in ("1", "2"))
        assert timeless(two.out) == timeless(one.out)
        assert "FAILED" in one.out
        assert two.code == one.code == 2

    def test_what_an_instrument_saw_comes_back_from_every_process(self, tea: Path) -> None:
        one, two = (
            run_files(["tea"], Options(workers=workers, instrument=Steps)) for workers in (1, 2)
        )
        seen = [sum(map(int, map(str, file.data))) for out in (one, two) for file in out.files]
        assert seen[0] == seen[1] > 0

    def test_a_process_that_dies_is_told_in_a_sentence(self, tea: Path) -> None:
        outcome = run_files(["tea"], Options(workers=2, instrument=Deadly))
        assert outcome.exit_code == 2
        assert outcome.stopped
        assert "A process that played tests was ended from outside" in outcome.problems[0]

    @pytest.mark.skipif(os.name == "nt", reason="there Ctrl-C is sent in another way")
    @pytest.mark.parametrize("after", [0.5, 1.5])
    def test_ctrl_c_ends_all_processes_without_a_traceback(self, tea: Path, after: float) -> None:
        """It reaches every process of a terminal, also those that are only just starting."""
        rows = "".join(f"      row_{n}: {{drawn: smile, end: warm}}\n" for n in range(20_000))
        many = re.sub(r"      well:.*\n      badly:.*\n", lambda _: rows, PASSING)
        (tea / "tests.yaml").write_text(many)
        running = subprocess.Popen(
            [sys.executable, "-m", "heartline", "test", "tea", "-q", "-n", "2"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "engine")},
        )
        time.sleep(after)
        os.killpg(running.pid, signal.SIGINT)
        told, _ = running.communicate(timeout=30)
        if running.returncode != -signal.SIGINT:  # Python itself was not there yet
            assert (running.returncode, told.strip()) == (130, "")

    @pytest.mark.parametrize("number", ["0", "65", "two", "1.5", "9" * 400])
    def test_a_number_of_processes_has_bounds(self, tea: Path, number: str) -> None:
        ran = heartline("test", "tea", "-n", number)
        assert ran.code == 2
        assert "-n takes a number from 1 to 64, or auto" in ran.err

    def test_auto_takes_one_for_each_processor(self, tea: Path) -> None:
        assert "3 passed" in heartline("test", "tea", "-n", "auto").out


class Steps:
    """An instrument that counts the steps of the runtime."""

    def __init__(self, tests: LoadedTests) -> None:
        assert tests.scenario is not None
        self.scenario: Scenario = tests.scenario
        self.listener: Listener = self
        self.steps = 0

    def began(self, case: Case, conversation: object) -> None: ...
    def ended(self, case: Case, result: Result) -> None: ...
    def stepped(self, step: object) -> None:
        self.steps += 1

    def data(self) -> object:
        return self.steps


class Deadly(Steps):
    """An instrument that ends its process."""

    def stepped(self, step: object) -> None:
        os._exit(9)


def report() -> ET.Element:
    """The report that was written."""
    return ET.fromstring(Path("report.xml").read_bytes())  # noqa: S314  # our own


# The attributes that the schema of Jenkins' xUnit plug-in has for each element.
ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "testcase": {"name", "classname", "time"},
    "failure": {"message"},
    "error": {"message"},
    "skipped": {"message"},
}
INSIDE = {"testsuites": {"testsuite"}, "testsuite": {"testcase"}}


class TestJUnit:
    def test_a_suite_for_each_file_and_a_case_for_each_test(self, tea: Path) -> None:
        tests = FAILING.replace("it_ends:", "it_ends:\n    skip: 'not < yet'")
        (tea / "tests.yaml").write_text(tests)
        (tea / "more.test.yaml").write_text(PASSING)
        (tea / "broken.test.yaml").write_text("tests: {}")
        assert heartline("test", "tea", "--junit", "report.xml").code == 2
        root = report()
        for element in root.iter():
            assert set(element.keys()) <= ATTRIBUTES[element.tag]
            within = INSIDE.get(element.tag, {"failure", "error", "skipped"})
            assert {child.tag for child in element} <= within
        assert {suite.get("name"): suite.get("tests") for suite in root} == {
            "tea/broken.test.yaml": "1", "tea/more.test.yaml": "3", "tea/tests.yaml": "2",
        }  # fmt: skip
        assert [root.get(total) for total in ("tests", "failures", "errors", "skipped")] == [
            "6", "1", "1", "1",
        ]  # fmt: skip
        for suite in root:
            for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
                assert suite.get(kind) == str(len(suite.findall(f"testcase/{tag}")))
        failure = root.find(".//testcase[@name='it_is_quick']/failure")
        assert failure is not None
        assert "tea/tests.yaml:6:9" in (failure.text or "")
        error = root.find(".//error")
        assert error is not None
        assert "HL202" in (error.text or "")
        skipped = root.find(".//skipped")
        assert skipped is not None
        assert skipped.get("message") == "not < yet"

    def test_what_xml_has_no_character_for_is_marked(self, tea: Path) -> None:
        """A label may hold what the person typed; a reason what an author wrote."""
        (tea / "tests.yaml").write_text(
            FAILING.replace("expect: {state: answer}", 'expect: {lines: ["\\uFFFE a\\u0085b"]}')
        )
        heartline("test", "tea", "--junit", "report.xml")
        report()

    def test_a_report_that_cannot_be_written_is_refused_before_the_tests(self, tea: Path) -> None:
        ran = heartline("test", "tea", "--junit", "nowhere/report.xml")
        assert (ran.code, ran.out) == (2, "")
        assert "there is no folder nowhere" in ran.err

    def test_a_report_is_whole_or_as_it_was(
        self, tea: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("report.xml").write_text("the last one")

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        ran = heartline("test", "tea", "--junit", "report.xml")
        assert "o space left on device" in ran.err
        assert ran.code != 0
        assert Path("report.xml").read_text() == "the last one"
        assert sorted(path.name for path in Path().iterdir()) == ["report.xml", "tea"]

    def test_nothing_to_run_is_an_error_in_the_report_too(self, tea: Path) -> None:
        heartline("test", "tea", "-k", "coffee", "--junit", "report.xml")
        root = report()
        assert root.get("errors") == "1"


class TestWatching:
    @pytest.fixture
    def watching(self, tea: Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-u", "-m", "heartline", "test", "tea", "--watch"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "engine")},
        )

    def test_an_edit_runs_them_again_and_ctrl_c_leaves_with_130(
        self, tea: Path, watching: subprocess.Popen[str]
    ) -> None:
        with watching:
            assert watching.stdout is not None
            edits: list[Callable[[], object]] = [
                lambda: (tea / "scenario.yaml").write_text(TEA.replace("no less", "at least")),
                lambda: (tea / "tests.yaml").write_text(FAILING),
                lambda: (tea / "more.test.yaml").write_text(PASSING.replace("no less", "at least")),
            ]
            expected = [
                "3 passed",
                "1 failed, 2 passed",
                "1 failed, 1 passed",
                "1 failed, 4 passed",
            ]
            for words, edit in zip(expected, [*edits, None], strict=True):
                for line in watching.stdout:
                    if line.startswith("Waiting for a change"):
                        break
                    last = line
                assert words in last
                if edit is not None:
                    time.sleep(0.05)
                    edit()
            watching.send_signal(signal.SIGINT)
            rest = watching.stdout.read()
            assert watching.wait(timeout=20) == 130
        assert "Traceback" not in rest


class TestGenerating:
    @pytest.mark.parametrize("arguments", [("--generate", "tea"), ("tea", "--generate")])
    def test_generate_alone_means_the_transitions(
        self, tea: Path, arguments: tuple[str, ...]
    ) -> None:
        ran = heartline("test", *arguments)
        assert ran.code == 0
        assert ran.out == heartline("test", "tea", "--generate", "transitions").out
        assert "heartline test --generate transitions" in ran.out

    def test_a_misspelled_kind_is_no_scenario(self, tea: Path) -> None:
        ran = heartline("test", "--generate", "pair", "tea")
        assert ran.code == 2
        assert "'pair' is not one of 'transitions', 'pairs'" in ran.err


def test_a_report_that_cannot_be_written_is_named_as_it_was_given(
    tea: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refusing(path: str, *more: int) -> int:
        if str(path).endswith(".part"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *more)

    monkeypatch.setattr(os, "open", refusing)
    ran = heartline("test", "tea", "--junit", "tea/report.xml")
    assert ran.code == 1
    assert ran.err == "tea/report.xml cannot be used: permission denied.\n"
    assert not (tea / "report.xml").exists()


def test_a_folder_that_cannot_be_read_is_not_said_to_be_empty(
    tea: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tea / "tests.yaml").unlink()
    monkeypatch.setattr(os, "access", lambda *_: False)
    ran = heartline("test", "tea")
    assert ran.code == 2
    assert "'tea' cannot be read, so no tests were looked for in it" in ran.out
