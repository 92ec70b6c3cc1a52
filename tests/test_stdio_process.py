"""`heartline run --on stdio` as other programs start it, and the example that its page shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from speaking import REQUEST, TOLD

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "stdio.md").read_text("utf-8")
COMMAND = [sys.executable, "-m", "heartline", "run", "reconciliation", "--on", "stdio", "--store"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}


def spoken(folder: Path, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    """What is answered to these requests by a process of its own, which then ends."""
    done = subprocess.run(
        [*COMMAND, "sqlite:///heartline.db"], cwd=folder, env=ENVIRONMENT, capture_output=True,
        input="".join(json.dumps(each) + "\n" for each in requests), text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    for each in told:
        TOLD.validate(each)
    return told


@pytest.mark.slow
def test_a_conversation_goes_on_in_another_process(tmp_path: Path) -> None:
    (opened,) = spoken(tmp_path, {"id": 1, "do": "open", "scenario": "reconciliation", "seed": 7})
    token = opened["conversations"]["you"]
    asked = {"do": "choose", "conversation": token, "choice": "ask_why"}
    chosen, log = spoken(
        tmp_path, {"id": 1, **asked}, {"id": 2, "do": "transcript", "conversation": token}
    )
    assert chosen["view"]["turn"]["number"] == 2
    assert [each["kind"] for each in log["transcript"]] == ["opened", "chose"]


def test_it_ends_when_it_is_told_to_though_nothing_comes_in(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "sqlite:///heartline.db"], cwd=tmp_path, env=ENVIRONMENT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(b'{"id": 1, "do": "scenarios"}\n')
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == 1
        process.send_signal(signal.SIGTERM)
        rest, told = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, rest) == (0, b"")
    assert b"Traceback" not in told


def test_the_example_in_javascript_plays_the_flagship(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("The example is in JavaScript: install nodejs to run it.")
    (example,) = re.findall(r"^```javascript\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert len([line for line in example.splitlines() if line]) <= 15
    (tmp_path / "play.mjs").write_text(example)
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "heartline"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m heartline "$@"\n')
    command.chmod(0o755)
    done = subprocess.run(
        [node, "play.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        env={**ENVIRONMENT, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert "You Tell me why. I won't interrupt." in said
    assert len(said) > 12


def test_the_page_shows_every_request_and_each_is_as_it_must_be() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*?)\|", PAGE, re.MULTILINE)
    shown = dict(rows)
    models = {
        each["properties"]["do"]["const"]: each["properties"].keys() - {"id", "do"}
        for each in REQUEST.schema["$defs"].values()  # type: ignore[index,union-attr]
        if "do" in each.get("properties", {})
    }
    assert models.keys() <= shown.keys()
    for name, fields in models.items():
        assert set(re.findall(r"`(\w+)`", shown[name])) == fields, name
    for block in re.findall(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        found = json.loads(block.replace("\n", ""))
        (REQUEST if "do" in found else TOLD).validate(found)
