"""The built folder: hostile text, broken records, foreign files, the same bytes."""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.environment import install
from harness.errors import InvalidError, UsageError
from leaderboard_site.build import build_site
from leaderboard_site.making.writing import MANIFEST
from tests.leaderboard_site.links import broken_links
from tests.leaderboard_site.submission_samples import Page

HOSTILE = (
    "<script>alert(1)</script>\"' onmouseover='alert(2)' {{ 7*7 }} {% raw %} </textarea> "
    "javascript:alert(3) \u202etxt &amp; ]]> $\\frac{"
)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def pages(folder: Path) -> dict[Path, Page]:
    return {path: Page(path.read_bytes()) for path in folder.rglob("*.html")}


def words(page: Path) -> str:
    return Page(page.read_bytes()).text


@pytest.fixture
def site(sample_board: Path, tmp_path: Path) -> Path:
    return build_site(sample_board, tmp_path / "site").parent


def test_pages_are_whole_and_accessible(site: Path) -> None:
    kinds = {path.relative_to(site).parts[0] for path in pages(site)}
    assert kinds == {
        "index.html", "all.html", "404.html", "suites", "tasks", "m", "r", "compare", "history",
        "families", "method", "data", "submit",
    }  # fmt: skip
    for page in pages(site).values():
        assert page.named("html") == [{"lang": "en"}]
        assert page.named("a")[0] == {"class": "skip", "href": "#content"}


def test_every_local_link_has_its_target(site: Path) -> None:
    assert broken_links(site) == []


def test_nothing_runs_but_our_own_script_and_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in pages(site).values():
        names = {tag for tag, _ in page.tags}
        assert not names & {"style", "iframe", "object", "embed", "form", "img", "base"}
        for tag, attributes in page.tags:
            for value in attributes.values():
                if value and "//" in value:
                    assert tag == "a"
                    assert value.startswith("https://data.example.org/")
        policy = next(a["content"] or "" for a in page.named("meta") if "http-equiv" in a)
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
        assert "unsafe" not in policy


def test_the_overview_says_what_was_measured(site: Path) -> None:
    text = words(site / "index.html")
    assert "7 systems on 2 tasks of 1 suite" in text
    assert "There is no overall rank" in text.replace("so there is no", "There is no")
    suite = words(site / "suites/reranking.html")
    assert "A rank is a range." in suite
    task = words(site / "tasks/reranking.invented.alpha.html")
    assert "invented-large and invented-medium cannot be told apart at the top" in task
    assert "Ceiling (R@100)" in task
    assert "Quick look: first 20 groups only" in task
    beta = words(site / "tasks/reranking.invented.beta.html")
    assert "2 versions of this task’s data or candidates were evaluated" in beta


def test_the_task_page_says_what_was_measured_and_the_run_page_how(site: Path) -> None:
    text = words(site / "tasks/reranking.invented.alpha.html")
    for said in (
        "percentile bootstrap over queries", "2,000 replicates", "240 clusters resampled",
        "CC0-1.0", "The Invented Collection", "Query by query", "empty documents removed", "k1",
        "Part of the queries may have been seen in training.",
    ):  # fmt: skip
        assert said in text
    (run,) = (site / "r/local__invented-large").rglob("index.html")
    text = words(run)
    for said in (
        "marginbench evaluate --model cross-encoder:example/invented-large",
        "Predictions sha256", "with local changes", "token_budget 16384",
        "one query at a time after a warm-up, 50 queries",
    ):  # fmt: skip
        assert said in text


def test_pages_say_by_which_method_intervals_are_and_which_are_rough(
    record_writer: Callable[..., Path], tmp_path: Path
) -> None:
    basis = {"method": "t-logit", "units": 240, "rough": None}
    drawn = {"method": "fisher-z", "units": 17, "rough": "17 references, fit from 20 on"}
    record_writer(tmp_path / "records", later={
        "metrics.0.basis": basis, "metrics.1.basis": basis, "metrics.2.basis": drawn,
    })  # fmt: skip
    build_site(tmp_path / "records", tmp_path / "site")
    (run,) = (tmp_path / "site/r").rglob("index.html")
    pages = [words(tmp_path / "site/tasks/reranking.invented.alpha.html"), words(run)]
    for text in pages:
        for said in (
            "nDCG@10, RR@10: Student's t on the logit scale, 240 units, 95 % coverage.",
            "on Fisher's z, with Student's t, 17 units, 95 % coverage, 2,000 replicates, seed",
            "Rough interval: 17 references, fit from 20 on",
        ):
            assert said in text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{THIN SPACE}", " ")
    assert "~[" in pages[1]


