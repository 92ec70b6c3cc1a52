"""The names and values of tests, held against the scenario that they test.

Where a step expects to be refused for what a check would say, the check is silent: that is what
the test is about.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from heartline.errors import InputError
from heartline.expressions import BOOL, counts, parse_expression, reads
from heartline.inputs import read_value
from heartline.scenario import NARRATOR
from heartline.testing.files.chains import root_of
from heartline.testing.files.form import says_something

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from heartline.expressions import Parsed, Scope, Tree
    from heartline.machine import Machine
    from heartline.testing.files.faults import Faults, Path
    from heartline.testing.files.form import Expect, LineExpected, Start, Step, Test, TestFile

__all__ = ["Checks"]

# What can be refused for which reason: the acts, and whether the start of a test can.
_REFUSED: Mapping[str, tuple[str, ...]] = {
    "input": ("start",),
    "unknown_choice": ("choose",),
    "closed": ("choose",),
    "unknown_event": ("send",),
    "stale_turn": ("choose", "send"),
    "over": ("choose", "send"),
    "nothing_to_undo": ("undo",),
    "undo_forbidden": ("undo",),
    "draw": ("start", "choose", "send", "wait", "wait_until"),
}


class Checks:
    """Checks tests against one scenario; faults go to `faults`, at the sources that it has."""

    def __init__(self, machine: Machine, scope: Scope, faults: Faults) -> None:
        self.machine = machine
        self.scope = scope
        self.faults = faults
        roles: dict[str, set[str]] = defaultdict(set)
        for leaf in machine.leaves.values():
            for spec in leaf.choices:
                roles[spec.id].add(spec.role)
        self.choices: Mapping[str, set[str]] = roles
        self.events = [
            name.removeprefix("event ") for name in machine.events if name.startswith("event ")
        ]
        self.outcomes = {leaf.outcome for leaf in machine.leaves.values() if leaf.outcome}
        self.variables = {
            symbol[1]: machine.slots[index]
            for symbol, index in machine.layout.items()
            if symbol[0] == "var"
        }
        self.states = {name for name, info in machine.states.items() if info.kind != "history"}
        self.speakers = {*machine.roles, NARRATOR}
        self._parsed: dict[str, Parsed[Tree]] = {}

    # A test ------------------------------------------------------------------------------------

    def start(self, start: Start, path: Path, *, refused: bool = False) -> None:
        """What a conversation is started with; `refused` where a test expects that it is."""
        if refused:
            return
        for role in self._each(start.seats):
            self._role(start.seats[role], (*path, "seats", role))
        for name, value in start.inputs.items():
            self._input(name, value, (*path, "inputs", name))

    def _input(self, name: str, value: object, path: Path) -> None:
        inputs = [each for each, slot in self.variables.items() if slot.input]
        if name in inputs:
            try:
                read_value(self.variables[name], value)
            except InputError as error:
                self.faults.error("HL906", _clause(error), path)
        elif name in self.variables:
            message = f"the variable {name!r} is not an input, so it cannot be set at the start"
            hint = f"the inputs are {', '.join(inputs[:8])}" if inputs else "there are no inputs"
            self.faults.error("HL906", message, path, hint, key=True)
        else:
            self.faults.unknown("HL906", "input", name, inputs, path, key=True)

    def test(
        self, name: str, test: Test, steps: Mapping[int, Step], file: TestFile, *, whole: bool
    ) -> None:
        """A test with its steps; `whole` says that nothing of it was left out for a fault."""
        path: Path = ("tests", name)
        root = root_of(name, file.tests) if name in file.tests else name
        first = test if root == name else file.tests[root]
        seats = first.seats if "seats" in first.model_fields_set else file.defaults.seats
        persons = {role for role, info in self.machine.roles.items() if not info.engine}
        persons.update(seats)
        refusal = test.expect.error.kind if test.expect and test.expect.error else None
        self.start(test, path, refused=refusal == "input")
        if refusal != "draw":
            self._draws(test.draw, persons, path)
        if test.skip is not None and test.only is not None:
            message = f"{name!r} is skipped, and the only one that is run"
            self.faults.error("HL205", message, (*path, "only"), "keep one of them", key=True)
        if test.expect is not None:
            self._expect(test.expect, persons, path, "start")
        if refusal is not None and steps:
            message = f"{name!r} expects its start to be refused, so it has no steps"
            self.faults.error("HL205", message, (*path, "steps"), key=True)
        for number, step in steps.items():
            self._step(step, persons, (*path, "steps", number))
        self._expects_something(name, test, steps, whole=whole)

    def _expects_something(
        self, name: str, test: Test, steps: Mapping[int, Step], *, whole: bool
    ) -> None:
        if not whole:
            return  # what was left out may be what it expects
        path: Path = ("tests", name)
        places = [(path, test.expect), *(
            ((*path, "steps", number), step.expect) for number, step in steps.items()
        )]  # fmt: skip
        empty = [place for place, expect in places if expect and not says_something(expect)]
        for place in empty:
            message = "nothing is expected here, so this passes whatever comes"
            self.faults.error("HL901", message, (*place, "expect"), _EXPECT, key=True)
        if not empty and not any(expect for _, expect in places):
            message = f"{name!r} expects nothing, so it passes whatever comes"
            self.faults.error("HL901", message, path, _EXPECT, key=True)

    def _step(self, step: Step, persons: Collection[str], path: Path) -> None:
        refusal = step.expect.error.kind if step.expect and step.expect.error else None
        if step.choose is not None and refusal != "unknown_choice":
            self._chosen(step.choose, step.role, persons, path)
        if step.send is not None and step.send not in self.events and refusal != "unknown_event":
            self.faults.unknown("HL312", "event", step.send, self.events, (*path, "send"))
        if step.wait_until is not None:
            self._timer(step.wait_until, (*path, "wait_until"))
        if refusal != "draw":
            self._draws(step.draw, persons, path)
        if step.expect is not None:
            self._expect(step.expect, persons, path, step.act)

    def _chosen(self, choice: str, role: str | None, persons: Collection[str], path: Path) -> None:
        """A choice that somebody takes: it exists, and is theirs."""
        if role is not None and role not in self.machine.roles:
            self._role(role, (*path, "as"))
            role = None
        if not self._known_choice(choice, (*path, "choose")):
            return
        owners = self.choices[choice]
        if role is not None and role not in owners:
            message = f"{choice!r} is no choice of {role!r}"
            hint = f"it belongs to {' and '.join(sorted(owners))}"
            self.faults.error("HL309", message, (*path, "as"), hint)
        elif not owners & set(persons):
            self._only_drawn(choice, (*path, "choose"))

    def _draws(self, draws: tuple[str, ...], persons: Collection[str], path: Path) -> None:
        for number, choice in enumerate(draws):
            place: Path = (*path, "draw", number)
            if self._known_choice(choice, place) and self.choices[choice] <= set(persons):
                message = f"{choice!r} is not drawn: a person chooses it"
                self.faults.error("HL309", message, place, "write it as a step with choose")

    # What is expected --------------------------------------------------------------------------

    def _expect(
        self, expect: Expect, persons: Collection[str], owner: Path, act: str | None
    ) -> None:
        path: Path = (*owner, "expect")
        if expect.state is not None and expect.state not in self.states:
            self._unknown_state(expect.state, (*path, "state"))
        for field in ("lines", "not_said"):
            for number, line in enumerate(getattr(expect, field) or ()):
                self._line(line, (*path, field, number))
        for number, speaker in enumerate(expect.said_by or ()):
            if speaker not in self.speakers:
                self._speaker(speaker, (*path, "said_by", number))
        for field in ("offered", "only_offered", "not_offered"):
            for number, choice in enumerate(getattr(expect, field) or ()):
                at: Path = (*path, field, number)
                known = self._known_choice(choice, at)
                if known and field != "not_offered" and not self.choices[choice] & set(persons):
                    self._only_drawn(choice, at)
        for number, choice in enumerate(expect.closed or ()):
            listed = self._is_list((*path, "closed"))
            at = (*path, "closed", number if listed else choice)
            if self._known_choice(choice, at, key=not listed) and not (
                self.choices[choice] & set(persons)
            ):
                self._only_drawn(choice, at, key=not listed)
        for name, value in expect.context.items():
            self._value(name, value, (*path, "context", name))
        for field in ("timers", "ends"):
            for name in getattr(expect, field):
                self._timer(name, (*path, field, name), key=True)
        for number, name in enumerate(expect.running or ()):
            self._timer(name, (*path, "running", number))
        if expect.outcome is not None and expect.outcome not in self.outcomes:
            place = (*path, "outcome")
            self.faults.unknown("HL310", "outcome", expect.outcome, self.outcomes, place)
        if expect.error is not None:
            self._refusal(expect.error.kind, act, path)
        for number, text in enumerate(expect.holds):
            for problem in self._expression(text).problems:
                self.faults.problem(problem, (*path, "holds", number))
            self._counted(text, (*path, "holds", number))

    def trees(self, expect: Expect) -> tuple[Tree, ...]:
        """The trees of what must hold."""
        trees = (self._expression(text).tree for text in expect.holds)
        return tuple(tree for tree in trees if tree is not None)

    def _expression(self, text: str) -> Parsed[Tree]:
        if text not in self._parsed:
            self._parsed[text] = parse_expression(text, self.scope, BOOL)
        return self._parsed[text]

    def _counted(self, text: str, path: Path) -> None:
        """Report a count that the scenario does not keep, or not as far as it is asked here.

        A machine counts only what its guards read, and only so far, so that its states stay few.
        """
        tree = self._expression(text).tree
        if tree is None:
            return
        bounds = counts(tree)
        for symbol in sorted(reads(tree)):
            index = self.machine.layout.get(symbol)
            if index is None or (
                symbol in bounds and self.machine.slots[index].cap < bounds[symbol]
            ):
                far = "" if index is None else " so far"
                message = f"no guard of the scenario counts {symbol[-1]!r}{far}, so nobody knows"
                hint = "expect the state, the choices or a variable instead"
                self.faults.error("HL402", message, path, hint)

    def _line(self, line: LineExpected, path: Path) -> None:
        if line.speaker is not None and line.speaker not in self.speakers:
            node = self.faults.sources.node(path)
            short = node is not None and "speaker" not in (node.keys or ())
            self._speaker(line.speaker, (*path, "speaker"), key=short)

    def _refusal(self, kind: str, act: str | None, path: Path) -> None:
        can = _REFUSED[kind]
        if act not in can:
            acts = [each for each in can if each != "start"]
            where = [f"a step with {' or '.join(acts)}"] if acts else []
            where += ["the start of a test"] if "start" in can else []
            message = f"nothing can be refused here as {kind!r}"
            hint = f"that happens to {' or to '.join(where)}"
            self.faults.error("HL205", message, (*path, "error"), hint)

    def _value(self, name: str, value: object, path: Path) -> None:
        if name not in self.variables:
            self.faults.unknown("HL302", "variable", name, self.variables, path, key=True)
            return
        try:
            read_value(self.variables[name], value)
        except InputError as error:
            self.faults.error("HL403", _clause(error), path)

    # Names -------------------------------------------------------------------------------------

    def _unknown_state(self, name: str, path: Path) -> None:
        if name in self.machine.states:
            message = f"{name!r} is a history: a conversation goes through it and is never in it"
            self.faults.error("HL301", message, path)
        else:
            self.faults.unknown("HL301", "state", name, self.states, path)

    def _known_choice(self, name: str, path: Path, *, key: bool = False) -> bool:
        if name not in self.choices:
            self.faults.unknown("HL309", "choice", name, self.choices, path, key=key)
        return name in self.choices

    def _only_drawn(self, choice: str, path: Path, *, key: bool = False) -> None:
        (role, *_) = sorted(self.choices[choice])
        message = f"{choice!r} is drawn by the engine, which plays {role!r}: nobody chooses it"
        hint = f"draw: {choice} in the step before makes it be drawn; seats: {role} lets you choose"
        self.faults.error("HL309", message, path, hint, key=key)

    def _role(self, name: str, path: Path) -> None:
        if name not in self.machine.roles:
            self.faults.unknown("HL305", "role", name, self.machine.roles, path)

    def _speaker(self, name: str, path: Path, *, key: bool = False) -> None:
        self.faults.unknown("HL306", "speaker", name, self.speakers, path, key=key)

    def _timer(self, name: str, path: Path, *, key: bool = False) -> None:
        if name not in self.machine.timers:
            self.faults.unknown("HL304", "timer", name, self.machine.timers, path, key=key)

    def _is_list(self, path: Path) -> bool:
        node = self.faults.sources.node(path)
        return node is not None and not isinstance(node.children, dict)

    @staticmethod
    def _each(items: tuple[str, ...]) -> range:
        return range(len(items))


_EXPECT = "say under expect what holds: the state, the lines, the choices ..."


def _clause(error: InputError) -> str:
    """The sentence of an error without the full stop, as diagnostics are written."""
    return str(error).removesuffix(".")
