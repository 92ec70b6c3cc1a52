"""The peers that run on node: XState and inkjs, each in a process that answers line by line.

npm installs them, at the versions that package.json names, into benchmarks/node_modules, which git
ignores; no lock file is written, since it would record download addresses.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.cycle import EVENTS
from benchmarks.harness import Contender, Missing

__all__ = ["inkjs", "install", "versions", "xstate"]

_HOME = Path(__file__).resolve().parent.parent
_MODULES = _HOME / "node_modules"


def install() -> None:
    """Make sure that the npm packages are there; raises Missing with a sentence where not."""
    if shutil.which("node") is None:
        raise Missing("XState and inkjs are left out: node is not installed.")
    wanted = json.loads((_HOME / "package.json").read_text("utf-8"))["dependencies"]
    if versions() == wanted:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("XState and inkjs are left out: npm is not installed.")
    command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
    try:
        done = subprocess.run(command, cwd=_HOME, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired as slow:
        raise Missing("XState and inkjs are left out: npm took more than 5 minutes.") from slow
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Missing(
            "XState and inkjs are left out: npm could not install them"
            + (f" ({said[-1][:200]})." if said else ".")
        )


def versions() -> dict[str, str]:
    """The npm packages that are installed, and their versions."""
    found = {}
    for manifest in sorted(_MODULES.glob("*/package.json")):
        data = json.loads(manifest.read_text("utf-8"))
        if data.get("name") in ("xstate", "inkjs"):
            found[str(data["name"])] = str(data["version"])
    return found


def xstate() -> Contender:
    """XState: `actor.send`, which makes a new snapshot."""
    return _Worker("xstate.mjs").contender("XState")


def inkjs() -> Contender:
    """inkjs: ChooseChoiceIndex, then Continue to the end."""
    return _Worker("ink.mjs").contender("inkjs")


class _Worker:
    """A node process that plays, and is asked for one thing at a time."""

    def __init__(self, script: str) -> None:
        if not versions():
            raise Missing("XState and inkjs are not installed.")
        self.process = subprocess.Popen(
            ["node", str(_HOME / "peers" / script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        if self.ask(json.dumps(EVENTS)) != "ready":
            raise Missing(f"node could not start {script}.")

    def ask(self, line: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            assert self.process.stderr is not None
            said = [text for text in self.process.stderr.read().splitlines() if "Error" in text]
            raise RuntimeError(f"A peer on node stopped: {said[-1][:300] if said else 'no word'}.")
        return answer

    def contender(self, name: str) -> Contender:
        return Contender(name, self.play, self.visit, self.close)

    def play(self, rounds: int) -> float:
        return float(self.ask(f"play {rounds}")) / 1000

    def visit(self) -> list[str]:
        answer: Any = json.loads(self.ask("visit"))
        return [str(state) for state in answer]

    def close(self) -> None:
        self.process.communicate(timeout=10)
