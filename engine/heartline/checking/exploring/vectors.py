"""Trees to functions over columns: what an expression says of many configurations at once.

It is `heartline.expressions.codegen` over numbers instead of values (`Coding` says which): each
tree becomes one Python function, whose steps are operations on whole columns. What is in a tree
twice, such as a guard that is named in two places, is worked out once. Nothing is skipped as `and`
skips: evaluating a checked tree never fails, and a column is read as quickly as it is passed by.

Ints are added in 32 bits, and in 64 where their bounds ask for it; lengths always in 64. So nothing
overflows: FURTHEST of the typing rules and a hundred years in microseconds lie well inside.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from heartline.checking.exploring.coding import microseconds
from heartline.checking.exploring.pieces import (
    INT,
    LENGTHS,
    LONG,
    NOWHERE,
    RAW,
    SPACE,
    TRUTH,
    Piece,
    compared,
    counted,
    fixed,
    joined,
    plain,
    sized,
)
from heartline.expressions import (
    LEAF,
    And,
    Arithmetic,
    At,
    BoolType,
    CanReach,
    Compare,
    Conditional,
    Count,
    DurationType,
    Extreme,
    GuardUse,
    Happened,
    Happens,
    HowMany,
    IntType,
    Literal,
    Member,
    Negate,
    Not,
    Or,
    TimerTest,
    Variable,
    children,
)
from heartline.plan import RUNNING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from heartline.checking.exploring.coding import Coding
    from heartline.expressions import Assign, Start, Symbol, Tree, Type

    Array = npt.NDArray[Any]
    Get = Callable[[int], Array]
    Function = Callable[[Get], Any]

__all__ = ["Assignment", "Vectors"]

FEW = 4  # so many leaves or values are compared one by one; more are looked up
SMALL = 2**31 - 1  # what an int of 32 bits can be


@dataclass(frozen=True, slots=True)
class Assignment:
    """What an assignment puts into its slot, after it was stopped at the bounds or snapped.

    `stopped` says where its value lay outside of the bounds; None where it never can.
    """

    slot: int
    value: Function
    stopped: Function | None


class Vectors:
    """Makes the functions for one layout.

    A function takes `get`, which gives the column of a slot, all of one length, and returns such a
    column: perhaps one that it was given, so nobody may write into it. What is the same everywhere
    comes as a plain bool or int. `lengths` are those of timers that are started without one.
    """

    def __init__(
        self,
        coding: Coding,
        layout: Mapping[Symbol, int],
        lengths: Mapping[str, Tree] | None = None,
    ) -> None:
        self._coding = coding
        self._layout = layout
        if lengths is None:
            timers = coding.machine.timers.items()
            lengths = {name: timer.tree for name, timer in timers if timer.tree is not None}
        self._lengths = lengths
        self._known: dict[Tree, Function] = {}

    def expression(self, tree: Tree) -> Function:
        """The value of a tree. Raises ValueError for `can_reach`, which has none."""
        if tree not in self._known:
            body = self._body(tree)
            self._known[tree] = body.function(body.value(tree).code)
        return self._known[tree]

    def together(self, trees: Sequence[Tree]) -> Callable[[Get], tuple[Any, ...]]:
        """The values of several trees; what they have in common is worked out once."""
        body = self._body(*trees)
        pieces = [body.value(tree).code for tree in trees]
        return body.function(f"({''.join(f'{piece}, ' for piece in pieces)})")

    def assignment(self, action: Assign) -> Assignment:
        """What an assignment does."""
        slot, target = self._layout["var", action.target.name], action.target.type
        body, low, high = self._body(action.value), None, None
        piece = body.value(action.value)
        if isinstance(target, DurationType) and target.values is not None:
            held = action.value.type
            known = held.values if isinstance(held, DurationType) else None
            if known is None or not set(known).issubset(target.values):
                lengths = [microseconds(each) for each in target.values]
                low = min(lengths) if known is None or known[0] < target.values[0] else None
                high = max(lengths) if known is None or known[-1] > target.values[-1] else None
                piece = body.named(piece)
                value = body.snapped(piece, lengths)
                return Assignment(slot, body.function(value), body.outside(piece, low, high))
        if isinstance(target, IntType) and isinstance(action.value.type, IntType):
            low = target.low if action.value.type.low < target.low else None
            high = target.high if action.value.type.high > target.high else None
        piece = body.named(piece)
        value = body.clamped(piece, low, high, _is_wide(action.value.type, target))
        return Assignment(slot, body.function(value), body.outside(piece, low, high))

    def length(self, action: Start) -> Function:
        """How long the timer is to run, in microseconds."""
        length = action.length
        return self.expression(self._lengths[action.timer] if length is None else length)

    def _body(self, *trees: Tree) -> _Body:
        return _Body(self._coding, self._layout, _repeated(trees))


def _repeated(trees: Sequence[Tree]) -> frozenset[Tree]:
    """The trees that are in these more than once; what is inside one counts only once for it."""
    seen: Counter[Tree] = Counter()
    waiting = list(trees)
    while waiting:
        node = waiting.pop()
        while isinstance(node, GuardUse):
            node = node.tree
        seen[node] += 1
        if seen[node] == 1:
            waiting += children(node)
    return frozenset(node for node, count in seen.items() if count > 1)


def _is_wide(*types: Type) -> bool:
    """Whether what is of these types needs 64 bits."""
    return any(
        isinstance(each, DurationType)
        or (isinstance(each, IntType) and max(-each.low, each.high) > SMALL)
        for each in types
    )


class _Body:
    """The code of one function, while it is written."""

    def __init__(
        self, coding: Coding, layout: Mapping[Symbol, int], repeated: frozenset[Tree]
    ) -> None:
        self._coding = coding
        self._layout = layout
        self._repeated = repeated
        self._lines: list[str] = []
        self._done: dict[Tree, Piece] = {}
        self._columns: dict[int, str] = {}
        self._space: dict[str, Any] = dict(SPACE)

    def function(self, result: str) -> Function:
        """The function that ends with this result."""
        lines = "\n".join([*self._lines, f" return {result}"])
        exec(compile(f"def f(get):\n{lines}", "<columns>", "exec"), self._space)  # noqa: S102 - made above
        made: Function = self._space["f"]
        return made

    def value(self, node: Tree) -> Piece:
        """The code of a node; what is needed more than once gets a name."""
        if isinstance(node, GuardUse):
            return self.value(node.tree)
        if node not in self._done:
            piece = self._value(node)
            self._done[node] = self.named(piece) if node in self._repeated else piece
        return self._done[node]

    def named(self, piece: Piece) -> Piece:
        """The piece under a name, to be used again."""
        if piece.constant is not None or piece.code.isidentifier():
            return piece
        name = f"v{len(self._lines)}"
        self._lines.append(f" {name} = {piece.code}")
        return Piece(name, piece.kind)

    def snapped(self, piece: Piece, lengths: list[int]) -> str:
        """The longest of these lengths that is not longer; the shortest if all are."""
        number = piece.constant
        if number is not None:
            return repr(max([each for each in lengths if each <= number] or lengths[:1]))
        table = self._constant(np.array(lengths, dtype=np.int64))
        return f"snap({sized(piece, wide=True)}, {table})"

    def clamped(self, piece: Piece, low: int | None, high: int | None, wide: bool) -> str:
        """The piece within its bounds."""
        if piece.constant is not None:
            number = piece.constant
            number = number if low is None else max(number, low)
            return repr(number if high is None else min(number, high))
        code = piece.code if low is None and high is None else sized(piece, wide=wide)
        code = code if low is None else f"maximum({code}, {low})"
        return code if high is None else f"minimum({code}, {high})"

    def outside(self, piece: Piece, low: int | None, high: int | None) -> Function | None:
        """Where the piece is not within its bounds."""
        if low is None and high is None:
            return None
        under = NOWHERE if low is None else compared(piece, "<", fixed(low))
        over = NOWHERE if high is None else compared(piece, ">", fixed(high))
        return self.function(joined([under, over], "|").code)

    # The nodes ----------------------------------------------------------------------------------

    def _value(self, node: Tree) -> Piece:
        if isinstance(node, Literal):
            number = self._coding.word(node.value)
            return fixed(bool(number) if isinstance(node.type, BoolType) else number)
        if isinstance(node, Variable | Count | Happens):
            column = self._column(node.symbol)
            if isinstance(node.type, BoolType):
                return Piece(f"truth({column})", TRUTH)
            return Piece(column, RAW)
        if isinstance(node, TimerTest):
            sign = "==" if node.test == "running" else ">"
            return Piece(f"({self._column(node.symbol)} {sign} {RUNNING})", TRUTH)
        if isinstance(node, Happened):
            return Piece(f"({self._column(node.symbol)} > 0)", TRUTH)
        if isinstance(node, At):
            return self._at(node.leaves)
        if isinstance(node, CanReach):
            raise ValueError(  # noqa: TRY004 - no mistake in the program, but nothing to give
                "can_reach has no value in one configuration: it asks what lies ahead"
            )
        pieces = [self.value(child) for child in children(node)]
        found = self._logic(node, pieces)
        if found is not None:
            return found
        if all(piece.constant is not None for piece in pieces):
            return fixed(plain(node, [piece.constant or 0 for piece in pieces]))
        return self._made(node, pieces)

    def _logic(self, node: Tree, pieces: list[Piece]) -> Piece | None:
        """What is of parts that may be the same everywhere, each by itself."""
        if isinstance(node, And | Or):
            return joined(pieces, "&" if isinstance(node, And) else "|")
        if isinstance(node, Compare):
            middle = [self.named(piece) for piece in pieces[1:-1]]
            pieces = [pieces[0], *middle, pieces[-1]]
            pairs = zip(pieces, node.operators, pieces[1:], strict=False)
            return joined([compared(*pair) for pair in pairs], "&")
        if isinstance(node, Member):
            return self._member(pieces[0], pieces[1:], node.negated)
        if isinstance(node, Conditional) and pieces[1].constant is not None:
            return pieces[0] if pieces[1].constant else pieces[2]
        return None

    def _made(self, node: Tree, pieces: list[Piece]) -> Piece:
        """The rest, where at least one part is a column."""
        if isinstance(node, Not):
            return Piece(f"(~{pieces[0].code})", TRUTH)
        wide = _is_wide(node.type, *(child.type for child in children(node)))
        kind = LONG if wide else INT
        if isinstance(node, Conditional):
            then, test, otherwise = pieces
            if isinstance(node.type, BoolType):
                return Piece(f"where({test.code}, {then.code}, {otherwise.code})", TRUTH)
            one, other = sized(then, wide=wide), sized(otherwise, wide=wide)
            return Piece(f"where({test.code}, {one}, {other})", kind)
        if isinstance(node, HowMany):
            return counted(pieces)
        if isinstance(node, Extreme):
            pieces.sort(key=lambda piece: piece.constant is not None)  # a column leads
            code, *rest = (sized(piece, wide=wide) for piece in pieces)
            for each in rest:
                code = f"{node.function}imum({code}, {each})"
            return Piece(code, kind)
        if isinstance(node, Negate):
            return Piece(f"(-{sized(pieces[0], wide=wide)})", kind)
        assert isinstance(node, Arithmetic)
        left, right = (sized(piece, wide=wide) for piece in pieces)
        if not isinstance(node.type, DurationType):
            return Piece(f"({left} {node.operator} {right})", kind)
        if node.operator == "*" and isinstance(node.left.type, DurationType):
            left, right = right, left
        return Piece(f"{LENGTHS[node.operator]}({left}, {right})", kind)

    def _member(self, operand: Piece, items: Sequence[Piece], negated: bool) -> Piece:
        operand = self.named(operand)
        values = {item.constant for item in items if item.constant is not None}
        if operand.constant is None and len(values) > FEW:
            looked = f"isin({operand.code}, {self._constant(np.array(sorted(values)))})"
            parts = [Piece(f"(~{looked})" if negated else looked, TRUTH)]
            items = [item for item in items if item.constant is None]
        else:
            parts = []
        parts += [compared(operand, "!=" if negated else "==", item) for item in items]
        return joined(parts, "&" if negated else "|")

    def _at(self, leaves: Sequence[str]) -> Piece:
        numbers = sorted(self._coding.leaves[leaf] for leaf in leaves)
        column = Piece(self._column(LEAF), RAW)
        if len(numbers) > 1 and numbers[-1] - numbers[0] == len(numbers) - 1:
            ends = ((">=", numbers[0]), ("<=", numbers[-1]))
            return joined([compared(column, sign, fixed(end)) for sign, end in ends], "&")
        if len(numbers) > FEW:
            table = np.zeros(len(self._coding.leaves) + 1, dtype=np.bool_)
            table[numbers] = True
            return Piece(f"take({self._constant(table)}, {column.code})", TRUTH)
        return joined([compared(column, "==", fixed(each)) for each in numbers], "|")

    def _column(self, symbol: Symbol) -> str:
        slot = self._layout[symbol]
        if slot not in self._columns:
            self._columns[slot] = self.named(Piece(f"get({slot})", RAW)).code
        return self._columns[slot]

    def _constant(self, value: object) -> str:
        name = f"k{len(self._space)}"
        self._space[name] = value
        return name
