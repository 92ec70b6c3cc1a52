"""`heartline play`."""

from __future__ import annotations

import io
import secrets
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from heartline.cli.guard import DONE, FINDINGS, USAGE, in_words
from heartline.cli.names import ScenarioName
from heartline.cli.screen import colourful, columns
from heartline.conversation import load
from heartline.errors import HeartlineError, InputError
from heartline.frontends.terminal.pages import refusal_code
from heartline.frontends.terminal.player import Keeper, Player, Sink, ask
from heartline.frontends.terminal.questions import Questions
from heartline.frontends.terminal.record import Beginning
from heartline.frontends.terminal.render import Renderer
from heartline.frontends.terminal.saving import folder_of, keep_as, newest, read_save
from heartline.frontends.terminal.session import Session
from heartline.frontends.terminal.sources import Pipe, Script, Terminal
from heartline.frontends.terminal.watching import Watch
from heartline.frontends.terminal.words import clean
from heartline.loader import bundled_scenarios, find_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from heartline.conversation import Scenario
    from heartline.frontends.terminal.record import Saved
    from heartline.frontends.terminal.sources import Lines

__all__ = ["command"]

LARGEST_SCRIPT = 4 * 1024 * 1024  # bytes
LAST = "last"  # what --resume takes for the conversation that was kept last


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for, as the options below describe it."""

    scenario: str | None
    seed: int | None
    settings: tuple[str, ...]
    seats: tuple[str, ...]
    start: str | None
    resume: str | None
    watch: bool
    script: str | None
    as_json: bool
    keep: bool | None


@click.command(
    "play",
    epilog="""\b
Examples:
  heartline play reconciliation
  heartline play my_scenario --seed 7 --set partner_name=Kim --watch
  heartline play reconciliation --resume last
  heartline play reconciliation --script way.txt --seed 1 --json

While playing, :help lists what can be typed. Standard output has the conversation, standard
error what is about the run. Exit codes: 0 at the end, on :quit and at the end of input; 1 for
a faulty scenario, a save that cannot be resumed, and a script line that is refused; 2 for
usage; 130 after Ctrl-C.""",
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
@click.option(
    "--as",
    "seats",
    multiple=True,
    metavar="ROLE",
    help="Take the seat of this role too, in place of the engine. Repeatable.",
)
@click.option(
    "--start",
    metavar="MOMENT",
    help="When the story begins, as in 2026-01-05 or 2026-01-05T09:00; now, without it.",
)
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
def command(
    scenario: str | None,
    seed: int | None,
    settings: tuple[str, ...],
    seats: tuple[str, ...],
    start: str | None,
    resume: str | None,
    watch: bool,
    script: str | None,
    as_json: bool,
    keep: bool | None,
) -> int:
    """Play a scenario in the terminal.

    SCENARIO is the name of one that came with Heartline (heartline scenarios lists them), a
    folder with a scenario.yaml, or a file. With --resume it can be left out.
    """
    options = Options(scenario, seed, settings, seats, start, resume, watch, script, as_json, keep)
    sink = _sink(as_json)
    try:
        return _play(options, sink)
    except (HeartlineError, click.UsageError, OSError) as fault:
        if not as_json or isinstance(fault, BrokenPipeError):
            raise
        return _fault_as_object(sink, fault)


def _play(options: Options, sink: Sink) -> int:
    saved = _saved(options)
    name = options.scenario or (saved.path if saved else None)
    if name is None:
        raise click.UsageError(
            "Name a scenario, as in: heartline play reconciliation "
            "(heartline scenarios lists those that came along)."
        )
    scenario = load(name)
    session: Session | None = None
    source = _source(options, sink, lambda: session.words() if session else [])
    if saved is not None:
        session = Session.resume(scenario, saved, path=_lasting(name))
    else:
        session = _begin(scenario, options, source, sink, path=_lasting(name))
    if session is None:
        return DONE
    keeper = _keeper(options, scenario.id)
    if keeper.path is not None and source.interactive:
        sink.about_run(f"Kept as you go in {keeper.path} (--no-keep keeps nothing).")
    watch = Watch(find_scenario(name)) if options.watch else None
    return Player(session, source, sink, keeper, watch).run()


def _saved(options: Options) -> Saved | None:
    """The conversation to go on with."""
    if options.resume is None:
        return None
    if options.settings or options.seats or options.start or options.seed is not None:
        raise click.UsageError(
            "--seed, --set, --as and --start decide how a conversation begins, and --resume goes "
            "on with one that has begun: leave them out, or leave out --resume."
        )
    if options.resume != LAST:
        return read_save(Path(options.resume).expanduser())
    if options.scenario is None:
        raise click.UsageError(
            "--resume last needs a scenario, as in: heartline play reconciliation --resume last"
        )
    scenario = load(options.scenario).id
    path = newest(scenario)
    if path is None:
        raise click.UsageError(f"No conversation is kept in {folder_of(scenario)}.")
    return read_save(path)


def _begin(
    scenario: Scenario, options: Options, source: Lines, sink: Sink, *, path: str
) -> Session | None:
    """A new conversation; None where the player leaves while being asked."""
    seed = options.seed
    if seed is None:
        seed = secrets.randbelow(1_000_000) if source.interactive else 0
    beginning = Beginning(seed, _moment(options.start), _pairs(options.settings), options.seats)
    try:
        session = Session.begin(scenario, beginning, path=path)
    except InputError as refusal:
        raise click.UsageError(str(refusal)) from None
    if not source.interactive:
        return session
    questions = Questions(
        scenario.file.context,
        dict(beginning.inputs),
        lambda inputs: Session.begin(scenario, _with(beginning, inputs)),
        session.turn.support,
    )
    if not ask(questions, source, sink):
        return None
    return Session.begin(scenario, _with(beginning, questions.answers), path=path)


def _with(beginning: Beginning, inputs: Mapping[str, str]) -> Beginning:
    return replace(beginning, inputs=tuple(inputs.items()))


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


def _pairs(settings: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    pairs = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--set takes NAME=VALUE, and {setting[:60]!r} has no =.")
        pairs[name.strip()] = clean(value)
    return tuple(pairs.items())


def _moment(text: str | None) -> str:
    """The moment a story begins at, in ISO 8601; a time without a zone is taken as UTC."""
    if text is None:
        return datetime.now(UTC).isoformat(timespec="seconds")
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise click.UsageError(
            f"--start takes a date, or a date and a time, as in 2026-01-05 or 2026-01-05T09:00; "
            f"{text[:60]!r} is neither."
        ) from None


def _lasting(name: str) -> str:
    """How to find the scenario again from another folder: a bundled name, or an absolute path."""
    path = find_scenario(name)
    return name if path in bundled_scenarios().values() else str(path.absolute())


def _sink(as_json: bool) -> Sink:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a character shows a mark in its place; JSON is always UTF-8.
            stream.reconfigure(encoding="utf-8" if as_json else None, errors="replace")
    if as_json:
        return Sink(sys.stdout, sys.stderr, None)
    return Sink(sys.stdout, sys.stderr, Renderer(columns(), colour=colourful()), columns)


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
