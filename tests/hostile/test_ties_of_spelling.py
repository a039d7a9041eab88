"""Numbers that differ as they are written and become one: told of, or refused, never a silent tie.

What is one as floats is counted with ``fractions``, of which no reader makes use.
"""

from __future__ import annotations

import json
import pickle
import re
from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.errors import InvalidError
from harness.predictions.table import read_predictions
from harness.tasks.reading.spelled import Ties, spelled
from harness.tasks.tables import read_table
from harness.tasks.trec import read_run

BIG = 1 << 53
SPELLINGS: dict[str, Callable[[int], str]] = {
    "point": lambda k: f"{BIG + k}.0",
    "exponent": lambda k: f"{BIG + k}e0",
    "twenty digits": lambda k: f"1.{k:020d}",
    "underflow": lambda k: f"{k + 1}e-330",
    "subnormal": lambda k: f"4.{k:03d}e-324",
    "great": lambda k: f"1.{k:020d}e300",
}
HONEST: dict[str, Callable[[int], str]] = {
    "short": lambda k: f"{k / 7:.4f}",
    "ties": lambda k: f"{k // 3}.5",
    "as Python writes": lambda k: repr((k + 1) / 7e9),
    "one more digit": lambda k: f"{(k + 1) / 7:.20e}",
    "one more digit and ties": lambda k: f"{(k // 3 + 1) / 7:.20e}",
    "zeros behind": lambda k: f"0.{k // 2:03d}" + "0" * (20 + k % 2),
    "whole": lambda k: str(BIG - k),
    "great": lambda k: repr((k + 1) * 1e22),
    "zero": lambda k: "-0.0" if k % 2 else "0e5",
}
COUNT = 12


def fallen(texts: list[str]) -> int:
    """Numbers that are one float with another number."""
    ways: dict[float, set[Fraction]] = defaultdict(set)
    for text in texts:
        ways[float(text)].add(Fraction(text))
    return sum(len(ways[float(text)]) > 1 for text in texts)


def of_csv(texts: list[str], path: Path) -> None:
    path.write_text("id,score\n" + "".join(f"i{k},{text}\n" for k, text in enumerate(texts)))
    for row in read_table(path):
        row.number_in("score")


def of_json(texts: list[str], path: Path) -> None:
    path.write_text("".join(f'{{"id": {k}, "score": {text}}}\n' for k, text in enumerate(texts)))
    for row in read_table(path):
        row.number_in("score")


def of_trec(texts: list[str], path: Path, mark: str = " ") -> None:
    rows = (f"q Q0 d{k} {k} {text} t".replace(" ", mark) for k, text in enumerate(texts))
    path.write_text("\n".join(rows) + "\n")
    read_run(path)


def of_lines(texts: list[str], path: Path) -> None:
    of_trec(texts, path, "  ")  # which Arrow does not read


def of_ranx(texts: list[str], path: Path) -> None:
    inner = ", ".join(f'"d{k}": {text}' for k, text in enumerate(texts))
    path.write_text(f'{{"q": {{{inner}}}, "r": {{{inner}}}}}')
    read_run(path)


def of_parquet(texts: list[str], path: Path) -> None:
    ids = [f"i{k}" for k in range(len(texts))]
    pq.write_table(pa.table({"group": ["q"] * len(texts), "item": ids, "score": texts}), path)
    read_predictions(path)


READERS = {
    reader.__name__: reader for reader in (of_csv, of_json, of_trec, of_lines, of_ranx, of_parquet)
}


@pytest.mark.parametrize("reader", list(READERS))
@pytest.mark.parametrize("name", list(SPELLINGS))
def test_what_falls_together_is_counted(
    name: str, reader: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts = [SPELLINGS[name](k) for k in range(COUNT)]
    count = fallen(texts) * (2 if reader == "of_ranx" else 1)
    assert count
    READERS[reader](texts, tmp_path / "a.csv")
    said = re.search(r"([0-9]+) [a-z' ]+ differ as they are written and are tied", caplog.text)
    assert said is not None
    assert int(said[1]) == count


@pytest.mark.parametrize("reader", list(READERS))
@pytest.mark.parametrize("name", list(HONEST))
def test_honest_numbers_are_read_without_a_word(
    name: str, reader: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts = [HONEST[name](k) for k in range(COUNT)]
    assert not fallen(texts)
    READERS[reader](texts, tmp_path / "a.csv")
    assert not caplog.text


def test_scores_tied_in_two_queries_are_no_ties(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.trec"
    path.write_text(f"q Q0 d 1 {BIG}.0 t\nr Q0 d 1 {BIG + 1}.0 t\n")
    read_run(path)
    assert not caplog.text


@pytest.mark.parametrize("reader", ["of_trec", "of_lines", "of_ranx"])
def test_whole_numbers_of_a_run(
    reader: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As trec_eval reads them, with a word; in a table of scores they are refused."""
    texts = [str(BIG + k) for k in range(COUNT)]
    READERS[reader](texts, tmp_path / "a.trec")
    assert "tied as floats" in caplog.text
    with pytest.raises(InvalidError, match="a whole number that no float holds"):
        of_csv(texts, tmp_path / "a.csv")


def test_the_shortest_spelling_of_a_float_is_exact() -> None:
    """``123456789012345670000`` is how JavaScript writes a float; it was refused."""
    chance = np.random.default_rng(3)
    for value in (chance.random(300) * 10.0 ** chance.integers(-320, 300, 300)).tolist():
        assert type(spelled(value, repr(value))) is float
    ties = Ties()
    ties.add(spelled(float("1e-400"), "1e-400"))
    ties.add(spelled(float("1e-99999999999999999999"), "1e-99999999999999999999"))
    assert ties.note("x").startswith("2 x differ")


def test_a_score_keeps_its_text_in_another_process() -> None:
    value = spelled(float(BIG), f"{BIG + 1}.0")
    assert pickle.loads(pickle.dumps(value)).text == f"{BIG + 1}.0"  # type: ignore[attr-defined]
    assert json.dumps([value]) == f"[{BIG}.0]"
