"""What the panes beside the talk show, in lines: states, variables, time, history, the file.

An author sees what no player does: hidden variables, guards, what the engine may draw. Each mark
is a word or a sign, and colour only adds to it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from heartline.durations import format_duration
from heartline.frontends.studio.talk import Line, line
from heartline.frontends.terminal.pages import names, shown_value
from heartline.plan import HANDLED, PENDING, RUNNING
from heartline.reasons import explain_choice
from heartline.words import humanise_date, humanise_duration
from heartline.wrapping import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartline.frontends.studio.bench import Bench, Step
    from heartline.frontends.terminal.session import Session
    from heartline.frontends.terminal.strict import Stands
    from heartline.machine import Machine, Way
    from heartline.snapshot import Frame
    from heartline.turn import Choice

__all__ = [
    "Offer",
    "choice_rows",
    "clock",
    "events",
    "file_lines",
    "file_mark",
    "offers",
    "standing",
    "state_marks",
    "step_lines",
    "time_lines",
    "variable_lines",
    "way_lines",
]

_WAITS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
_KINDS = {"choice": "", "event": "on ", "after": "after ", "always": "always"}
_STANDS = {
    "broken": "broken",
    "held": "held so far",
    "untried": "not put to the test yet",
    "unmonitored": "about ways that no single play takes (heartline check --prove decides it)",
}


def clock(session: Session) -> str:
    """The story's time, as in Monday 5 January 2026, 09:00."""
    return f"{humanise_date(session.now)}, {session.now:%H:%M}"


def standing(bench: Bench) -> str:
    """Where the play stands, in one line."""
    session = bench.session
    if session is None:
        return "The file cannot be played yet"
    turn = session.turn
    seed = f"seed {session.beginning.seed}"
    words = (plain(turn.title), f"turn {turn.number}", clock(session), seed)
    return " \N{MIDDLE DOT} ".join(words)


def choice_rows(
    session: Session | None,
) -> tuple[list[tuple[Line, bool]], list[tuple[str, str] | None]]:
    """The rows of the choices, each with whether it can be taken, and beside them which choice of
    which role each row means."""
    if session is None:
        return [], []
    turn = session.turn
    rows: list[tuple[Line, bool]] = []
    meant: list[tuple[str, str] | None] = []
    cast = {role: info.name for role, info in session.scenario.file.cast.items()}
    called = dict(names(turn, session.record, cast))
    role = None
    for number, choice in enumerate(turn.choices, 1):
        if len(called) > 1 and choice.role != role:
            role = choice.role
            rows.append((line(f"{called[role]} can:", "title"), False))
            meant.append(None)
        rows.append((_choice_line(number, choice, session), choice.enabled))
        meant.append((choice.id, choice.role))
    if not rows:
        how = "n and w let time pass." if turn.outcome is None else "u goes back, r begins anew."
        what = "There is nothing to say now" if turn.outcome is None else "It is over"
        rows.append((line(f"{what}: {how}", "dim"), False))
        meant.append(None)
    return rows, meant


def _choice_line(number: int, choice: Choice, session: Session) -> Line:
    """A choice as it stands in the list: why it is closed, in the author's words and exactly."""
    start = f"{number}. {plain(choice.label)}"
    name = (f"  ({choice.id})", "dim")
    if choice.enabled:
        return Line(((start, ""), name))
    reason = choice.reason or "not now"
    exact = _needs(session, choice)
    more = f" [{exact}]" if exact and exact not in reason else ""
    return Line(((f"{start}  Closed: {plain(reason)}{more}", "dim"), name))


def _needs(session: Session, choice: Choice) -> str:
    machine, position = session.scenario.machine, session.position
    for spec in machine.leaves[position.state].choices:
        if (spec.id, spec.role) == (choice.id, choice.role):
            return explain_choice(machine, position, spec, reveal_hidden=True).exact
    return ""


def state_marks(session: Session) -> dict[str, str]:
    """What sets states apart: "here", "in it" or "been"; a state that nothing does is not named."""
    leaves = session.scenario.machine.leaves
    visited = {entry["state"] for entry in session.record.transcript}
    found = {name: "been" for leaf in visited if leaf in leaves for name in leaves[leaf].path}
    turn = session.turn
    return found | dict.fromkeys(turn.path, "in it") | {turn.state: "here"}


