"""All rules on all submissions, each looked at by a child with limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.strict_json import Json
from harness.submission.confined.child import Watch
from harness.submission.confined.pool import confined
from harness.submission.folders.gather import id_of
from harness.submission.rules.book import RULES, Rule
from harness.submission.rules.tree import cost
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault, Finding, finding
from harness.submission.subject.manifests import READING, Manifests
from harness.submission.subject.subject import open_subject

MOST_ALIKE = 20
"""Findings of one rule in one submission that are told one by one."""


class Judged(NamedTuple):
    """Findings in order, and what this machine failed at."""

    findings: tuple[Finding, ...]
    lost: tuple[str, ...]


def judge(board: Board, folders: Sequence[Path], manifests: Manifests) -> Judged:
    """What every rule finds in the board and in each of the submissions."""

    def work(item: Rule | Path, watch: Watch) -> Json:
        if isinstance(item, Rule):
            return list(_of_the_board(board, item))
        watch.at(id_of(item))
        return list(_of_one(board, item, manifests))

    # Rules on the board one by one: a file that stops the reader of one hides nothing of others.
    items: list[Rule | Path] = [*(rule for rule in RULES if rule.whole is not None), *folders]
    found: set[Finding] = set()
    lost = []
    for item, ended in zip(items, confined(work, items, lambda _: READING), strict=True):
        name = "the folder of submissions" if isinstance(item, Rule) else id_of(item)
        if ended.lost:
            lost.append(f"{name}: {ended.lost}")
        elif ended.stopped:
            found.add(finding("tree-cost", cost(name, ended)))
        else:
            found.update(Finding(*one) for one in ended.value)
    return Judged(tuple(sorted(found)), tuple(dict.fromkeys(lost)))


def _of_the_board(board: Board, rule: Rule) -> Iterator[Finding]:
    if rule.whole is not None:
        yield from (finding(rule.id, fault) for fault in rule.whole(board))


def _of_one(board: Board, folder: Path, manifests: Manifests) -> Iterator[Finding]:
    subject = open_subject(folder, manifests)
    for rule in RULES:
        if rule.each is not None:
            yield from _some(rule.id, list(rule.each(subject, board)), subject.id)


def _some(rule: str, faults: list[Fault], id: str) -> Iterator[Finding]:
    """The first of a rule's findings in one submission: a thousand alike help nobody."""
    yield from (finding(rule, fault) for fault in sorted(faults)[:MOST_ALIKE])
    if len(faults) > MOST_ALIKE:
        said = f"has {len(faults) - MOST_ALIKE:,} more of these"
        yield finding(rule, Fault(id, said, "Mend those that are named, and validate again"))
