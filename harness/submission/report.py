"""What validation found, for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator

from harness.submission.subject.around import RECOMPUTED, Outcome
from harness.submission.untrusted.shown import shown
from harness.submission.validate import Report

SCHEMA_VERSION = 1


def as_json(report: Report) -> str:
    """``{schema_version, submissions: [{id, evidence}], findings, count}``, strict and ASCII."""
    data = {
        "schema_version": SCHEMA_VERSION,
        "submissions": [
            {
                "id": id,
                "evidence": {
                    shown(task): {"level": outcome.level, "reason": shown(outcome.reason)}
                    for task, outcome in runs.items()
                },
            }
            for id, runs in report.evidence.items()
        ],
        "findings": [finding._asdict() for finding in report.findings],
        "count": len(report.findings),
    }
    return json.dumps(data, indent=2, ensure_ascii=True, allow_nan=False)


def as_lines(report: Report) -> Iterator[str]:
    """Findings, then the evidence of each submission, then the count."""
    for found in report.findings:
        yield f"{found.path}: {found.message} [{found.rule}]"
        yield f"    {found.fix}"
    if report.findings:
        yield ""
    for id, runs in report.evidence.items():
        yield f"{id}: {_summary(list(runs.values()))}"
        for task, outcome in runs.items():
            if outcome.level != RECOMPUTED:
                yield f"    {shown(task)}: {outcome.level}, {shown(outcome.reason)}"
    if report.unchanged:
        yield f"{_count(report.unchanged, 'submission')} as merged"
    yield (
        f"{_count(len(report.findings), 'finding')} in {_count(len(report.evidence), 'submission')}"
    )


def unfinished(report: Report) -> list[str]:
    """What kept runs from being computed though it should not have, once each."""
    outcomes = (outcome for runs in report.evidence.values() for outcome in runs.values())
    return list(dict.fromkeys([*report.lost, *(o.unfinished for o in outcomes if o.unfinished)]))


def _summary(outcomes: list[Outcome]) -> str:
    done = sum(outcome.level == RECOMPUTED for outcome in outcomes)
    rest = len(outcomes) - done
    parts = [f"{done} recomputed" if done else "", f"{rest} self-reported" if rest else ""]
    return ", ".join(part for part in parts if part) or "no record that can be read"


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
