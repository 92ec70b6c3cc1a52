"""One unmet condition in words: what is needed, how it stands, and the sentence that says both.

A `Phrase` is about a single test that comes out the wrong way. `need` follows the word "needs"
("heard to be at least 2"), `fact` says how it stands ("it is 1"), and `status` is the better
sentence where there is one ("the break is still running"). Names are shown by their titles.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline.expressions.interpreter import RUNNING, evaluate
from heartline.expressions.queries import MIRRORED
from heartline.expressions.tree import (
    LEAF,
    At,
    Compare,
    Count,
    GuardUse,
    Happened,
    HowMany,
    Literal,
    Member,
    Not,
    TimerTest,
    Variable,
)
from heartline.expressions.types import BOOL, describe_value
from heartline.expressions.writing import write
from heartline.words import humanise_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heartline.expressions.tree import Symbol, Tree
    from heartline.expressions.types import Value

__all__ = ["NEGATED", "Moment", "Phrase", "listed", "phrase"]

NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_BOUNDS = {
    ">=": "at least ",
    ">": "more than ",
    "<=": "at most ",
    "<": "less than ",
    "==": "",
    "!=": "other than ",
}
_BESIDE = {
    ">=": "be at least", ">": "be more than", "<=": "be at most", "<": "be less than",
    "==": "be the same as", "!=": "differ from",
}  # fmt: skip
_TIMES = ("never", "once", "twice")
_STANDS = ("it is off", "it is running", "it has run out", "it has run out")


@dataclass(frozen=True, slots=True)
class Phrase:
    """An unmet condition; `exact` is the form for authors."""

    need: str
    exact: str
    fact: str = ""
    status: str = ""
    authored: bool = False  # the status is a sentence of the author's
    subject: str = ""  # `need` is this and `ending`: what ends alike can be said together
    ending: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame to look at, and the titles to call things by.

    Titles go by symbol: ("timer", name), ("visits", state), ("taken", choice); variables bring
    their own.
    """

    frame: Sequence[Any]
    layout: Mapping[Symbol, int]
    titles: Mapping[Symbol, str]

    def value(self, tree: Tree) -> Any:
        return evaluate(tree, self.frame, self.layout)

    def title(self, symbol: Symbol) -> str:
        """The title of a timer, a state or a choice; without one, its name in words.

        A timer's title is part of the sentence ("the break"), the others are quoted.
        """
        title = self.titles.get(symbol)
        if symbol[0] == "timer":
            return title or f"the {_words(symbol[1])}"
        return f"“{title or _words(symbol[1])}”"


def listed(parts: Sequence[str], word: str) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {word} ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


def _words(name: str) -> str:
    return name.rpartition(".")[2].replace("_", " ")


def phrase(node: Tree, wanted: bool, moment: Moment) -> Phrase:
    """What to say about a test that is not `wanted` although it should be."""
    if isinstance(node, Compare):
        sign = node.operators[0] if wanted else NEGATED[node.operators[0]]
        return _comparison(node.operands[0], sign, node.operands[1], moment)
    if isinstance(node, Member):
        return _membership(node, node.negated != wanted, moment)
    exact = write(node if wanted else Not((0, 0), BOOL, node))
    if isinstance(node, TimerTest):
        return _timer(node, wanted, exact, moment)
    if isinstance(node, Happened):
        return _happened(node, wanted, exact, moment)
    if isinstance(node, At):
        return _place(node, wanted, exact, moment)
    if isinstance(node, Literal):
        return Phrase("what never is", exact, status="this is never open")
    fact = "it is false" if wanted else "it is true"
    name, ending = _name(node, moment), f" to be {'true' if wanted else 'false'}"
    return Phrase(name + ending, f"{exact}, {fact}", fact, subject=name, ending=ending)


def _name(node: Tree, moment: Moment) -> str:
    """What to call a value: a title where there is one, else what the author wrote."""
    if isinstance(node, Variable):
        title = node.declaration.title  # may be any phrase or sentence, so it is quoted
        return f"“{title}”" if title else _words(node.declaration.name)
    if isinstance(node, GuardUse):
        return f"“{_words(node.name)}”"
    if isinstance(node, Count):
        verb = "entered" if node.symbol[0] == "visits" else "chosen"
        return f"how often {moment.title(node.symbol)} was {verb}"
    return write(node)


