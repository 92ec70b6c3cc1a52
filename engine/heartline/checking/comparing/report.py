"""What came of holding two versions against each other, as text for people and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline.checking.comparing.difference import AFTER, BEFORE, ELSEWHERE
from heartline.checking.exploring.graph import BEGIN, CHOOSE, DRAW, SEND, WAIT
from heartline.checking.proving import telling
from heartline.checking.proving.witness import NotReplayed, Replayer
from heartline.durations import format_duration
from heartline.wrapping import plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heartline.checking.comparing.difference import Comparison, Difference
    from heartline.checking.comparing.migration import Migrated, Stranded
    from heartline.checking.exploring.graph import Graph
    from heartline.checking.proving.paths import Path
    from heartline.conversation import Scenario

__all__ = ["Side", "difference_data", "difference_text", "migration_data", "migration_text"]

_LIMITS = {
    "configurations": "at the limit of configurations (--max-configurations)",
    "seconds": "at the limit of time (--max-seconds)",
    "memory": "at the limit of memory (--max-memory)",
    "interrupt": "when it was interrupted",
}
_WHATS = {
    BEGIN: "the beginning",
    CHOOSE: "the choice {} of {}",
    DRAW: "the draw of {} for {}",
    SEND: "the event {}",
    WAIT: "the end of {}",
}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two versions, and its graph where it was explored."""

    scenario: Scenario
    graph: Graph | None

    @property
    def called(self) -> str:
        """The version, as sentences name it."""
        return self.scenario.version

    def story(self, path: Path, width: int) -> list[str]:
        """How a play goes this way; where the runtime does not, what the graph says happens."""
        assert self.graph is not None
        try:
            witness = Replayer(self.scenario, self.graph).replay(path)
        except NotReplayed as refusal:
            rows = [f"  {_row(label.kind, label.id)}" for label in path.labels(self.graph)]
            return [*rows, *_fill(f"(This was not replayed. {refusal})", width, "  ")]
        return telling.story(witness, width=width)

    def data(self, path: Path | None) -> dict[str, Any] | None:
        """The same for programs."""
        if path is None or self.graph is None:
            return None
        try:
            return telling.as_data(Replayer(self.scenario, self.graph).replay(path))
        except NotReplayed as refusal:
            rows = [{"kind": label.kind, "id": label.id} for label in path.labels(self.graph)]
            return {"not_replayed": str(refusal), "steps": rows}

    def figures(self) -> dict[str, Any]:
        """How large it is."""
        graph = self.graph
        found: dict[str, Any] = {"version": self.called, "undo": self.scenario.machine.undo}
        if graph is not None:
            found |= {
                "configurations": len(graph),
                "transitions": graph.transitions,
                "seconds": round(graph.seconds, 3),
                "stopped": graph.stopped,
            }
        return found


# Differences ------------------------------------------------------------------------------------


def difference_text(found: Comparison, old: Side, new: Side, width: int) -> str:
    """The differences with plays that show them, then what is proved, then figures."""
    parts = [_different(each, old, new, width) for each in found.differences]
    notes = []
    for names, side in ((found.only_old, old), (found.only_new, new)):
        if names:
            notes.append(f"Only {side.called} has the inputs {', '.join(names)}.")
    notes += [
        f"{timer} runs {before} in {old.called} and {after} in {new.called}; lengths are compared "
        "only as far as they change what can happen."
        for timer, before, after in found.lengths
    ]
    if old.scenario.machine.undo != new.scenario.machine.undo:
        one, other = (old, new) if old.scenario.machine.undo else (new, old)
        notes.append(
            f"In {one.called} a person can take a turn back, in {other.called} nothing is taken "
            "back."
        )
    parts += [_fill(note, width) for note in notes]
    parts.append(_fill(_compared(found, old, new), width))
    parts += _cut_off(old, new, width)
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _compared(found: Comparison, old: Side, new: Side) -> str:
    many = len(found.differences)
    if many:
        said = (
            f"{old.called} and {new.called} differ in {many} thing{'' if many == 1 else 's'} "
            "that can happen."
        )
    elif found.verdict == "same":
        said = (
            f"Every conversation that is possible in {old.called} is possible in {new.called}, "
            "and the other way round."
        )
    else:
        said = "As far as they were explored no difference was found, which proves nothing."
    return f"{said} {found.pairs:,} pairs of configurations were compared."


