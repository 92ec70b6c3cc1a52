"""Print the pinned requirements, with hashes, of some of the project's dependency groups.

    python .ci/pins.py                 what playing needs
    python .ci/pins.py build test      what playing, building and testing need

One constraints file pins everything, and pip's hash-checking takes only whole requirement lists;
so this reads .ci/constraints.txt and keeps what the named groups need, following the `# via` notes
that say why each package is there. Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

CONSTRAINTS = Path(__file__).with_name("constraints.txt")
PROJECT = "heartline (pyproject.toml"


def read(text: str) -> dict[str, tuple[str, set[str]]]:
    """Each pinned package: its requirement as it stands in the file, and what asks for it."""
    pins = {}
    for block in re.split(r"\n(?=[a-z0-9])", text):
        requirement = [line for line in block.splitlines() if not line.lstrip().startswith("#")]
        reasons = re.findall(r"^    #(?: via)? +(?!via$)(\S.*)$", block, re.MULTILINE)
        name = re.match(r"[a-z0-9._-]+", block)[0]
        if name in pins:  # another version of it, for other versions of Python
            requirement = [pins[name][0], *requirement]
            reasons += pins[name][1]
        pins[name] = ("\n".join(requirement), set(reasons))
    return pins


def select(pins: dict[str, tuple[str, set[str]]], groups: list[str]) -> list[str]:
    """The requirements that the base and these groups need, the needs of needs included."""
    wanted = {f"{PROJECT})"} | {f"{PROJECT}:{group})" for group in groups}
    known = {reason for _, reasons in pins.values() for reason in reasons}
    if unknown := wanted - known:
        sys.exit(f"pins.py: nothing is pinned for {', '.join(sorted(unknown))}; run make pins")
    chosen: dict[str, str] = {}
    while True:
        more = {
            name: requirement
            for name, (requirement, reasons) in pins.items()
            if name not in chosen and reasons & wanted
        }
        if not more:
            return [chosen[name] for name in sorted(chosen)]
        chosen |= more
        wanted |= more.keys()


if __name__ == "__main__":
    print("\n".join(select(read(CONSTRAINTS.read_text("utf-8")), sys.argv[1:])))
