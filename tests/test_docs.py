"""Every example in the README and the documentation is run, page by page, from top to bottom.

Each page has a folder of its own. What a fenced block is follows from its language:

    yaml      a scenario when it begins with `heartline:`; it loads, compiles and is lint-clean;
              tests when it begins with `heartline_tests:`; all of them pass
    python    run, with the names of the blocks before it
    console   `$ heartline ...` and `$ python ...` are run and their output compared; a line `...`
              stands for any lines; `$ make TARGET` must be a target; other commands are not run
    json, text, and the rest: only looked at where a note says so

Notes are HTML comments on the lines before a block:

    <!-- file: NAME -->     also save the block in the page's folder
    <!-- add: NAME -->      merge this fragment into that scenario, which must then be lint-clean
    <!-- same: NAME -->     the block says the same as that file, with all that was added to it
    <!-- faulty -->         the scenario is meant to have faults
    <!-- output -->         what the Python block before it printed
    <!-- not run: WHY -->   leave it alone
    <!-- needs: LIBRARY --> leave it alone where that is not installed; what it prints, too

HEARTLINE_REWRITE=1 writes the real outputs into the pages instead of comparing them; read the
difference before you keep it.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import shlex
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

import heartline
from heartline.checking.lint import check, lint
from heartline.cli import run
from heartline.compiler import compile_scenario
from heartline.loader import load_text
from heartline.testing.files.loading import load_tests
from heartline.testing.runs.running import run_case

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if "diagnostics" not in page.parts]  # tests/test_checking.py's
BLOCK = re.compile(
    r"(?P<notes>(?:^<!-- .*? -->\n+)*)^```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass
class Block:
    """One fenced block: its place, its language, the notes before it, and its text."""

    place: str
    language: str
    notes: dict[str, str]
    body: str


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    found = []
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("body"))
        notes = dict(re.findall(r"^<!-- ([a-z ]+?)(?:: *(.*?))? -->", match["notes"], re.MULTILINE))
        place = f"{page.relative_to(ROOT)}:{line}"
        found.append(Block(place, match["language"], notes, match["body"]))
    return found


def findings(text: str, name: str) -> list[str]:
    """All that loading, compiling and lint have to say."""
    loaded = load_text(text, name)
    found = list(loaded.diagnostics)
    if loaded.file is not None:
        compiled = compile_scenario(loaded)
        found += compiled.diagnostics
        if compiled.machine is not None:
            found += lint(compiled)
    return [str(each) for each in found]


def read(text: str) -> Any:
    return yaml.load(text, Plain)  # noqa: S506  # a safe loader


def merge(old: Any, new: Any) -> Any:
    """Mappings are merged, all else is replaced."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merge(old.get(key), value) for key, value in new.items()}}
    return new


