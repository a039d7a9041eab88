"""A comparison as JUnit XML: one test case per metric that may fail, and one for the flips."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from harness.compare.comparison import Comparison, TaskComparison
from harness.compare.detectable import Detectable
from harness.compare.reports.caught import power_lines, task_rows
from harness.compare.reports.slices import slice_details
from harness.compare.reports.text import flips_line, summary_line

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(found: Comparison) -> str:
    """An XML document with one suite per task."""
    root = Xml.Element("testsuites", name="marginbench compare")
    suites_into(root, found)
    return document(root, "; ".join([*power_lines(found), summary_line(found)]))


def suites_into(root: Xml.Element, found: Comparison, whose: str = "") -> None:
    """Add the suites of a comparison, ``whose`` before the names of their tasks."""
    for task in found.tasks:
        _suite(root, task, whose, task_rows(found.caught, task.task))
    for task_id in found.missing:
        refused_into(root, whose + task_id, "present", "the candidate has no record of this task")


def refused_into(root: Xml.Element, name: str, case: str, why: str) -> None:
    """Add a suite of one case, which is an error."""
    suite = Xml.SubElement(root, "testsuite", name=_text(name), tests="1", errors="1")
    inner = Xml.SubElement(suite, "testcase", name=case, classname=_text(name))
    Xml.SubElement(inner, "error", message=_text(why))


def document(root: Xml.Element, said: str) -> str:
    """The document with a line of words at its top."""
    Xml.indent(root)
    body = Xml.tostring(root, encoding="unicode", xml_declaration=False)
    head = f"<?xml version='1.0' encoding='utf-8'?>\n<!-- {_comment(said)} -->"
    return f"{head}\n{body}\n"


def _suite(
    root: Xml.Element, task: TaskComparison, whose: str, budgets: Sequence[Detectable]
) -> None:
    named = _text(whose + task.task)
    cases = [
        ("worse", task.failures, "failure"),
        ("complete", task.gaps, "error"),
    ]
    slices = list(slice_details(task))
    suite = Xml.SubElement(
        root,
        "testsuite",
        name=named,
        tests=str(len(cases) + len(slices)),
        failures=str(bool(task.failures).real),
        errors=str(bool(task.gaps).real),
    )
    if rows := [row for row in budgets if row.loss is not None]:
        properties = Xml.SubElement(suite, "properties")
        for row in rows:
            name = _text(f"{row.name}: loss called worse four times in five")
            Xml.SubElement(properties, "property", name=name, value=f"{row.loss:.4g}")
    for name, reasons, kind in cases:
        case = Xml.SubElement(suite, "testcase", name=name, classname=named)
        if reasons:
            problem = Xml.SubElement(case, kind, message=_text("; ".join(reasons)))
            problem.text = _text("\n".join(_details(task)))
    for name, said in slices:  # they pass, whatever they say: those that decide fail above
        case = Xml.SubElement(suite, "testcase", name=_text(name), classname=named)
        Xml.SubElement(case, "system-out").text = _text(said)


def _details(task: TaskComparison) -> list[str]:
    lines = [flips_line(flips) for flips in task.flips]
    for flips in task.flips:
        lines += [str(item["id"]) for item in flips.items[:200] if "id" in item]
    return lines


def _text(value: str) -> str:
    return _FORBIDDEN.sub("?", value)


def _comment(value: str) -> str:
    return _text(value).replace("--", "- -").rstrip("-")