def way_lines(session: Session) -> list[Line]:
    """The ways that lead on from here, each with its guard and whether it holds."""
    machine, position = session.scenario.machine, session.position
    leaf = machine.leaves[position.state]
    if leaf.final:
        return [line("The conversation has ended here.", "dim")]
    found = [_way_line(machine, position.frame, way) for way in _ways(session)]
    return found or [line("No way leads on from here.", "dim")]


def _ways(session: Session) -> list[Way]:
    """The ways out of the present state: its own first, then what outer states hand down."""
    machine, leaf = session.scenario.machine, session.position.state
    events = machine.events.values()
    ways = [way for event in events for way in event.transitions.get(leaf, ())]
    depths = {name: len(state.path) for name, state in machine.states.items()}
    return sorted(ways, key=lambda way: -depths.get(way.edge.source or "", 0))


def _way_line(machine: Machine, frame: Frame, way: Way) -> Line:
    edge = way.edge
    if edge.kind == "choice":
        name = f"{edge.role}: {edge.trigger}"
    else:
        local = edge.kind == "after" and machine.timers[edge.trigger].local
        trigger = edge.trigger.rpartition(".")[2] if local else edge.trigger
        name = f"{_KINDS[edge.kind]}{trigger}"
    target = "(stays)"
    if edge.target is not None:
        target = f"\N{RIGHTWARDS ARROW} {machine.states[edge.target].title}"
    holds = way.guard is None or bool(way.guard(frame))
    if way.history is not None:
        slot, value = way.history
        holds = holds and frame[slot] == value
    guard = f"  when {edge.when}" if edge.when is not None else ""
    closed = "" if holds else "  (not now)"
    words = f"{'+' if holds else '-'} {name} {target}"
    return Line(((plain(words), "" if holds else "dim"), (plain(guard) + closed, "dim")))


def variable_lines(bench: Bench) -> list[Line]:
    """Every variable, hidden ones among them; first those that the last step changed."""
    session = bench.session
    if session is None:
        return []
    frame, before = session.position.frame, bench.before
    slots = [
        (index, slot)
        for index, slot in enumerate(session.scenario.machine.slots)
        if slot.symbol[0] == "var"
    ]
    if not slots:
        return [line("This scenario has no variables.", "dim")]
    changed = [
        (index, slot)
        for index, slot in slots
        if before is not None and len(before) == len(frame) and before[index] != frame[index]
    ]
    found = [line("Changed by the last step", "title")]
    for index, slot in changed:
        assert before is not None
        was = f"  (was {_value(before[index])})"
        found.append(Line(((f"* {slot.symbol[1]} = {_value(frame[index])}", "mark"), (was, ""))))
    if not changed:
        found.append(line("  nothing", "dim"))
    found += [line(""), line("All variables", "title")]
    marked = {index for index, _ in changed}
    for index, slot in slots:
        mark = "*" if index in marked else " "
        hidden = "  hidden" if slot.hidden else ""
        title = f"  {slot.title}" if slot.title else ""
        text = f"{mark} {slot.symbol[1]} = {_value(frame[index])}"
        found.append(Line(((text, "mark" if mark == "*" else ""), (plain(title) + hidden, "dim"))))
    return found


def _value(value: object) -> str:
    return format_duration(value) if isinstance(value, timedelta) else plain(shown_value(value))


def time_lines(session: Session) -> list[Line]:
    """The story's time, and how each timer stands."""
    machine, position = session.scenario.machine, session.position
    found = [line(clock(session), "title"), line("")]
    due = {each.timer: each.due for each in position.deadlines}
    for name, timer in machine.timers.items():
        held = position.frame[timer.slot]
        if timer.local and held != RUNNING:
            continue
        title = timer.title or name
        more = f"  ({name})" if title != name else ""
        words, style = "off", "dim"
        if held == RUNNING and name in due:
            left = max(due[name] - session.now, timedelta(0))
            words = (
                f"running, {humanise_duration(left)} left, until {humanise_date(due[name])}, "
                f"{due[name]:%H:%M}"
            )
            style = "mark"
        elif held == PENDING:
            words, style = "run out, and nothing has handled it yet", "warning"
        elif held == HANDLED:
            words, style = "run out", ""
        found.append(Line(((f"{plain(title)}: {words}", style), (more, "dim"))))
    if not machine.timers:
        found.append(line("This scenario has no timers.", "dim"))
    return found


