"""Packing finished runs: what is carried, under which names, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.errors import InvalidError, UsageError
from harness.records.again import command_of
from harness.records.record import Record, parse_record, read_record
from harness.registry import suite_named
from harness.submission import pack as packing
from harness.submission.evidence.tables import table_bytes
from harness.submission.manifest.manifest import parse_manifest
from harness.submission.manifest.text import manifest_text
from harness.submission.pack import About, pack
from harness.submission.runs import read_runs
from tests.submission.conftest import Make
from tests.submission.hostile_seed import SEED, parquet
from tests.submission.samples import manifest

ABOUT = About(org="example", name="Letters", date="2031-05-17")


def test_predictions_are_carried_without_ids(make: Make) -> None:
    folder = make(tasks=["tiny/one"], mean=False)
    table = pq.read_table(folder / "predictions" / "tiny.one.parquet")
    assert table.column_names == ["prediction", "confidence"]
    assert table["prediction"].to_pylist() == list("abcabcabcaba")


def test_the_record_names_the_file_that_lies_there(make: Make) -> None:
    folder = make(tasks=["tiny/one"], mean=False)
    named = read_record(folder / "records" / "tiny.one.json").predictions
    data = (folder / "predictions" / "tiny.one.parquet").read_bytes()
    assert named is not None
    assert (named.file, named.rows) == ("tiny.one.parquet", 12)
    assert named.sha256 == hashlib.sha256(data).hexdigest()


def test_means_are_packed_and_have_no_predictions(make: Make) -> None:
    folder = make()
    manifest = tomllib.loads((folder / "submission.toml").read_text())
    tasks = [run["task"] for run in manifest["runs"]]
    assert tasks == ["tiny/mean", "tiny/one", "tiny/two"]
    assert manifest["runs"][0]["command"].endswith("--task tiny/mean")
    assert sorted(path.name for path in (folder / "predictions").iterdir()) == [
        "tiny.one.parquet", "tiny.two.parquet",
    ]  # fmt: skip


def test_a_mean_needs_its_members(make: Make, tmp_path: Path) -> None:
    make()
    (record,) = [r for r in (tmp_path / "runs").rglob("record.json") if "tiny.two" in r.parent.name]
    for path in record.parent.iterdir():
        path.unlink()
    with pytest.raises(UsageError, match="tiny/two"):
        pack([tmp_path / "runs"], ABOUT, out=tmp_path / "x", suite_of=suite_named)


def test_a_revision_is_named_by_its_content_and_never_changed(make: Make, tmp_path: Path) -> None:
    folder = make(tasks=["tiny/one"], mean=False)
    with pytest.raises(UsageError, match="never changed"):
        make(tasks=["tiny/one"], mean=False)
    again = make(tasks=["tiny/one"], mean=False, root=tmp_path / "again")
    assert again.name == folder.name
    for path in folder.rglob("*.*"):
        assert path.read_bytes() == (again / path.relative_to(folder)).read_bytes()
    other = make("other", answers="cbacbacbacba", tasks=["tiny/one"], mean=False)
    assert other.name != folder.name


def test_what_was_interrupted_is_made_again(make: Make, tmp_path: Path) -> None:
    left = tmp_path / "submissions" / "example__letters" / ".r1.tmp" / "records"
    left.mkdir(parents=True)
    (left / "old.json").write_text("{}")
    folder = make(revision="r1", tasks=["tiny/one"], mean=False)
    assert [path.name for path in folder.parent.iterdir()] == ["r1"]
    assert not (folder / "records" / "old.json").exists()


def test_a_table_may_be_kept_elsewhere(make: Make, tmp_path: Path) -> None:
    make(tasks=["tiny/one"], mean=False)
    url = "https://example.org/one.parquet"
    about = About(org="example", name="far", date="2031-05-17", larger={"tiny/one": url})
    made = pack([tmp_path / "runs"], about, out=tmp_path / "submissions", suite_of=suite_named)
    (path,) = made.uploads.values()
    assert made.uploads == {url: tmp_path / "larger" / "tiny.one.parquet"}
    (entry,) = tomllib.loads((made.folder / "submission.toml").read_text())["larger"]
    assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert entry["bytes"] == path.stat().st_size
    assert not list((made.folder / "predictions").iterdir())


def test_a_table_that_is_too_large_is_refused(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "LARGEST_FILE", 100)
    with pytest.raises(InvalidError, match="--larger tiny/one=https"):
        make(tasks=["tiny/one"], mean=False)
    assert not list((tmp_path / "submissions").rglob("*.json"))


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"org": "Example"}, "no name for a folder"),
        ({"name": "模型"}, "no name for a folder"),
        ({"revision": "../x"}, "revision"),
        ({"contact": "a\nb"}, "contact"),
        ({"links": {"code": "http://x.org"}}, "links.code"),
        ({"links": {"blog": "https://x.org"}}, "none of code, paper"),
        ({"date": "2031-02-30"}, "date"),
        ({"predecessor": "letters"}, "predecessor"),
        ({"larger": {"x/y": "https://x.org"}}, "none of the tables"),
        ({"parameters": -1}, "parameters"),
    ],
)
def test_what_no_page_could_show_is_refused_at_once(
    make: Make, tmp_path: Path, about: dict[str, object], said: str
) -> None:
    make(tasks=["tiny/one"], mean=False)
    given = About(**{"org": "example", "name": "n", "date": "2031-05-17", **about})  # type: ignore[arg-type]
    with pytest.raises((UsageError, InvalidError), match=said):
        pack([tmp_path / "runs"], given, out=tmp_path / "x", suite_of=suite_named)
    assert not list((tmp_path / "x").rglob("*.*"))


def test_unfinished_runs_and_quick_looks_are_refused(make: Make, tmp_path: Path) -> None:
    make(tasks=["tiny/one"], mean=False)
    (path,) = (tmp_path / "runs").rglob("record.json")
    text = path.read_text()
    path.write_text(text.replace('"limit": null', '"limit": 3'))
    with pytest.raises(InvalidError, match="quick look at 3"):
        pack([tmp_path / "runs"], ABOUT, out=tmp_path / "x", suite_of=suite_named)
    path.unlink()
    with pytest.raises(InvalidError, match="has no record"):
        pack([tmp_path / "runs"], ABOUT, out=tmp_path / "x", suite_of=suite_named)
    with pytest.raises(UsageError, match="holds no run"):
        pack([tmp_path / "x"], ABOUT, out=tmp_path / "x", suite_of=suite_named)


def test_one_model_is_submitted_at_a_time(make: Make, tmp_path: Path) -> None:
    make("first", tasks=["tiny/one"], mean=False)
    make("second", tasks=["tiny/two"], mean=False, answers="aabbccddaabb")
    # Files of answers are of one task each: those of one name are one system.
    made = pack([tmp_path / "runs"], ABOUT, out=tmp_path / "y", suite_of=suite_named)
    assert len(list(made.folder.glob("records/*.json"))) == 2
    (path,) = (tmp_path / "runs" / "second").rglob("record.json")
    path.write_text(path.read_text().replace('"name": "letters"', '"name": "words"'))
    with pytest.raises(UsageError, match="several models"):
        pack([tmp_path / "runs"], ABOUT, out=tmp_path / "x", suite_of=suite_named)
    make("third", tasks=["tiny/one"], mean=False, answers="cccabcabcabc")
    paths = [tmp_path / "runs" / name for name in ("first", "third")]
    with pytest.raises(UsageError, match="two runs of tiny/one"):
        pack(paths, ABOUT, out=tmp_path / "x", suite_of=suite_named)


def test_numbers_are_laid_out_in_the_smaller_way() -> None:
    few = pa.table({"score": pa.array([1.5, 2.5] * 5000, pa.float32())})
    many = pa.table({"score": pa.array([(row * 0.37) % 1 for row in range(10_000)], pa.float32())})
    assert len(table_bytes(few, {})) < 1000
    assert len(table_bytes(many, {})) < len(parquet({"score": many["score"]}))
    for table in (few, many):
        data = pa.BufferReader(table_bytes(table, {"version": 1}))
        assert pq.read_table(data)["score"].equals(table["score"])


def test_a_manifest_is_written_as_it_is_read() -> None:
    data = manifest(
        name='A "b" \\ c',
        description="two\nlines",
        parameters=5,
        predecessor="example__small/r0",
        links={"code": "https://example.org/x"},
        larger=[{"task": "a/b", "table": "t", "url": "https://example.org", "sha256": "0" * 64,
                 "bytes": 3}],
    )  # fmt: skip
    data["runs"][0]["options"] = {"a b": [1, 2.5, True, "x\x7f"], "c": False, "d": 1e-7}
    data["runs"][0]["options"]["a b"][3] = "x"
    made = parse_manifest(data, where="sample")
    text = manifest_text(made)
    assert parse_manifest(tomllib.loads(text), where="text") == made
    assert manifest_text(parse_manifest(tomllib.loads(text), where="text")) == text


def record(**model: object) -> Record:
    found = json.loads((SEED / "records" / "flips.digits.json").read_text())
    found["model"].update(model)
    return parse_record(json.dumps(found), where="seed")


def test_a_fitted_model_is_fitted_first() -> None:
    details = {"trained_on": ["flips/digits"], "model": "svc", "size": 8,
               "parameters": {"random_state": 7}}  # fmt: skip
    made = record(adapter="sklearn", checkpoint="models/svc", options={}, details=details)
    assert command_of(made, {"data": "/some/where/digits"}) == (
        "marginbench train-baseline --model svc --task flips/digits --data digits "
        "--out models/svc --size 8 --seed 7 && "
        "marginbench evaluate --model sklearn:models/svc --task flips/digits --data digits"
    )


def test_commands_say_all_that_moved_a_number() -> None:
    made = record(adapter="timm", checkpoint="a b", dtype="bfloat16", details={},
                  options={"n": 3, "flag": True, "none": None, "list": ["x"]})  # fmt: skip
    found = command_of(made, {"first_stage": "/x/lists.trec"})
    assert found == (
        "marginbench evaluate --model 'timm:a b' --option flag=true --option 'list=[\"x\"]' "
        "--option n=3 --dtype bfloat16 --task flips/digits --first-stage lists.trec"
    )
    scored = record(adapter="predictions", checkpoint="s.csv", name="N", details={}, dtype=None,
                    scores_compare_across_queries=True, direction="lower", options={})  # fmt: skip
    assert command_of(scored, {}) == (
        "marginbench score --predictions s.csv --model-name N --comparable --direction lower "
        "--task flips/digits"
    )


@pytest.mark.parametrize("make_odd", [os.mkfifo, os.mkdir])
def test_a_manifest_that_is_no_file_is_no_run(
    make_odd: Callable[[Path], None], tmp_path: Path
) -> None:
    (record,) = (SEED / "records").glob("*.json")
    (tmp_path / "record.json").write_bytes(record.read_bytes())
    make_odd(tmp_path / "manifest.json")
    with pytest.raises(UsageError, match="no finished run"):
        read_runs([tmp_path])
