"""JSON that others wrote is read in one way: no key twice, nothing that a parser dies of."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.adapters.support import families
from harness.baselines.model_folder import MANIFEST, read_manifest
from harness.errors import MarginBenchError
from harness.runs.folder import read_json
from harness.strict_json import load_plain, load_strict
from harness.tasks.tables import read_table
from tests.hostile.costs.text_bombs import record_texts

ROOT = Path(__file__).resolve().parents[3]
OURS = {
    "harness/records/record.py": "has the hooks of strict JSON itself",
    "harness/tasks/reading/matlab.py": "what our own process said",
    "harness/metrics/method_tables.py": "observations in the repository",
    "harness/environment.py": "what pip wrote of our own package",
    "harness/adapters/support/own_code.py": "a copy of what we hold",
    "harness/adapters/support/doors/names.py": "looks for keys that stand twice",
    "harness/submission/recompute/differences.py": "a copy of what we hold",
    "harness/adapters/options.py": "asks whether it is JSON; strict JSON reads it",
    "harness/submission/confined/pool.py": "what our own children said",
    "harness/submission/catalogue/fingerprints.py": "pins in the repository",
    "suites/pins.py": "pins in the repository",
    "suites/preference/docstrings.py": "our own cache",
    "suites/reranking/networkx_code.py": "our own cache",
    "suites/reranking/cache.py": "our own cache",
    "suites/flips/digits.py": "pins in the repository",
    "suites/detection/embedded/pairs.py": "data in the repository, and our own cache",
    "suites/detection/embedded/generate.py": "what the same script wrote",
    "leaderboard_site/comparing/paired.py": "our own cache",
    "leaderboard_site/downloads/json.py": "a copy of what we hold",
    "leaderboard_site/making/cache.py": "our own cache",
}
"""Where the standard reader reads, and what."""


def test_the_standard_reader_reads_what_is_ours_alone() -> None:
    found = {
        str(path.relative_to(ROOT))
        for folder in ("harness", "suites", "leaderboard_site", "marginbench")
        for path in (ROOT / folder).rglob("*.py")
        if "json.load" in path.read_text("utf-8")
    }
    assert found - {"harness/strict_json.py"} == set(OURS)


@pytest.mark.parametrize("name", [*record_texts(100)])
@pytest.mark.parametrize("read", [load_plain, load_strict])
def test_nothing_but_a_value_or_one_line(name: str, read: Callable[[bytes], object]) -> None:
    data = record_texts(200_000)[name].encode()
    try:
        found = read(data)
    except ValueError as error:
        found = str(error)
        assert len(found) < 200
    assert name not in ("keys-twice", "deep-lists", "half-open", "digits") or isinstance(found, str)


TWICE = '{"id": "a", "prediction": 1, "id": "b"}'
DEEP = '{"id": ' + "[" * 100_000


def run_folder(path: Path, text: str) -> object:
    """The manifest of a run."""
    (path / "manifest.json").write_text(text)
    return read_json(path / "manifest.json")


def checkpoint(path: Path, text: str) -> object:
    """The configuration of a checkpoint."""
    (path / "config.json").write_text(text)
    return families.read_json(path / "config.json")


def model(path: Path, text: str) -> object:
    """A model that train-baseline fitted."""
    (path / MANIFEST).write_text(text)
    return read_manifest(str(path), form="x", keys=set(), model="x")


def table(path: Path, text: str) -> object:
    """A table of the user's, a row a line."""
    (path / "answers.jsonl").write_text(text.replace("\n", "") + "\n" + '{"id": "c"}\n')
    return list(read_table(path / "answers.jsonl"))


@pytest.mark.parametrize("text", [TWICE, DEEP], ids=["twice", "deep"])
@pytest.mark.parametrize("read", [run_folder, checkpoint, model, table])
def test_each_reader_says_so_in_one_line(
    tmp_path: Path, read: Callable[[Path, str], object], text: str
) -> None:
    with pytest.raises(MarginBenchError) as caught:
        read(tmp_path, text)
    assert len(str(caught.value)) < 500


def test_other_programs_may_write_infinity() -> None:
    assert load_plain('{"limit": [0.0, Infinity], "length": 1000000000000000019884624838656}')
    assert load_plain(json.dumps({"a": 1})) == {"a": 1}
