"""What the compiler finds wrong: each fault at its place, all of them in one pass, no cascades."""

from __future__ import annotations

import time
from textwrap import dedent

import pytest

from harness import HEAD, story
from heartline import ScenarioError, Severity, loads
from heartline.compiler import compile_scenario
from heartline.loader import load_text

FIRST = HEAD.count("\n") + 1  # the line on which a test's own text begins


def found(body: str, head: str = HEAD) -> list[str]:
    """The findings as "code line:column message", lines counted from the test's own first."""
    compiled = compile_scenario(load_text(head + dedent(body).lstrip("\n"), "story.yaml"))
    return [
        f"{each.code} {each.location.line - FIRST + 1}:{each.location.column} {each.message}"
        + (f" ({each.hint})" if each.hint else "")
        for each in compiled.diagnostics
    ]


def codes(body: str, head: str = HEAD) -> list[str]:
    return [each.split(" ")[0] for each in found(body, head)]


END = "  over: {type: final, outcome: over}\n"


def test_a_clean_scenario_has_no_findings() -> None:
    assert found("states:\n  a: {choices: {end: {to: over}}}\n" + END) == []


def test_an_unknown_state_is_named_with_the_nearest_one() -> None:
    (fault,) = found("states:\n  talking: {choices: {end: {to: ovr}, on: {to: talking}}}\n" + END)
    assert fault == "HL301 2:33 no state is called 'ovr' (did you mean 'over'?)"


def test_each_kind_of_name_has_its_own_code() -> None:
    assert codes("""
        context: {trust: {type: int, min: 0, max: 3, initial: 1}}
        timers: {break: 14d}
        states:
          a:
            entry: {say: [{othr: Hello.}, "Hello, {nme}."]}
            choices:
              b: {by: yu, to: nowhere}
              c: {when: trst > 1, do: [tust += 1, start(brek)]}
              d: {say: "{you.thy}", to: over}
            after: {brak: over}
        """ + "  over: {type: final, outcome: over}\n") == [
        "HL305", "HL301", "HL302", "HL302", "HL304", "HL307", "HL304", "HL306", "HL307",
    ]  # fmt: skip


def test_a_fault_in_an_expression_points_into_it() -> None:
    (fault,) = found("""
        context: {heard: {type: int, min: 0, max: 3, initial: 1}}
        states:
          a:
            choices:
              end:
                when: heard >= 1 and herd < 3
                to: over
          over: {type: final, outcome: over}
        """)
    assert fault.startswith("HL302 6:30 ")


def test_a_fault_in_a_folded_text_points_to_its_line() -> None:
    (fault,) = found("""
        states:
          a:
            entry:
              say: >-
                One line, and another,
                and {nobody} to speak to.
            choices: {end: {to: over}}
          over: {type: final, outcome: over}
        """)
    assert fault.startswith("HL307 6:13 ")


def test_a_wrong_weight_is_told_that_it_is_a_whole_number() -> None:
    (fault,) = found("""
        states:
          a: {choices: {end: {weight: 14d, to: over}}}
          over: {type: final, outcome: over}
        """)
    assert fault.startswith("HL403 2:31 '14d' is a duration; here a whole number is needed")


def test_a_guard_with_a_fault_is_reported_once_and_not_where_it_is_used() -> None:
    assert codes("""
        guards: {ready: herd > 1, both: ready and True}
        states:
          a: {choices: {end: {when: ready, to: over}, go: {when: both, to: over}}}
          over: {type: final, outcome: over}
        """) == ["HL302"]


def test_a_guard_cannot_be_made_of_itself() -> None:
    assert codes("""
        guards: {a: b, b: not c, c: a}
        states:
          x: {choices: {end: {when: a, to: over}}}
          over: {type: final, outcome: over}
        """) == ["HL402"]


