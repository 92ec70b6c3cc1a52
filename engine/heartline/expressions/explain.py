"""Why a guard does not hold, in words for players, and exactly, for authors.

What is said: of several conditions that must all hold, those that do not; of several of which one
would do, all of them. A named guard with a `why` is said by that sentence, in the author's words.

What is not said: what a hidden variable holds. A condition that reads one is said as something
that does not show, and only where nothing else stands in the way. So of two moments that differ
in hidden values alone, and in which the guard fails, the same is said (a test holds it). A `why`
sentence is the exception: who writes one has decided what it gives away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heartline.expressions.phrases import Moment, Phrase, listed, phrase
from heartline.expressions.queries import walk
from heartline.expressions.tree import (
    And,
    Compare,
    Conditional,
    GuardUse,
    Literal,
    Not,
    Or,
    Variable,
)
from heartline.expressions.types import BOOL, BoolType
from heartline.expressions.writing import write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heartline.expressions.tree import Symbol, Tree

__all__ = ["Explanation", "explain"]

_UNSEEN = Phrase(
    need="something that does not show",
    exact="(hidden)",
    status="something that does not show stands in the way",
)
_OPEN = "nothing stands in the way"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether it holds; and if not, `text` for players, `exact` for authors, and the same for
    each clause that is to blame (all of them, or any, would have to change)."""

    holds: bool
    text: str
    exact: str = ""
    clauses: tuple[Explanation, ...] = ()


def explain(
    tree: Tree,
    frame: Sequence[Any],
    layout: Mapping[Symbol, int],
    *,
    reveal_hidden: bool = False,
    titles: Mapping[Symbol, str] | None = None,
    why: Mapping[str, str] | None = None,
) -> Explanation:
    """What a guard needs and how that stands: "needs heard to be at least 2; it is 1".

    `titles` are names for players, by symbol: ("timer", name), ("visits", state) and
    ("taken", choice); variables bring their own titles. `why` holds sentences of named guards,
    by name, where they are not to be said as they were written. With `reveal_hidden`, hidden
    variables are spoken of like all others.
    """
    moment = Moment(frame, layout, titles or {})
    if moment.value(tree):
        return Explanation(True, _OPEN, write(tree))
    return _Explainer(moment, reveal_hidden, why or {}).blocked(tree, True).explanation()


@dataclass(frozen=True, slots=True)
class _Block:
    """What stands in the way: a phrase, and the blocks that it is made of."""

    phrase: Phrase
    parts: tuple[_Block, ...] = ()
    alternatives: bool = False  # any of the parts would do

    def explanation(self) -> Explanation:
        said = self.phrase
        text = said.status or f"needs {said.need}" + (f"; {said.fact}" if said.fact else "")
        return Explanation(
            False, text, said.exact, tuple(part.explanation() for part in self.parts)
        )

    @property
    def need(self) -> str:
        """What is needed, with how it stands in brackets: for use among others."""
        fact = f" ({self.phrase.fact})" if self.phrase.fact else ""
        return f"{self.phrase.need}{fact}"


