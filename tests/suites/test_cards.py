"""What every task's card says: licences that can be looked up, pins that name a state of a set."""

from __future__ import annotations

import re
from functools import cache

import pytest
from packaging.licenses import canonicalize_license_expression

from harness.nouns import Task
from harness.registry import SUITES, suite_named
from harness.tasks.hub import UNPINNED
from suites.preference.published import pins

QUOTED = re.compile(r'"[^"]+" \([^()]+\)')
SAID = re.compile(
    r"(?P<what>none stated|own terms|public domain|[A-Za-z0-9.+ -]+?)(?: \((?P<of>[^()]+)\))?"
)
EMBEDDED = "image-quality/severity"
"""A set of this project: nothing to cite."""

UNPINNED_SETS = {
    *("detection/mage", "detection/m4", "detection/coling"),
    *(f"preference/{name}" for name in (
        "rewardbench", "rewardbench-2", "rm-bench", "judgebench/gpt-4o", "rewardmath", "hpdv2",
        "judgebench/claude-3.5-sonnet", "genai-bench/image-generation", "genai-bench/image-edition",
        "genai-bench/video-generation", "videogen-rewardbench/overall",
        "videogen-rewardbench/visual-quality", "videogen-rewardbench/motion-quality",
        "videogen-rewardbench/text-alignment")),
}  # fmt: skip
"""Sets of the hub for which no commit could be looked up: their hub was not within reach."""


@cache
def tasks() -> tuple[Task, ...]:
    return tuple(task for name in SUITES for task in suite_named(name).tasks)


def licence_faults(text: str) -> list[str]:
    """The parts of a card's licence that hold to no rule of :class:`harness.nouns.TaskCard`."""
    wrong = []
    for part in text.split("; "):
        if QUOTED.fullmatch(part):
            continue
        found = SAID.fullmatch(part)
        if found is None:
            wrong.append(part)
        elif found["what"] in ("none stated", "public domain"):
            continue
        elif found["what"] == "own terms":
            wrong += [] if found["of"] else [part]
        elif canonical(found["what"]) != found["what"]:
            wrong.append(part)
    return wrong


def canonical(text: str) -> str | None:
    try:
        return canonicalize_license_expression(text)
    except ValueError:
        return None


def test_licences_are_spdx_ids_or_say_what_stands_in_their_place() -> None:
    told = {task.id: faults for task in tasks() if (faults := licence_faults(task.card.licence))}
    own = {task.id for task in tasks() if task.card.licence == "your own"}
    assert told.keys() == own
    assert own == {task.id for task in tasks() if not task.card.citation} - {EMBEDDED}


@pytest.mark.parametrize(
    "text",
    ["research use", "CC BY 4.0", "apache2", "cc-by-4.0", "own terms", "", "MIT; research",
     "MIT OR", '"for research"', "Apache-2.0 or CC BY 4.0", "see the set's own card"],
)  # fmt: skip
def test_what_is_no_licence_is_found(text: str) -> None:
    assert licence_faults(text)


@pytest.mark.parametrize(
    "text",
    ["MIT", "MIT OR Apache-2.0", "CC-BY-4.0 (texts); MIT (code)", "none stated",
     "own terms (X: non-commercial research)", '"Free for all" (notice)', "LicenseRef-X (the set)"],
)  # fmt: skip
def test_what_is_one_is_not(text: str) -> None:
    assert licence_faults(text) == []


def test_sets_of_the_hub_are_pinned_by_commit() -> None:
    asked = {one.task_id(way): one.id for one in pins().values() for way in one.ways}
    hub = {asked.get(task.id, task.id): task.card.revision for task in tasks()
           if task.card.source.startswith("hf:")}  # fmt: skip
    assert len(hub) == 13 + 19
    assert {name for name, revision in hub.items() if revision == UNPINNED} == UNPINNED_SETS
    pinned = [revision for revision in hub.values() if revision != UNPINNED]
    assert all(re.fullmatch(r"[0-9a-f]{40}", revision) for revision in pinned)


def test_pins_are_those_that_others_evaluate_on() -> None:
    """mteb 1 and 2: tasks Banking77Classification, MassiveIntentClassification, CIFAR10, CIFAR100.

    There, as descriptive statistics: 3,080, 2,974, 10,000 and 10,000 test items.
    """
    expected = {
        "flips/banking77": "0fd18e25b25c072e09e0d92ab615fda904d66300",
        "flips/massive-en": "4672e20407010da34463acc759c162ca9734bca6",
        "flips/cifar-10": "0b2714987fa478483af9968de7c934580d0bb9a2",
        "flips/cifar-100": "aadb3af77e9048adbea6b47c21a81e47dd092ae5",
    }
    found = {task.id: task.card.revision for task in tasks() if task.id in expected}
    assert found == expected


def test_no_card_says_what_nobody_looked_up() -> None:
    for task in tasks():
        said = " ".join((task.card.description, *task.card.caveats)).casefold()
        assert "from memory" not in said, task.id
        assert "own card" not in task.card.licence, task.id


def test_titles_of_papers_are_whole() -> None:
    """A citation names who, when and what: an author and a year alone cannot be looked up."""
    for task in tasks():
        if task.card.citation:
            first = task.card.citation.split("; ")[0]
            assert re.search(r"\b(19|20)\d\d\b", first), task.id
            assert len(first) > 45, (task.id, first)
    news = next(task for task in tasks() if task.id == "reranking/beir/trec-news")
    assert "TREC 2019 News Track" in news.card.citation  # 57 topics, 15,655 judgements are of 2019


def test_tasks_that_hold_the_same_items_are_told() -> None:
    ids = {task.id for task in tasks()}
    groups = [group for name in SUITES for group in suite_named(name).alike]
    assert all(set(group) <= ids and len(group) > 1 for group in groups)
    assert sum(len(group) == 4 and "koniq" in group[0] for group in groups) == 1
    nano = {name for name in ids if "/nano-beir/" in name}
    assert nano == {name for group in groups for name in group if "/nano-beir/" in name}
    for name in SUITES:
        for mean in suite_named(name).aggregates:  # none counts the same items twice
            assert all(
                len(set(mean.members) & set(group)) <= 1 for group in suite_named(name).alike
            )
