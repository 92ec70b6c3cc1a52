"""The command line from outside: exit codes, what goes to which stream, and no traceback ever."""

from __future__ import annotations

import io
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

import heartline
from heartline.cli import run
from heartline.cli.group import COMMANDS
from heartline.cli.guard import DONE, FAULT, FINDINGS, INTERRUPTED, PIPE_CLOSED, USAGE
from heartline.cli.reference import merged
from heartline.frontends.terminal.words import COMMANDS as COMMANDS_TYPED

ROOT = Path(__file__).parents[1]
STORY = """\
heartline: 1
id: talk
version: 1.0.0
title: A talk
cast:
  you: {name: You}
  partner: {name: "{partner_name}", pronouns: they, played_by: engine}
context:
  partner_name: {type: text, initial: Sam, input: true, prompt: What are they called?}
  heard: {type: int, min: 0, max: 3, initial: 0, title: how much they feel heard}
timers:
  break: {length: 14d, title: the break}
initial: talk
states:
  talk:
    title: The talk
    entry: {say: ["It is evening.", {partner: "I can't keep doing this."}]}
    choices:
      ask_why: {label: Ask why, say: What has it been like for you?, do: heard += 1, to: listening}
      offer_space:
        {label: Offer space, when: heard >= 2, why: Not yet., say: Take your time., to: space}
  listening:
    entry: {say: [{partner: Lonely.}]}
    choices:
      reflect: {label: Say it back, say: You have been lonely., do: heard += 1, to: talk}
  space:
    entry: {do: start(break)}
    choices:
      idle: {label: Wait, say: "..."}
    after: {break: over}
  over: {type: final, outcome: let_go}
choices:
  let_go: {label: Let go, say: I think we should stop., to: over}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the scenario `talk`, where the state folder is a part of it."""
    (tmp_path / "talk").mkdir()
    (tmp_path / "talk" / "scenario.yaml").write_text(STORY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "HEARTLINE_DEBUG", "_HEARTLINE_COMPLETE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def command(*arguments: str, typed: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line here, with these lines in the pipe that it reads from."""
    streams = [
        io.TextIOWrapper(io.BytesIO(content), "utf-8") for content in (typed.encode(), b"", b"")
    ]
    with pytest.MonkeyPatch.context() as patch:
        for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
            patch.setattr(sys, name, stream)
        for name, value in variables.items():
            patch.setenv(name, value)
        code = run(arguments)
    for stream in streams:
        stream.flush()
    shown, told = (stream.buffer.getvalue().decode() for stream in streams[1:])  # type: ignore[attr-defined]
    assert "Traceback" not in shown + told
    return subprocess.CompletedProcess(arguments, code, shown, told)


def process(
    *arguments: str, typed: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "heartline", *arguments],
        input=typed,
        capture_output=True,
        check=False,
        timeout=60,
        env=environment(**variables),
    )


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "engine"), **variables}


def objects(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def read_until(words: str, stream: IO[str]) -> None:
    """Read lines up to one that holds these words."""
    for line in stream:
        if words in line:
            return
    raise AssertionError(f"{words!r} did not come")


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "state").rglob("*.json"))


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


