"""What came of a run, as JUnit XML, which build servers read.

A suite for each file, a case for each test, with the element names and attributes that the common
schema of Jenkins' xUnit plug-in knows. A file that cannot be used is a suite with one error that
holds its findings. A character that XML cannot hold is shown as a mark.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import PurePath
from typing import TYPE_CHECKING

from heartline.testing.case import ERROR, FAILED, SKIPPED
from heartline.testing.runs.failures import failure_text
from heartline.testing.suite.telling import findings_text

if TYPE_CHECKING:
    from datetime import datetime

    from heartline.testing.case import Case, Result
    from heartline.testing.suite.session import FileOutcome, Outcome

__all__ = ["junit_text"]

WIDTH = 100  # columns of the failures
# What XML 1.0 (section 2.2) has no character for.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_text(outcome: Outcome, *, began: datetime | None = None) -> str:
    """The whole document; `began` is when the run did."""
    root = ET.Element("testsuites", {"name": "heartline"})
    suites = [_suite(file, began) for file in outcome.files]
    if outcome.problems:
        suites.append(_problems(outcome))
    root.extend(suites)
    for total in ("tests", "failures", "errors", "skipped"):
        root.set(total, str(sum(int(suite.get(total, "0")) for suite in suites)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in suites):.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _suite(file: FileOutcome, began: datetime | None) -> ET.Element:
    path = file.run.tests.path
    if not file.usable:
        suite = _element("testsuite", name=path, tests="1", failures="0", errors="1", skipped="0")
        suite.set("time", "0.000")
        name = PurePath(path).name
        unusable = _element("testcase", name=name, classname=_class(path), time="0.000")
        findings = findings_text(file.run.tests, colour=False, width=WIDTH)
        unusable.append(_told("error", "The file cannot be used.", findings))
        suite.append(unusable)
    else:
        statuses = [result.status for result in file.results]
        suite = _element(
            "testsuite",
            name=path,
            tests=str(len(statuses)),
            failures=str(statuses.count(FAILED)),
            errors=str(statuses.count(ERROR)),
            skipped=str(statuses.count(SKIPPED)),
            time=f"{sum(result.seconds for result in file.results):.3f}",
        )
        for case, result in zip(file.run.cases, file.results, strict=False):
            suite.append(_case(path, case, result))
    if began is not None:
        suite.set("timestamp", began.isoformat(timespec="seconds"))
    return suite


def _case(path: str, case: Case, result: Result) -> ET.Element:
    element = _element(
        "testcase", name=case.name, classname=_class(path), time=f"{result.seconds:.3f}"
    )
    if result.status == SKIPPED:
        element.append(_element("skipped", message=result.reason or ""))
    elif result.failure is not None:
        kind = "error" if result.status == ERROR else "failure"
        text = failure_text(case, result.failure, colour=False, width=WIDTH)
        element.append(_told(kind, result.failure.message, text))
    return element


def _problems(outcome: Outcome) -> ET.Element:
    """What was asked for and could not be run."""
    number = str(len(outcome.problems))
    suite = _element(
        "testsuite", name="heartline test", tests=number, failures="0", errors=number,
        skipped="0", time="0.000",
    )  # fmt: skip
    for problem in outcome.problems:
        case = _element("testcase", name="selection", classname="heartline", time="0.000")
        case.append(_told("error", problem, problem))
        suite.append(case)
    return suite


def _class(path: str) -> str:
    """The file as a dotted name, which viewers make a tree of."""
    parts = PurePath(path).parts
    return ".".join(part.removesuffix(".yaml") for part in parts if part not in ("/", "..", "."))


def _element(tag: str, **attributes: str) -> ET.Element:
    return ET.Element(tag, {name: _writable(value) for name, value in attributes.items()})


def _told(tag: str, message: str, text: str) -> ET.Element:
    element = _element(tag, message=message.partition("\n")[0])
    element.text = _writable(text)
    return element


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
