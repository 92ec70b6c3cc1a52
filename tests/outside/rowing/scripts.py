"""A program with a conversation in it, as somebody outside of the house writes it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import assert_type

from heartline import (
    CallerError,
    Change,
    Choice,
    ChoiceClosed,
    Choose,
    Clock,
    Conversation,
    ConversationOver,
    Deadline,
    Diagnostic,
    DrawImpossible,
    HeartlineError,
    InputError,
    Location,
    ManualClock,
    NothingToUndo,
    RunawayError,
    Said,
    Scenario,
    ScenarioError,
    Send,
    Severity,
    Snapshot,
    SnapshotDamaged,
    SnapshotError,
    SnapshotMismatch,
    StaleTurn,
    Step,
    SystemClock,
    Tick,
    Turn,
    UndoForbidden,
    UnknownChoice,
    UnknownEvent,
    load,
    loads,
    start,
    step,
    view,
)


class Noon:
    """A clock of one's own."""

    def now(self) -> datetime:
        return datetime(2026, 1, 5, 12, tzinfo=UTC)


def clocks() -> list[Clock]:
    return [Noon(), ManualClock(), SystemClock()]


def begun(path: str, inputs: Mapping[str, object]) -> Conversation:
    scenario = load(path)
    assert_type(scenario, Scenario)
    assert_type(scenario.files, Mapping[str, str])
    again = loads(scenario.files, scenario.main)
    return again.start(inputs, seed=7, clock=clocks()[0], seats=["mo"], nick="Kim")


def shown(turn: Turn) -> list[str]:
    rows: list[str] = []
    line: Said
    for line in turn.lines:
        rows.append(f"{line.name}: {line.text} {line.only_to or ''} {line.cause}")
    choice: Choice
    for choice in turn.choices:
        rows.append(choice.label if choice.enabled else f"{choice.label} {choice.reason or ''}")
    deadline: Deadline
    for deadline in turn.deadlines:
        assert_type(deadline.left, timedelta)
        rows.append(f"{deadline.title} {deadline.due:%H}")
    change: Change
    for change in turn.changes:
        rows.append(f"{change.title} {change.before!r} {change.after!r}")
    assert_type(turn.outcome, str | None)
    assert_type(turn.seen_by("mo").find("1"), Choice)
    return rows


def played(conversation: Conversation) -> dict[str, object]:
    try:
        assert_type(conversation.choose("ask", role="you", turn=1, draws=["yes"]), Turn)
        assert_type(conversation.send("met"), Turn)
        assert_type(conversation.wait(timedelta(days=2)), Turn)
        assert_type(conversation.tick(), Turn)
        assert_type(conversation.undo(), Turn)
    except ChoiceClosed as error:
        assert_type(error.reason, str)
    except StaleTurn as error:
        assert_type((error.answered, error.current), tuple[int, int])
    except DrawImpossible as error:
        assert_type(error.possible, tuple[str, ...])
    except (ConversationOver, NothingToUndo, UndoForbidden, UnknownChoice, UnknownEvent):
        assert conversation.over
    except (InputError, CallerError, RunawayError, HeartlineError):
        raise
    print(conversation.explain("ask").text, conversation.scenario.title, conversation.clock.now())
    return dict(conversation.snapshot())


def resumed(scenario: Scenario, data: object) -> Conversation | None:
    try:
        return scenario.resume(data, clock=ManualClock())
    except SnapshotMismatch as error:
        assert_type(error.differences, tuple[str, ...])
    except (SnapshotDamaged, SnapshotError):
        pass
    return None


def faults(text: str) -> Sequence[Diagnostic]:
    try:
        return loads(text).diagnostics
    except ScenarioError as error:
        for found in error.diagnostics:
            place: Location = found.location
            if found.severity is Severity.ERROR:
                print(found.code, found.message, found.hint, place.line, place.column)
        return error.diagnostics


def pure(scenario: Scenario, now: datetime) -> Snapshot:
    begun: Step = start(scenario.machine, seed=1, now=now, inputs={"nick": "Kim"})
    for each in (Choose("ask", 1, "you"), Send("met"), Tick()):
        begun = step(scenario.machine, begun.snapshot, each, now)
    assert_type(view(scenario.machine, begun), Turn)
    return begun.snapshot
