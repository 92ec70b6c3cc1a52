"""docs/contract.md: the program that it shows keeps the contract."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "contract.md"


def shown() -> dict[str, Any]:
    found = re.search(r"^<!-- file: test_booth.py -->\n```python\n(.*?)^```$",
                      PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)  # fmt: skip
    assert found is not None
    names: dict[str, Any] = {"__name__": "test_booth"}
    exec(compile(found[1], PAGE.name, "exec"), names)  # noqa: S102
    return names


TestBooth = shown()["TestBooth"]  # all tests of the contract