def _shown(value: Value, beside: Tree) -> str:
    """A value for players: an enum's by the label of the variable that it stands beside."""
    if isinstance(value, timedelta):
        return humanise_duration(value)
    if isinstance(value, str):
        labels = dict(beside.declaration.labels) if isinstance(beside, Variable) else {}
        return f"“{labels[value]}”" if value in labels else _words(value)
    return describe_value(value)


def _comparison(left: Tree, sign: str, right: Tree, moment: Moment) -> Phrase:
    if isinstance(left, Literal) and not isinstance(right, Literal):
        left, sign, right = right, MIRRORED[sign], left
    one, other = moment.value(left), moment.value(right)
    exact = f"{write(left)} {sign} {write(right)}"
    name = _name(left, moment)
    if not isinstance(right, Literal):
        need = f"{name} to {_BESIDE[sign]} {_name(right, moment)}"
        fact = f"they are {_shown(one, left)} and {_shown(other, right)}"
        if one == other:
            fact = f"both are {_shown(one, left)}"
        return Phrase(need, f"{exact}, {describe_value(one)} and {describe_value(other)}", fact)
    exact = f"{exact}, it is {describe_value(one)}"
    if isinstance(left, Count) and sign != "!=":
        return _counted(left, sign, one, other, exact, moment)
    if isinstance(left, HowMany) and sign in (">=", ">"):
        least = other + (sign == ">")
        names = listed([_name(each, moment) for each in left.operands], "and")
        return Phrase(f"at least {least} of {names}", exact, f"so far {one}")
    value = _shown(other, left)
    need = f"{name} to be {_BOUNDS[sign]}{value}"
    return Phrase(need, exact, f"it is {_shown(one, left)}")


def _counted(node: Count, sign: str, held: int, bound: int, exact: str, moment: Moment) -> Phrase:
    """How often something happened: too seldom so far, or too often already."""
    thing = moment.title(node.symbol)
    verb = "entered" if node.symbol[0] == "visits" else "chosen"
    need = f"{thing} to be {verb} {_BOUNDS[sign]}{_times(bound)}"
    if sign in ("<", "<=") or held > bound:
        return Phrase(need, exact, status=f"{thing} has been {verb} too often already")
    return Phrase(need, exact, f"so far {_times(held)}")


def _times(number: int) -> str:
    return _TIMES[number] if 0 <= number < len(_TIMES) else f"{number} times"


def _membership(node: Member, inside: bool, moment: Moment) -> Phrase:
    held = moment.value(node.operand)
    written = write(Member((0, 0), BOOL, node.operand, node.items, not inside))
    exact = f"{written}, it is {describe_value(held)}"
    values = [_shown(moment.value(each), node.operand) for each in node.items]
    verb = "to be" if inside else "to be other than"
    need = f"{_name(node.operand, moment)} {verb} {listed(values, 'or')}"
    return Phrase(need, exact, f"it is {_shown(held, node.operand)}")


def _timer(node: TimerTest, wanted: bool, exact: str, moment: Moment) -> Phrase:
    stands = moment.frame[moment.layout[node.symbol]]
    name = moment.title(node.symbol)
    exact = f"{exact}, {_STANDS[stands]}"
    status = f"{name} is over" if stands > RUNNING else ""
    if stands == RUNNING:
        status = f"{name} is still running"
    if node.test == "running" and wanted:
        return Phrase(f"{name} to be running", exact, "", status or f"{name} is not running")
    if node.test == "expired" and not wanted:
        return Phrase(f"{name} not to be over", exact, "", status)
    return Phrase(f"{name} to be over", exact, "it is not running" * (not stands), status)


def _happened(node: Happened, wanted: bool, exact: str, moment: Moment) -> Phrase:
    thing = moment.title(node.symbol)
    verb = "entered" if node.symbol[0] == "visits" else "chosen"
    if wanted:
        return Phrase(f"{thing} to be {verb} first", exact)
    return Phrase(f"{thing} not to be {verb}", exact, "", f"{thing} has been {verb} already")


def _place(node: At, wanted: bool, exact: str, moment: Moment) -> Phrase:
    exact = f"{exact}, the state is {moment.frame[moment.layout[LEAF]]}"
    if node.function == "tag":
        place = f"a state marked {_words(node.name)}"
    else:
        place = moment.title(("visits", node.name))
    if wanted:
        return Phrase(f"to be in {place}", exact)
    return Phrase(f"to be out of {place}", exact, "", f"this is not open in {place}")
