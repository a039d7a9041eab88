"""The embedded detection pairs: pinned, matched, and without tell-tales on one side."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import NoReturn

import pytest

from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from suites.detection import suite
from suites.detection.embedded import card, generate, human, pairs, text
from suites.detection.embedded.pairs import Pair, read_pairs
from suites.detection.loading import load_embedded


@pytest.fixture(scope="module")
def found() -> list[Pair]:
    return read_pairs()


def _auroc(ones: Sequence[float], zeros: Sequence[float]) -> float:
    wins = sum((a > b) + (a == b) / 2 for a in ones for b in zeros)
    return wins / (len(ones) * len(zeros))


def test_size_and_identity(found: list[Pair]) -> None:
    assert len(found) >= 500
    assert len({pair.domain for pair in found}) >= 2
    assert len({pair.id for pair in found}) == len(found)
    texts = [pair.human for pair in found] + [pair.machine for pair in found]
    assert len(set(texts)) == len(texts)


def test_sources_are_in_one_split(found: list[Pair]) -> None:
    splits: dict[tuple[str, str], set[str]] = {}
    for pair in found:
        splits.setdefault((pair.domain, pair.cluster), set()).add(pair.split)
    assert all(len(own) == 1 for own in splits.values())
    assert len({(pair.domain, pair.split) for pair in found}) == 4


@pytest.mark.parametrize(("measure", "margin"), [(text.words, 0.06), (len, 0.1)])
def test_length_tells_nothing(
    found: list[Pair], measure: Callable[[str], int], margin: float
) -> None:
    people = [measure(pair.human) for pair in found]
    machines = [measure(pair.machine) for pair in found]
    assert abs(_auroc(machines, people) - 0.5) < margin
    assert all(generate.mismatch(p.machine, p.human) <= generate.TOLERANCE for p in found)


def test_no_markup_on_either_side(found: list[Pair]) -> None:
    for pair in found:
        for side in (pair.human, pair.machine):
            assert side.isascii()
            assert not re.search(r"[`#*_<>{}=\[\]()\n]|  |https?:", side)
            assert text.clean(side) == side
        assert not pair.machine.startswith(("Here is", "Here's", "Sure", "Certainly", "As an AI"))


def test_reading_is_deterministic(
    found: list[Pair], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MARGINBENCH_CACHE", str(tmp_path))
    assert read_pairs() == found  # derived
    assert read_pairs() == found  # from the cache


def test_the_task_names_the_model_that_wrote() -> None:
    data = load_embedded(LoadRequest())
    generators = dict(zip(data.ids, data.columns["generator"], strict=True))
    assert set(generators.values()) == {"human", "SmolLM2-135M-Instruct"}
    for name, generator in generators.items():
        assert name.endswith("/human") == (generator == "human")
    task = suite().find("detection/embedded")
    assert task is not None
    # 2 named the model that wrote, 3 has conformal thresholds, 4 no rate without a threshold.
    assert task.version == "4"


def test_missing_package_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> NoReturn:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(pairs, "distribution", missing)
    with pytest.raises(UsageError, match=r"is missing\. Run: pip install .*\[quick"):
        read_pairs()


def test_other_content_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MARGINBENCH_CACHE", str(tmp_path))
    monkeypatch.setitem(pairs._READERS, human.SECURITY, lambda root: [])
    with pytest.raises(InvalidError, match=r"--force-reinstall networkx==3\.4\.2 cwe2"):
        read_pairs()


def test_committed_data_is_what_the_facts_say() -> None:
    facts = pairs.read_facts()
    data = Path(pairs.__file__).with_name(pairs.MACHINE).read_bytes()
    assert hashlib.sha256(data).hexdigest() == facts["machine_sha256"]
    rows = [json.loads(line) for line in data.splitlines()]
    assert Counter(row["domain"] for row in rows) == facts["pairs"]
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert (facts["seed"], facts["version"]) == (generate.SEED, generate.VERSION)
    assert facts["weights_sha256"] == generate.WEIGHTS_SHA256
    for source in facts["sources"].values():
        assert f"{source['package']} {source['version']}" in card.CARD.revision


def test_cleaning() -> None:
    raw = "See :func:`~a.b` and ``x``  [1]_ (an aside), \u201cquoted\u201d \u2014 *here*."
    assert text.clean(raw) == 'See a.b and x, "quoted" - here.'


def test_a_continuation_is_cut_at_a_sentence() -> None:
    raw = " One two three four. Five six seven eight. Nine ten.\n# Heading\nMore text here."
    target = "Nine six four three. Five two seven eight."
    assert generate.continuation(raw, target) == "One two three four. Five six seven eight."
    assert generate.continuation(raw, target * 3) == ""