class TestPlay:
    def test_the_conversation_goes_to_stdout_and_the_run_to_stderr(self, folder: Path) -> None:
        done = command("play", "talk", typed="ask\n")
        assert done.returncode == 0
        assert "> ask\n" in done.stdout
        assert "Sam: Lonely." in done.stdout
        assert "To go on from here: heartline play --resume" in " ".join(done.stderr.split())
        assert "Lonely" not in done.stderr

    def test_a_pipe_sees_no_colour_and_no_wide_line(self, folder: Path) -> None:
        done = command("play", "talk", typed="ask\n:help\n:why\n", COLUMNS="60")
        assert "\x1b" not in done.stdout + done.stderr
        assert all(len(line) <= 60 for line in done.stdout.splitlines())

    def test_a_pipe_goes_on_after_a_line_that_is_refused(self, folder: Path) -> None:
        done = command("play", "talk", typed="nonsense\nask\n")
        assert done.returncode == 0
        assert "Lonely." in done.stdout

    def test_the_same_seed_gives_the_same_play(self, folder: Path) -> None:
        lines = "1\n1\n2\n:wait\n"
        arguments = ("play", "reconciliation", "--script", "-", "--start", "2026-01-05")
        first, second = (command(*arguments, "--seed", "5", typed=lines) for _ in range(2))
        assert first.stdout == second.stdout

    def test_set_gives_inputs_and_as_takes_a_seat(self, folder: Path) -> None:
        done = command("play", "talk", "--set", "partner_name=Zoë", "--as", "partner")
        assert "Zoë: I can't keep" in done.stdout

    @pytest.mark.parametrize(
        "arguments",
        [["--set", "partner_name"], ["--set", "nobody=x"], ["--set", "heard=2"], ["--as", "nobody"],
         ["--start", "yesterday"], ["--start", "2026-13-01"], ["--set", "seed=3"],
         ["--resume", "last"], ["--script", "."]],
    )  # fmt: skip
    def test_what_a_play_cannot_begin_with_is_one_sentence(
        self, folder: Path, arguments: list[str]
    ) -> None:
        done = command("play", "talk", *arguments)
        assert done.returncode in (1, 2)
        assert done.stdout == ""
        assert done.stderr.rstrip().endswith((".", "?"))

    def test_a_faulty_scenario_is_told_with_all_its_findings(self, folder: Path) -> None:
        (folder / "bad.yaml").write_text(
            STORY.replace("to: listening", "to: listning").replace("heard >= 2", "herd >= 2")
        )
        done = command("play", "bad.yaml")
        assert done.returncode == 1
        assert done.stdout == ""
        assert "HL301" in done.stderr
        assert "HL302" in done.stderr
        assert done.stderr.count("HL301") == 1

    def test_a_scenario_that_is_not_there_is_named(self, folder: Path) -> None:
        done = command("play", "tolk")
        assert done.returncode == 1
        assert "tolk" in done.stderr

    def test_nothing_is_written_where_one_stands(self, folder: Path) -> None:
        command("play", "talk", typed="ask\n")
        assert sorted(path.name for path in folder.iterdir()) == ["state", "talk"]
        assert len(kept(folder)) == 1

    def test_nothing_is_kept_unasked_for_a_script_or_with_no_keep(self, folder: Path) -> None:
        command("play", "talk", "--script", "-", typed="ask\n")
        command("play", "talk", "--json", typed="ask\n")
        command("play", "talk", "--no-keep", typed="ask\n")
        command("play", "talk", typed="")
        assert kept(folder) == []

    def test_what_is_over_is_not_kept(self, folder: Path) -> None:
        done = command("play", "talk", typed="let_go\n")
        assert "The end: let go." in done.stdout
        assert kept(folder) == []

    def test_what_is_over_is_not_kept_beside_a_new_beginning(self, folder: Path) -> None:
        done = command("play", "talk", typed="let_go\n:restart\nask\n")
        assert "so far is kept" not in done.stderr
        assert len(kept(folder)) == 1

    def test_bytes_that_are_no_text_are_refused_like_any_line(self, folder: Path) -> None:
        done = process("play", "talk", "--no-keep", typed=b"\xff\xfe\x00\x1b[2J\nask\n")
        assert done.returncode == 0
        assert b"Lonely." in done.stdout
        assert b"\x1b" not in done.stdout

    def test_bytes_of_an_argument_that_are_no_text_are_left_out(self, folder: Path) -> None:
        done = command(
            "play", "talk", "--set", "partner_name=Z\udcffo", typed="ask\n:save a.json\n"
        )
        assert done.returncode == 0
        assert "Zo: I can't keep" in done.stdout

    def test_a_user_without_a_home_is_told_what_to_do(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def homeless(*_: object) -> Path:
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.delenv("XDG_STATE_HOME")
        monkeypatch.setattr(Path, "home", homeless)
        assert run(["play", "talk"]) == 1
        assert "--no-keep" in capsys.readouterr().err

    def test_an_output_that_lacks_a_character_shows_a_mark(self, folder: Path) -> None:
        done = process(
            "play", "talk", "--set", "partner_name=Zoë", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
        )
        assert done.returncode == 0
        assert b"Zo?: I can't keep" in done.stdout


class TestScript:
    def test_it_takes_the_same_words_and_passes_over_comments(self, folder: Path) -> None:
        (folder / "way.txt").write_text("# the long way\n\nask_why\n  1\n2\n:wait 14d\n")
        done = command("play", "talk", "--script", "way.txt")
        assert done.returncode == 0
        assert "The end: let go." in done.stdout
        assert "# the long way" not in done.stdout

    def test_it_stops_at_a_line_that_is_refused(self, folder: Path) -> None:
        (folder / "way.txt").write_text("ask_why\n# here:\noffer_space\nreflect\n")
        done = command("play", "talk", "--script", "way.txt")
        assert done.returncode == 1
        assert "line 3" in done.stderr
        assert "You have been lonely" not in done.stdout

    def test_a_script_that_is_not_there_is_named(self, folder: Path) -> None:
        done = command("play", "talk", "--script", "nowhere.txt")
        assert done.returncode == 1
        assert "nowhere.txt" in done.stderr


class TestJson:
    def test_each_line_is_an_object_and_each_turn_is_one(self, folder: Path) -> None:
        done = command("play", "talk", "--json", typed="ask\nnonsense\n:why\n:quit\n")
        found = objects(done.stdout)
        assert [each["type"] for each in found] == [
            "began", "turn", "turn", "refused", "page", "left",
        ]  # fmt: skip
        assert done.stderr == ""
        assert done.returncode == 0
        assert found[-1]["reason"] == "quit"

    def test_a_fault_is_an_object_too(self, folder: Path) -> None:
        (folder / "bad.yaml").write_text(STORY.replace("to: listening", "to: listning"))
        for arguments, code, word in (
            (["bad.yaml"], 1, "scenario_error"),
            (["talk", "--set", "x=1"], 2, "usage"),
            (["talk", "--resume", "nowhere.json"], 1, "file"),
            (["talk", "--resume", "bad.yaml"], 1, "snapshot_damaged"),
            (["talk", "--script", "nowhere.txt"], 1, "file"),
        ):
            done = command("play", *arguments, "--json")
            (fault,) = objects(done.stdout)
            assert (done.returncode, fault["type"], fault["code"]) == (code, "fault", word)
            assert done.stderr == ""

    def test_a_refused_line_of_a_script_says_which(self, folder: Path) -> None:
        done = command("play", "talk", "--json", "--script", "-", typed="ask\nnope\n")
        assert done.returncode == 1
        left = objects(done.stdout)[-1]
        assert (left["type"], left["reason"], left["line"]) == ("left", "refused", 2)

    def test_a_program_can_play_turn_by_turn(self, folder: Path) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "heartline", "play", "talk", "--json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["type"] == "began"
            turn = json.loads(process.stdout.readline())
            while turn["outcome"] is None:
                choice = next(each for each in turn["choices"][::-1] if each["enabled"])
                process.stdin.write(f"{choice['id']}\n")
                process.stdin.flush()
                turn = json.loads(process.stdout.readline())
            process.stdin.close()
            assert json.loads(process.stdout.readline())["outcome"] == "let_go"


class TestResume:
    def resumed(self, *arguments: str, typed: str = ":log\n") -> str:
        done = command("play", *arguments, typed=typed)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def test_save_and_resume(self, folder: Path) -> None:
        done = command("play", "talk", "--no-keep", typed="ask\n:save my talk.json\n:quit\n")
        assert "heartline play --resume 'my talk.json'" in " ".join(done.stdout.split())
        assert "after ask_why" in self.resumed("--resume", "my talk.json")
        assert "after ask_why" in self.resumed("talk", "--resume", "my talk.json")

    def test_a_save_is_found_again_from_another_folder(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        command("play", "talk", "--no-keep", typed="ask\n:save a.json\n")
        (folder / "elsewhere").mkdir()
        monkeypatch.chdir(folder / "elsewhere")
        assert "after ask_why" in self.resumed("--resume", "../a.json")

    def test_the_last_one_is_kept_in_the_same_file(self, folder: Path) -> None:
        command("play", "talk", typed="ask\n")
        self.resumed("talk", "--resume", "last", typed="reflect\n")
        assert len(kept(folder)) == 1
        assert "after reflect" in self.resumed("talk", "--resume", "last")

    def test_a_new_play_does_not_write_over_an_earlier_one(self, folder: Path) -> None:
        command("play", "talk", typed="ask\n")
        command("play", "talk", typed="ask\n:restart\nask\n")
        assert len(kept(folder)) == 3

    def test_a_conversation_that_two_players_resume_is_kept_twice(self, folder: Path) -> None:
        command("play", "talk", typed="ask\n")
        first = subprocess.Popen(
            [sys.executable, "-m", "heartline", "play", "talk", "--resume", "last"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        with first:
            assert first.stdout is not None
            read_until("Say it back", first.stdout)
            command("play", "talk", "--resume", "last", typed=":wait 1d\n")
            shown, told = first.communicate("reflect\n", timeout=60)
        assert "You have been lonely." in shown
        assert "another player" in told
        assert len(kept(folder)) == 2

    def test_a_damaged_save_is_refused_with_the_reason_and_kept(self, folder: Path) -> None:
        command("play", "talk", "--no-keep", typed="ask\n:save a.json\n")
        whole = (folder / "a.json").read_bytes()
        for content in (whole[:-200], whole.replace(b"Lonely", b"Lovely"), b"", b"\xff" * 9, b"[]"):
            (folder / "a.json").write_bytes(content)
            done = command("play", "--resume", "a.json", typed="1\n")
            assert done.returncode == 1
            assert done.stdout == ""
            assert "a.json" in done.stderr
            assert (folder / "a.json").read_bytes() == content

    def test_a_save_of_an_earlier_version_is_refused_with_what_differs(self, folder: Path) -> None:
        command("play", "talk", "--no-keep", typed="ask\n:save a.json\n")
        edited = STORY.replace("  listening:", "  asking:").replace("to: listening", "to: asking")
        (folder / "talk" / "scenario.yaml").write_text(edited)
        done = command("play", "--resume", "a.json")
        assert done.returncode == 1
        assert "listening" in done.stderr

    def test_a_save_that_fails_keeps_the_old_one_and_the_conversation(self, folder: Path) -> None:
        (folder / "mine.txt").write_text("my diary")
        typed = "ask\n:save mine.txt\n:save no/where.json\n:save .\nreflect\n"
        done = command("play", "talk", "--no-keep", typed=typed)
        assert done.returncode == 0
        assert (folder / "mine.txt").read_text() == "my diary"
        assert done.stdout.count("could not be saved") == 1
        assert done.stdout.count("stays as it is") == 2
        assert "You have been lonely." in done.stdout

    def test_beginning_and_resuming_do_not_mix(self, folder: Path) -> None:
        command("play", "talk", "--no-keep", typed="ask\n:save a.json\n")
        assert command("play", "--resume", "a.json", "--seed", "3").returncode == 2

    def test_a_keeping_place_that_fails_is_told_once_and_the_play_goes_on(
        self, folder: Path
    ) -> None:
        (folder / "state").write_text("a file, where a folder should be")
        done = command("play", "talk", typed="ask\nreflect\n")
        assert done.returncode == 0
        assert "You have been lonely." in done.stdout
        assert done.stderr.count("nothing is kept") == 1

    @pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
    def test_a_killed_play_has_lost_nothing_that_was_answered(self, folder: Path) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "heartline", "play", "talk"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(),
        )
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            for line, answer in (
                ("ask", "Lonely"),
                ("reflect", "You have been"),
                ("x", "no choice"),
            ):
                process.stdin.write(f"{line}\n")
                process.stdin.flush()
                read_until(answer, process.stdout)
            time.sleep(0.3)  # the answer is shown just before it is kept
            process.send_signal(signal.SIGKILL)
        assert "after reflect" in self.resumed("talk", "--resume", "last")


class Tty:
    """The command line at a terminal of 60 columns."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        import pty  # not on every system

        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "heartline", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            close_fds=True,
            start_new_session=True,
            preexec_fn=_own_terminal,
            env=environment(**{"TERM": "xterm", "COLUMNS": "60", "LINES": "24", **variables}),
        )
        os.close(slave)
        self.seen = ""

    def wait_for(self, words: str, seconds: float = 30) -> str:
        """Read until these words have appeared; gives what came since they were last asked for."""
        end = time.monotonic() + seconds
        while words not in self.seen:
            left = end - time.monotonic()
            assert left > 0, f"{words!r} did not come:\n{self.seen}"
            if select.select([self.master], [], [], left)[0]:
                try:
                    read = os.read(self.master, 65_536)
                except OSError:
                    read = b""
                assert read or words in self.seen, f"{words!r} did not come:\n{self.seen}"
                self.seen += read.decode()
        before, _, self.seen = self.seen.partition(words)
        return before + words

    def interrupt(self) -> None:
        time.sleep(0.3)  # as a person would: Python misses a signal just before it waits for keys
        self.type("\x03")

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def close(self) -> int:
        self.process.wait(30)
        os.close(self.master)
        return self.process.returncode


def _own_terminal() -> None:
    """Make the terminal that stdin is the one that Ctrl-C comes from."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
class TestTerminal:
    @pytest.fixture
    def tty(self, folder: Path) -> Iterator[Tty]:
        terminal = Tty("play", "talk")
        yield terminal
        if terminal.process.poll() is None:
            terminal.process.kill()
            terminal.process.wait()

    def test_it_asks_colours_and_leaves_politely_on_ctrl_c(self, tty: Tty) -> None:
        tty.wait_for("What are they called?")
        tty.type("Kim\n")
        shown = tty.wait_for(":help for more")
        shown += tty.wait_for(":help for more")
        assert "\x1b[1;35mKim:\x1b[0m I can't keep" in shown
        tty.type("ask\n")
        tty.wait_for("Lonely.")
        tty.wait_for("> ")
        tty.interrupt()
        assert "--resume" in tty.wait_for(".json")
        assert tty.close() == 130

    def test_the_end_of_input_leaves_with_0(self, tty: Tty) -> None:
        tty.wait_for("What are they called?")
        tty.type("\n")
        tty.wait_for("It is evening.")
        tty.wait_for("> ")
        tty.type("\x04")
        tty.wait_for("nothing to come back to")
        assert tty.close() == 0

    def test_ctrl_c_while_being_asked_leaves_too(self, tty: Tty) -> None:
        tty.wait_for("What are they called?")
        tty.wait_for("> ")
        tty.interrupt()
        assert tty.close() == 130

    def test_after_the_end_enter_leaves(self, tty: Tty) -> None:
        tty.wait_for("What are they called?")
        tty.type("\n")
        tty.wait_for("It is evening.")
        tty.type("let_go\n")
        tty.wait_for("The end: let go.")
        tty.type("\n")
        tty.wait_for("The conversation is over.")
        assert tty.close() == 0

    @pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
    def test_colour_can_be_turned_off(self, folder: Path, variables: dict[str, str]) -> None:
        tty = Tty("play", "talk", "--set", "partner_name=Kim", "--no-keep", **variables)
        assert "Kim: I can't keep" in tty.wait_for("doing this.")
        tty.process.kill()
        tty.close()

    def test_an_edited_file_is_taken_up_while_nobody_types(self, folder: Path) -> None:
        tty = Tty("play", "talk", "--watch", "--no-keep", "--set", "partner_name=Kim")
        tty.wait_for("Ask why")
        tty.wait_for("> ")
        path = folder / "talk" / "scenario.yaml"
        path.write_text(STORY.replace("label: Ask why", "label: Ask what it was"))
        tty.wait_for("goes on in it")
        tty.wait_for("Ask what it was")
        path.write_text(STORY.replace("to: listening", "to: listning"))
        assert "HL301" in tty.wait_for("file was before.")
        tty.type("ask\n")
        tty.wait_for("Lonely.")
        path.write_text(
            STORY.replace("  listening:", "  asking:").replace("to: listening", "to: asking")
        )
        tty.wait_for("cannot go on")
        tty.type(":restart\n")
        tty.wait_for("It is evening.")
        tty.type(":quit\n")
        tty.wait_for("nothing to come back to")
        assert tty.close() == 0
