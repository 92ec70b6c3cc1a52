"""The guard and action language: a typed subset of Python's expressions, closed to the rest.

What it gives
    parse_expression, parse_action, parse_property   text -> Parsed(tree or None, problems)
    Codegen(layout)                                  trees -> Python functions, compiled once
    evaluate, execute                                the same meaning, node by node
    explain                                          why a guard does not hold, for a player
    reads, counts, guards_used, constants, walk      what a tree is made of

Its contract
    Parsing never raises, whatever the text: each fault is a `Problem` with a code (HL3xx names,
    HL4xx syntax and types), a sentence, and offsets into the text. A tree that comes out is well
    typed, and evaluating it never fails: there is no division, ints are bounded by their types,
    durations saturate between 0s and a hundred years, assignments saturate at their target's
    bounds. Evaluation reads the frame and nothing else, and takes time in proportion to the tree.

Its security
    A text is cut into tokens of our own and masked before Python's parser sees it, so no name,
    number or string of an author's ever reaches that parser (see `tokens`). There are no
    attributes, no subscripts, no lambdas, no calls but of the listed functions. Texts are bounded
    to 1000 characters, 32 levels, 200 nodes, and with the guards that they name to 500 nodes and
    64 levels, before anything recurses. Code is generated from checked trees only, without
    builtins, and holds no name that an author wrote.
"""

from __future__ import annotations

from heartline.expressions.calls import FUNCTIONS, PROPERTY_FUNCTIONS
from heartline.expressions.codegen import Codegen
from heartline.expressions.explain import Explanation, explain
from heartline.expressions.interpreter import Timers, evaluate, execute, saturate
from heartline.expressions.parser import parse_action, parse_expression, parse_property
from heartline.expressions.problems import Parsed, Problem
from heartline.expressions.queries import (
    COUNT_OTHERWISE,
    assigned,
    children,
    constants,
    counts,
    guards_used,
    measure,
    reads,
    walk,
)
from heartline.expressions.scope import RESERVED, Guard, Scope
from heartline.expressions.tree import (
    LEAF,
    TRUE,
    Action,
    And,
    Arithmetic,
    Assign,
    At,
    CanReach,
    Compare,
    Conditional,
    Count,
    Declaration,
    Extreme,
    GuardUse,
    Happened,
    Happens,
    HowMany,
    Literal,
    Member,
    Negate,
    Not,
    Or,
    Span,
    Start,
    Stop,
    Symbol,
    TimerTest,
    Tree,
    Variable,
)
from heartline.expressions.types import (
    BOOL,
    DURATION,
    NUMBER,
    TEXT,
    BoolType,
    DurationType,
    EnumType,
    IntType,
    TextType,
    Type,
    Value,
    describe,
)
from heartline.expressions.writing import write

__all__ = [
    "BOOL",
    "COUNT_OTHERWISE",
    "DURATION",
    "FUNCTIONS",
    "LEAF",
    "NUMBER",
    "PROPERTY_FUNCTIONS",
    "RESERVED",
    "TEXT",
    "TRUE",
    "Action",
    "And",
    "Arithmetic",
    "Assign",
    "At",
    "BoolType",
    "CanReach",
    "Codegen",
    "Compare",
    "Conditional",
    "Count",
    "Declaration",
    "DurationType",
    "EnumType",
    "Explanation",
    "Extreme",
    "Guard",
    "GuardUse",
    "Happened",
    "Happens",
    "HowMany",
    "IntType",
    "Literal",
    "Member",
    "Negate",
    "Not",
    "Or",
    "Parsed",
    "Problem",
    "Scope",
    "Span",
    "Start",
    "Stop",
    "Symbol",
    "TextType",
    "TimerTest",
    "Timers",
    "Tree",
    "Type",
    "Value",
    "Variable",
    "assigned",
    "children",
    "constants",
    "counts",
    "describe",
    "evaluate",
    "execute",
    "explain",
    "guards_used",
    "measure",
    "parse_action",
    "parse_expression",
    "parse_property",
    "reads",
    "saturate",
    "walk",
    "write",
]
