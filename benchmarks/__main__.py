"""`python -m benchmarks [PART ...] [--quick]`: measure, print ratios, write JSON.

Parts: speed, memory, load, help, mutants, turns, proofs, durable, web; all of them without a name.
The JSON goes to benchmarks/results/latest.json. Exit code 0 whatever is measured, 1 with --strict
where a promise is not kept.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import statistics
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import dispatch, durable, loading, memory, mutants, proofs, startup, turns, web
from benchmarks.harness import Samples, ratio
from benchmarks.peers import floor, node, ours, spin
from benchmarks.targets import Finding

PARTS = ("speed", "memory", "load", "help", "mutants", "turns", "proofs", "durable", "web")
_PACKAGES = (
    "transitions", "python-statemachine", "sismic", "xstate-statemachine", "pydantic", "click",
    "numpy", "asyncpg", "fastapi", "uvicorn",
)  # fmt: skip
_HOME = Path(__file__).resolve().parent
_FLAGSHIP = _HOME.parent / "scenarios" / "reconciliation"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--million", action="store_true", help="durable: among 1,000,000 too")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a promise is not kept")
    given = parser.parse_args(arguments)
    unknown = [part for part in given.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}: the parts are {', '.join(PARTS)}")
    parts = given.parts or PARTS
    flagship = _FLAGSHIP if (_FLAGSHIP / "scenario.yaml").is_file() else None
    found: list[Finding] = []
    samples: Samples = {}
    notes: list[str] = []
    if "speed" in parts:
        _say("speed: everybody plays in turn ...")
        samples = dispatch.measure(
            samples=9 if given.quick else 51,
            seconds=0.03 if given.quick else 0.06,
            say=notes.append,
        )
        found += dispatch.findings(samples)
    if "memory" in parts:
        _say("memory ...")
        scenario = ours.scenario() if flagship is None else ours.scenario(flagship)
        found += memory.findings(scenario, conversations=1_000 if given.quick else 10_000)
    if "load" in parts:
        _say("load and compile ...")
        sizes = (500, 1_000, 2_000) if given.quick else (1_000, 2_000, 5_000, 10_000)
        found += loading.findings(flagship, sizes=sizes, samples=3)
    if "help" in parts:
        _say("help ...")
        found += startup.findings(samples=5 if given.quick else 15)
    if "mutants" in parts and flagship is not None:
        _say("mutants ...")
        found += mutants.findings(flagship, size=30 if given.quick else mutants.SIZE)
    if "turns" in parts and flagship is not None:
        _say("turns of random play ...")
        found += turns.findings(flagship, walks=2_000 if given.quick else 10_000)
    if "proofs" in parts:
        _say("proofs ...")
        found += proofs.findings(flagship, quick=given.quick, say=notes.append)
    if "durable" in parts:
        _say("conversations that are stored ...")
        found += durable.findings(quick=given.quick, million=given.million, say=notes.append)
    if "web" in parts:
        _say("turns over HTTP, and open streams ...")
        found += web.findings(quick=given.quick)
    _show(samples, found, notes)
    _write(samples, found, notes)
    return 1 if given.strict and not all(finding.kept for finding in found) else 0


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _show(samples: Samples, found: list[Finding], notes: list[str]) -> None:
    if samples:
        columns = (floor.NAME, ours.DISPATCH, ours.STEP, ours.VIEW)
        print("\nTime per input, as a multiple of ...")
        print(f"{'':28}" + "".join(f"{name.split(' (')[0]:>24}" for name in columns))
        for name in sorted(samples, key=lambda name: statistics.median(samples[name])):
            cells = (f"{ratio(samples, name, column).median:.2f}x" for column in columns)
            print(f"{name:28}" + "".join(f"{cell:>24}" for cell in cells))
    if found:
        print(f"\n{'':54}{'measured':>12}  {'middle half':16}{'promised':18}")
    for finding in found:
        spread = finding.spread
        middle = f"{spread[0]:.2f} to {spread[1]:.2f}" if spread is not None else ""
        amount = f"{finding.measured:,.0f}" if finding.unit == " B" else f"{finding.measured:.2f}"
        verdict = "" if not finding.promise else "kept" if finding.kept else "NOT KEPT"
        line = f"{finding.what:54}{amount + finding.unit:>12}  {middle:16}{finding.promise:18}"
        print(f"{line}{verdict}".rstrip())
    for note in notes:
        print(f"\n{note}")


def _write(samples: Samples, found: list[Finding], notes: list[str]) -> None:
    data: dict[str, Any] = {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": platform.machine(),
        "versions": {**_versions(), **node.versions(), **spin.versions()},
        "findings": [
            {
                "what": finding.what,
                "measured": finding.measured,
                "unit": finding.unit.strip(),
                "promise": finding.promise or None,
                "kept": finding.kept if finding.promise else None,
                "spread": finding.spread,
            }
            for finding in found
        ],
        "seconds_per_input": samples,
        "notes": notes,
    }
    folder = _HOME / "results"
    folder.mkdir(exist_ok=True)
    target = folder / "latest.json"
    target.write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    print(f"\nWritten to {target.relative_to(_HOME.parent)}.")


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
