"""Fields that do not go together: one sentence each, at its place, with what to try."""

from __future__ import annotations

import pytest

from tea import changed, hints, with_place


@pytest.mark.parametrize(
    ("old", "new", "at", "fault", "hint"),
    [
        (
            "max: 3, initial: 0",
            "max: 3, initial: 4",
            "4",
            "HL206 4 is out of bounds",
            "write a number from 0 to 3",
        ),
        (
            "min: 0, max: 3",
            "min: 4, max: 3",
            "3",
            "HL205 'min' is 4 and 'max' is 3: no number is between",
            "exchange them",
        ),
        (
            "cool], initial: warm",
            "cool], initial: wram",
            "wram",
            "HL206 'wram' is none of the values",
            "did you mean 'warm'?",
        ),
        (
            "cool], initial: warm",
            "cool], initial: xyz",
            "xyz",
            "HL206 'xyz' is none of the values",
            "write warm or cool",
        ),
        (
            "5m], initial: 3m",
            "5m], initial: 4m",
            "4m",
            "HL206 '4m' is none of the values",
            "write 3m or 5m",
        ),
        (
            "[3m, 5m]",
            "[3m, 180s]",
            "180s",
            "HL205 '3m' stands twice among the values",
            "delete one",
        ),
        (
            "[warm, cool]",
            "[warm, cool, warm]",
            "warm",
            "HL205 'warm' stands twice among the values",
            "delete one",
        ),
        (
            "[warm, cool]",
            "[warm, cool], labels: {warm: hot, cold: ice}",
            "cold",
            "HL205 'cold' is none of the values",
            "did you mean 'cool'?",
        ),
        (
            "initial: Friend",
            "initial: Friend, max_length: 3",
            "Friend",
            "HL206 the text is longer than max_length, 3 characters",
            "shorten it, or raise max_length",
        ),
        (
            "initial: Friend",
            "initial: Friend, prompt: Who?",
            "prompt",
            "HL205 a prompt asks for an input, and this is none",
            "write input: true, or delete the prompt",
        ),
        (
            "  table:\n",
            "  table:\n    outcome: cold\n",
            "outcome",
            "HL205 'outcome' belongs to a final state, and 'table' is none",
            "write type: final, or delete it",
        ),
        (
            "  table:\n",
            "  table:\n    with: {a: 1}\n",
            "with",
            "HL205 'with' belongs to a state that includes a file, and 'table' is none",
            "write include: and the file",
        ),
        (
            "  table:\n",
            "  table:\n    deep: true\n",
            "deep",
            "HL205 'deep' belongs to a history, and 'table' is none",
            "write type: history, or delete it",
        ),
        (
            "  table:\n",
            "  table:\n    initial: cup\n",
            "initial",
            "HL205 'table' has no inner states to begin in",
            "delete 'initial'",
        ),
        (
            ", outcome: warm",
            "",
            "gone",
            "HL202 the final state 'gone' has no 'outcome', which it needs",
            "write outcome: gone, or how it ended",
        ),
        (
            "outcome: warm}\nprop",
            "outcome: warm, choices: {a: {to: table}}}\nprop",
            "choices",
            "HL510 'gone' cannot have 'choices': in a final state the conversation is over",
            "delete it, or move it to another state",
        ),
        (
            "  table:\n",
            "  table:\n    include: x.yaml\n    initial: a\n",
            "initial",
            "HL510 'table' cannot have 'initial': the included file brings the inner states",
            "delete it, or move it to another state",
        ),
        (
            "  gone:",
            "  back: {type: history}\n  gone:",
            "back",
            "HL510 the history 'back' stands in no state whose past it could keep",
            "put it inside a state",
        ),
        (
            "  table:\n",
            "  table:\n    states: {back: {type: history, entry: {say: x}}}\n",
            "entry",
            "HL510 'back' cannot have 'entry': a history only says where to go back to",
            "delete it, or move it to another state",
        ),
    ],
)
def test_a_contradiction_is_one_sentence_at_its_place(
    old: str, new: str, at: str, fault: str, hint: str | None
) -> None:
    loaded = changed(old, new)
    assert with_place(loaded) == [(at, fault)]
    assert hints(loaded) == [hint]
    assert loaded.file is not None


def test_the_same_length_may_be_written_in_two_ways() -> None:
    assert changed("5m], initial: 3m", "5m], initial: 180s").diagnostics == ()


def test_what_was_taken_out_makes_no_contradiction() -> None:
    loaded = changed("once: true}", "once: true, branches: 3}")
    assert [found.code for found in loaded.diagnostics] == ["HL203"]
    loaded = changed("nick: {type: text, initial: Friend}",
                     "nick: {type: text, initial: Friend, prompt: Who?, input: maybe}")  # fmt: skip
    assert [found.code for found in loaded.diagnostics] == ["HL203"]