class Plain(yaml.SafeLoader):
    """YAML whose scalars stay what they are in the scenario: `yes` is a text."""

    yaml_implicit_resolvers: ClassVar = {
        first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class Page:
    """One page that is being run: its folder, and the names that its Python has defined."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outputs: list[tuple[str, str, str]] = []  # where, what stands there, what was printed
        self.names: dict[str, Any] = {"__name__": "page"}
        self.printed = ""

    def run(self, block: Block) -> None:
        notes = block.notes
        if "not run" in notes or not self.has(notes.get("needs")):
            return
        if "file" in notes:
            self.save(notes["file"], block.body)
        if "same" in notes:
            self.compare(block, notes["same"])
        if "add" in notes:
            self.add(block, notes["add"])
        elif "output" in notes:
            self.outputs.append((block.place, block.body, self.printed))
        elif block.language == "yaml" and block.body.startswith("heartline_tests:"):
            self.tests(block)
        elif block.language == "yaml":
            self.scenario(block)
        elif block.language == "python":
            self.python(block)
        elif block.language == "console":
            self.console(block)

    def has(self, library: str | None) -> bool:
        return library is None or find_spec(library) is not None

    def save(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def add(self, block: Block, name: str) -> None:
        old = read((self.folder / name).read_text("utf-8"))
        text = yaml.safe_dump(merge(old, read(block.body)), sort_keys=False, allow_unicode=True)
        self.save(name, text)
        assert findings(text, name) == [], block.place

    def compare(self, block: Block, name: str) -> None:
        old, new = read((self.folder / name).read_text("utf-8")), read(block.body)
        assert new == old, block.place
        if "states" not in new:
            return
        assert list(new["states"]) == list(old["states"]), block.place  # the first one begins
        for state, parts in new["states"].items():  # a menu has the order of the file
            before = old["states"][state].get("choices", {})
            assert list(parts.get("choices", {})) == list(before), f"{block.place}: {state}"

    def scenario(self, block: Block) -> None:
        if block.body.startswith("heartline:"):
            name = block.notes.get("file")
            if name is not None and "include:" in block.body:  # what it includes lies beside it
                found = [str(each) for each in check(self.folder / name)]
            else:
                found = findings(block.body, block.place)
            assert bool(found) == ("faulty" in block.notes), "\n".join(found) or block.place
        else:
            read(block.body)

    def tests(self, block: Block) -> None:
        name = block.notes.get("file", "page.test.yaml")
        self.save(name, block.body)
        tests = load_tests(self.folder / name, name)
        found = "\n".join(map(str, tests.diagnostics))
        assert bool(found) == ("faulty" in block.notes), found or block.place
        for case in tests.cases:
            assert tests.scenario is not None
            result = run_case(tests.scenario, case)
            assert result.status in ("passed", "skipped"), f"{block.place}: {result}"

    def python(self, block: Block) -> None:
        printed = io.StringIO()
        code = compile(block.body, block.place, "exec")
        with contextlib.redirect_stdout(printed):
            exec(code, self.names)  # noqa: S102  # our own pages
        self.printed = printed.getvalue()

    def console(self, block: Block) -> None:
        for command, expected in re.findall(
            r"^\$ (.*(?:\\\n.*)*)\n((?:(?!\$ ).*\n)*)", block.body, re.MULTILINE
        ):
            words = shlex.split(command.replace("\\\n", " "), comments=True)
            if words[0] == "make":
                targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
                assert set(words[1:]) <= set(targets), f"{block.place}: {command}"
                continue
            if words[0] not in ("heartline", "python") or words[1:2] == ["-m"]:
                continue
            printed = typed(words[1:]) if words[0] == "heartline" else started(words[1:])
            assert "Traceback" not in printed, printed
            assert "Heartline itself has a fault" not in printed, printed
            self.outputs.append((f"{block.place}: {command}", expected, printed))


def typed(arguments: list[str]) -> str:
    """What the command prints. It runs in this process, since starting one takes longer."""
    printed = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        run(arguments)
    return printed.buffer.getvalue().decode()


def started(arguments: list[str]) -> str:
    """What a program of the page prints. It runs in this process, too."""
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", arguments)
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            runpy.run_path(arguments[0], run_name="__main__")
    return printed.getvalue()


def tidy(text: str) -> str:
    """Without blanks at the ends of lines, and without empty lines around."""
    return "".join(f"{line.rstrip()}\n" for line in text.strip("\n").splitlines())


def agree(expected: str, printed: str) -> bool:
    """Whether the output is as expected; a line `...` stands for any lines."""
    pattern = "".join(
        r"(?:[^\n]*\n)*?" if line == "...\n" else re.escape(line)
        for line in tidy(expected).splitlines(keepends=True)
    )
    return re.fullmatch(pattern, tidy(printed)) is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_examples_of_the_page_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    # One processor: to start a process for each takes longer than what the examples do.
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    running = Page(tmp_path)
    for block in blocks(page):
        running.run(block)
    wrong = [output for output in running.outputs if not agree(output[1], output[2])]
    if os.environ.get("HEARTLINE_REWRITE"):
        text = page.read_text("utf-8")
        for _, expected, printed in running.outputs:
            if expected == "...\n" or (expected and not agree(expected, printed)):
                text = text.replace(expected, tidy(printed), 1)
        page.write_text(text, "utf-8")
        return
    for place, expected, printed in wrong:
        assert tidy(printed) == tidy(expected), place


def test_every_relative_link_leads_somewhere() -> None:
    broken = []
    for page in [*PAGES, *sorted((ROOT / "docs" / "diagnostics").rglob("*.md"))]:
        text = re.sub(r"```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s#]+)[^)]*\)", text):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken, "\n".join(broken)


def test_the_session_of_the_picture_can_still_be_played() -> None:
    script = ROOT / "docs" / "images" / "session.txt"
    code = run(["play", "reconciliation", "--script", str(script)])
    assert code == 0, f"mend {script}, then run make picture"


def test_heartline_is_this_checkout() -> None:
    assert Path(heartline.__file__).is_relative_to(ROOT)
