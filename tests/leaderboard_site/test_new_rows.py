"""Rows that a pull request adds: who they are ranked against, what an update is compared with."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.errors import InvalidError
from harness.records.record import to_json
from harness.runs.folder import slug
from harness.submission.layout import MANIFEST_FILE, record_file
from harness.submission.manifest.manifest import parse_manifest
from harness.submission.manifest.text import manifest_text
from leaderboard_site.incoming.rows import MOST_REVISIONS, NewRevision, new_rows
from tests.leaderboard_site.conftest import make_record, write_record

ALPHA, BETA = "reranking/invented/alpha", "reranking/invented/beta"


def submit(
    root: Path,
    id: str,
    *,
    gain: float = 0.03,
    tasks: Sequence[str] = (ALPHA,),
    predecessor: str | None = None,
    date: str = "2031-05-17",
    recomputed: Path | None = None,
    about: dict[str, Any] | None = None,
) -> Path:
    """Write a submission with made-up records, and what scoring it again would have written."""
    system, revision = id.split("/")
    org, model = system.split("__")
    again = {"adapter": "x", "checkpoint": "x", "options": {}, "command": "marginbench evaluate"}
    data: dict[str, Any] = {
        "schema_version": 1, "org": org, "model": model, "revision": revision, "name": model,
        "licence": "MIT", "contact": "nobody", "date": date, "trained_on": [],
        "runs": [{"task": task, **again} for task in tasks],
    }  # fmt: skip
    if predecessor is not None:
        data["predecessor"] = predecessor
    folder = root / system / revision
    (folder / "records").mkdir(parents=True)
    manifest = parse_manifest(data, where="sample")
    (folder / MANIFEST_FILE).write_text(manifest_text(manifest), encoding="utf-8")
    for task in tasks:
        sample: dict[str, Any] = {"name": id, "task": task, "gain": gain, "queries": 2000}
        sample |= about or {}
        if recomputed is not None:
            place = write_record(recomputed / system / revision / slug(task), groups=True, **sample)
            shutil.copy(place, record_file(folder, task))
        else:
            record_file(folder, task).write_text(to_json(make_record(**sample)), encoding="utf-8")
    return folder


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    """A board of three systems that can be told apart, and a copy for a pull request to add to."""
    base = tmp_path / "base"
    submit(base, "a__low/1", gain=-0.14)
    submit(base, "a__middle/1", gain=0.0)
    submit(base, "a__high/1", gain=0.2)
    incoming = tmp_path / "incoming"
    shutil.copytree(base, incoming)
    return base, incoming


def only(base: Path, incoming: Path, **given: Any) -> NewRevision:
    (found,) = new_rows(base, incoming, **given).revisions
    return found


def ranks(found: NewRevision) -> list[tuple[str, int]]:
    return [(str(row.rank), row.among) for row in found.rows]


def test_nothing_new_gives_no_row(sides: tuple[Path, Path]) -> None:
    found = new_rows(*sides)
    assert found.revisions == ()
    assert (found.held, found.more) == ((), 0)


@pytest.mark.parametrize(("gain", "place"), [(0.4, "1"), (0.1, "2"), (-0.07, "3"), (-0.4, "4")])
def test_a_first_revision_is_ranked_among_all_systems(
    sides: tuple[Path, Path], gain: float, place: str
) -> None:
    submit(sides[1], "b__new/1", gain=gain)
    found = only(*sides)
    assert ranks(found) == [(place, 4)]
    assert found.update is None


def test_equal_intervals_share_their_ranks(sides: tuple[Path, Path]) -> None:
    submit(sides[1], "b__new/1", gain=0.2)
    assert ranks(only(*sides)) == [("1–2", 4)]


def test_an_update_is_not_ranked_against_what_it_updates(sides: tuple[Path, Path]) -> None:
    submit(sides[1], "a__high/2", gain=0.21, predecessor="a__high/1")
    found = only(*sides)
    assert ranks(found) == [("1", 3)]
    assert found.update is not None
    assert found.update.predecessor.manifest.id == "a__high/1"


def test_a_renamed_system_is_not_ranked_against_its_own_past(sides: tuple[Path, Path]) -> None:
    submit(sides[1], "a__renamed/1", gain=0.21, predecessor="a__high/1")
    assert ranks(only(*sides)) == [("1", 3)]


def test_naming_a_rival_as_predecessor_does_not_remove_it(sides: tuple[Path, Path]) -> None:
    submit(sides[1], "b__new/1", gain=0.1, predecessor="a__high/1")
    assert ranks(only(*sides)) == [("2", 4)]


def test_predecessors_in_a_circle_come_to_an_end(sides: tuple[Path, Path]) -> None:
    submit(sides[1], "a__x/1", gain=0.1, predecessor="a__y/1")
    submit(sides[1], "a__y/1", gain=0.1, predecessor="a__x/1")
    assert [ranks(found) for found in new_rows(*sides).revisions] == [[("2", 4)], [("2", 4)]]


def test_without_a_word_the_revision_before_is_the_predecessor(sides: tuple[Path, Path]) -> None:
    submit(sides[1], "a__low/2", date="2031-06-01")
    update = only(*sides).update
    assert update is not None
    assert update.predecessor.manifest.id == "a__low/1"


def test_an_older_day_makes_no_successor(sides: tuple[Path, Path]) -> None:
    submit(sides[1], "a__low/0", date="2030-01-01")
    assert only(*sides).update is None


def test_other_work_is_neither_ranked_nor_compared(sides: tuple[Path, Path]) -> None:
    submit(sides[1], "a__low/2", predecessor="a__low/1", about={"queries": 100})
    found = only(*sides)
    assert ranks(found) == [("1", 1)]
    assert found.update is not None
    assert found.update.changes == ()
    assert found.update.other_work == (ALPHA,)


def test_tasks_that_were_left_out_are_named(tmp_path: Path) -> None:
    base, incoming = tmp_path / "base", tmp_path / "incoming"
    submit(base, "a__x/1", tasks=(ALPHA, BETA))
    shutil.copytree(base, incoming)
    submit(incoming, "a__x/2", tasks=(ALPHA,), predecessor="a__x/1")
    update = only(base, incoming).update
    assert update is not None
    assert update.lacking == (BETA,)
    assert [change.before.task for change in update.changes] == [ALPHA]


def test_an_update_is_compared_item_by_item_where_both_were_scored_again(tmp_path: Path) -> None:
    base, incoming, scored = tmp_path / "base", tmp_path / "incoming", tmp_path / "scored"
    submit(base, "a__x/1", gain=-0.1, recomputed=scored)
    shutil.copytree(base, incoming)
    submit(incoming, "a__x/2", gain=0.1, predecessor="a__x/1", recomputed=scored)
    found = only(base, incoming, recomputed=scored)
    assert [row.run.evidence for row in found.rows] == ["recomputed"]
    assert found.update is not None
    (change,) = found.update.changes
    assert change.paired is not None
    assert change.paired.difference == pytest.approx(
        change.after.metrics[0].value - change.before.metrics[0].value
    )
    shutil.rmtree(scored / "a__x" / "1")
    update = only(base, incoming, recomputed=scored).update
    assert update is not None
    assert update.changes[0].paired is None


def test_another_record_than_the_recomputed_one_stays_self_reported(tmp_path: Path) -> None:
    base, incoming, scored = tmp_path / "base", tmp_path / "incoming", tmp_path / "scored"
    base.mkdir()
    submit(incoming, "a__x/1", gain=0.1, recomputed=scored)
    boast = to_json(make_record(name="a__x/1", task=ALPHA, gain=0.3))
    record_file(incoming / "a__x" / "1", ALPHA).write_text(boast, encoding="utf-8")
    assert [row.run.evidence for row in only(base, incoming, recomputed=scored).rows] == [
        "self-reported"
    ]


def test_what_has_findings_gets_no_row(sides: tuple[Path, Path]) -> None:
    submit(sides[1], "b__bad/1", gain=0.5)
    submit(sides[1], "b__good/1", gain=0.3)
    found = new_rows(*sides, faulty={"b__bad/1"})
    assert [one.revision.manifest.id for one in found.revisions] == ["b__good/1"]
    assert found.held == ("b__bad/1",)


def test_a_broken_record_is_held_back(sides: tuple[Path, Path]) -> None:
    folder = submit(sides[1], "b__bad/1")
    record_file(folder, ALPHA).write_text('{"value": NaN}', encoding="utf-8")
    found = new_rows(*sides)
    assert found.revisions == ()
    assert found.held == ("b__bad/1",)


def test_a_broken_board_is_an_error(sides: tuple[Path, Path]) -> None:
    (sides[0] / "a__low" / "1" / MANIFEST_FILE).write_text("", encoding="utf-8")
    with pytest.raises(InvalidError, match="a__low"):
        new_rows(*sides)


def test_a_flood_is_counted_not_looked_at(sides: tuple[Path, Path]) -> None:
    for number in range(MOST_REVISIONS + 3):
        submit(sides[1], f"b__n{number:02d}/1")
    found = new_rows(*sides)
    assert len(found.revisions) == MOST_REVISIONS
    assert found.more == 3
