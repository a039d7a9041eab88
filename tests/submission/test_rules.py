"""Rules one by one, where the hostile submissions do not say enough of them."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.records.again import join, split
from harness.records.record import MetricValue
from harness.strict_json import load_strict
from harness.submission.catalogue.places import board_tasks, place_of
from harness.submission.rules.markup import markup_fault
from harness.submission.rules.values import metric_faults, text_faults
from harness.submission.untrusted.slugs import text_fault, to_slug, url_fault
from harness.submission.validate import validate
from tests.submission.conftest import LATER, Make
from tests.submission.hostile_seed import copy_seed, edit_record, edit_text


def said(folder: Path, rule: str) -> str:
    """What a rule finds, in one text; empty for nothing."""
    found = validate([folder]).findings
    return "\n".join(finding.message for finding in found if finding.rule == rule)


def manifest(folder: Path, old: str, new: str) -> Path:
    edit_text(folder / "submission.toml", {old: new})
    return folder


PREDECESSORS: Mapping[str, tuple[str, str]] = {
    "absent": ("example__letters/r9", "is not there"),
    "other": ("other__letters/r1", "another organisation"),
    "later": ("example__letters/r3", "of a later day"),
    "fine": ("example__letters/r1", ""),
}


@pytest.mark.parametrize(("name", "wanted"), PREDECESSORS.values(), ids=PREDECESSORS)
def test_a_predecessor_is_there_ours_and_older(make: Make, name: str, wanted: str) -> None:
    make(revision="r1", tasks=["tiny/one"], mean=False)
    make(revision="r3", tasks=["tiny/one"], mean=False, answers="c" * 12, date=LATER)
    folder = make(revision="r2", tasks=["tiny/one"], mean=False, answers="ab" * 6, predecessor=name)
    first = folder.parent / "r1"
    if name.startswith("other"):
        (folder.parents[1] / "other__letters").mkdir()
        other = folder.parents[1] / "other__letters" / "r1"
        first.rename(other)
        manifest(other, 'org = "example"', 'org = "other"')
    found = said(folder, "manifest-predecessor")
    assert wanted in found
    assert bool(found) == bool(wanted)


def test_predecessors_make_no_circle(make: Make) -> None:
    first = make(revision="r1", tasks=["tiny/one"], mean=False)
    second = make(revision="r2", tasks=["tiny/one"], mean=False, answers="ab" * 6,
                  predecessor="example__letters/r1")  # fmt: skip
    manifest(first, "trained_on", 'predecessor = "example__letters/r2"\ntrained_on')
    assert "goes back" in said(second, "manifest-predecessor")


def test_the_same_answers_are_submitted_once(make: Make) -> None:
    """The later one is told, a successor too; one that is only in sight counts as the earlier."""
    first = make(revision="r1", tasks=["tiny/one"], mean=False)
    make(revision="r2", tasks=["tiny/one"], mean=False, date=LATER,
         predecessor="example__letters/r1")  # fmt: skip
    found = [f for f in validate([first.parents[1]]).findings if f.rule == "predictions-duplicate"]
    assert [f.path for f in found] == ["example__letters/r2/records/tiny.one.json"]
    assert "example__letters/r1" in found[0].message
    assert "example__letters/r2" in said(first, "predictions-duplicate")


def test_a_revision_with_further_tasks_holds_the_old_answers_again(make: Make) -> None:
    """Of the system itself, named as what it goes back to, all its tasks and more: nothing less."""
    make(revision="r1", tasks=["tiny/one"], mean=False)
    before = "example__letters/r1"
    more = make(revision="r2", tasks=["tiny/one", "tiny/two"], mean=False, date=LATER,
                predecessor=before)  # fmt: skip
    assert said(more, "predictions-duplicate") == ""
    again = make(revision="r3", tasks=["tiny/one", "tiny/two"], mean=False, date=LATER,
                 predecessor="example__letters/r2")  # fmt: skip
    assert "example__letters/r2" in said(again, "predictions-duplicate")
    shutil.rmtree(again)
    manifest(more, f'predecessor = "{before}"', "")
    assert before in said(more, "predictions-duplicate")
    other = make("others", revision="r2", tasks=["tiny/one", "tiny/two"], mean=False, date=LATER,
                 predecessor=before)  # fmt: skip
    assert before in said(other, "predictions-duplicate")


def test_answers_to_other_tasks_may_be_the_same(make: Make) -> None:
    make("first", tasks=["tiny/one"], mean=False)
    folder = make("second", tasks=["tiny/two"], mean=False, answers="abcabcabcaba")
    assert said(folder, "predictions-duplicate") == ""


def test_a_path_may_be_a_root_a_system_or_a_revision(make: Make, tmp_path: Path) -> None:
    folder = make(tasks=["tiny/one"], mean=False)
    ids = {f"example__letters/{folder.name}"}
    for path in (folder, folder.parent, folder.parents[1]):
        assert set(validate([path]).evidence) == ids
    assert set(validate([folder, folder.parent]).evidence) == ids
    with pytest.raises(UsageError, match="several folders"):
        validate([folder, tmp_path])
    with pytest.raises(UsageError, match="is not a folder"):
        validate([folder / "submission.toml"])
    with pytest.raises(UsageError, match="is not a folder"):
        validate([tmp_path / "absent"])


def test_a_revision_outside_its_place_is_named(make: Make, tmp_path: Path) -> None:
    folder = make(tasks=["tiny/one"], mean=False)
    lone = tmp_path / "lone" / "r1"
    lone.parent.mkdir()
    folder.rename(lone)
    assert "not of the folder" in said(lone, "tree-name")


def test_an_empty_board_has_no_findings(tmp_path: Path) -> None:
    report = validate([tmp_path])
    assert (report.findings, report.evidence) == ((), {})


def test_a_manifest_that_is_not_there_is_named(make: Make) -> None:
    folder = make(tasks=["tiny/one"], mean=False)
    (folder / "submission.toml").unlink()
    assert "cannot be read" in said(folder, "manifest-schema")
    assert said(folder, "manifest-runs") == ""


def larger(folder: Path, task: str, sha256: str, size: int) -> None:
    """An entry of the manifest."""
    lines = (f'task = "{task}"', 'url = "https://example.org/x"', f'sha256 = "{sha256}"')
    path = folder / "submission.toml"
    path.write_text(path.read_text() + "\n".join(["", "[[larger]]", *lines, f"bytes = {size}", ""]))


def test_larger_files_belong_to_a_run_and_are_those_of_the_record(
    make: Make, tmp_path: Path
) -> None:
    (tmp_path / "far.txt").write_text("abcabc")
    folder = make(answers="abcabb", tasks=["tiny/far"], mean=False, data=tmp_path)
    table = folder / "predictions" / "tiny.far.parquet"
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    larger(folder, "tiny/far", digest, 9 * 2**20)
    assert "kept elsewhere" in said(folder, "predictions-missing")
    table.unlink()
    report = validate([folder])
    (outcome,) = report.evidence[f"example__letters/{folder.name}"].values()
    assert report.findings == ()
    assert (outcome.level, "elsewhere" in outcome.reason) == ("self-reported", True)
    larger(folder, "x/y", digest, 9 * 2**20)
    assert "x/y is none of the tables" in said(folder, "manifest-larger")
    manifest(folder, digest, "0" * 64)
    assert "sha256 of tiny/far" in said(folder, "manifest-larger")


@pytest.mark.parametrize(("task", "size"), [("tiny/far", 9), ("tiny/one", 9 * 2**20)])
def test_nothing_is_kept_elsewhere_to_escape_scoring(
    make: Make, tmp_path: Path, task: str, size: int
) -> None:
    (tmp_path / "far.txt").write_text("abcabcabcabd")
    folder = make(tasks=[task], mean=False, data=tmp_path)
    table = folder / "predictions" / f"{task.replace('/', '.')}.parquet"
    larger(folder, task, hashlib.sha256(table.read_bytes()).hexdigest(), size)
    table.unlink()
    assert "small enough" in said(folder, "manifest-larger")


def test_a_record_of_several_items_fewer_is_named(tmp_path: Path) -> None:
    folder = copy_seed(tmp_path, "fewer")
    edit_record(folder, lambda record: record["task"].update(items=898, groups=898))
    assert "898" in said(folder, "predictions-rows")
    assert "the task has 899" in said(folder, "record-fingerprint")


COMMANDS = [
    "marginbench evaluate --model 'python:my model.py' --task a/b",
    "marginbench train-baseline --task a --out m && marginbench evaluate --model tfidf:m --task a",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_that_are_ours(command: str) -> None:
    assert join(split(command)) == command


@pytest.mark.parametrize(
    "command",
    [
        "", "marginbench", "marginbench site --out x", "curl evil", "marginbench evaluate; rm x",
        "marginbench evaluate --task $(touch x)", "marginbench evaluate --task `x`",
        'marginbench evaluate --task "$HOME"', "marginbench evaluate | sh",
        "marginbench evaluate > x", "marginbench evaluate & rm x", "marginbench evaluate 'x",
        "marginbench evaluate && rm x", "marginbench  evaluate", "marginbench evaluate \\\n x",
    ],
)  # fmt: skip
def test_commands_that_a_shell_could_misread(command: str) -> None:
    with pytest.raises(ValueError, match=r"is none of|another way|closing quotation"):
        split(command)


@pytest.mark.parametrize(
    "text",
    ["Trained on data: x < y", "A & B", "O'Brien's \"best\"", "- fast", "1.5B (MIT)", "a = b",
     "10 % of {x}", "C:\\models", "x@example.org", "R[0-9]", "naïve café 模型"],
)  # fmt: skip
def test_plain_texts_are_no_markup(text: str) -> None:
    assert markup_fault(text) is None
    assert text_fault(text, most=80) is None


METRIC = MetricValue(name="nDCG@10", value=0.5, interval=(0.4, 0.6), n=3,
                     higher_is_better=True, reason=None, unit="", basis=None,
                     column=None)  # fmt: skip


@pytest.mark.parametrize(
    ("suite", "changes", "fault"),
    [
        ("reranking", {"value": 1.2}, "1.2 is not in its range, 0 to 1"),
        ("reranking", {"interval": (0.4, 1.1)}, "1.1 is not in its range"),
        ("reranking", {"interval": (0.9, 0.8)}, "ends before it begins"),
        ("reranking", {"value": None}, "an interval without a value"),
        ("reranking", {"higher_is_better": False}, "turns it round; of its ends higher is better"),
        ("reranking", {"unit": "ms"}, "the unit is 'ms', not ''"),
        ("reranking", {"name": "Judged@10"}, "of its ends neither is better"),
        ("detection", {"name": "TPR@FPR=7%[calibrated]", "value": -0.1}, "-0.1 is not in its"),
        ("flips", {"name": "NFR[relative]", "higher_is_better": False}, "is '', not 'times'"),
        ("image-quality", {"name": "SRCC", "value": -1.1}, "-1.1 is not in its range, -1 to 1"),
        ("consistency", {"name": "OPIS[FAR=1%..10%]", "higher_is_better": False},
         "0.5 is not in its range, 0 to 0.25"),
    ],
)  # fmt: skip
def test_a_metric_is_held_against_its_card(
    suite: str, changes: dict[str, object], fault: str
) -> None:
    found = list(metric_faults(METRIC.model_copy(update=changes), suite))
    assert any(fault in said for said in found), found


def test_what_a_card_allows_is_no_fault() -> None:
    assert list(metric_faults(METRIC, "reranking")) == []
    relative = {"name": "NFR[relative]", "value": 7.5, "interval": (2.0, 9.0), "unit": "times",
                "higher_is_better": False}  # fmt: skip
    assert list(metric_faults(METRIC.model_copy(update=relative), "flips")) == []
    assert list(metric_faults(METRIC.model_copy(update={"value": 9.9}), "somebody-elses")) == []


def test_texts_are_looked_at_however_deep() -> None:
    value = {"a": [{"b\u202e": "c"}, "d\u200b"], "n": 2**60}
    faults = list(text_faults(value))
    assert len(faults) == 3
    assert any(fault.startswith("a[1]: U+200B") for fault in faults)


Refuse = Callable[[bytes], object]


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b'{"a": 1, "a": 2}', "stands twice"), (b"[NaN]", "NaN"), (b"[-Infinity]", "Infinity"),
        (b"[1e999]", "beyond"), (b"[" * 41 + b"]" * 41, "deep"), (b"\xff", "UTF-8"),
        (b"[" + b"9" * 30 + b"]", "30 digits"), (b"{", "Expecting"), (b"", "Expecting"),
    ],
)  # fmt: skip
def test_json_is_strict(data: bytes, wanted: str) -> None:
    with pytest.raises(ValueError, match=wanted):
        load_strict(data)


def test_a_key_that_stands_twice_among_many_is_found_at_once() -> None:
    """A list looked through once for each key would take minutes."""
    keys = [f'"{number}":0' for number in range(60_000)]
    text = "{" + ",".join([*keys, keys[-1]]) + "}"
    start = time.process_time()
    with pytest.raises(ValueError, match="'59999' stands twice"):
        load_strict(text.encode())
    assert time.process_time() - start < 5


def test_strict_json_is_read() -> None:
    assert load_strict(b'{"a\\"[[": ["\\\\", -1.5e3, "]"]}') == {'a"[[': ["\\", -1500.0, "]"]}


def test_the_board_has_pinned_tasks_and_means_alone() -> None:
    tasks = board_tasks()
    assert {"detection/embedded", "reranking/bright", "image-quality/mr-iqa"} <= set(tasks)
    assert not [task for task in tasks if "folder" in task or "pairs" in task]
    for unknown in ("flips/predictions", "flips/folder/x", "", "/", "../x", "a" * 300, "flips"):
        assert place_of(unknown) is None


@pytest.mark.parametrize(
    ("name", "slug"),
    [("BAAI/bge-v1.5", "baai-bge-v1-5"), ("Ünïcode", "unicode"), ("模型", ""), ("--", ""),
     ("x" * 80, "x" * 64)],
)  # fmt: skip
def test_slugs(name: str, slug: str) -> None:
    assert to_slug(name) == slug


@pytest.mark.parametrize(
    "url",
    ["http://example.org", "https://", "https://localhost/x", "https://u:p@example.org/",
     "javascript:alert(1)", "https://example.org/\u202e", "https://example.org/ x", "//example.org",
     "https://example.org:x/", "https://[::1/", "https://example.org/" + "x" * 300],
)  # fmt: skip
def test_links_that_are_refused(url: str) -> None:
    assert url_fault(url)


def test_links_that_are_fine() -> None:
    assert url_fault("https://example.org/a?b=c&d#e") is None
