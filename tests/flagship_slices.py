"""Copies of the flagship in which a person can do less, or in which somebody made a mistake.

The whole story has some ten million configurations. A copy in which a person takes only certain
choices is a part of it: each play of the part is a play of the whole. So what is broken in a part
of a mistaken copy is broken in the whole of it, and the part is explored in a second.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from pathlib import Path

import heartline
from harness import bundled
from heartline.checking.exploring.explorer import explore
from heartline.checking.proving.outcome import Outcome, judge
from heartline.checking.proving.promises import wanted, wanted_at

FOLDER = Path(__file__).parent.parent / "scenarios" / "reconciliation"
Edit = tuple[str, str, str]
"""Where, what stands there, and what is put in its place: the first after the line that declares
the choice, state, variable or guard that it names."""

# The shortest good conduct that leads from the door to the end of the ninety days, and ways out.
PATIENT = (
    "ask_why", "reflect", "say_sorry", "take_responsibility", "offer_repair", "say_regret",
    "explain_plainly", "leave_it_there", "do_the_promise", "do_it_quietly", "ask_chance",
    "answer_plainly", "keep_month", "look_honestly", "keep_quarter", "ask_for_answer",
    "take_the_no", "say_thanks",
)  # fmt: skip
SPACE = (
    "propose_space", "tell_two", "contact_none", "contact_weekly", "length_2w", "length_12w",
    "ring_a_friend", "leave_it_quiet", "thursday_call", "turn_up_and_ask", "extend_yes",
    "extend_no", "write_just_checking", "own_the_breach",
)  # fmt: skip
TO_THE_KITCHEN = ("ask_why", "enough_tonight")
PUSH = ("beg", "name_it", "own_it", "keep_to_it")
HEAT = ("first_defend", "deny_it", "criticise", "ask_how_long")
COUNSELLING = (
    "propose_counselling", "pitch_neutral", "screen_no_fear", "screen_unsure", "take_the_names",
    "d_attend", "own_part", "give_back", "d_stop_going",
)  # fmt: skip


@cache
def persons_choices() -> frozenset[str]:
    """All choices that the person can take, as the files call them."""
    leaves = bundled("reconciliation").machine.leaves.values()
    return frozenset(
        spec.id.rsplit(".", 1)[-1]
        for leaf in leaves for spec in leaf.choices if spec.role == "you"
    )  # fmt: skip


def closed(text: str, choices: Collection[str]) -> str:
    """The text of a file with these choices closed, wherever it declares them."""
    head, mark, promises = text.partition("\nproperties:\n")
    lines = f"{head}\n".splitlines(keepends=True)
    named = re.compile(rf"( +)({'|'.join(map(re.escape, choices))}):(.*)\n")
    out: list[str] = []
    place = 0
    while place < len(lines):
        found, end = named.fullmatch(lines[place]), place + 1
        if found is None:
            out.append(lines[place])
            place = end
            continue
        inner = len(found[1]) + 2
        while end < len(lines) and (not lines[end].strip() or _depth(lines[end]) >= inner):
            end += 1
        block = lines[place:end]
        if found[3].strip().startswith("{"):
            out.append("".join(block).replace("{", '{when: "false", ', 1))
        elif any(line.startswith(" " * inner + "title:") for line in block):  # a state
            out.append(block[0])
            end = place + 1
        else:
            out += [block[0], " " * inner + 'when: "false"\n', *_without_when(block[1:], inner)]
        place = end
    return "".join(out) + (mark + promises).lstrip("\n" if not mark else "")


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _without_when(lines: Iterable[str], inner: int) -> Iterable[str]:
    skipping = False
    for line in lines:
        if _depth(line) == inner:
            skipping = line.strip().startswith("when:")
        if not skipping:
            yield line


def part(
    folder: Path, choices: Collection[str], edits: Sequence[Edit] = (), *, inputs: bool = False
) -> heartline.Scenario:
    """A copy in which a person takes these choices, lets go or stops, with these edits made.

    Without `inputs` none is asked for: who is across the table is of two minds, or as the edits
    say, and the fault is yours.
    """
    shut = persons_choices() - {"let_go", "stop", *choices}
    for name in ("apology.yaml", "session.yaml", "support.yaml"):
        shutil.copy(FOLDER / name, folder / name)
    for name in ("apology.yaml", "session.yaml", "scenario.yaml"):
        text = (FOLDER / name).read_text(encoding="utf-8")
        if name == "scenario.yaml":
            for edit in edits:
                text = mistaken(text, *edit)
            if not inputs:
                text = _settled(text)
        (folder / name).write_text(closed(text, shut), encoding="utf-8")
    return heartline.load(folder)


def mistaken(text: str, where: str, old: str, new: str) -> str:
    """The text with one replacement, in the part that declares a name."""
    found = re.search(rf"^ *{where}:.*\n", text, re.MULTILINE)
    assert found is not None, where
    place = text.index(old, found.start())
    assert place - found.start() < 4000, f"{old} is nowhere near {where}"
    return text[:place] + new + text[place + len(old) :]


def _settled(text: str) -> str:
    """Without inputs that decide anything."""
    fixed = re.sub(
        r"(  at_fault:\n    type: bool\n    initial: true\n)    input: true\n(.*\n)    prompt:.*\n",
        r"\1\2", text,
    )  # fmt: skip
    fixed = fixed.replace("    initial: unknown\n    input: true\n", "    initial: ambivalent\n")
    assert fixed.count("input: true") == text.count("input: true") - 2
    return fixed


def proved(scenario: heartline.Scenario, names: Collection[str] | None = None) -> Outcome:
    """What a proof of it comes to, of these promises, or of all."""
    machine = scenario.machine
    graph = explore(machine, keep=wanted_at(machine), speakers=wanted(machine)[1])
    assert graph.is_whole
    only = [each for each in machine.promises if names is None or each.name in names]
    assert names is None or {each.name for each in only} == set(names)
    return judge(scenario, graph, only=only)
