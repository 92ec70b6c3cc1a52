"""Faults in the shape of a file: one sentence each, at its place, with what to try."""

from __future__ import annotations

import pytest

from tea import changed, hints, with_place


@pytest.mark.parametrize(
    ("old", "new", "at", "fault", "hint"),
    [
        (
            "say: One more.",
            "sya: One more.",
            "sya",
            "HL201 'sweeten' has no field 'sya'",
            "did you mean 'say'?",
        ),
        (
            "say: Bye.",
            "text: Bye.",
            "text",
            "HL201 'leave' has no field 'text'",
            "did you mean 'say'?",
        ),
        (
            "    entry: {say",
            "    do: x += 1\n    entry: {say",
            "do",
            "HL201 'kitchen' has no field 'do'",
            "it belongs in entry, exit, a choice or a branch",
        ),
        (
            "{eventually: outcome(warm)}",
            "{eventually: outcome(warm), xyzzy: 1}",
            "xyzzy",
            "HL201 'it_ends' has no field 'xyzzy'",
            (
                "the fields here are about, after, always, at_most, before, ends_within, "
                "eventually, leads_to, must, never, of, whenever and within"
            ),
        ),
        (
            "title: A",
            "tilte: A",
            "tilte",
            "HL201 the file has no field 'tilte'",
            "did you mean 'title'?",
        ),
        (
            "max: 3",
            "maximum: 3",
            "maximum",
            "HL201 'sugar' has no field 'maximum'",
            "did you mean 'max'?",
        ),
        (
            "id: tea\n",
            "",
            "heartline",
            "HL202 the file has no 'id', which it needs",
            "write id: and a name such as first_talk",
        ),
        (
            ", initial: warm",
            "",
            "mood",
            "HL202 'mood' has no 'initial', which it needs",
            "write initial: and its value",
        ),
        (
            "type: int, ",
            "",
            "sugar",
            "HL202 'sugar' has no 'type', which it needs",
            "write type: int, bool, enum, duration or text",
        ),
        (
            "name: You",
            "name: 3",
            "3",
            "HL203 'name' must be a text, not the number 3",
            "write it in quotes",
        ),
        (
            "name: You",
            "name: true",
            "true",
            "HL203 'name' must be a text, not true",
            "write it in quotes",
        ),
        (
            "name: You",
            "name: [a]",
            "[a",
            "HL203 'name' must be a text, not a list",
            None,
        ),
        (
            "name: You",
            "name: {a: b}",
            "{a",
            "HL203 'name' must be a text, not a mapping",
            None,
        ),
        (
            "once: true",
            "once: yes",
            "yes",
            "HL203 'once' must be true or false, not the text 'yes'",
            "write true or false",
        ),
        (
            "min: 0",
            'min: "0"',
            '"0"',
            "HL203 'min' must be a whole number, not the text '0'",
            "write it without quotes",
        ),
        (
            "min: 0",
            "min: 0.5",
            "0.5",
            "HL203 'min' must be a whole number, not the number 0.5",
            None,
        ),
        (
            "[warm, cool]",
            "warm",
            "warm",
            "HL203 'values' must be a list, not the text 'warm'",
            "write [warm]",
        ),
        (
            "do: sugar += 1",
            "do: 5",
            "5",
            "HL203 'do' must be a text, not the number 5",
            "write it in quotes",
        ),
        (
            "do: sugar += 1",
            "do: [sugar += 1, 5]",
            "5",
            "HL203 item 2 of 'do' must be a text, not the number 5",
            "write it in quotes",
        ),
        (
            "    choices:\n      sweeten",
            "    choices:\n      other: 3\n      sweeten",
            "3",
            "HL203 'other' must be a mapping of fields, not the number 3",
            None,
        ),
        (
            "{brew: table}",
            "brew",
            "brew",
            "HL203 'after' must be a mapping of names, not the text 'brew'",
            None,
        ),
        (
            "when: sweet, to: gone}\n    after",
            "when: 1.5, to: gone}\n    after",
            "1.5",
            "HL203 'when' must be a text, not the number 1.5",
            "write it in quotes",
        ),
        (
            "The kettle sings.",
            "5",
            "5",
            "HL203 item 2 of 'say': a line is a text, or a speaker and what they say",
            None,
        ),
        (
            "{ann: Tea?}",
            "{ann: [Tea?, 3]}",
            "3",
            "HL203 the text of a line must be a text, not the number 3",
            "write it in quotes",
        ),
        (
            "max: 3",
            "max: 3000000",
            "3000000",
            "HL204 'max' must be at most 1,000,000",
            None,
        ),
        (
            "min: 0",
            "min: -3000000",
            "-3000000",
            "HL204 'min' must be at least -1,000,000",
            None,
        ),
        (
            "name: You",
            'name: ""',
            '""',
            "HL204 'name' must not be an empty text",
            None,
        ),
        (
            "name: You",
            f"name: {'x' * 4001}",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "HL204 'name' is too long: at most 4,000 characters",
            None,
        ),
        (
            "[warm, cool]",
            "[]",
            "[",
            "HL204 'values' must not be empty",
            None,
        ),
        (
            "[3m, 5m]",
            "[3m, 5x]",
            "5x",
            (
                "HL204 item 2 of 'values': '5x' is not a duration: write a number and a unit, as "
                "in 14d, 2h30m or 1w"
            ),
            None,
        ),
        (
            "played_by: engine",
            "played_by: enigne",
            "enigne",
            "HL204 'played_by' must be person or engine, not 'enigne'",
            "did you mean 'engine'?",
        ),
        (
            "type: int",
            "type: integer",
            "integer",
            "HL204 'sugar' has the unknown type 'integer': int, bool, enum, duration or text",
            "did you mean 'int'?",
        ),
        (
            "type: int",
            "type: bol",
            "bol",
            "HL204 'sugar' has the unknown type 'bol': int, bool, enum, duration or text",
            "did you mean 'bool'?",
        ),
        (
            "version: 1.0.0",
            "version: one",
            "one",
            "HL204 'version' must be three numbers, not 'one'",
            "write 1.0.0",
        ),
        (
            "version: 1.0.0",
            "version: 1.0",
            "1.0",
            "HL203 'version' must be a text, not the number 1.0",
            "write 1.0.0",
        ),
        (
            "title: A",
            "language: english!\ntitle: A",
            "english!",
            "HL204 'language' must be the code of a language, not 'english!'",
            "write en",
        ),
        (
            "  table:",
            "  Table:",
            "Table",
            (
                "HL207 the name 'Table' is not well-formed: a name begins with a letter and "
                "holds only a-z, 0-9 and _, at most 64 of them"
            ),
            "did you mean 'table'?",
        ),
        (
            "  table:",
            "  '1':",
            "'1'",
            (
                "HL207 the name '1' is not well-formed: a name begins with a letter and holds "
                "only a-z, 0-9 and _, at most 64 of them"
            ),
            None,
        ),
        (
            "{brew: table}",
            "{brew: The Table}",
            "The Table",
            (
                "HL207 'to' is not well-formed: a name begins with a letter and holds only a-z, "
                "0-9 and _, at most 64 of them"
            ),
            "did you mean 'the_table'?",
        ),
        (
            "{brew: table}",
            "{3 days: table}",
            "3 days",
            (
                "HL207 the name '3 days' is not well-formed: write the name of a timer, or a "
                "duration such as 14d"
            ),
            None,
        ),
        (
            "  you: {name: You}",
            "  when: {name: You}",
            "when",
            "HL207 'when' cannot name a role: in a line it is a field",
            "choose another name",
        ),
        (
            "say: Bye., branches",
            "say: Bye., to: gone, branches",
            "leave",
            "HL205 'leave': a choice has 'to' or 'branches', not both",
            None,
        ),
        (
            "{ann: Tea?}",
            "{ann: Tea?, you: No.}",
            "{ann",
            (
                "HL205 item 1 of 'say': a line has one speaker, and here are ann and you: write "
                '{partner: "..."}, beside it only when, visit or only_to'
            ),
            None,
        ),
        (
            "{ann: Tea?}",
            "{ann: Tea?, vist: first}",
            "{ann",
            (
                "HL205 item 1 of 'say': a line has one speaker, and here are ann and vist; did you "
                "mean 'visit'?"
            ),
            None,
        ),
        (
            "{ann: Tea?}",
            "{when: sweet}",
            "{when",
            (
                "HL205 item 1 of 'say': a line has one speaker, and here is none: write "
                '{partner: "..."}, beside it only when, visit or only_to'
            ),
            None,
        ),
        (
            "{eventually: outcome(warm)}",
            "{eventually: x, never: y}",
            "it_ends",
            (
                "HL801 'it_ends': a property has one pattern, one of always, never, eventually, "
                "whenever, must, of, ends_within; here are never and eventually"
            ),
            None,
        ),
        (
            "{eventually: outcome(warm)}",
            "{whenever: x}",
            "it_ends",
            "HL801 'it_ends': 'whenever' needs 'leads_to'",
            None,
        ),
        (
            "{eventually: outcome(warm)}",
            "{about: x}",
            "it_ends",
            (
                "HL801 'it_ends': a property has one pattern, one of always, never, eventually, "
                "whenever, must, of, ends_within; here is none"
            ),
            None,
        ),
        (
            "heartline: 1",
            "heartline: 2",
            "2",
            "HL208 this is format 2, and this Heartline reads format 1",
            "write heartline: 1",
        ),
        (
            "heartline: 1",
            'heartline: "1"',
            '"1"',
            "HL208 this is format '1', and this Heartline reads format 1",
            "write heartline: 1",
        ),
    ],
)
def test_a_fault_in_the_shape_is_one_sentence_at_its_place(
    old: str, new: str, at: str, fault: str, hint: str | None
) -> None:
    loaded = changed(old, new)
    assert with_place(loaded) == [(at, fault)]
    assert hints(loaded) == [hint]
