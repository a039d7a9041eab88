"""A comparison as JUnit XML: one test case per metric that may fail, and one for the flips."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

from harness.compare.comparison import Comparison, TaskComparison
from harness.compare.reports.caught import power_lines, task_rows
from harness.compare.reports.text import flips_line, summary_line

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(found: Comparison) -> str:
    """An XML document with one suite per task."""
    root = Xml.Element("testsuites", name="marginbench compare")
    for task in found.tasks:
        _suite(root, task, found)
    for task_id in found.missing:
        suite = Xml.SubElement(root, "testsuite", name=_text(task_id), tests="1", errors="1")
        case = Xml.SubElement(suite, "testcase", name="present", classname=_text(task_id))
        Xml.SubElement(case, "error", message="the candidate has no record of this task")
    Xml.indent(root)
    body = Xml.tostring(root, encoding="unicode", xml_declaration=False)
    said = "; ".join([*power_lines(found), summary_line(found)])
    head = f"<?xml version='1.0' encoding='utf-8'?>\n<!-- {_comment(said)} -->"
    return f"{head}\n{body}\n"


def _suite(root: Xml.Element, task: TaskComparison, found: Comparison) -> None:
    cases = [
        ("worse", task.failures, "failure"),
        ("complete", task.gaps, "error"),
    ]
    suite = Xml.SubElement(
        root,
        "testsuite",
        name=_text(task.task),
        tests=str(len(cases)),
        failures=str(bool(task.failures).real),
        errors=str(bool(task.gaps).real),
    )
    if rows := [row for row in task_rows(found.caught, task.task) if row.loss is not None]:
        properties = Xml.SubElement(suite, "properties")
        for row in rows:
            name = _text(f"{row.name}: loss called worse four times in five")
            Xml.SubElement(properties, "property", name=name, value=f"{row.loss:.4g}")
    for name, reasons, kind in cases:
        case = Xml.SubElement(suite, "testcase", name=name, classname=_text(task.task))
        if reasons:
            problem = Xml.SubElement(case, kind, message=_text("; ".join(reasons)))
            problem.text = _text("\n".join(_details(task)))


def _details(task: TaskComparison) -> list[str]:
    lines = [flips_line(flips) for flips in task.flips]
    for flips in task.flips:
        lines += [str(item["id"]) for item in flips.items[:200] if "id" in item]
    return lines


def _text(value: str) -> str:
    return _FORBIDDEN.sub("?", value)


def _comment(value: str) -> str:
    return _text(value).replace("--", "- -").rstrip("-")