class Offer(NamedTuple):
    """Something to pick that stands for a typed line."""

    text: str
    typed: str


def offers(session: Session) -> list[Offer]:
    """How the clock can be moved from here by picking; any other length is typed."""
    found = []
    if session.position.deadlines:
        due = session.position.deadlines[0]
        title = session.scenario.machine.timers[due.timer].title or "what runs out here"
        left = humanise_duration(max(due.due - session.now, timedelta(0)))
        found.append(Offer(f"To the next: {plain(title)}, in {left}", ":wait"))
    found += [
        Offer(f"Wait {humanise_duration(each)}", f":wait {format_duration(each)}")
        for each in _WAITS
    ]
    return found


def events(session: Session) -> list[str]:
    """The events that the present state listens to."""
    ways = _ways(session)
    return list(dict.fromkeys(way.edge.trigger for way in ways if way.edge.kind == "event"))


def step_lines(steps: Sequence[Step]) -> list[Line]:
    """The history, a line for each step; the day is said where it is another one."""
    found, day = [], None
    for step in steps:
        when = datetime.fromisoformat(step.moment)
        date = f"  {humanise_date(when)}" if when.date() != day else ""
        day = when.date()
        place = {"here": "  (you are here)", "ahead": "  (ahead)", "past": ""}[step.place]
        text = f"{step.number:>3}. {plain(step.typed or 'the beginning')} "
        text += f"\N{RIGHTWARDS ARROW} {plain(step.state)}{place}"
        style = {"here": "title", "ahead": "dim", "past": ""}[step.place]
        found.append(Line(((text, style), (date, "dim"))))
    return found


def file_mark(bench: Bench) -> str:
    """The state of the file and its promises in a few words; empty where all is well."""
    words = []
    for severity in ("error", "warning"):
        count = sum(found.severity.value == severity for found in bench.findings)
        if count:
            words.append(f"{count} {severity}{'s' * (count > 1)}")
    if bench.fault is not None and not words:
        words.append("cannot be played")
    broken = sum(each.word == "broken" for each in bench.promises)
    if broken:
        words.append(f"{broken} broken")
    return ", ".join(words)


def file_lines(bench: Bench) -> list[Line]:
    """What is wrong with the file, and how the play stands with what it promises."""
    found: list[Line] = []
    if bench.fault is not None:
        goes_on = " The conversation goes on as the file was before." if bench.session else ""
        text = f"The file cannot be played as it is now.{goes_on} Save it again to go on in it."
        found += [line(text, "warning"), line("")]
        if not bench.findings:
            found += [line(str(bench.fault)), line("")]
    for each in bench.findings:
        style = "warning" if each.severity.value == "error" else "mark"
        head = f"{each.severity.value} {each.code}"
        found.append(Line(((head, style), (f"  {plain(str(each.location))}", ""))))
        found.append(line(f"  {each.message}"))
        if each.hint:
            found.append(line(f"  {each.hint}", "dim"))
    if not found:
        found.append(line("Nothing is wrong with the file."))
    found += [line(""), *_promise_lines(bench.promises)]
    return found


def _promise_lines(promises: tuple[Stands, ...]) -> Iterator[Line]:
    yield line("What it promises", "title")
    if not promises:
        yield line("Nothing that this play is held to.", "dim")
    for each in sorted(promises, key=lambda each: each.word != "broken"):
        style = "warning" if each.word == "broken" else ""
        sign = {"broken": "! ", "held": "+ "}.get(each.word, "  ")
        name = (f"{sign}{each.promise.name}", style)
        yield Line((name, (f"  {_STANDS[each.word]}", "" if style else "dim")))
        if each.sentence:
            yield line(f"  {each.sentence}")
