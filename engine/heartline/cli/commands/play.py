"""`heartline play`."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from heartline.cli.beginnings import (
    LAST,
    Options,
    begin_anew,
    lasting,
    replayed,
    saved_before,
    seated_and_dated,
)
from heartline.cli.guard import DONE, FINDINGS, USAGE, in_words
from heartline.cli.names import ScenarioName, Speed
from heartline.cli.screen import colourful, columns
from heartline.conversation import load
from heartline.errors import HeartlineError
from heartline.files import SCENARIO
from heartline.frontends.terminal.pages import refusal_code
from heartline.frontends.terminal.player import Keeper, Player, Sink
from heartline.frontends.terminal.render import Renderer
from heartline.frontends.terminal.saving import folder_of, keep_as, newest
from heartline.frontends.terminal.session import Session
from heartline.frontends.terminal.sources import Pipe, Script, Terminal
from heartline.frontends.terminal.watching import Watch
from heartline.loader import find_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heartline.conversation import Scenario
    from heartline.frontends.terminal.recorder import Recorder
    from heartline.frontends.terminal.sources import Lines
    from heartline.frontends.terminal.strict import Strict

__all__ = ["command"]

LARGEST_SCRIPT = 4 * 1024 * 1024  # bytes


@click.command(
    "play",
    epilog="""\b
Examples:
  heartline play reconciliation
  heartline play my_scenario --seed 7 --set partner_name=Kim --watch
  heartline play reconciliation --resume last
  heartline play reconciliation --script way.txt --seed 1 --json
  heartline play my_scenario --record my_scenario/tests.yaml
  heartline play --test my_scenario/tests.yaml::the_break_ends --to 3
  heartline play reconciliation --store sqlite:///heartline.db --speed 86400

While playing, :help lists what can be typed. Standard output has the conversation, standard
error what is about the run. Exit codes: 0 at the end, on :quit and at the end of input; 1 for
a faulty scenario or test file, a save that cannot be resumed, a store that cannot be used, a
script line that is refused, a test that could not be recorded, and with --strict a property
that is broken; 2 for usage; 130 after Ctrl-C.""",
)
@click.argument("scenario", type=ScenarioName(), required=False)
@click.option(
    "--seed",
    type=int,
    metavar="NUMBER",
    help="Decides every draw. Without it a person gets a fresh one, a script or a pipe gets 0.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Give an input of the scenario a value; it is not asked for then. Repeatable.",
)
@seated_and_dated
@click.option(
    "--resume",
    metavar="FILE",
    help="Go on with a saved conversation; `last` is the one that was kept last.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="Look at the scenario's files while playing, and go on in what is edited.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Hold the play to what the scenario promises: a property that it breaks is said at once, "
    "and the exit code is 1.",
)
@click.option(
    "--script",
    metavar="FILE",
    help="Take the lines from a file, or from standard input with -: one input a line, the same "
    "words as typed, # begins a comment. It stops at a line that is refused.",
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object for each turn.")
@click.option(
    "--keep/--no-keep",
    "keep",
    default=None,
    help="Whether to keep the conversation in your state folder as it goes, so that it can be "
    "resumed; not done for scripts and --json unless asked for.",
)
@click.option(
    "--record",
    metavar="FILE",
    help="Make a test of what is played, in this test file, when the player leaves. FILE::NAME "
    "names the test, too.",
)
@click.option(
    "--test",
    metavar="FILE::NAME",
    help="Begin as this test does and play its steps, then go on. NAME[ROW] is a row of a table. "
    "--seed takes the place of its seed.",
)
@click.option(
    "--to",
    type=click.IntRange(min=0),
    metavar="STEP",
    help="With --test: only as far as this step; the first is 1, and 0 is the start.",
)
@click.option(
    "--store", metavar="URL",
    help="Play a conversation that is kept in a store, as in sqlite:///heartline.db: it goes on "
    "where it stood, and time passes by itself.",
)  # fmt: skip
@click.option(
    "--reference", metavar="NAME",
    help="With --store: what the conversation is called there; the scenario's id and -me, without "
    "it.",
)  # fmt: skip
@click.option(
    "--speed", type=Speed(), metavar="NUMBER",
    help="With --store, for demonstrations: let time run so many times as fast. With 86400 a day "
    "takes a second.",
)  # fmt: skip
def command(
    scenario: str | None,
    seed: int | None,
    settings: tuple[str, ...],
    seats: tuple[str, ...],
    start: str | None,
    resume: str | None,
    watch: bool,
    strict: bool,
    script: str | None,
    as_json: bool,
    keep: bool | None,
    record: str | None,
    test: str | None,
    to: int | None,
    store: str | None,
    reference: str | None,
    speed: float | None,
) -> int:
    """Play a scenario in the terminal.

    SCENARIO is the name of one that came with Heartline (heartline scenarios lists them), a
    folder with a scenario.yaml, or a file. With --resume or --test it can be left out.
    """
    options = Options(
        scenario, seed, settings, seats, start, resume, watch, script, as_json, keep,
        record=record, test=test, to=to, strict=strict,
    )  # fmt: skip
    if store is None and (reference is not None or speed is not None):
        raise click.UsageError("--reference and --speed are for a play with --store.")
    sink = _sink(as_json, kept=store is not None)
    try:
        if store is not None:
            from heartline.cli import hosting

            return hosting.play(options, store, reference, speed, sink)
        return _play(options, sink)
    except (HeartlineError, click.UsageError, OSError) as fault:
        if not as_json or isinstance(fault, BrokenPipeError):
            raise
        return _fault_as_object(sink, fault)


def _play(options: Options, sink: Sink) -> int:
    test = replayed(options)
    saved = saved_before(options)
    name = options.scenario or (saved.path if saved else None)
    if test is not None:
        name = _named_with_test(options.scenario, test[2])
    if name is None:
        raise click.UsageError(
            "Name a scenario, as in: heartline play reconciliation "
            "(heartline scenarios lists those that came along)."
        )
    scenario = test[1] if test is not None else load(name)
    recorder = _recorder(options.record, lasting(name))
    session: Session | None = None
    source = _source(options, sink, lambda: session.words() if session else [])
    if test is not None:
        session = Session.begin(scenario, test[0].beginning, path=lasting(name))
    elif saved is not None:
        session = Session.resume(scenario, saved, path=lasting(name))
    else:
        session = begin_anew(scenario, options, source, sink, path=lasting(name))
    if session is None:
        return DONE
    keeper = _keeper(options, scenario.id)
    if keeper.path is not None and source.interactive:
        sink.about_run(f"Kept as you go in {keeper.path} (--no-keep keeps nothing).")
    watch = Watch(find_scenario(name)) if options.watch else None
    replay = test[0] if test is not None else None
    strict = _strict(scenario, sink) if options.strict else None
    return Player(session, source, sink, keeper, watch, replay, recorder, strict).run()


def _strict(scenario: Scenario, sink: Sink) -> Strict:
    """What holds the play to the scenario's promises."""
    from heartline.frontends.terminal.strict import Strict

    if not scenario.machine.promises:
        sink.about_run(
            "This scenario promises nothing, so --strict has nothing to hold it to.",
            type="note", code="no_promises",
        )  # fmt: skip
    return Strict()


