"""The command line from outside: exit codes, what goes to which stream, and no traceback ever."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import heartline
from heartline.cli import run
from heartline.cli.group import COMMANDS
from heartline.cli.guard import DONE, FAULT, FINDINGS, INTERRUPTED, PIPE_CLOSED, USAGE
from heartline.cli.reference import merged
from heartline.frontends.terminal.words import COMMANDS as COMMANDS_TYPED
from talking import ROOT, STORY, command, environment, folder, objects

__all__ = ["folder"]


class TestFrontPage:
    def test_help_goes_to_stdout_and_is_done(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["--help"]) == 0
        shown = capsys.readouterr()
        assert all(name in shown.out for name in COMMANDS)
        assert shown.err == ""

    @pytest.mark.parametrize("name", COMMANDS)
    def test_each_command_has_help(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert run([name, "--help"]) == 0
        assert COMMANDS[name] in capsys.readouterr().out

    def test_an_unknown_command_names_the_nearest(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["pley"]) == 2
        shown = capsys.readouterr()
        assert "did you mean 'play'?" in shown.err
        assert shown.out == ""

    @pytest.mark.parametrize(
        "arguments",
        [[], ["--nope"], ["play", "--nope"], ["check"], ["graph"], ["new"], ["check", "--format",
         "xml", "talk"], ["play"], ["play", "talk", "--seed", "x"], ["new", "No Name"],
         ["explain", "HL999"]],
    )  # fmt: skip
    def test_usage_is_code_2_and_goes_to_stderr(
        self, folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(arguments) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err

    def test_the_version_is_one_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["--version"]) == 0
        assert re.fullmatch(r"heartline \d.*\n", capsys.readouterr().out)

    def test_the_front_door_of_a_checkout_is_the_same_command(self, folder: Path) -> None:
        done = subprocess.run(
            [sys.executable, str(ROOT / "cli.py"), "play", "talk", "--script", "-"],
            input=":quit\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert "It is evening." in done.stdout

    def test_a_fault_of_our_own_is_a_sentence_that_says_how_to_see_more(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def broken() -> None:
            raise ZeroDivisionError("by no one")

        monkeypatch.delenv("HEARTLINE_DEBUG", raising=False)
        # The command first: one that is imported later would keep the broken function.
        monkeypatch.setattr("heartline.cli.commands.scenarios.bundled_scenarios", broken)
        monkeypatch.setattr("heartline.loader.bundled_scenarios", broken)
        assert run(["scenarios"]) == 70
        assert "HEARTLINE_DEBUG=1" in capsys.readouterr().err
        monkeypatch.setenv("HEARTLINE_DEBUG", "1")
        with pytest.raises(ZeroDivisionError):
            run(["scenarios"])

    def test_a_reader_that_goes_away_is_no_fault(self, folder: Path) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "heartline", "schema"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        with process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 141

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device /dev/full")
    def test_an_output_that_is_full_is_a_sentence(self, folder: Path) -> None:
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "heartline", "explain", "HL301"],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                timeout=60,
                env=environment(),
            )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "no space left" in done.stderr.lower()

    def test_the_shell_completes_commands_and_scenarios(self, folder: Path) -> None:
        done = command(
            _HEARTLINE_COMPLETE="bash_complete", COMP_WORDS="heartline pl", COMP_CWORD="1"
        )
        assert done.stdout == "plain,play\n"
        done = command(
            _HEARTLINE_COMPLETE="bash_complete", COMP_WORDS="heartline play rec", COMP_CWORD="2"
        )
        assert "plain,reconciliation\n" in done.stdout


class TestDocumentation:
    def test_the_page_about_the_command_line_is_made_from_the_commands(self) -> None:
        page = (ROOT / "docs" / "cli.md").read_text("utf-8")
        assert merged(page) == page, "run: python -m heartline.cli.reference"

    def test_it_tells_every_exit_code_and_every_key_of_the_json(self) -> None:
        page = (ROOT / "docs" / "cli.md").read_text("utf-8")
        for code in (DONE, FINDINGS, USAGE, FAULT, INTERRUPTED, PIPE_CLOSED):
            assert f"\n| {code} |" in page
        done = command("play", "reconciliation", "--json", typed="1\n:why\n:save .\nx\n")
        for found in objects(done.stdout):
            assert f"`{found['type']}`" in page
            for key in found:
                assert f"`{key}`" in page, key

    def test_it_tells_every_word_of_the_player(self) -> None:
        page = (ROOT / "docs" / "cli.md").read_text("utf-8")
        assert all(f"`:{word.name}" in page for word in COMMANDS_TYPED)


class TestSmallCommands:
    def test_scenarios_lists_names_and_titles(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["scenarios"]) == 0
        names = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
        assert "reconciliation" in names

    def test_schema_prints_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["schema"]) == 0
        assert json.loads(capsys.readouterr().out)["$schema"]

    def test_explain_prints_the_page_of_a_code_in_any_case(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["explain", "hl301"]) == 0
        assert "HL301" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("code", "hint"),
        [
            ("HL099", "those of HL0xx are HL001, HL002"),
            ("HL31", "heartline explain lists them all"),
            ("hl799", "those of HL7xx are HL701, HL702"),
            ("301", "did you mean 'HL301'?"),
        ],
    )
    def test_explain_of_an_unknown_code_names_its_family_and_no_code_by_chance(
        self, code: str, hint: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["explain", code]) == 2
        assert capsys.readouterr().err.startswith(f"There is no code {code!r}; {hint}")

    def test_explain_alone_lists_the_codes(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["explain"]) == 0
        assert "HL604" in capsys.readouterr().out

    def test_new_writes_a_scenario_that_is_clean_and_can_be_played(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["new", "first_date"]) == 0
        assert run(["check", "first_date"]) == 0, capsys.readouterr().out
        scenario = heartline.load("first_date")
        assert scenario.id == "first_date"
        assert (
            command("play", "first_date", "--script", "-", typed="listen\napol\n").returncode == 0
        )

    def test_new_writes_first_tests_that_pass(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["new", "first_date"]) == 0
        assert "Test it with: heartline test first_date" in capsys.readouterr().out
        assert run(["test", "first_date"]) == 0
        assert "2 passed" in capsys.readouterr().out
        assert run(["check", "first_date/tests.yaml"]) == 0

    def test_new_keeps_tests_that_are_there(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        tests = folder / "first_date" / "tests.yaml"
        tests.parent.mkdir()
        tests.write_text("# mine\n")
        assert run(["new", "first_date"]) == 0
        assert "exists already and stays as it is" in capsys.readouterr().out
        assert tests.read_text() == "# mine\n"

    def test_new_never_overwrites(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["new", "talk"]) == 1
        assert (folder / "talk" / "scenario.yaml").read_text() == STORY
        assert "exists already" in capsys.readouterr().err

    def test_new_names_a_folder_that_cannot_be_made(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "file").write_text("")
        assert run(["new", "file/inner"]) == 1
        assert "file" in capsys.readouterr().err


class TestCheck:
    def test_a_clean_file_is_code_0(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["check", "talk"]) == 0
        assert capsys.readouterr().out == "no findings\n"

    def test_findings_are_code_1_and_on_stdout(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "bad.yaml").write_text(STORY.replace("to: listening", "to: listning"))
        assert run(["check", "bad.yaml"]) == 1
        shown = capsys.readouterr()
        assert "bad.yaml:" in shown.out
        assert "HL301" in shown.out
        assert shown.err == ""

    def test_a_file_that_is_not_there_is_a_finding(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["check", "nowhere.yaml"]) == 1
        assert "HL106" in capsys.readouterr().out

    def test_json_and_sarif_hold_the_findings_of_all_paths(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "bad.yaml").write_text(STORY.replace("to: listening", "to: listning"))
        assert run(["check", "talk", "bad.yaml", "--format", "json"]) == 1
        assert json.loads(capsys.readouterr().out)["findings"][0]["code"] == "HL301"
        assert run(["check", "talk", "bad.yaml", "--format", "sarif"]) == 1
        assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"
        assert run(["check", "talk", "--format", "json"]) == 0


class TestGraph:
    @pytest.mark.parametrize(("form", "begins"), [("mermaid", "---"), ("dot", "digraph")])
    def test_a_diagram_goes_to_stdout(
        self, folder: Path, form: str, begins: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["graph", "talk", "--format", form]) == 0
        assert capsys.readouterr().out.startswith(begins)

    def test_json_marks_a_way_that_was_played_and_saved(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command("play", "talk", "--no-keep", typed="ask\n:save a.json\n")
        assert run(["graph", "talk", "--format", "json", "--path", "a.json"]) == 0
        drawn = json.loads(capsys.readouterr().out)
        visited = {state["id"]: state["visits"] for state in drawn["states"]}
        assert visited == {"talk": 1, "listening": 1, "space": 0, "over": 0}

    def test_a_save_of_another_scenario_is_refused(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command("play", "talk", "--no-keep", typed="ask\n:save a.json\n")
        assert run(["new", "other"]) == 0
        assert run(["graph", "other", "--path", "a.json"]) == 1
        assert "'talk', not of 'other'" in capsys.readouterr().err

    def test_a_scenario_with_errors_is_not_drawn(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "bad.yaml").write_text(STORY.replace("to: listening", "to: listning"))
        assert run(["graph", "bad.yaml"]) == 1
        shown = capsys.readouterr()
        assert shown.out == ""
        assert "HL301" in shown.err