def test_long_outlines_are_drawn_whole(record_writer, tmp_path, monkeypatch):
    monkeypatch.setattr("leaderboard_site.drawing.pieces.LONGEST_TEXT", 500)
    record_writer(tmp_path / "records", groups=True, queries=480, spread=0.5)
    build_site(tmp_path / "records", tmp_path / "site")
    data = (tmp_path / "site/tasks/reranking.invented.alpha.html").read_bytes()
    drawn = [a["d"] or "" for a in Page(data).named("path") if a.get("class") in ("gain", "loss")]
    assert [re.fullmatch(r"M0 [\d.]+(H[\d.]+V[\d.]+)+Z", path) is not None for path in drawn] == [
        True, True,
    ]  # fmt: skip
    assert max(map(len, drawn)) > 1000


def test_rebuilding_gives_the_same_bytes(sample_board, tmp_path):
    first = build_site(sample_board, tmp_path / "one").parent
    second = build_site(sample_board, tmp_path / "deeper/two").parent
    before = contents(first)
    assert before == contents(second)
    build_site(sample_board, first)
    assert contents(first) == before
    assert str(tmp_path).encode() not in b"".join(before.values())


def test_an_empty_board_says_what_to_type(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    site = build_site(tmp_path / "records", tmp_path / "site").parent
    text = words(site / "index.html")
    assert "There are no records yet" in text
    assert "marginbench quickstart" in text
    assert "No system was submitted to this suite yet" in words(site / "suites/flips.html")
    assert broken_links(site) == []
    assert len(pages(site)) == 13, "the overview, six suites, and six pages about the board"


def test_hostile_text_is_shown_and_never_obeyed(record_writer, tmp_path):
    texts = (
        "task.title", "task.suite", "task.version", "task.source", "task.revision",
        "task.licence", "task.citation", "task.description",
        "model.name", "model.adapter", "model.checkpoint",
        "model.revision", "model.fingerprint", "task.fingerprint", "task.id",
        "first_stage.name", "intervals.method", "run.device", "run.device_name",
        "run.latency.protocol", "environment.platform", "metrics.3.name", "metrics.7.reason",
        "environment.git.commit", "created", "predictions.sha256",
    )  # fmt: skip
    changes: dict[str, object] = dict.fromkeys(texts, HOSTILE)
    changes |= {
        "task.caveats": [HOSTILE], "task.notes": {HOSTILE: 3},
        "model.options": {HOSTILE: HOSTILE}, "model.details": {HOSTILE: [HOSTILE]},
        "first_stage.parameters": {HOSTILE: {HOSTILE: HOSTILE}}, "run.batch": {HOSTILE: HOSTILE},
        "environment.packages": {HOSTILE: HOSTILE},
    }  # fmt: skip
    record_writer(tmp_path / "records/a", changes=changes)
    record_writer(tmp_path / "records/b", name="N" * 10_000, gain=0.2)
    site = build_site(tmp_path / "records", tmp_path / "site").parent
    found = pages(site)
    literal = [path for path, page in found.items() if "<script>alert(1)</script>" in page.text]
    kinds = {path.relative_to(site).parts[0] for path in literal}
    assert kinds >= {"index.html", "suites", "tasks", "m", "r"}
    for page in found.values():
        assert "\u202e" not in page.text
        assert "N" * 4001 not in page.text
        assert not [tag for tag, _ in page.tags if tag == "textarea"]
    assert any(HOSTILE.replace("\u202e", "⟨U+202E⟩") in page.text for page in found.values())
    assert all(path.resolve().is_relative_to(site.resolve()) for path in found)
    assert broken_links(site) == []


def test_a_task_id_cannot_leave_the_folder(record_writer, tmp_path):
    record_writer(tmp_path / "records/a", changes={"task.id": "../../escaped"})
    build_site(tmp_path / "records", tmp_path / "out/site")
    outside = [p for p in tmp_path.rglob("*escaped*") if "out/site/tasks" not in p.as_posix()]
    assert outside == []


def test_a_broken_record_fails_the_build_by_name(sample_board, tmp_path):
    broken = sample_board / "alpha-1/record.json"
    broken.write_text(broken.read_text().replace('"model"', '"madel"'))
    with pytest.raises(InvalidError, match=re.escape(str(broken))):
        build_site(sample_board, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_record_of_a_newer_schema_is_refused(sample_board, tmp_path):
    newer = sample_board / "alpha-1/record.json"
    newer.write_text(json.dumps(json.loads(newer.read_text()) | {"schema_version": 99}))
    with pytest.raises(InvalidError, match="schema 99 is newer"):
        build_site(sample_board, tmp_path / "site")


def test_a_record_without_its_primary_metric_is_refused(record_writer, tmp_path):
    path = record_writer(tmp_path / "records/a", changes={"task.primary_metric": "nDCG@5"})
    with pytest.raises(InvalidError, match=re.escape(f"{path}: lacks its primary metric")):
        build_site(tmp_path / "records", tmp_path / "site")


def test_per_query_values_of_another_run_are_refused(sample_board, tmp_path):
    groups = sample_board / "alpha-1/groups.parquet"
    groups.write_bytes((sample_board / "alpha-2/groups.parquet").read_bytes())
    with pytest.raises(InvalidError, match=re.escape(str(groups))):
        build_site(sample_board, tmp_path / "site")


def test_no_records_folder_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no records folder"):
        build_site(tmp_path / "absent", tmp_path / "site")


def test_without_jinja_the_error_names_the_extra(sample_board, tmp_path, monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest, **more):
        if name.partition(".")[0] == "jinja2":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UsageError, match=re.escape(install("site"))):
        build_site(sample_board, tmp_path / "site")


def test_stale_pages_go_and_foreign_files_stay(record_writer, tmp_path):
    records, out = tmp_path / "records", tmp_path / "site"
    record_writer(records / "a", task="reranking/invented/one")
    two = record_writer(records / "b", task="reranking/invented/two")
    build_site(records, out)
    foreign = {out / "CNAME": b"x", out / "tasks/mine.html": b"y", out / "notes/z.txt": b"z"}
    for path, data in foreign.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    two.unlink()
    build_site(records, out)
    assert (out / "tasks/reranking.invented.one.html").exists()
    assert not (out / "tasks/reranking.invented.two.html").exists()
    assert {path: path.read_bytes() for path in foreign} == foreign


def test_a_foreign_file_in_the_way_is_never_overwritten(sample_board, tmp_path):
    out = tmp_path / "site"
    (out / "tasks").mkdir(parents=True)
    mine = out / "index.html"
    mine.write_text("mine")
    with pytest.raises(UsageError, match="is in the way"):
        build_site(sample_board, out)
    assert mine.read_text() == "mine"
    assert contents(out) == {"index.html": b"mine"}


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/hostname", "a/../../outside.txt", 7, ""])
def test_a_manifest_that_leaves_the_folder_is_refused(record_writer, tmp_path, name):
    records, out = tmp_path / "records", tmp_path / "site"
    record_writer(records)
    build_site(records, out)
    outside = tmp_path / "outside.txt"
    outside.write_text("keep")
    (out / MANIFEST).write_text(json.dumps({"files": [name]}))
    with pytest.raises(InvalidError, match=re.escape(MANIFEST)):
        build_site(records, out)
    assert outside.read_text() == "keep"


def test_a_stale_page_behind_a_link_is_left_alone(record_writer, tmp_path):
    records, out, elsewhere = tmp_path / "records", tmp_path / "site", tmp_path / "elsewhere"
    record = record_writer(records / "a")
    build_site(records, out)
    (out / "tasks").rename(elsewhere)
    (out / "tasks").symlink_to(elsewhere)
    record.unlink()
    build_site(records, out)
    assert "reranking.invented.alpha.html" in {path.name for path in elsewhere.iterdir()}


def test_a_crash_between_files_leaves_a_folder_that_can_be_built(
    sample_board, tmp_path, monkeypatch
):
    from leaderboard_site.making import writing

    real, calls = writing.replace_file, []

    def crash(path, data):
        calls.append(path)
        if len(calls) == 4:
            raise KeyboardInterrupt
        real(path, data)

    monkeypatch.setattr(writing, "replace_file", crash)
    with pytest.raises(KeyboardInterrupt):
        build_site(sample_board, tmp_path / "site")
    monkeypatch.setattr(writing, "replace_file", real)
    build_site(sample_board, tmp_path / "site")
    assert contents(tmp_path / "site") == contents(
        build_site(sample_board, tmp_path / "other").parent
    )