def test_guards_may_use_guards_that_come_later() -> None:
    assert (
        codes("""
        context: {n: {type: int, min: 0, max: 3, initial: 1}}
        guards: {both: one and two, one: n > 1, two: n > 2}
        states:
          x: {choices: {end: {when: both, to: over}}}
          over: {type: final, outcome: over}
        """)
        == []
    )


def test_a_name_has_one_meaning() -> None:
    (fault,) = found("""
        context: {you: {type: bool, initial: true}}
        states: {a: {choices: {end: {to: over}}}, over: {type: final, outcome: over}}
        """)
    assert fault.startswith("HL308 1:11 'you' is already a role, and cannot be a variable too")


def test_two_states_cannot_have_one_name() -> None:
    (fault,) = found("""
        states:
          a: {states: {over: {choices: {x: {to: b}}}, b: {}}}
          over: {type: final, outcome: over}
        """)
    assert fault.startswith("HL308 3:3 there are two states called 'over'; the first is on line ")


def test_what_a_state_of_a_taken_name_holds_is_known_all_the_same() -> None:
    (fault,) = found("""
        states:
          a: {choices: {go: {to: inner, when: not visited(inner)}, end: {to: over}}}
          b: {states: {a: {states: {inner: {choices: {end: {to: over}}}}}}}
          over: {type: final, outcome: over}
        """)
    assert fault.startswith("HL308 3:16 there are two states called 'a'")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("{states: {back: {type: history}}}", "holds nothing but histories"),
        ("{initial: back, states: {c: {}, back: {type: history}}}", "by being remembered"),
    ],
)
def test_a_state_begins_in_an_inner_state(state: str, words: str) -> None:
    faults = found(f"states:\n  a: {{choices: {{end: {{to: over}}}}}}\n  b: {state}\n" + END)
    assert any(fault.startswith("HL510") and words in fault for fault in faults), faults


def test_an_initial_state_is_one_of_the_inner_ones() -> None:
    body = "initial: nowhere\nstates:\n  a: {choices: {end: {to: over}}}\n"
    assert codes(body + END) == ["HL301"]
    body = "states:\n  a: {initial: over, states: {b: {choices: {end: {to: over}}}}}\n"
    assert codes(body + END) == ["HL301"]
    inner = "b: {choices: {end: {to: over}}}, h: {type: history, default: over}"
    body = f"states:\n  a: {{states: {{{inner}}}}}\n"
    assert codes(body + END) == ["HL301"]


def test_a_delay_that_is_no_duration_is_refused() -> None:
    body = "states:\n  a: {after: {14x: over}, choices: {e: {to: over}}}\n" + END
    assert codes(body) == ["HL207"]
    body = "states:\n  a: {after: {99999999w: over}, choices: {e: {to: over}}}\n" + END
    assert codes(body) == ["HL204"]


def test_a_line_of_the_whole_file_has_no_first_visit() -> None:
    assert codes("""
        states:
          a: {choices: {end: {to: over}}}
          over: {type: final, outcome: over}
        events: {ring: {say: [{narrator: It rings., visit: first}]}}
        """) == ["HL205"]


def test_pronouns_are_a_set_or_an_enum_of_sets() -> None:
    states = "states:\n  a: {choices: {end: {to: over}}}\n" + END
    head = HEAD.replace("pronouns: she", "pronouns: thy")
    assert codes(states, head) == ["HL302"]
    head = HEAD.replace("pronouns: she", "pronouns: form")
    enum = "context: {form: {type: enum, values: [%s], initial: she}}\n"
    assert codes(enum % "she, he" + states, head) == []
    assert codes(enum % "she, them" + states, head) == ["HL403"]


def test_properties_are_read_and_their_faults_are_told() -> None:
    assert codes("""
        states:
          a: {choices: {end: {tags: bad, to: over}}}
          over: {type: final, outcome: over}
        properties:
          fine: {after: tag(bad), never: outcome(over)}
          always_out: {always: can_reach(outcome(over))}
          wrong_tag: {never: tag(bat)}
          wrong_outcome: {eventually: outcome(ovr)}
          no_pattern: {after: tag(bad)}
        """) in (["HL311", "HL310"], ["HL205"], ["HL801"])


