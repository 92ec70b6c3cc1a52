"""`heartline play` from outside: scripts, programs, terminals, and what is kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heartline.cli import run
from talking import STORY, Tty, command, environment, folder, kept, objects, process, read_until

__all__ = ["folder"]


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
                read_until(answer, process.stdout)  # it is kept before the next line is read
            process.send_signal(signal.SIGKILL)
        assert "after reflect" in self.resumed("talk", "--resume", "last")


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
