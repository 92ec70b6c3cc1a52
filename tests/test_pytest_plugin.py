"""The plug-in for pytest: what it collects, how failures read, and that it costs nothing.

It is found by its entry point, as in any project where Heartline is installed.
"""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

# pytester forgets what its runs import first, and the next one would import it a second time.
from heartline.testing.suite import session  # noqa: F401
from suites import FAILING, PASSING, TEA

pytest_plugins = ["pytester"]

HEAVY = {"pydantic", "yaml", "transitions", "click", "hypothesis"}


@pytest.fixture
def tea(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the scenario `tea`, in a project of its own."""
    monkeypatch.setenv("COLUMNS", "100")
    folder = pytester.mkdir("tea")
    (folder / "scenario.yaml").write_text(TEA)
    (folder / "tests.yaml").write_text(PASSING)
    return folder


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest there; warnings are errors."""
    return pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", "-p", "no:schemathesis", "-W", "error",
        "--strict-markers", "--strict-config", *arguments,
    )  # fmt: skip


class TestCollecting:
    def test_each_test_and_each_row_is_an_item(self, pytester: pytest.Pytester, tea: Path) -> None:
        result = run(pytester, "tea", "--collect-only", "-q")
        assert result.outlines[:3] == [
            "tea/tests.yaml::it_steeps",
            "tea/tests.yaml::how_it_ends[well]",
            "tea/tests.yaml::how_it_ends[badly]",
        ]

    def test_all_pass_beside_tests_in_python(self, pytester: pytest.Pytester, tea: Path) -> None:
        (tea / "more.test.yaml").write_text(PASSING)
        pytester.makepyfile("def test_python(): pass")
        run(pytester).assert_outcomes(passed=7)

    @pytest.mark.parametrize(
        ("arguments", "passed"),
        [
            (("-k", "ends and not badly"), 1),
            (("tea/tests.yaml::how_it_ends[badly]",), 1),
            (("tea/tests.yaml",), 3),
        ],
    )
    def test_tests_are_chosen_as_pytest_chooses(
        self, pytester: pytest.Pytester, tea: Path, arguments: tuple[str, ...], passed: int
    ) -> None:
        assert run(pytester, *arguments).parseoutcomes()["passed"] == passed

    def test_files_of_others_are_left_alone(self, pytester: pytest.Pytester) -> None:
        """Other tools have a tests.yaml too."""
        other = pytester.mkdir("other")
        (other / "tests.yaml").write_text("stages: [build, test]\n")
        (other / "smoke.test.yaml").write_text("not: {ours: [")
        assert run(pytester).ret == pytest.ExitCode.NO_TESTS_COLLECTED

    def test_a_file_beside_a_scenario_is_ours_even_without_its_key(
        self, pytester: pytest.Pytester, tea: Path
    ) -> None:
        (tea / "tests.yaml").write_text(PASSING.replace("heartline_tests: 1\n", ""))
        result = run(pytester)
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["*error HL202: *heartline_tests*"])

    def test_a_malformed_file_shows_its_findings_and_no_traceback(
        self, pytester: pytest.Pytester, tea: Path
    ) -> None:
        (tea / "broken.test.yaml").write_text(PASSING.replace("choose: pour", "choose: puor", 1))
        result = run(pytester, "--continue-on-collection-errors")
        result.assert_outcomes(passed=3, errors=1)
        result.stdout.fnmatch_lines(
            [
                "tea/broken.test.yaml:5:17: error HL309: *",
                "    5 |       - choose: puor",
                "  did you mean 'pour'?",
            ]
        )
        result.stdout.no_fnmatch_line("*Traceback*")
        result.stdout.no_fnmatch_line("*CollectError*")

    def test_a_file_without_a_test_does_not_pass(
        self, pytester: pytest.Pytester, tea: Path
    ) -> None:
        (tea / "tests.yaml").write_text("heartline_tests: 1\n")
        result = run(pytester)
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["*a test stands under tests:*"])

    def test_skip_is_a_skip_with_its_reason(self, pytester: pytest.Pytester, tea: Path) -> None:
        (tea / "tests.yaml").write_text(
            FAILING.replace("it_is_quick:", "it_is_quick:\n    skip: later")
        )
        result = run(pytester, "-rs")
        result.assert_outcomes(passed=1, skipped=1)
        result.stdout.fnmatch_lines(["SKIPPED * tea/tests.yaml: later"])

    def test_only_deselects_the_others_of_its_file(
        self, pytester: pytest.Pytester, tea: Path
    ) -> None:
        (tea / "tests.yaml").write_text(FAILING.replace("it_ends:", "it_ends:\n    only: at work"))
        (tea / "more.test.yaml").write_text(PASSING)
        run(pytester).assert_outcomes(passed=4, deselected=1)

    def test_a_test_that_is_named_is_run_whatever_others_say(
        self, pytester: pytest.Pytester, tea: Path
    ) -> None:
        (tea / "tests.yaml").write_text(
            FAILING.replace("it_is_quick:", "it_is_quick:\n    only: x")
        )
        run(pytester, "tea/tests.yaml::it_ends").assert_outcomes(passed=1)


