"""The player around the session: edited files, Ctrl-C, and lines from somebody who is scripted."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from heartline import load
from heartline.frontends.terminal.player import Keeper, Player, Sink, ask
from heartline.frontends.terminal.questions import Questions
from heartline.frontends.terminal.record import Beginning
from heartline.frontends.terminal.render import Renderer
from heartline.frontends.terminal.session import Session
from heartline.frontends.terminal.watching import Watch

STORY = """\
heartline: 1
id: talk
version: 1.0.0
title: A talk
cast: {you: {name: You}}
context:
  mood: {type: int, min: 0, max: 3, initial: 1, input: true, prompt: How are you?}
states:
  talk:
    entry: {say: It is evening.}
    choices:
      ask: {label: Ask why, when: mood >= 1, say: What is it?, to: listening}
  listening:
    entry: {say: A silence.}
    choices:
      go: {label: Go, to: over}
  over: {type: final, outcome: gone}
"""


class Somebody:
    """Types these lines; a callable among them is something that happens while nobody types."""

    interactive = True

    def __init__(self, *lines: str | Callable[[], object]) -> None:
        self.lines = list(lines)

    def read(self, edited: Callable[[], bool] | None = None, /) -> str | None:
        if not self.lines:
            return None
        line = self.lines.pop(0)
        if isinstance(line, str):
            return line
        line()
        assert edited is None or edited()
        return ""


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.yaml"
    path.write_text(STORY)
    return path


def play(path: Path, *lines: str | Callable[[], object], keep: Path | None = None) -> str:
    """What is shown on both streams, and the exit code in the last line."""
    session = Session.begin(load(path), Beginning(1, "2026-01-05T09:00:00+00:00"), path=str(path))
    out = io.StringIO()
    sink = Sink(out, out, Renderer(100), lambda: 100)
    code = Player(session, Somebody(*lines), sink, Keeper(keep), Watch(path)).run()
    return f"{out.getvalue()}{code}"


def edit(path: Path, before: str, after: str) -> Callable[[], object]:
    """Something that edits the file."""
    return lambda: path.write_text(path.read_text().replace(before, after))


class TestWatching:
    def test_an_edit_is_taken_up_where_the_conversation_stands(self, path: Path) -> None:
        shown = play(path, "ask", edit(path, "label: Go", "label: Leave now"), "go")
        assert "The file was edited; the conversation goes on in it." in shown
        assert " 1. Leave now" in shown
        assert "The end: gone." in shown

    def test_an_edit_with_faults_is_told_and_the_play_goes_on(self, path: Path) -> None:
        shown = play(path, edit(path, "to: over", "to: nowhere"), "ask", "go")
        assert "cannot be played now" in shown
        assert "HL301" in shown
        assert "The end: gone." in shown

    def test_a_state_that_is_gone_keeps_the_old_file_until_restart(self, path: Path) -> None:
        gone = edit(path, "listening", "hearing")
        shown = play(path, "ask", gone, "go", ":restart", "ask", ":map")
        assert "listening" in shown
        assert "The end: gone." in shown
        assert "Hearing (you are here)" in shown

    def test_what_was_typed_during_an_edit_is_not_taken_for_the_new_file(self, path: Path) -> None:
        session = Session.begin(load(path), Beginning(1, "2026-01-05T09:00:00+00:00"))
        out = io.StringIO()
        watch = Watch(path)
        path.write_text(STORY.replace("Ask why", "Ask about it"))
        player = Player(session, Somebody("1"), Sink(out, out, Renderer(100)), Keeper(None), watch)
        assert player.run() == 0
        assert "'1' was not taken" in out.getvalue()
        assert session.turn.state == "talk"

    def test_a_file_that_vanishes_is_told(self, path: Path) -> None:
        shown = play(path, path.unlink, "ask")
        assert "cannot be played now" in shown
        assert "A silence." in shown


class TestLeaving:
    def test_ctrl_c_says_how_to_come_back(self, path: Path, tmp_path: Path) -> None:
        kept = tmp_path / "kept" / "one.json"
        shown = play(path, "ask", interrupt, keep=kept)
        assert f"heartline play --resume {kept}" in " ".join(shown.split())
        assert shown.endswith("130")
        assert kept.exists()

    def test_the_end_of_input_leaves_with_0(self, path: Path) -> None:
        assert play(path).endswith("nothing to come back to.\n0")

    def test_enter_leaves_after_the_end(self, path: Path) -> None:
        shown = play(path, "ask", "go", "", "never read")
        assert shown.endswith("The conversation is over.\n0")

    def test_a_keeping_place_that_has_gone_bad_is_told_at_the_end_too(
        self, path: Path, tmp_path: Path
    ) -> None:
        kept = tmp_path / "kept" / "one.json"

        def spoil() -> None:
            kept.unlink()
            kept.parent.rmdir()
            kept.parent.write_text("a file, where a folder was")
            path.touch()

        shown = " ".join(play(path, ":wait 1d", spoil, "ask", keep=kept).split())
        assert "nothing is kept meanwhile" in shown
        assert "--resume" not in shown


class TestAsking:
    def ask(self, path: Path, *lines: str) -> tuple[bool, dict[str, str], str]:
        scenario = load(path)
        out = io.StringIO()

        def accept(inputs: object) -> None:
            scenario.start(dict(inputs))  # type: ignore[call-overload]

        questions = Questions(scenario.file.context, {}, accept)
        sink = Sink(out, out, Renderer(60))
        return ask(questions, Somebody(*lines), sink), questions.answers, out.getvalue()

    def test_answers_are_taken_and_refusals_asked_again(self, path: Path) -> None:
        stayed, answers, shown = self.ask(path, "9", "2")
        assert stayed
        assert answers == {"mood": "2"}
        assert shown.count("How are you?") == 2

    def test_one_can_leave_by_word_and_by_the_end_of_input(self, path: Path) -> None:
        assert not self.ask(path, ":quit")[0]
        assert not self.ask(path)[0]