@dataclass(frozen=True, slots=True)
class _Explainer:
    moment: Moment
    reveal: bool
    why: Mapping[str, str]

    def blocked(self, node: Tree, wanted: bool) -> _Block:
        """Why `node` is not `wanted`; it is known to players that it is not."""
        if isinstance(node, Not):
            return self.blocked(node.operand, not wanted)
        if isinstance(node, And | Or):
            if isinstance(node, And) == wanted:
                return self._all(node.operands, wanted)
            return _any([self.blocked(each, wanted) for each in node.operands])
        if isinstance(node, GuardUse):
            return self._guard(node, wanted)
        if isinstance(node, Compare) and len(node.operators) > 1:
            pairs = zip(node.operators, node.operands, node.operands[1:], strict=False)
            links = tuple(
                Compare(node.span, BOOL, (sign,), (one, other)) for sign, one, other in pairs
            )
            return self.blocked(And(node.span, BOOL, links), wanted)
        if isinstance(node, Conditional):
            return self._conditional(node, wanted)
        if self._veiled(node, wanted):
            return _Block(_UNSEEN)
        if isinstance(node, Compare) and isinstance(node.operands[1].type, BoolType):
            return self._same(node, wanted)
        return _Block(phrase(node, wanted, self.moment))

    def _all(self, nodes: tuple[Tree, ...], wanted: bool) -> _Block:
        """All of these are needed: say those that fail, and what is hidden only if it must be."""
        needed = [each for node in nodes for each in self._needed(node, wanted)]
        clear = [each for each in needed if not self._veiled(*each)]
        failing = [each for each in clear if bool(self.moment.value(each[0])) != each[1]]
        veiled = [each for each in needed if self._veiled(*each)]
        if failing:
            return _every([self.blocked(*each) for each in failing])
        return self.blocked(*veiled[0]) if len(veiled) == 1 else _Block(_UNSEEN)

    def _needed(self, node: Tree, wanted: bool) -> list[tuple[Tree, bool]]:
        """The single needs in a need that is made of several, each with what is wanted of it."""
        if isinstance(node, Not):
            return self._needed(node.operand, not wanted)
        if isinstance(node, GuardUse) and not (wanted and node.why is not None):
            return self._needed(node.tree, wanted)
        if isinstance(node, And | Or) and isinstance(node, And) == wanted:
            return [each for part in node.operands for each in self._needed(part, wanted)]
        return [(node, wanted)]

    def _guard(self, node: GuardUse, wanted: bool) -> _Block:
        inner = self.blocked(node.tree, wanted)
        if not wanted or node.why is None:
            return inner
        name = node.name.rpartition(".")[2].replace("_", " ")
        why = self.why.get(node.name, node.why)
        said = Phrase(f"“{name}” to hold", f"{node.name}: {inner.phrase.exact}", "", why, True)
        return _Block(said, (inner,))

    def _conditional(self, node: Conditional, wanted: bool) -> _Block:
        """The branch that counts now is to blame; where it is fixed, the test is."""
        if self._veiled(node.test, True) or self._veiled(node.test, False):
            return _Block(_UNSEEN)
        held = bool(self.moment.value(node.test))
        branch = node.then if held else node.otherwise
        if isinstance(branch, Literal):
            return self.blocked(node.test, not held)
        return self.blocked(branch, wanted)

    def _same(self, node: Compare, wanted: bool) -> _Block:
        """`this == that` of two truths: with a literal it is a condition like any other."""
        left, right = node.operands
        equal = (node.operators[0] == "==") == wanted
        for one, other in ((left, right), (right, left)):
            if isinstance(other, Literal):
                return self.blocked(one, bool(other.value) == equal)
        return _Block(phrase(node, wanted, self.moment))

    def _veiled(self, node: Tree, wanted: bool) -> bool:
        """Whether what is said of this node could tell a hidden value."""
        if self.reveal:
            return False
        if isinstance(node, GuardUse):
            return not (wanted and node.why is not None) and self._veiled(node.tree, wanted)
        if isinstance(node, Not):
            return self._veiled(node.operand, not wanted)
        if isinstance(node, And | Or):
            return any(self._veiled(each, wanted) for each in node.operands)
        return any(isinstance(each, Variable) and each.declaration.hidden for each in walk(node))


def _every(parts: list[_Block]) -> _Block:
    """All of these stand in the way. The author's sentences come first, as sentences."""
    if len(parts) == 1:
        return parts[0]
    phrases = [part.phrase for part in parts]
    needs = _needs([part for part in parts if not part.phrase.status], "and")
    said = [f"needs {listed(needs, 'and')}"] if needs else []
    said += [each.status for each in phrases if each.status and not each.authored]
    sentences = [f"{each.status.rstrip('. ')}." for each in phrases if each.authored]
    rest = "; ".join(said)
    if sentences and rest:
        rest = f"Also: {rest}"
    exact = " and ".join(_grouped(part) for part in parts)
    need = listed(_needs(parts, "and"), "and")
    return _Block(Phrase(need, exact, "", " ".join(filter(None, [*sentences, rest]))), tuple(parts))


def _any(parts: list[_Block]) -> _Block:
    """Each of these would do; what does not show comes last."""
    single = [each for part in parts for each in (part.parts if part.alternatives else (part,))]
    different = list({part.phrase: part for part in single}.values())
    different.sort(key=lambda part: part.phrase == _UNSEEN)
    if len(different) == 1:
        return different[0]
    compound = any(part.parts for part in different)
    needs = _needs(different, "or")
    need = ", or ".join(needs) if compound else listed(needs, "or")
    exact = " or ".join(_grouped(part) for part in different)
    return _Block(Phrase(f"either {need}", exact), tuple(different), alternatives=True)


def _needs(parts: list[_Block], word: str) -> list[str]:
    """What each part needs; those that end alike are said together, as what they need is plain."""
    together: dict[str, list[_Block]] = {}
    for number, part in enumerate(parts):
        together.setdefault(part.phrase.ending or str(number), []).append(part)
    return [
        group[0].need
        if len(group) == 1
        else listed([part.phrase.subject for part in group], word) + ending
        for ending, group in together.items()
    ]


def _grouped(part: _Block) -> str:
    return part.phrase.exact if part.phrase == _UNSEEN else f"({part.phrase.exact})"
