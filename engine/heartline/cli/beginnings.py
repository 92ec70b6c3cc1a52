"""How a play begins: anew, with what was kept, or as a test does. A part of `heartline play`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from heartline.conversation import load
from heartline.diagnostics import Severity
from heartline.errors import InputError, ScenarioError
from heartline.frontends.terminal.player import Sink, ask
from heartline.frontends.terminal.questions import Questions
from heartline.frontends.terminal.record import Beginning
from heartline.frontends.terminal.saving import folder_of, newest, read_save
from heartline.frontends.terminal.session import Session
from heartline.frontends.terminal.words import clean
from heartline.loader import bundled_scenarios, find_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    from heartline.conversation import Scenario
    from heartline.frontends.terminal.record import Saved
    from heartline.frontends.terminal.replay import Replay
    from heartline.frontends.terminal.sources import Lines

    Command = TypeVar("Command", bound=Callable[..., Any])

__all__ = [
    "LAST", "Options", "begin_anew", "lasting", "moment", "pairs", "replayed", "saved_before",
    "seated_and_dated",
]  # fmt: skip

LAST = "last"  # what --resume takes for the conversation that was kept last


def seated_and_dated(use: Command) -> Command:
    """The options that say who plays, and when the story begins."""
    use = click.option(
        "--start",
        metavar="MOMENT",
        help="When the story begins, as in 2026-01-05 or 2026-01-05T09:00; now, without it.",
    )(use)
    return click.option(
        "--as",
        "seats",
        multiple=True,
        metavar="ROLE",
        help="Take the seat of this role too, in place of the engine. Repeatable.",
    )(use)


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
    test: str | None = None
    to: int | None = None
    record: str | None = None
    strict: bool = False

    @property
    def begins(self) -> bool:
        """Whether an option, the seed aside, says how a conversation begins."""
        return bool(self.settings or self.seats or self.start)


def saved_before(options: Options) -> Saved | None:
    """The conversation to go on with."""
    if options.resume is None:
        return None
    if options.begins or options.seed is not None:
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


def begin_anew(
    scenario: Scenario, options: Options, source: Lines, sink: Sink, *, path: str
) -> Session | None:
    """A new conversation; None where the player leaves while being asked."""
    seed = options.seed
    if seed is None:
        seed = secrets.randbelow(1_000_000) if source.interactive else 0
    beginning = Beginning(seed, moment(options.start), pairs(options.settings), options.seats)
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


def replayed(options: Options) -> tuple[Replay, Scenario, Path] | None:
    """The test to play first, its scenario and the scenario's file; None where none is asked for.

    Raises ScenarioError for a test file that cannot be used, UsageError for a test that there is
    not.
    """
    if options.test is None:
        if options.to is not None:
            raise click.UsageError("--to says how far to play a test: name one, with --test.")
        return None
    if options.begins or options.resume is not None:
        raise click.UsageError(
            "A test says how its conversation begins: leave out --set, --as, --start and --resume, "
            "or leave out --test."
        )
    from heartline.frontends.terminal.replay import Replay
    from heartline.testing.files.loading import load_tests
    from heartline.testing.suite.selecting import read_target

    target = read_target(options.test)
    if not target.name:
        raise click.UsageError("--test takes FILE::NAME, as in tests.yaml::the_break_ends.")
    loaded = load_tests(Path(target.path).expanduser(), target.path)
    faults = [found for found in loaded.diagnostics if found.severity is Severity.ERROR]
    if faults or loaded.scenario is None or loaded.scenario_loaded is None:
        first = faults[0] if faults else "it holds no tests"
        raise ScenarioError(f"{target.path} cannot be used: {first}", loaded.diagnostics)
    cases = [case for case in loaded.cases if target.fits(case.name)]
    if not cases:
        missing = target.missing([case.name for case in loaded.cases]) or ""
        raise click.UsageError(missing if missing.endswith("?") else f"{missing}.")
    if len(cases) > 1:
        rows = ", ".join(case.name for case in cases[:8])
        raise click.UsageError(f"{target.name} has {len(cases)} rows; name one of {rows}.")
    case = cases[0] if options.seed is None else replace(cases[0], seed=options.seed)
    replay = Replay(case, options.to)
    if options.to is not None and options.to > len(replay.steps):
        steps = "1 step" if len(replay.steps) == 1 else f"{len(replay.steps)} steps"
        raise click.UsageError(f"--to {options.to} is too far: {target.name} has {steps}.")
    path = loaded.scenario_loaded.path
    assert path is not None
    return replay, loaded.scenario, path


def pairs(settings: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """What --set gives: names and values, as they were typed."""
    found = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--set takes NAME=VALUE, and {setting[:60]!r} has no =.")
        found[name.strip()] = clean(value)
    return tuple(found.items())


def moment(text: str | None) -> str:
    """The moment a story begins at, in ISO 8601; a time without a zone is taken as UTC."""
    if text is None:
        return datetime.now(UTC).isoformat(timespec="seconds")
    try:
        start = datetime.fromisoformat(text)
        return (start if start.tzinfo else start.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise click.UsageError(
            f"--start takes a date, or a date and a time, as in 2026-01-05 or 2026-01-05T09:00; "
            f"{text[:60]!r} is neither."
        ) from None


def lasting(name: str) -> str:
    """How to find the scenario again from another folder: a bundled name, or an absolute path."""
    path = find_scenario(name)
    return name if path in bundled_scenarios().values() else str(path.absolute())
