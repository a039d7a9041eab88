"""The embedded pairs: what each rule changes, the pin, and blind rows that learn nothing by it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from harness.data.asked import LoadRequest
from harness.errors import InvalidError
from harness.submission.catalogue.fingerprints import known_versions
from harness.tasks.load import load_task
from suites.preference import docstrings, suite
from suites.preference.board import Board
from suites.preference.data import PreferenceData
from suites.preference.pins import pin
from suites.preference.whole import value_of

pytest.importorskip("networkx", reason="needs marginbench[quickstart]")


def loaded() -> PreferenceData:
    task = suite().find("preference/docstrings/networkx")
    assert task is not None
    data = task.load(LoadRequest())
    assert isinstance(data, PreferenceData)
    return data


def words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9]+", text)


def test_each_rule_does_what_it_says_and_nothing_else() -> None:
    data = loaded()
    kinds = Counter(data.subsets)
    assert set(kinds) == {"other", "swapped", "replaced"}
    assert min(kinds.values()) >= 25
    for group, subset in zip(data.groups, data.subsets, strict=True):
        own, spoilt = (data.documents[f"{group.id}/{side}"] for side in ("chosen", "rejected"))
        assert own != spoilt
        changed = [
            pair for pair in zip(words(own), words(spoilt), strict=False) if len(set(pair)) > 1
        ]
        if subset == "swapped":
            assert Counter(words(own)) == Counter(words(spoilt))
            (a, b), (c, d) = changed
            assert (a, b) == (d, c)
        elif subset == "replaced":
            assert len(words(own)) == len(words(spoilt))
            assert len(changed) == 1


def test_length_and_order_tell_nothing() -> None:
    board = Board.of(loaded())
    for row in ("longer", "shorter"):
        value = value_of(board, "pair accuracy[half]", board.blind[row])
        assert value is not None
        assert 0.42 < value < 0.58


def test_pairs_that_are_not_the_pinned_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    expected, count, card = pin()
    monkeypatch.setattr(docstrings, "pin", lambda: ("0" * 64, count, card))
    monkeypatch.setattr(docstrings, "made", lambda found: [])
    with pytest.raises(InvalidError, match="differ from the pinned ones"):
        docstrings.load_docstrings(LoadRequest())
    assert len(expected) == 64


def test_the_pinned_fingerprint_is_that_of_the_pairs() -> None:
    task = suite().find("preference/docstrings/networkx")
    assert task is not None
    (known,) = known_versions(suite(), task.id)[task.version]
    found = load_task(task, LoadRequest())
    assert (found.fingerprint, found.data.group_count) == (known.fingerprint, known.groups)
