"""What came of a run, for people and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from heartline.testing.mutation.mutant import EQUIVALENT, INVALID, KILLED, SURVIVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartline.testing.mutation.mutant import Mutant, Verdict
    from heartline.testing.mutation.session import Outcome

__all__ = ["as_json", "as_text", "hint"]

SHOWN = 3  # tests that are named; of more, how many there are

_NOTICING = {
    "swap-speaker": "expect the line with its speaker, or said_by",
    "always-said": "expect lines or not_said, where its condition does not hold",
    "visit": "expect lines, on the first visit and on a later one",
    "retarget": "expect the state that it leads to",
    "drop-choice": "choose or draw it, or expect it in offered",
    "drop-once": "come back after it was taken, and expect it in closed",
    "drop-timer": "wait until it runs out, and expect the state",
    "drop-event": "send it, and expect the state",
    "drop-way": "expect the state that it leads to, or what it does",
    "delay": "expect timers or ends, or answer just before and just after",
    "weight-zero": "draw it, in a test that needs it to be possible",
    "initial": "expect it in context at the start",
    "drop-action": "expect what it changes: context or timers",
    "swap-actions": "expect what both change: context or timers",
    "plus-minus": "expect what it changes: context",
    "min-max": "expect what it changes: context",
}


def as_text(outcome: Outcome, *, everything: bool = False) -> str:
    """The survivors, each with its place, the change and what would notice it; then the score."""
    lines: list[str] = []
    if outcome.survivors:
        lines += [f"Not noticed ({len(outcome.survivors)}):", ""]
        for mutant, verdict in outcome.survivors:
            lines += [*_told(mutant), f"    {hint(mutant, verdict)}", ""]
    accepted = [each for each in outcome.those(SURVIVED) if each[0].name in outcome.accepted]
    if accepted:
        lines += [f"Not noticed, and accepted ({len(accepted)}):", ""]
        for mutant, _ in accepted:
            lines += [*_told(mutant), f"    because: {outcome.accepted[mutant.name]}", ""]
    if everything:
        for status, title in (
            (EQUIVALENT, "Equivalent, so that nobody could notice"), (INVALID, "Not playable"),
            (KILLED, "Noticed"),
        ):  # fmt: skip
            found = outcome.those(status)
            if found:
                lines += [f"{title} ({len(found)}):", ""]
                for each in found:
                    lines += [*_told(each[0]), f"    {_how(*each)}"]
                lines.append("")
    return "\n".join([*lines, *_summary(outcome)]) + "\n"


def _told(mutant: Mutant) -> Iterator[str]:
    yield f"{mutant.location}  {mutant.operator}  {mutant.before} -> {mutant.after}"
    yield f"    {mutant.name}"


def _how(mutant: Mutant, verdict: Verdict) -> str:
    return {
        KILLED: f"noticed by {verdict.how}", EQUIVALENT: f"shown by {verdict.how}",
        INVALID: verdict.how,
    }.get(verdict.status, hint(mutant, verdict))  # fmt: skip


def hint(mutant: Mutant, verdict: Verdict) -> str:
    """Which tests come to the place of a survivor, and what would notice it."""
    if verdict.everywhere:
        return f"much depends on it, and no test notices it: {_noticing(mutant)}"
    if not verdict.reached:
        if _of_the_offer(mutant):  # tests may well stand where it is, and look at something else
            return f"no test takes it or looks whether it is offered: {_noticing(mutant)}"
        return "no test comes there: write one that does"
    if not verdict.differs:
        return (
            f"{_tests(verdict.reached, 'come', 'comes')} there, and it makes no difference in "
            f"{'any of them' if len(verdict.reached) > 1 else 'it'}: write one in which it does"
        )
    return (
        f"it makes a difference in {_tests(verdict.differs)}, where nothing is expected of it: "
        f"{_noticing(mutant)}"
    )


def _of_the_offer(mutant: Mutant) -> bool:
    """Whether it is about whether a choice is offered, not about what it does."""
    path = mutant.edits[0].path
    inside = path[path.index("choices") + 2 :] if "choices" in path else ("elsewhere",)
    return not inside or inside[0] in ("when", "once", "weight")


def _noticing(mutant: Mutant) -> str:
    known = _NOTICING.get(mutant.operator)
    if known is not None:
        return known
    path = mutant.edits[0].path
    if path[0] == "guards":
        return "expect only_offered, lines or a state that depends on it"
    if "do" in path or path[-1] == "do":
        return "expect what it changes: context or timers"
    if "say" in path:
        return "expect lines or not_said"
    if "choices" in path:
        return "expect only_offered or closed, or draw it"
    return "expect the state, or what follows from it"


def _tests(ids: Sequence[str], many: str = "", one: str = "") -> str:
    names = ", ".join(each.partition("::")[2] for each in ids[:SHOWN])
    if len(ids) > SHOWN:
        names += ", ..."
    count = "1 test" if len(ids) == 1 else f"{len(ids)} tests"
    verb = one if len(ids) == 1 else many
    return f"{count} ({names})" + (f" {verb}" if verb else "")


def _summary(outcome: Outcome) -> Iterator[str]:
    killed, survived = len(outcome.those(KILLED)), len(outcome.those(SURVIVED))
    equivalent, invalid = outcome.left_out
    judged = len(outcome.judged)
    yield (
        f"{outcome.scenario}: {judged} {_plural(judged, 'mutant')}, {killed} noticed, {survived} "
        f"not, by {outcome.tests} {_plural(outcome.tests, 'test')} in {outcome.seconds:.1f} s"
    )
    if outcome.sample:
        yield f"That is a sample of the {outcome.asked} mutants that were asked for."
    if outcome.asked < outcome.made:
        yield f"Mutants of all kinds together: {outcome.made}."
    if equivalent or invalid:
        yield (
            f"Not counted: {equivalent} that nobody could notice, {invalid} that cannot be played."
        )
    if not outcome.counted:
        yield "There is no score, since there was nothing to notice."
        return
    score = f"Score: {_percent(outcome.score)}"
    if len(outcome.survivors) != survived:
        score += f" ({_percent(outcome.score_with_accepted)} without those that are accepted)"
    yield score


def _plural(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"


def _percent(share: float) -> str:
    """A share, rounded down, so that 100 % means all."""
    return f"{int(share * 1000) / 10:g} %"


def as_json(outcome: Outcome) -> str:
    """All of it, for programs."""
    equivalent, invalid = outcome.left_out
    data: dict[str, Any] = {
        "scenario": outcome.scenario,
        "score": round(outcome.score, 6),
        "score_with_accepted": round(outcome.score_with_accepted, 6),
        "made": outcome.made,
        "judged": len(outcome.judged),
        "asked_for": outcome.asked,
        "sample": outcome.sample,
        "tests": outcome.tests,
        "seconds": round(outcome.seconds, 3),
        "counts": {
            "killed": len(outcome.those(KILLED)), "survived": len(outcome.survivors),
            "accepted": len(outcome.those(SURVIVED)) - len(outcome.survivors),
            "equivalent": equivalent, "invalid": invalid,
        },
        "survivors": [
            {**_item(mutant), "reached_by": list(verdict.reached),
             "differs_in": list(verdict.differs), "hint": hint(mutant, verdict)}
            for mutant, verdict in outcome.survivors
        ],
        "accepted": [
            {**_item(mutant), "because": outcome.accepted[mutant.name]}
            for mutant, _ in outcome.those(SURVIVED) if mutant.name in outcome.accepted
        ],
        "equivalent": [
            {**_item(mutant), "shown_by": verdict.how}
            for mutant, verdict in outcome.those(EQUIVALENT)
        ],
        "invalid": [
            {**_item(mutant), "why": verdict.how} for mutant, verdict in outcome.those(INVALID)
        ],
        "killed": [
            {**_item(mutant), "by": verdict.how} for mutant, verdict in outcome.those(KILLED)
        ],
        "warnings": [str(each) for each in outcome.warnings],
    }  # fmt: skip
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _item(mutant: Mutant) -> dict[str, object]:
    return {
        "mutant": mutant.name, "operator": mutant.operator, "file": mutant.location.file,
        "line": mutant.location.line, "column": mutant.location.column, "before": mutant.before,
        "after": mutant.after,
    }  # fmt: skip
