"""The player: reads lines, feeds them to the session, shows what comes back, keeps it in a file.

All reading and writing of the terminal front end is here and in `sources`; what happens is
decided in `session`. The conversation goes to `out` (standard output), as text or as JSON; what
is about the run (where it is kept, how to come back) goes to `err` (standard error).

After each line that changed something the conversation is written to its keeping place, so that
a process that is killed has lost nothing that was answered.
"""

from __future__ import annotations

import contextlib
import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from heartline.errors import HeartlineError
from heartline.frontends.terminal.jsonlines import as_object
from heartline.frontends.terminal.output import (
    Leave,
    RecordWanted,
    Restarted,
    SaveWanted,
    Sentence,
)
from heartline.frontends.terminal.saving import NotSaved, keep_as, write_save
from heartline.frontends.terminal.sources import Script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from heartline.frontends.terminal.output import Output
    from heartline.frontends.terminal.questions import Questions
    from heartline.frontends.terminal.recorder import Recorded, Recorder
    from heartline.frontends.terminal.render import Renderer
    from heartline.frontends.terminal.replay import Replay
    from heartline.frontends.terminal.session import Session
    from heartline.frontends.terminal.sources import Lines
    from heartline.frontends.terminal.strict import Strict
    from heartline.frontends.terminal.watching import Watch

__all__ = ["Keeper", "Player", "Sink", "ask"]

DONE, REFUSED, INTERRUPTED = 0, 1, 130


class Sink:
    """Where outputs go. `renderer` is None for JSON; `columns` says how wide the terminal is."""

    def __init__(
        self,
        out: TextIO,
        err: TextIO,
        renderer: Renderer | None,
        columns: Callable[[], int] | None = None,
    ) -> None:
        self.out = out
        self.err = err
        self.renderer = renderer
        self._columns = columns

    def show(self, outputs: Iterable[Output]) -> None:
        """Show outputs that are meant for the player."""
        if self.renderer is not None and self._columns is not None:
            self.renderer.fit(self._columns())  # the window may have been made wider meanwhile
        for output in outputs:
            if self.renderer is not None:
                self.out.write(self.renderer.render(output))
            else:
                self.write_object(as_object(output))
        self.out.flush()

    def write_object(self, content: dict[str, Any] | None) -> None:
        """Write one JSON object in one line."""
        if content is not None:
            self.out.write(json.dumps(content, ensure_ascii=False) + "\n")
            self.out.flush()

    def echo(self, line: str) -> None:
        """Show a line that no terminal has shown, as if it had been typed."""
        if self.renderer is not None:
            self.out.write(self.renderer.typed(line))

    def about_run(self, sentence: str, **keys: object) -> None:
        """Tell something about the run: on `err`, or as an object among the others."""
        if self.renderer is None:
            self.write_object({**keys, "message": sentence})
        else:
            lines = ["", *self.renderer.note(sentence)]
            self.err.write("".join(f"{line}\n" for line in lines))
            self.err.flush()


class Keeper:
    """Keeps a conversation as it goes. `path` None means that nothing is kept unasked."""

    def __init__(self, path: Path | None, *, kept: bool = False) -> None:
        """`kept` says that what is to be kept stands there already: it was resumed from there."""
        self.path = path
        self.kept = kept
        self.failed = False
        self.over = False  # whether what is kept had ended
        self._written = self._state()

    def keep(self, session: Session) -> str | None:
        """Write it down; gives what the player has to know about that, None where it is nothing."""
        if self.path is None:
            return None
        told = None
        if self._state() not in (None, self._written):  # resumed in two windows: neither may lose
            earlier, self.path = self.path, keep_as(session.scenario.id)
            told = f"{earlier} was written by another player, so this one is kept in {self.path}."
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_save(self.path, session.saved(), backup=False)
        except (NotSaved, OSError) as refusal:
            known, self.failed = self.failed, True
            return None if known else f"{refusal} You can go on; nothing is kept meanwhile."
        self.kept, self.failed, self.over = True, False, session.over
        self._written = self._state()
        return told

    @property
    def there(self) -> bool:
        """Whether there is something to resume; its owner may have removed it meanwhile."""
        return self.kept and self._state() is not None

    def done_with(self) -> None:
        """The conversation has ended and its player has left: nothing is left to resume."""
        if self.path is not None and self.kept and self._state() == self._written:
            with contextlib.suppress(OSError):
                self.path.unlink()

    def _state(self) -> tuple[int, int] | None:
        """What tells one writing of the file from another; None where there is no file."""
        with contextlib.suppress(OSError):
            found = self.path.stat() if self.path is not None else None
            return None if found is None else (found.st_ino, found.st_mtime_ns)
        return None


