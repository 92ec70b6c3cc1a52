"""Tables of cases: a test with rows becomes as many tests, before its shape is looked at.

A value that is `$column`, and nothing else, stands for the row's value of that column, which may
be of any kind: a length, a list of lines, a whole expectation. It is put in place in the tree of
the file, where each value knows its place: so what is wrong with a cell is found where the cell
stands, and what is wrong with the test where that stands, once, however many rows there are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heartline.yamltext import MOST_NODES, Composition, Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from heartline.testing.files.faults import Faults

__all__ = ["COLUMN", "FILLED", "Round", "spell_out"]

COLUMN = re.compile(r"\$([a-z][a-z0-9_]{0,63})")
# The fields of a test that a column may stand in; the others say what the test is.
FILLED = ("seed", "start", "inputs", "seats", "draw", "expect", "steps")


@dataclass(frozen=True, slots=True)
class Round:
    """The file with one row of each table in place: the first round has the first rows, and each
    further one only the tests that have a row more. `rows` names the row of each test, None for a
    test without a table."""

    composed: Composition
    rows: Mapping[str, str | None]


@dataclass(slots=True)
class _Test:
    """A test of the file: where its columns stand, and its rows."""

    name: str
    node: Node
    uses: dict[str, list[Node]] = field(default_factory=dict)
    holding: set[int] = field(default_factory=set)  # id() of nodes with a column somewhere inside
    rows: list[tuple[str, Node]] = field(default_factory=list)
    size: int = 0


def spell_out(composed: Composition, faults: Faults) -> list[Round]:
    """The rounds of a file, the first always there. Reports tables that do not fit (HL904)."""
    root = composed.root
    assert root is not None
    authored = root.children.get("tests") if isinstance(root.children, dict) else None
    if authored is None or not isinstance(authored.children, dict):
        return [Round(composed, {})]
    tests = [_read(name, node) for name, node in authored.children.items()]
    for test in tests:
        _check(test, composed, faults)
    _bound(tests, faults)
    rounds = [_round(0, root, authored, tests, composed)]
    waiting = [test for test in tests if len(test.rows) > 1]
    while waiting:
        number = len(rounds)
        rounds.append(_round(number, root, authored, waiting, composed))
        waiting = [test for test in waiting if len(test.rows) > number + 1]
    return rounds


def _read(name: str, node: Node) -> _Test:
    test = _Test(name, node)
    if isinstance(node.children, dict):
        for key in FILLED:
            if key in node.children:
                _note(node.children[key], test)
        cases = node.children.get("cases")
        if cases is not None and isinstance(cases.children, dict):
            test.rows = list(cases.children.items())
    return test


def _note(node: Node, test: _Test) -> bool:
    """Note the columns in a value; say whether there are any. As deep as the file at most."""
    test.size += 1
    found = False
    if isinstance(node.data, str):
        if match := COLUMN.fullmatch(node.data):
            test.uses.setdefault(match[1], []).append(node)
            found = True
    else:
        for child in _children(node):
            found = _note(child, test) or found
    if found:
        test.holding.add(id(node))
    return found


def _children(node: Node) -> Iterable[Node]:
    return node.children.values() if isinstance(node.children, dict) else node.children or ()


def _check(test: _Test, composed: Composition, faults: Faults) -> None:
    """Report what does not fit between the columns that a test asks for and those of its rows."""
    children = test.node.children
    table = isinstance(children, dict) and children.get("cases")
    if not table:
        for column, nodes in test.uses.items():
            message = f"'${column}' stands for a column, and {test.name!r} has no table of cases"
            faults.at_node("HL904", message, nodes[0], "write cases: and its rows")
            composed.broken.update(map(id, nodes))
        return
    if id(table) in composed.broken or not isinstance(table.children, dict):
        composed.broken.update(id(node) for nodes in test.uses.values() for node in nodes)
        return
    path = ("tests", test.name, "cases")
    if not test.rows:
        composed.broken.update(id(node) for nodes in test.uses.values() for node in nodes)
        faults.error(
            "HL904", f"the table of {test.name!r} has no rows", path,
            "write a row with its columns, or leave cases out", key=True,
        )  # fmt: skip
        return
    columns = {
        column: row
        for row, node in reversed(test.rows)
        if isinstance(node.children, dict)
        for column in node.children
    }
    meant = _unknown(test, columns, composed, faults)
    for row, node in test.rows:
        if isinstance(node.children, dict) and id(node) not in composed.lossy:
            missing = [column for column in test.uses if column not in node.children]
            for column in missing:
                if column in columns:
                    extra = set(node.children) - test.uses.keys()
                    hint = faults.near(column, extra)
                    meant.update(extra if hint else ())
                    message = f"the row {row!r} has no {column!r}, which the test asks for"
                    faults.error("HL904", message, (*path, row), hint, key=True)
    for column, row in columns.items():
        if column not in test.uses and column not in meant:
            message = f"nothing in {test.name!r} asks for the column {column!r}"
            hint = f"write ${column} where its value belongs, or delete the column"
            faults.error("HL904", message, (*path, row, column), hint, key=True)
    if not columns and not test.uses:
        message = f"the rows of {test.name!r} have no columns, so they are all the same test"
        faults.error("HL904", message, path, "give them columns, or leave cases out", key=True)


def _unknown(
    test: _Test, columns: Mapping[str, str], composed: Composition, faults: Faults
) -> set[str]:
    """Report columns that no row has; the columns that seem to be meant."""
    spare = columns.keys() - test.uses.keys()
    meant: set[str] = set()
    for column, nodes in test.uses.items():
        if column in columns:
            continue
        near = faults.nearest(column, spare) or faults.nearest(column, columns)
        if near:
            meant.add(near)
        hint = f"did you mean '${near}'?" if near else None
        if hint is None and columns:
            hint = f"there is {', '.join('$' + each for each in list(columns)[:8])}"
        message = f"no row of {test.name!r} has a column {column!r}"
        faults.at_node("HL904", message, nodes[0], hint)
        composed.broken.update(map(id, nodes))
    return meant


def _bound(tests: list[_Test], faults: Faults) -> None:
    """Look only at the first row of each table where all of them together would be more than a
    file may hold."""
    total = 0
    for test in tests:
        for row, node in test.rows:
            cells = node.children if isinstance(node.children, dict) else {}
            total += test.size + sum(
                _size(cells[column]) * len(nodes)
                for column, nodes in test.uses.items()
                if column in cells
            )
            if total > MOST_NODES:
                message = f"the tables up to here stand for more than {MOST_NODES:,} values"
                path = ("tests", test.name, "cases", row)
                faults.error("HL102", message, path, "split the file", key=True)
                for each in tests:
                    del each.rows[1:]
                return


def _size(node: Node) -> int:
    return 1 + sum(map(_size, _children(node)))


def _round(
    number: int, root: Node, authored: Node, tests: list[_Test], composed: Composition
) -> Round:
    result = Composition(None, [], set(composed.broken), set(composed.lossy))
    filled: dict[str, Node] = {}
    rows: dict[str, str | None] = {}
    for test in tests:
        if number < len(test.rows):
            row, node = test.rows[number]
            cells = node.children if isinstance(node.children, dict) else {}
            for column, nodes in test.uses.items():
                if column not in cells:
                    result.broken.update(map(id, nodes))
            filled[test.name] = _filled(test, cells, result, with_table=number == 0)
            rows[test.name] = row
        elif number == 0:
            filled[test.name] = test.node
            rows[test.name] = None
    held = dict(_held(root, number))
    held["tests"] = _with(authored, filled, result)
    result.root = _with(root, held, result)
    return Round(result, rows)


def _held(root: Node, number: int) -> Iterator[tuple[str, Node]]:
    """What a round has of the file beside tests: all of it the first time."""
    assert isinstance(root.children, dict)
    for key, node in root.children.items():
        if number == 0 or key == "heartline_tests":
            yield key, node


def _filled(
    test: _Test, cells: Mapping[str, Node], result: Composition, *, with_table: bool
) -> Node:
    """The test with one row's cells in place. The table itself is looked at once, not with each
    of its rows."""
    assert isinstance(test.node.children, dict)
    children = {
        key: _fill(child, cells, test, result) if key in FILLED else child
        for key, child in test.node.children.items()
        if with_table or key != "cases"
    }
    return _with(test.node, children, result)


def _fill(node: Node, cells: Mapping[str, Node], test: _Test, result: Composition) -> Node:
    """A value with the row's cells in place; where it asks for none, the value itself."""
    if id(node) not in test.holding:
        return node
    if isinstance(node.data, str):
        match = COLUMN.fullmatch(node.data)
        assert match is not None
        return cells.get(match[1], node)
    if isinstance(node.children, dict):
        children = {key: _fill(child, cells, test, result) for key, child in node.children.items()}
        return _with(node, children, result)
    copy = Node([], node.style, node.start, node.end)
    copy.children = [_fill(child, cells, test, result) for child in node.children or ()]
    copy.data = [child.data for child in copy.children]
    return _marked(node, copy, result)


def _with(node: Node, children: Mapping[str, Node], result: Composition) -> Node:
    """A mapping of the file with other values: only keys that it has."""
    copy = Node({}, node.style, node.start, node.end)
    copy.children = dict(children)
    copy.keys = {key: mark for key, mark in (node.keys or {}).items() if key in children}
    copy.data = {key: child.data for key, child in children.items()}
    return _marked(node, copy, result)


def _marked(node: Node, copy: Node, result: Composition) -> Node:
    for known in (result.broken, result.lossy):
        if id(node) in known:
            known.add(id(copy))
    return copy
