"""Published sets as their own files: what is pinned of them, checked as they are loaded.

The hub's own tables are given with ``--data``; nothing is downloaded here, and no commit of the
sets could be looked up, so that their counts are what they are known by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from harness.data.asked import LoadRequest
from harness.errors import InvalidError
from suites.preference.composites import TIES
from suites.preference.data import PreferenceData
from suites.preference.folder import load_own

COUNTS: Mapping[str, Mapping[str, int]] = {
    "preference/rewardbench-2": {
        "Factuality": 475, "Precise IF": 160, "Math": 183, "Safety": 450, "Focus": 495, TIES: 102,
    },
    "preference/rm-bench": {"chat": 129, "code": 228},
}  # fmt: skip
"""Task -> items of each domain, of those that were counted."""


def load_board(task: str, request: LoadRequest) -> PreferenceData:
    """The set of a task; :class:`InvalidError` where a domain has another number of items."""
    data = load_own(task, request)
    if request.limit is None:
        check_counts(task, data)
    return with_partners(data)


def check_counts(task: str, data: PreferenceData) -> None:
    """Raise :class:`InvalidError` that names the counts which are others than the known ones."""
    found = Counter(data.subsets)
    wrong = [f"{count} items of {domain!r} expected, {found[domain]} found"
             for domain, count in COUNTS[task].items() if found[domain] != count]  # fmt: skip
    if wrong:
        raise InvalidError(f"this is not {task}: {'; '.join(wrong)}")


def with_partners(data: PreferenceData) -> PreferenceData:
    """Prompts of ties that belong together (``ref:7``, ``tied:7``) as one cluster."""
    groups = tuple(
        replace(group, cluster=f"{TIES} {group.id.partition(':')[2]}")
        if subset == TIES and ":" in group.id
        else group
        for group, subset in zip(data.groups, data.subsets, strict=True)
    )
    return replace(data, groups=groups)