def test_migrations_are_read_and_their_faults_are_told() -> None:
    assert codes("""
        context: {trust: {type: int, min: 0, max: 3, initial: 1}}
        timers: {break: 14d}
        states:
          a: {entry: {do: start(break)}, after: {break: over}, choices: {end: {to: over}}}
          over: {type: final, outcome: over}
        migrations:
          - {from: 0.9.0, states: {old: a, older: b}, variables: {faith: trust, hope: hpe},
             timers: {pause: brk}, choices: {stop: ende}, set: {trust: 1 + 1, trst: 2}}
          - {from: 0.9.0, set: {trust: "True"}}
          - {from: 1.0.0}
        """) == ["HL301", "HL302", "HL304", "HL309", "HL302", "HL802", "HL403", "HL802"]


def test_a_scenario_with_errors_has_no_machine() -> None:
    compiled = compile_scenario(load_text(HEAD + "states:\n  a: {choices: {x: {to: b}}}\n"))
    assert compiled.machine is None
    assert {each.severity for each in compiled.diagnostics} == {Severity.ERROR}
    with pytest.raises(ScenarioError):
        loads("")


def test_words_and_layout_leave_the_fingerprint_alone() -> None:
    def fingerprint(when: str, say: str) -> str:
        return story(f"""
            context: {{n: {{type: int, min: 0, max: 3, initial: 1}}}}
            states:
              a: {{entry: {{say: {say}}}, choices: {{end: {{when: {when}, to: over}}}}}}
              over: {{type: final, outcome: over}}
            """).machine.fingerprint

    same = fingerprint("n > 1", "Hello.")
    assert fingerprint("n  >  1", "Good morning.") == same
    assert fingerprint("n > 2", "Hello.") != same


def test_counters_stop_where_nothing_tells_the_difference() -> None:
    machine = story("""
        states:
          a: {choices: {ask: {to: a}, end: {when: count(ask) >= 2, to: over}}}
          over: {type: final, outcome: over}
        """).machine
    assert machine.slots[machine.layout["taken", "ask"]].cap == 2
    assert ("visits", "a") not in machine.layout


def test_many_unknown_names_among_many_take_no_time_to_report() -> None:
    states = "".join(f"  state_{n}: {{choices: {{on: {{to: stat_{n}}}}}}}\n" for n in range(3000))
    begun = time.process_time()
    faults = found("states:\n" + states)
    assert len(faults) == 3000
    assert "did you mean" in faults[0]
    assert time.process_time() - begun < 20


def test_states_are_not_nested_without_end() -> None:
    body = "{choices: {end: {to: z}}}"
    for number in range(26):
        body = f"{{states: {{s{number}: {body}}}}}"
    text = HEAD + f"states: {{s: {body}, z: {{type: final, outcome: z}}}}\n"
    with pytest.raises(ScenarioError) as caught:
        loads(text)
    found = [each for each in caught.value.diagnostics if each.code == "HL102"]
    assert [each.message for each in found] == ["states are nested more than 24 deep"]


def test_a_fault_in_a_length_a_name_or_a_promise_is_told_once() -> None:
    text = HEAD.replace("{name: You}", '{name: "You {nobody}"}') + dedent("""
        timers: {break: 3 + 4}
        states:
          a: {entry: {do: start(break)}, after: {break: z}}
          z: {type: final, outcome: z}
        properties: {kept: {never: outcome(nothing)}}
        support: {file: help.yaml, country: land}
        """)
    with pytest.raises(ScenarioError) as caught:
        loads(text)
    assert [each.code for each in caught.value.diagnostics] == [
        "HL403", "HL307", "HL302", "HL106", "HL310",
    ]  # fmt: skip