class TestFailing:
    def test_a_failure_reads_as_the_command_shows_it(
        self, pytester: pytest.Pytester, tea: Path
    ) -> None:
        (tea / "tests.yaml").write_text(FAILING)
        result = run(pytester)
        result.assert_outcomes(passed=1, failed=1)
        result.stdout.fnmatch_lines(
            [
                "*_ it_is_quick _*",
                "tea/tests.yaml:6:9: *",
                "*Ana: Four minutes, no less.",
                "*heartline play tea --test tea/tests.yaml::it_is_quick --to 2",
                "FAILED tea/tests.yaml::it_is_quick - Not as expected: state.",
            ]
        )
        for line in ("*Traceback*", "*runtest*", "*CaseFailed*"):
            result.stdout.no_fnmatch_line(line)

    def test_x_stops_at_the_first(self, pytester: pytest.Pytester, tea: Path) -> None:
        (tea / "tests.yaml").write_text(FAILING)
        run(pytester, "-x").assert_outcomes(failed=1)

    def test_junit_xml_has_the_sentence_and_the_whole_failure(
        self, pytester: pytest.Pytester, tea: Path
    ) -> None:
        (tea / "tests.yaml").write_text(FAILING)
        run(pytester, "--junitxml", "report.xml")
        failure = ET.fromstring((pytester.path / "report.xml").read_bytes()).find(".//failure")  # noqa: S314
        assert failure is not None
        assert failure.get("message") == "Not as expected: state."
        assert "tea/tests.yaml:6:9" in (failure.text or "")

    @pytest.mark.slow
    def test_xdist_plays_them_in_processes(self, pytester: pytest.Pytester, tea: Path) -> None:
        (tea / "more.test.yaml").write_text(FAILING)
        result = pytester.runpytest_subprocess("-n", "2", "-p", "no:cacheprovider", "-W", "error")
        result.assert_outcomes(passed=4, failed=1)
        result.stdout.fnmatch_lines(["*--test tea/more.test.yaml::it_is_quick --to 2"])


class TestFixtures:
    def test_a_conversation_begins_on_a_clock_that_can_be_moved(
        self, pytester: pytest.Pytester, tea: Path
    ) -> None:
        (tea / "test_tea.py").write_text(
            "from datetime import timedelta\n"
            "def test_tea(conversation, manual_clock):\n"
            "    tea = conversation('.', seed=3)\n"
            "    began = manual_clock.now()\n"
            "    tea.choose('pour')\n"
            "    turn = tea.wait('4m', draws=['smile'])\n"
            "    assert turn.outcome == 'warm'\n"
            "    assert manual_clock.now() - began == timedelta(minutes=4)\n"
            "def test_bundled(conversation):\n"
            "    talk = conversation('reconciliation', profile='decided', undo_depth=0)\n"
            "    again = conversation(talk.scenario, seats=['partner'])\n"
            "    assert again.scenario is talk.scenario\n"
        )
        run(pytester, "tea/test_tea.py").assert_outcomes(passed=2)

    def test_a_scenario_is_loaded_once_in_a_run(self, pytester: pytest.Pytester, tea: Path) -> None:
        (tea / "test_tea.py").write_text(
            "import pytest\n"
            "seen = set()\n"
            "@pytest.mark.parametrize('name', ['.', 'scenario.yaml', '../tea'])\n"
            "def test_tea(conversation, name):\n"
            "    seen.add(id(conversation(name).scenario.machine))\n"
            "    assert len(seen) == 1\n"
        )
        run(pytester, "tea/test_tea.py").assert_outcomes(passed=3)

    def test_a_scenario_that_is_not_there_is_named(self, conversation: object) -> None:
        from heartline.errors import ScenarioError

        with pytest.raises(ScenarioError, match="recnociliation"):
            conversation("recnociliation")  # type: ignore[operator]


def test_the_plug_in_is_installed_here(request: pytest.FixtureRequest) -> None:
    """The test files of the bundled scenarios are collected by it, as `testpaths` says."""
    assert request.config.pluginmanager.has_plugin("heartline")
    assert "scenarios" in request.config.getini("testpaths")


def test_starting_pytest_loads_nothing_heavy() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import heartline.testing.plugin; "
        "print(*(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(done.stdout.split())
    assert loaded <= {"heartline", "heartline.testing", "heartline.testing.plugin"}
    assert not loaded & HEAVY


def test_the_command_needs_neither_pytest_nor_hypothesis(tea: Path) -> None:
    code = (
        "import sys; from heartline.cli import run; code = run(['test', 'tea']); "
        "print(code, *({'pytest', '_pytest', 'hypothesis'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "0"