@dataclass
class Player:
    """Plays one session to its end; `run` gives the exit code.

    `replay` is played before the first line is read; `recorder` makes a test of it all when
    the player leaves; `strict` holds it to what the scenario promises.
    """

    session: Session
    source: Lines
    sink: Sink
    keeper: Keeper
    watch: Watch | None = None
    replay: Replay | None = None
    recorder: Recorder | None = None
    strict: Strict | None = None

    def run(self) -> int:
        """Play until the lines end, the player leaves, or a script's line is refused."""
        try:
            self.sink.show(self.session.opening())
            self._hold()
            self._replay()
            return self._play()
        except KeyboardInterrupt:
            if self.sink.renderer is not None and self.source.interactive:
                self.sink.out.write("\n")
            return self._leave("interrupted", INTERRUPTED)

    def _play(self) -> int:
        while True:
            line = self.source.read(self.watch.changed if self.watch else None)
            if line is None:
                return self._leave("end_of_input", DONE)
            if self.watch is not None and self.watch.changed():
                self._reload(line)
                continue
            if self.session.over and self.source.interactive and not line.strip():
                return self._leave("quit", DONE)
            outputs = self.session.feed(line)
            refused = self._handle(outputs)
            if any(isinstance(output, Leave) for output in outputs):
                return self._leave("quit", DONE)
            if refused and isinstance(self.source, Script):
                return self._stop_script(line)

    def _replay(self) -> None:
        for acted in self.replay.play(self.session) if self.replay else ():
            if acted.typed is not None:
                self.sink.echo(acted.typed)
            self.sink.show(acted.outputs)
            self._hold()

    def _hold(self) -> None:
        """Say which promises have been broken just now."""
        if self.strict is not None:
            self.sink.show(self.strict.look(self.session))

    def _handle(self, outputs: list[Output]) -> bool:
        """Show and carry out what a line led to; say whether it was refused."""
        refused = False
        for output in outputs:
            if isinstance(output, SaveWanted):
                refused |= not self._save(output.name)
            elif isinstance(output, RecordWanted):
                refused |= not self._record(output.name)
            elif isinstance(output, Restarted):
                self._restarted()
            elif isinstance(output, Sentence) and output.kind == "refused":
                refused = True
        self.sink.show(outputs)
        self._hold()
        if not refused and not self.session.untouched:
            reason = self.keeper.keep(self.session)
            if reason:
                self.sink.about_run(reason, type="warning", code="not_kept")
        return refused

    def _save(self, name: str) -> bool:
        path = Path(name)
        try:
            path = path.expanduser()
            write_save(path, self.session.saved())
        except (NotSaved, RuntimeError) as refusal:
            self.sink.show([Sentence("refused", "not_saved", str(refusal))])
            return False
        again = f"heartline play --resume {shlex.quote(name)}"
        sentence = f"Saved as {path}. To go on from there: {again}"
        if self.sink.renderer is None:
            self.sink.write_object({"type": "saved", "file": str(path), "message": sentence})
        else:
            self.sink.show([Sentence("note", "saved", sentence)])
        return True

    def _record(self, name: str) -> bool:
        from heartline.frontends.terminal.recorder import Recorder

        try:
            recorded = Recorder(name, self.session.path).write(self.session)
        except HeartlineError as refusal:
            self.sink.show([Sentence("refused", "not_recorded", str(refusal))])
            return False
        if self.sink.renderer is None:
            self.sink.write_object({**_as_keys(recorded), "message": recorded.sentence})
        else:
            self.sink.show([Sentence("note", "recorded", recorded.sentence)])
        return True

    def _record_all(self, code: int) -> int:
        """What --record asked for, at the end; gives the exit code, which is not 0 if it failed."""
        if self.recorder is None:
            return code
        if self.session.untouched:
            self.sink.about_run(
                "Nothing was done, so no test was recorded.", type="note", code="nothing_done"
            )
            return code
        try:
            recorded = self.recorder.write(self.session)
        except HeartlineError as refusal:
            self.sink.about_run(
                f"No test was recorded. {refusal}", type="warning", code="not_recorded"
            )
            return code or REFUSED
        self.sink.about_run(recorded.sentence, **_as_keys(recorded))
        return code

    def _restarted(self) -> None:
        if self.keeper.over:
            self.keeper.done_with()
        elif self.keeper.kept:
            self.sink.about_run(
                f"The conversation so far is kept in {self.keeper.path}.",
                type="note",
                code="kept",
            )
        if self.keeper.path is not None and self.keeper.kept:
            self.keeper = Keeper(keep_as(self.session.scenario.id))

    def _reload(self, line: str) -> None:
        assert self.watch is not None
        outputs = self.watch.reload(self.session)
        if line.strip():
            outputs.append(
                Sentence(
                    "refused",
                    "edited_meanwhile",
                    f"The file was edited while you typed, so {line.strip()[:80]!r} was not taken: "
                    "look at the choices and type it again.",
                )
            )
        self.sink.show(outputs)

    def _stop_script(self, line: str) -> int:
        assert isinstance(self.source, Script)
        self._record_all(REFUSED)
        self.sink.about_run(
            f"The script stops at line {self.source.line}, which was refused: {line.strip()[:80]}",
            type="left",
            reason="refused",
            line=self.source.line,
            over=self.session.over,
            outcome=self.session.turn.outcome,
            resume=None,
        )
        return REFUSED

    def _leave(self, reason: str, code: int) -> int:
        """Say how to come back."""
        code = self._record_all(code)
        if self.strict is not None and self.strict.broken:
            code = code or REFUSED
        over = self.session.over
        resume = str(self.keeper.path) if self.keeper.there and not over else None
        if over:
            self.keeper.done_with()
            sentence = "The conversation is over."
        elif resume is not None:
            sentence = (
                f"You stopped at turn {self.session.turn.number}. To go on from here: "
                f"heartline play --resume {shlex.quote(resume)}"
            )
            if self.keeper.failed:
                sentence += " (the last steps could not be written there)"
        elif self.session.untouched:
            sentence = "Nothing was said yet, so there is nothing to come back to."
        else:
            sentence = "The conversation was not at its end, and is not kept (:save keeps it)."
        self.sink.about_run(
            sentence,
            type="left",
            reason=reason,
            over=over,
            outcome=self.session.turn.outcome,
            resume=resume,
        )
        return code


def _as_keys(recorded: Recorded) -> dict[str, object]:
    return {"type": "recorded", "file": recorded.file, "test": recorded.name}


def ask(questions: Questions, source: Lines, sink: Sink) -> bool:
    """Ask what the scenario wants to know; false where the player leaves instead."""
    if questions.done():
        return True
    sink.show(questions.ask())
    while not questions.done():
        line = source.read()
        outputs: list[Output] = [Leave()] if line is None else questions.feed(line)
        sink.show(outputs)
        if any(isinstance(output, Leave) for output in outputs):
            return False
    return True
