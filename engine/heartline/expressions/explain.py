"""Why a guard does not hold, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heartline.expressions.interpreter import evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heartline.expressions.tree import Symbol, Tree

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether it holds, the sentence for players, the exact form, and the same for each part."""

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
) -> Explanation:
    """What the tree needs and how it stands."""
    holds = bool(evaluate(tree, frame, layout))
    return Explanation(holds, "" if holds else "this is not open now")
