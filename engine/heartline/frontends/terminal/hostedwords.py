"""What can be typed in a conversation that a store keeps: fewer words than in one of the player's
own, since it lives on without the player. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from heartline.conversation import Conversation
from heartline.durations import parse_duration
from heartline.frontends.terminal import pages
from heartline.frontends.terminal.output import Page, Row
from heartline.frontends.terminal.words import COMMANDS, Unclear, find_command

if TYPE_CHECKING:
    from heartline.clock import Clock
    from heartline.conversation import Scenario
    from heartline.frontends.terminal.output import Output, TurnShown
    from heartline.frontends.terminal.record import Record
    from heartline.snapshot import Snapshot
    from heartline.turn import Turn

__all__ = ["command_of", "completions", "page", "passing", "with_wait"]

# The commands that are not here, and what to do instead.
_ELSEWHERE = {
    "save": "The store keeps this conversation already; heartline conversations export writes it "
    "to a file.",
    "record": "Only what is played without a store can be made a test.",
    "draw": "In a conversation that is kept in a store the seed decides what is drawn.",
    "restart": "This conversation stays in the store. To begin anew, leave it with :quit and give "
    "another --reference.",
}
_BY_ITSELF = (
    "Time passes by itself here: what runs out happens when it is time. With --speed 86400 a day "
    "takes a second, and then :wait 14d waits that long."
)


def command_of(line: str, speed: float) -> tuple[str, str]:
    """The command that was typed, and what follows it. `speed` is 0 on the machine's own clock.
    Raises Unclear where there is no such command, or it makes no sense here."""
    word, _, argument = line[1:].strip().partition(" ")
    command, argument = find_command(word), argument.strip()
    if command.name in _ELSEWHERE:
        raise Unclear(_ELSEWHERE[command.name], ())
    if command.name == "wait" and not speed:
        raise Unclear(_BY_ITSELF, ())
    if argument and not command.argument:
        name = f":{command.name}"
        raise Unclear(f"{name} stands alone: nothing follows it.", (name,))
    if command.name == "event" and not argument:
        raise Unclear("Which event? Write :event and its name.", ())
    return command.name, argument


def completions(turn: Turn, speed: float, *, undo: bool) -> list[str]:
    """Ids of open choices, and the commands that are here."""
    here = {f":{name}" for name in _here(speed)}
    words = pages.words(turn, undo=undo)
    return [word for word in words if word in here or not word.startswith(":")]


def _here(speed: float) -> list[str]:
    names = [command.name for command in COMMANDS if command.name not in _ELSEWHERE]
    return [name for name in names if name != "wait" or speed]


def passing(length: str, now: datetime, turn: Turn) -> datetime:
    """The moment until which to wait: after a length, or when the next thing runs out. Raises
    ValueError with a sentence."""
    if not length:
        if not turn.deadlines:
            raise ValueError("Nothing is running out, so say how long to wait, as in :wait 14d.")
        return turn.deadlines[0].due
    try:
        return now + parse_duration(length.replace(" ", ""))
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
    except ValueError as fault:
        raise ValueError(f"{str(fault)[:1].upper()}{str(fault)[1:]}.") from None


def with_wait(shown: TurnShown, since: datetime) -> TurnShown:
    """A turn at which nothing has happened since then."""
    return replace(shown, waited=shown.now - since)


class _Stood(Conversation):
    """A conversation as it stands in a store: for the pages, which look at it."""

    __slots__ = ("_stands",)

    def __init__(self, scenario: Scenario, snapshot: Snapshot, clock: Clock, turn: Turn) -> None:
        super().__init__(scenario, snapshot, clock, 0)
        self._stands = turn

    @property
    def turn(self) -> Turn:
        return self._stands


def page(
    name: str,
    argument: str,
    scenario: Scenario,
    snapshot: Snapshot,
    clock: Clock,
    turn: Turn,
    record: Record,
) -> list[Output]:
    """The page of this name."""
    stood = _Stood(scenario, snapshot, clock, turn)
    found = pages.page(name, argument, stood, scenario, record, snapshot.seed)
    if name == "help":
        found = [_help(each, getattr(clock, "speed", 0.0)) for each in found]
    return found


def _help(output: Output, speed: float) -> Output:
    """The words that can be typed here alone."""
    if not isinstance(output, Page):
        return output
    here = _here(speed)
    rows: tuple[Row, ...] = tuple(
        row
        for row in output.rows
        if not row.name.startswith(":") or row.name[1:].partition(" ")[0] in here
    )
    return replace(output, rows=rows)