def _named_with_test(named: str | None, path: Path) -> str:
    """The scenario of a test, as it is named: it need not be, and can be no other."""
    if named is not None:
        found = find_scenario(named)
        found = found / SCENARIO if found.is_dir() else found
        if found.resolve() != path.resolve():
            raise click.UsageError(
                f"That test is one of {path}, not of {named}: leave the scenario out."
            )
        return named
    return str(path)


def _recorder(wanted: str | None, scenario: str) -> Recorder | None:
    """What makes the test at the end; where it cannot, that is said before anything is played."""
    if wanted is None:
        return None
    from heartline.frontends.terminal.recorder import Recorder
    from heartline.testing.making.adding import NotAdded

    try:
        return Recorder(wanted, scenario)
    except NotAdded as refusal:
        raise click.UsageError(str(refusal)) from None


def _source(options: Options, sink: Sink, words: Callable[[], Sequence[str]]) -> Lines:
    """Where the lines come from."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    if options.script == "-":
        return Script(sys.stdin, sink.echo)
    if options.script is not None:
        path = Path(options.script)
        with path.open("rb") as file:
            content = file.read(LARGEST_SCRIPT + 1)
        if len(content) > LARGEST_SCRIPT or b"\0" in content:
            raise click.UsageError(f"{path} is not a script: one input a line, as typed.")
        return Script(content.decode("utf-8-sig", "replace").splitlines(), sink.echo)
    if sys.stdin.isatty() and not options.as_json:
        return Terminal(words)
    return Pipe(sys.stdin, sink.echo)


def _keeper(options: Options, scenario: str) -> Keeper:
    """Where the conversation is kept unasked: not for programs, unless they ask for it."""
    wanted = options.keep
    if wanted is None:
        wanted = options.script is None and not options.as_json
    if not wanted:
        return Keeper(None)
    if options.resume is not None:
        here = newest(scenario) if options.resume == LAST else Path(options.resume).expanduser()
        if here is not None and here.resolve().parent == folder_of(scenario).resolve():
            return Keeper(here, kept=True)
    return Keeper(keep_as(scenario))


def _sink(as_json: bool, *, kept: bool = False) -> Sink:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a character shows a mark in its place; JSON is always UTF-8.
            stream.reconfigure(encoding="utf-8" if as_json else None, errors="replace")
    if as_json:
        return Sink(sys.stdout, sys.stderr, None)
    return Sink(sys.stdout, sys.stderr, Renderer(columns(), colour=colourful(), kept=kept), columns)


def _fault_as_object(sink: Sink, fault: HeartlineError | click.UsageError | OSError) -> int:
    """A fault that kept the play from beginning, as the one object of the output."""
    findings = getattr(fault, "diagnostics", ())
    message = fault.message if isinstance(fault, click.UsageError) else str(fault)
    sink.write_object(
        {
            "type": "fault",
            "code": _code(fault),
            "message": in_words(fault) if isinstance(fault, OSError) else message,
            "differences": list(getattr(fault, "differences", ())),
            "findings": [
                {
                    "code": finding.code,
                    "severity": finding.severity.value,
                    "message": finding.message,
                    "file": finding.location.file,
                    "line": finding.location.line,
                    "column": finding.location.column,
                    "hint": finding.hint,
                }
                for finding in findings
            ],
        }
    )
    return USAGE if isinstance(fault, click.UsageError) else FINDINGS


def _code(fault: Exception) -> str:
    if isinstance(fault, HeartlineError):
        return refusal_code(fault)
    return "usage" if isinstance(fault, click.UsageError) else "file"
