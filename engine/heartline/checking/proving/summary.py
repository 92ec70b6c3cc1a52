"""The outcome of a proof as text for people, and as JSON and SARIF for programs."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from heartline.checking import report
from heartline.checking.proving import telling
from heartline.checking.proving.promises import PROVED, VIOLATED
from heartline.diagnostics import Severity
from heartline.wrapping import plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from heartline.checking.proving.outcome import Outcome, Shown

__all__ = ["as_json", "as_sarif", "as_text", "figures", "reached"]

_STOPPED = {
    "configurations": "the limit of configurations (--max-configurations) was reached",
    "seconds": "the limit of time (--max-seconds) was reached",
    "memory": "the limit of memory (--max-memory) was reached",
    "interrupt": "it was interrupted",
}


def as_text(
    outcome: Outcome,
    sources: Mapping[str, Sequence[str]],
    *,
    colour: bool = False,
    width: int = 80,
    play: str = "",
) -> str:
    """Findings with the plays that show them, then the promises, then figures. `play` says what
    can be done with the plays."""
    parts = []
    if outcome.diagnostics:
        said = report.as_text(outcome.diagnostics, sources, colour=colour, width=width)
        parts.append(said.rstrip("\n").split("\n"))
    parts += [_play(each, width) for each in outcome.shown if _is_told(each)]
    if play and any(map(_is_told, outcome.shown)):
        parts.append(wrapped(play, width))
    parts.append(list(_promises(outcome)))
    parts.append(_fill(figures(outcome), width))
    end = reached(outcome)
    if end is not None:
        parts.append(_fill(end, width))
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _is_told(shown: Shown) -> bool:
    """Whether the play is told to people: not for what is only worth knowing."""
    said = shown.diagnostic
    return shown.witness is not None and said is not None and said.severity is not Severity.NOTE


def _play(shown: Shown, width: int) -> list[str]:
    witness, said = shown.witness, shown.diagnostic
    assert witness is not None
    assert said is not None
    count = witness.length
    moves = "at once" if not count else f"with {count} move{'' if count == 1 else 's'}"
    place = f"{said.location.file}:{said.location.line}"
    head = f"How a play comes to {said.code} ({shown.name}, {place}), {moves}:"
    return [*_fill(head, width), *telling.story(witness, width=width)]


def _promises(outcome: Outcome) -> Iterator[str]:
    """One line for each promise. They are not broken into several, so that places can be copied."""
    width = max((len(each.name) for each in outcome.promises), default=0)
    for each in outcome.promises:
        verdict = each.verdict
        assert verdict is not None
        place = f"{verdict.promise.location.file}:{verdict.promise.location.line}"
        note = "  (no play puts it to the test)" if verdict.vacuous else ""
        yield plain(f"{verdict.verdict:<13} {each.name:<{width}}  {place}{note}")


def figures(outcome: Outcome) -> str:
    """How large it is and how long it took, in a sentence, and how the promises stand."""
    graph = outcome.graph
    counts = Counter(each.verdict.verdict for each in outcome.promises if each.verdict is not None)
    promises = ", ".join(f"{count} {word}" for word, count in sorted(counts.items(), key=_order))
    said = f" Promises: {promises}." if promises else ""
    return (
        f"{graph.machine.id} {graph.machine.version}: {len(graph):,} configurations and "
        f"{graph.transitions:,} transitions, {outcome.depth:,} moves deep, in "
        f"{_seconds(outcome.seconds)} and {graph.memory / 1e6:,.1f} MB.{said}"
    )


def _order(counted: tuple[str, int]) -> int:
    return 0 if counted[0] == PROVED else 1 if counted[0] == VIOLATED else 2


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds:.2f} s"


def reached(outcome: Outcome) -> str | None:
    """Why it is not complete, and how far it came; None where it is."""
    graph = outcome.graph
    if graph.is_whole:
        return None
    why = _STOPPED.get(graph.stopped or "", "not everything was explored")
    return (
        f"Not complete: {why}. Of {len(graph):,} configurations that were found, "
        f"{graph.expanded:,} were gone on from; what is not broken among them is not proved."
    )


def _fill(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    return wrapped(plain(text), width, first, first if rest is None else rest)


# For programs -----------------------------------------------------------------------------------


def as_json(outcome: Outcome) -> str:
    """All of it as one object, `format` 1. Lines and columns count from 1."""
    graph = outcome.graph
    data: dict[str, Any] = {
        "format": 1,
        "scenario": graph.machine.id,
        "version": graph.machine.version,
        "persons": list(graph.persons),
        "configurations": len(graph),
        "transitions": graph.transitions,
        "depth": outcome.depth,
        "seconds": round(outcome.seconds, 3),
        "memory": graph.memory,
        "complete": graph.is_whole,
        "expanded": graph.expanded,
        "stopped": graph.stopped,
        "properties": [_property(each) for each in outcome.promises],
        "findings": [_finding(each) for each in outcome.findings],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _property(shown: Shown) -> dict[str, Any]:
    verdict = shown.verdict
    assert verdict is not None
    location = verdict.promise.location
    return {
        "name": verdict.promise.name,
        "verdict": verdict.verdict,
        "vacuous": verdict.vacuous,
        "sentence": verdict.sentence,
        "file": location.file,
        "line": location.line,
        "code": None if shown.diagnostic is None else shown.diagnostic.code,
        "witness": None if shown.witness is None else telling.as_data(shown.witness),
    }


def _finding(shown: Shown) -> dict[str, Any]:
    said = shown.diagnostic
    assert said is not None
    return {
        "name": shown.name,
        "code": said.code,
        "severity": said.severity.value,
        "message": said.message,
        "hint": said.hint,
        "file": said.location.file,
        "line": said.location.line,
        "column": said.location.column,
        "doubt": shown.doubt,
        "witness": None if shown.witness is None else telling.as_data(shown.witness),
    }


def as_sarif(outcome: Outcome, version: str) -> str:
    """What there is to say as SARIF; `version` is Heartline's."""
    return report.as_sarif(outcome.diagnostics, version)
