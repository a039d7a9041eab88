"""What a rule finds: where, what is wrong, and what to do about it."""

from __future__ import annotations

from typing import NamedTuple

from harness.submission.untrusted.shown import shown


class Fault(NamedTuple):
    """Something wrong at a path below the folder of submissions, and how to mend it."""

    path: str
    message: str
    fix: str


class Finding(NamedTuple):
    """A fault with the id of the rule that found it; nothing in it is invisible."""

    path: str
    rule: str
    message: str
    fix: str


def finding(rule: str, fault: Fault) -> Finding:
    """A fault under the id of its rule, fit for a terminal."""
    return Finding(
        shown(fault.path, most=200), rule, shown(fault.message, most=600), shown(fault.fix)
    )
