"""Why a case failed, as a text for the person who mends it: place, difference, story, replay.

    tests/x/tests.yaml:12:9: Not as expected: state.
      step 3, choose offer_space

      state, at tests/x/tests.yaml:13:24
        expected: apart
        came:     review

      What happened until then:
        ...
      To stand there: heartline play tests/x --test tests/x/tests.yaml::the_break --to 3

Colours come on top and take nothing away. What scenarios and tests wrote is shown without anything
that would steer a terminal.
"""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING

from heartline.testing.runs.transcript import act_in_words
from heartline.words import humanise_date
from heartline.wrapping import plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from heartline.testing.case import Case, CaseStep, Entry, Failure, Mismatch

__all__ = ["failure_text", "replay_command"]

NARROWEST, WIDEST = 40, 100  # columns; longer lines are hard to read
FULL = 12  # acts that are told with all that they led to; earlier ones are told in a line each
STYLES = {"place": "1", "expected": "32", "came": "31", "act": "36", "dim": "2"}
_EXPECTED, _CAME = "expected: ", "came:     "


def failure_text(case: Case, failure: Failure, *, colour: bool = False, width: int = 80) -> str:
    """Why a case failed, in lines of `width` columns, with a line end after the last."""
    teller = _Teller(colour, min(max(width, NARROWEST), WIDEST))
    return "".join(f"{line}\n" for line in teller.all(case, failure))


def replay_command(case: Case, failure: Failure) -> str:
    """The command that leaves a player where the case failed, for a shell."""
    scenario = case.scenario or str(PurePath(case.id.partition("::")[0]).parent)
    words = ["heartline", "play", scenario, "--test", case.id, "--to", str(failure.step + 1)]
    if failure.seed is not None:
        words += ["--seed", str(failure.seed)]
    return shlex.join(words)


class _Teller:
    def __init__(self, colour: bool, width: int) -> None:
        self.colour = colour
        self.width = width

    def all(self, case: Case, failure: Failure) -> Iterator[str]:
        yield from self.fill(f"{failure.location}: {failure.message}", style="place")
        yield from self.fill(_where(case, failure), "  ")
        for mismatch in failure.mismatches:
            yield ""
            yield from self.mismatch(mismatch)
        if failure.transcript:
            yield ""
            yield from self.fill("What happened until then:", "  ")
            yield from self.story(failure.transcript)
        yield ""
        # Never broken into lines, so that it can be copied.
        command = replay_command(case, failure)
        yield "  To stand there: " + "".join(c if c.isprintable() else "\ufffd" for c in command)

    def mismatch(self, mismatch: Mismatch) -> Iterator[str]:
        yield from self.fill(f"{mismatch.field}, at {mismatch.location}", "  ")
        yield from self.beside(_EXPECTED, mismatch.expected, "expected")
        yield from self.beside(_CAME, mismatch.came, "came")

    def beside(self, label: str, text: str, style: str) -> Iterator[str]:
        """A text beside its label; each of its lines begins anew below the first."""
        indent = " " * (4 + len(label))
        for number, line in enumerate(text.split("\n")):
            first = f"    {label}" if number == 0 else indent
            yield from self.fill(line, first, indent, style)

    def story(self, entries: Sequence[Entry]) -> Iterator[str]:
        acts = [number for number, entry in enumerate(entries) if entry.kind == "act"]
        whole = acts[-FULL] if len(acts) > FULL else 0
        before: datetime | None = None
        for number, entry in enumerate(entries):
            if entry.kind == "act":
                yield from self.act(entry, before)
                before = entry.time
            elif number >= whole or entry.kind in ("state", "refused"):
                yield from self.entry(entry)

    def act(self, entry: Entry, before: datetime | None) -> Iterator[str]:
        moment = ""
        if entry.time is not None and (before is None or entry.time != before):
            moment = f"  ({humanise_date(entry.time)}, {entry.time:%H:%M})"
        yield from self.fill(f"{entry.text}{moment}", "    > ", "        ", "act")

    def entry(self, entry: Entry) -> Iterator[str]:
        if entry.kind == "line":
            paragraphs = [part for part in entry.text.split("\n") if part.strip()] or [""]
            for number, paragraph in enumerate(paragraphs):
                who = f"{entry.who}: " if entry.who and number == 0 else ""
                yield from self.fill(f"{who}{paragraph}", "      ", "        ")
            return
        text = {
            "draw": f"drawn for {entry.who}: {entry.text}",
            "state": f"now in {entry.text}",
            "outcome": f"the end: {entry.text}",
            "refused": f"refused: {entry.text}",
        }[entry.kind]
        yield from self.fill(
            text, "      ", "        ", "came" if entry.kind == "refused" else "dim"
        )

    def fill(
        self, text: str, first: str = "", rest: str | None = None, style: str | None = None
    ) -> list[str]:
        lines = wrapped(plain(text), self.width, first, first if rest is None else rest)
        if not self.colour or style is None:
            return lines
        return [self.paint(line, style) for line in lines]

    def paint(self, line: str, style: str) -> str:
        words = line.lstrip(" ")
        indent = line[: len(line) - len(words)]
        return f"{indent}\x1b[{STYLES[style]}m{words}\x1b[0m" if words else line


def _where(case: Case, failure: Failure) -> str:
    """At which step, and in which of the two runs."""
    if failure.step < 0:
        where = "at the start"
    else:
        where = f"in step {failure.step + 1}"
        steps: list[CaseStep] = [*case.beginning, *case.steps]
        if failure.step < len(steps):
            where += f", {act_in_words(steps[failure.step])}"
    if failure.mode == "stored":
        where += ", where the conversation is stored as JSON and read again after every turn"
    return where
