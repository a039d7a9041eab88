"""Items that a run does worst on, against what a plain look at the table gives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import rankdata

from harness.compare.sides import Side
from harness.errors import InvalidError
from harness.records.record import Evidence, Record, read_record
from leaderboard_site.exhibits.items import MOST_ITEMS, ItemTable, lost_items, shorten, worst_items

BASELINE = Path(__file__).resolve().parents[2] / ".github" / "baseline"


def columns_of(folder: Path) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = pq.read_table(folder / "groups.parquet").to_pydict()
    return columns


def found(name: str) -> tuple[tuple[ItemTable, ...], dict[str, list[Any]]]:
    folder = BASELINE / name
    return worst_items(folder, read_record(folder / "record.json")), columns_of(folder)


def test_queries_that_lost_most(record_writer: Callable[..., Path], tmp_path: Path) -> None:
    path = record_writer(tmp_path / "a", groups=True)
    (table,) = worst_items(path.parent, read_record(path))
    columns = columns_of(path.parent)
    rows = zip(columns["group"], columns["nDCG@10"], columns["first_stage:nDCG@10"], strict=True)
    worst = sorted((ours - theirs, name) for name, ours, theirs in rows if ours < theirs)
    said = [f"−{-gain * 100:.1f}" for gain, _ in worst[:MOST_ITEMS]]
    assert [row[3] for row in table.rows] == said
    losses = {name: gain for gain, name in worst}
    assert [f"−{-losses[row[0]] * 100:.1f}" for row in table.rows] == said
    assert table.of == len(worst)


def test_texts_on_the_wrong_side() -> None:
    (human, machine), columns = found("detection.embedded")
    rows = [
        (score, name)
        for name, label, score, split in zip(
            *(columns[key] for key in ("item", "label", "score", "split")), strict=True
        )
        if split == "test" and label == 0
    ]
    assert human.rows[0][0] in {name for score, name in rows if score == max(rows)[0]}
    assert float(human.rows[0][2]) == pytest.approx(max(rows)[0], rel=1e-3)
    scores = [float(row[2]) for row in machine.rows]
    assert scores == sorted(scores)
    assert human.of == len(rows)


def test_pictures_ranked_far_from_opinion() -> None:
    (table,), columns = found("image-quality.severity")
    ranks = [rankdata(columns[key]) for key in ("score", "opinion")]
    apart = dict(zip(columns["item"], abs(ranks[0] - ranks[1]).tolist(), strict=True))
    listed = [apart[row[0]] for row in table.rows]
    assert listed == sorted(apart.values(), reverse=True)[:MOST_ITEMS]
    first = columns["item"].index(table.rows[0][0])
    assert table.rows[0][1:] == tuple(f"{rank[first]:g}" for rank in ranks)


def test_classes_that_are_missed_most() -> None:
    (table,), columns = found("consistency.faces")
    hits: dict[str, list[int]] = {}
    for label, hit in zip(columns["label"], columns["nearest_hit"], strict=True):
        if hit is not None:
            hits.setdefault(label, []).append(int(hit))
    shares = {label: 1 - sum(values) / len(values) for label, values in hits.items()}
    assert shares[table.rows[0][0]] == max(shares.values())
    assert table.of == sum(share > 0 for share in shares.values())
    assert all(int(row[2]) == len(hits[row[0]]) for row in table.rows)


def test_sure_and_wrong_answers() -> None:
    (table,), columns = found("flips.digits")
    rows = zip(
        *(columns[key] for key in ("item", "label", "prediction", "confidence")), strict=True
    )
    wrong = [(sure, name) for name, label, answer, sure in rows if label != answer]
    assert table.of == len(wrong)
    assert table.rows[0][3] == f"{max(wrong)[0] * 100:.1f}"
    assert all(row[1] != row[2] for row in table.rows)


def test_a_run_has_lost_nothing_against_itself() -> None:
    for folder in sorted(BASELINE.iterdir()):
        side = Side(read_record(folder / "record.json"), folder)
        assert lost_items(side, side) == ()


def test_an_update_lists_what_it_lost(tmp_path: Path) -> None:
    folder = BASELINE / "flips.digits"
    before = Side(read_record(folder / "record.json"), folder)
    table = pq.read_table(folder / "groups.parquet")
    right = table["right"].to_pylist()
    broken = next(place for place, good in enumerate(right) if good)
    answers, labels = table["prediction"].to_pylist(), table["label"].to_pylist()
    answers[broken] = next(label for label in labels if label != labels[broken])
    right[broken] = False
    for name, values in (("prediction", answers), ("right", right)):
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.array(values))
    after = Side(_with_groups(before.record, tmp_path, table), tmp_path)
    (lost,) = lost_items(before, after)
    assert lost.of == 1
    assert lost.rows[0][0] == table["item"][broken].as_py()


def test_other_work_is_not_compared() -> None:
    folder = BASELINE / "flips.digits"
    side = Side(read_record(folder / "record.json"), folder)
    task = side.record.task.model_copy(update={"fingerprint": "0" * 64})
    assert (
        lost_items(side, replace(side, record=side.record.model_copy(update={"task": task}))) == ()
    )


def test_a_table_of_another_run_is_refused(tmp_path: Path) -> None:
    record = read_record(BASELINE / "flips.digits" / "record.json")
    (tmp_path / "groups.parquet").write_bytes(b"other")
    with pytest.raises(InvalidError, match="not the file"):
        worst_items(tmp_path, record)
    assert worst_items(tmp_path / "absent", record) == ()


def test_tables_are_cut_to_the_room_there_is() -> None:
    table = ItemTable("t", ("a",), tuple((str(n),) for n in range(30)), 30)
    assert [len(cut.rows) for cut in shorten([table, table], 20)] == [10, 10]
    assert shorten([table], 1)[0].of == 30


def _with_groups(record: Record, folder: Path, table: Any) -> Record:
    pq.write_table(table, folder / "groups.parquet")
    data = (folder / "groups.parquet").read_bytes()
    groups = Evidence(
        file="groups.parquet", sha256=hashlib.sha256(data).hexdigest(), rows=table.num_rows
    )
    return record.model_copy(update={"groups": groups})