def _different(found: Difference, old: Side, new: Side, width: int) -> list[str]:
    before, after = found.led
    sides = {BEFORE: old.called, AFTER: new.called}
    what = _called(found)
    if found.sort == ELSEWHERE:
        head = f"Leads elsewhere: {what}: to {before} in {old.called}, to {after} in {new.called}."
        if before == after:
            head = f"Ends otherwise: {what}: both come to {after}, with another outcome."
    else:
        head = f"Only in {sides[found.sort]}: {what}, which leads to {before or after}."
    lines = _fill(head, width)
    for path, side in ((found.old, old), (found.new, new)):
        if path is not None:
            if found.sort == ELSEWHERE:
                lines.append(f"  In {side.called}:")
            lines += side.story(path, width)
    return lines


def _called(found: Difference) -> str:
    what = _WHATS[found.kind].format(found.id, found.role)
    if found.kind == BEGIN:
        values = [f"{name} = {_value(value)}" for name, value in (found.inputs or {}).items()]
        return what + (f" with {', '.join(values)}" if values else "")
    return f"{what}, in {found.state}"


def difference_data(found: Comparison, old: Side, new: Side) -> str:
    """The same as JSON."""
    return _json({
        "verdict": found.verdict,
        "old": {**old.figures(), "inputs": list(found.only_old)},
        "new": {**new.figures(), "inputs": list(found.only_new)},
        "pairs": found.pairs,
        "lengths": [
            {"timer": timer, "old": before, "new": after} for timer, before, after in found.lengths
        ],
        "differences": [
            {
                "sort": each.sort,
                "state": each.state,
                "kind": each.kind,
                "id": each.id,
                "role": each.role,
                "inputs": {name: _value(value) for name, value in (each.inputs or {}).items()},
                "leads_to": {"old": each.led[0], "new": each.led[1]},
                "old": old.data(each.old),
                "new": new.data(each.new),
            }
            for each in found.differences
        ],
    })  # fmt: skip


# Migrations -------------------------------------------------------------------------------------


def migration_text(found: Migrated, old: Side, new: Side, width: int) -> str:
    """Those that are stranded, with plays that lead there, then what is proved."""
    parts = [_stuck(each, old, width) for each in found.stranded]
    parts.append(_fill(_migrated(found, old, new), width))
    parts += _cut_off(old, new, width)
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _stuck(found: Stranded, old: Side, width: int) -> list[str]:
    many = f"{found.count:,} configuration{'' if found.count == 1 else 's'}"
    head = "Stranded" if found.sure else "Not decided"
    lines = _fill(f"{head}: {many} of {found.state}: {found.why}{_and_more(found)}.", width)
    return [*lines, *old.story(found.path, width)]


def _and_more(found: Stranded) -> str:
    if not found.others:
        return ""
    return f" (or another of {found.others + 1} values)"


def _migrated(found: Migrated, old: Side, new: Side) -> str:
    if found.verdict == "unchanged":
        return (
            f"{old.called} and {new.called} have the same structure: conversations of the one go "
            "on in the other as they are."
        )
    many = f"{found.configurations:,} configurations in which conversations of {old.called} rest"
    if found.verdict == "proved":
        return f"All {many} go on in {new.called}, and can come to an end there."
    stranded = sum(each.count for each in found.stranded if each.sure)
    open_ones = sum(each.count for each in found.stranded if not each.sure)
    said = f"Of the {many}, {found.goes_on:,} go on in {new.called} and can come to an end there"
    if stranded:
        said += f"; {stranded:,} {'is' if stranded == 1 else 'are'} stranded"
    if open_ones:
        said += f"; of {open_ones:,} it is not decided"
    return f"{said}."


def migration_data(found: Migrated, old: Side, new: Side) -> str:
    """The same as JSON."""
    return _json({
        "verdict": found.verdict,
        "old": old.figures(),
        "new": new.figures(),
        "configurations": found.configurations,
        "go_on": found.goes_on,
        "stranded": [
            {
                "state": each.state,
                "configurations": each.count,
                "decided": each.sure,
                "reason": each.why,
                "other_reasons": each.others,
                "play": old.data(each.path),
            }
            for each in found.stranded
        ],
    })  # fmt: skip


# Words ------------------------------------------------------------------------------------------


def _cut_off(old: Side, new: Side, width: int) -> list[list[str]]:
    parts = []
    for side in (old, new):
        if side.graph is not None and side.graph.stopped is not None:
            sentence = (
                f"The exploration of {side.called} stopped {_LIMITS[side.graph.stopped]}, after "
                f"{len(side.graph):,} configurations: what lies beyond was not looked at."
            )
            parts.append(_fill(sentence, width))
    return parts


def _row(kind: str, name: str) -> str:
    return plain(f"{kind} {name}".rstrip())


def _value(value: object) -> Any:
    if isinstance(value, timedelta):
        return format_duration(value)
    return value


def _fill(text: str, width: int, indent: str = "") -> list[str]:
    return wrapped(plain(text), min(max(width, telling.NARROWEST), telling.WIDEST), indent, indent)


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
