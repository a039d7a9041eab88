"""What a run tells machines with ``--log-json``, and people over several tasks."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from harness.engine.event_log import EventLog
from harness.engine.watch import Watch
from harness.errors import UsageError
from harness.records.record import read_record
from tests.cli.conftest import Command
from tests.cli.test_evaluate import arguments, only

ModelFile = Callable[..., Path]
ROOT = Path(__file__).resolve().parents[2]
ALWAYS = {"event", "time", "since_start"}


def refuse(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def events(text: str) -> list[dict[str, Any]]:
    """Each line as an object, by the strict rules."""
    found = [json.loads(line, parse_constant=refuse) for line in text.splitlines()]
    assert all(found[0].keys() >= ALWAYS for event in found)
    times = [event["since_start"] for event in found]
    assert times == sorted(times)
    return found


def documented() -> dict[str, set[str]]:
    """Fields of every event, as the page has them."""
    rows = {}
    for line in (ROOT / "docs" / "progress.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[0].startswith("`"):
            plain = re.sub(r"\(.*?\)", "", cells[2])
            rows[cells[0].strip("`")] = set(re.findall(r"`([a-z_]+)`", plain))
    return rows


@pytest.fixture
def three(
    command: Command, collection: Path, model_file: ModelFile, tmp_path: Path
) -> tuple[Any, list[dict[str, Any]], Path]:
    """Three tasks of which one has no data: the answer, the events, where the runs are."""
    pytest.importorskip("networkx")
    log, out = tmp_path / "log.jsonl", tmp_path / "runs"
    line = arguments(model_file(), collection, out, "--limit", 12, "--log-json", log)
    more = ("reranking/beir/bioasq", "reranking/code-search/networkx-short")
    answer = command(*line, "--task", more[0], "--task", more[1])
    return answer, events(log.read_text()), out


def test_three_tasks_of_which_one_fails(three: tuple[Any, list[dict[str, Any]], Path]) -> None:
    answer, told, out = three
    assert answer.code == 3
    kinds = [event["event"] for event in told]
    assert kinds[:2] == ["call", "tasks"]
    assert kinds[-1] == "call_end"
    assert kinds.count("task") == kinds.count("task_end") == 3
    assert kinds.count("work") == 2
    tasks = told[1]["tasks"]
    assert len(tasks) == 3
    ends = {event["task"]: event for event in told if event["event"] == "task_end"}
    assert list(ends) == tasks == [event["task"] for event in told if event["event"] == "task"]
    failed = ends.pop("reranking/beir/bioasq")
    assert failed["status"] == "failed"
    assert "bioasq" in failed["error"]
    assert failed["record"] is None
    for task, end in ends.items():
        record = read_record(Path(end["record"]))
        assert record.task.id == task
        assert end["status"] == "done"
        assert end["error"] is None
        assert end["metrics"] == {metric.name: metric.value for metric in record.metrics}
    call = told[-1]
    assert call["status"] == answer.code
    assert f"error: {call['error']}" in answer.err
    assert call["tasks_ended"] == 3
    assert call["items"] == sum(e["items"] for e in told if e["event"] == "part")
    assert len(list(out.rglob("record.json"))) == 2


def test_parts_add_up_and_every_field_is_on_the_page(
    three: tuple[Any, list[dict[str, Any]], Path],
) -> None:
    _, told, _ = three
    page = documented()
    for event in told:
        fields = event.keys() - ALWAYS
        assert fields == page[event["event"]], event["event"]
    for work in (event for event in told if event["event"] == "work"):
        parts = [e for e in told if e["event"] == "part" and e["task"] == work["task"]]
        assert len(parts) == work["parts"] - work["parts_done"] > 0
        assert sum(part["items"] for part in parts) == work["items"] - work["items_done"]
        assert parts[-1]["items_done"] == parts[-1]["items_total"] == work["items"]
        assert parts[-1]["seconds_left"] == 0
        assert all(part["items_per_second"] > 0 for part in parts)
        assert work["devices"] == ["cpu"]


def test_people_are_told_of_all_tasks(three: tuple[Any, list[dict[str, Any]], Path]) -> None:
    """A line when one ends in which something was done: the one without data is the second."""
    answer, _, _ = three
    lines = [line for line in answer.err.splitlines() if line.startswith("all tasks: ")]
    assert [line.split(",")[0][11:] for line in lines] == [
        f"{number} of 3 tasks ended" for number in (1, 3)
    ]
    assert all("items/s" in line for line in lines)
    assert "about " in lines[0]
    assert "left" not in lines[-1]


def test_a_part_that_fails_is_named_in_both(
    command: Command, collection: Path, model_file: ModelFile, tmp_path: Path
) -> None:
    source = """
        whole = 0

        def score_pairs(pairs):
            global whole
            whole += len(pairs) > 200
            if whole == 2:
                raise ValueError("too odd")
            return [len(d) / 1000 for q, d in pairs]
    """
    line = arguments(model_file(source), collection, tmp_path / "runs", "--log-json", "-")
    line += ["--batch-items", "100000", "--batch-tokens", "1000000"]
    answer = command(*line)
    assert answer.code == 3
    told = events("\n".join(x for x in answer.err.splitlines() if x.startswith("{")))
    (failed,) = [event for event in told if event["event"] == "part_failed"]
    assert failed["again"] is False
    assert "too odd" in failed["error"]
    assert failed.keys() - ALWAYS == documented()["part_failed"]
    end, call = told[-2:]
    assert (end["event"], end["status"], call["status"]) == ("task_end", "failed", 3)
    assert failed["part"] == 1
    assert "1 of 2 parts could not be done: part 1 (" in call["error"]
    assert "items, 'q" in call["error"]
    # Nothing but the log and the last error goes to standard error.
    others = [text for text in answer.err.splitlines() if not text.startswith("{")]
    assert others == [f"error: {call['error']}"]


def test_a_share_of_a_task_has_a_folder_and_no_record(
    command: Command, collection: Path, model_file: ModelFile, tmp_path: Path
) -> None:
    log, out = tmp_path / "log", tmp_path / "runs"
    line = arguments(model_file(), collection, out, "--shard", "1/2", "--log-json", log)
    assert command(*line).code == 0
    told = events(log.read_text())
    assert told[1]["shard"] == "1/2"
    (end,) = [event for event in told if event["event"] == "task_end"]
    assert (end["status"], end["metrics"], end["error"]) == ("share", {}, None)
    assert Path(end["record"]) == next(out.rglob("*.shard-1-of-2"))


def test_a_log_is_gone_on_with_and_a_torn_line_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text('{"event": "old"}\n{"event": "to')
    log = EventLog(str(path))
    log("new", {"value": None, "words": ["a\nb", "\u2028"]})
    log.close()
    assert [json.loads(line)["event"] for line in path.read_text().split("\n")[:-1]] == [
        "old",
        "new",
    ]


@pytest.mark.parametrize("there", ["notes of mine", "a line\nand one without its end"])
def test_what_was_no_log_is_kept(tmp_path: Path, there: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(there)
    log = EventLog(str(path))
    log("new", {})
    log.close()
    *before, last = path.read_text().splitlines()
    assert before == there.splitlines()
    assert json.loads(last)["event"] == "new"


def test_a_log_without_room_says_so_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import resource

    log = EventLog(str(tmp_path / "log"))
    log("first", {})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        log("second", {"text": "x" * 200})
        log("third", {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    log.close()
    assert [e["event"] for e in events((tmp_path / "log").read_text())] == ["first"]
    (line,) = capsys.readouterr().err.splitlines()
    assert "nothing more can be written to this log" in line


def test_a_pipe_whose_reader_goes_does_not_hold_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match="nobody reads this pipe"):
        EventLog(str(pipe))
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    log = EventLog(str(pipe))
    log("first", {})
    assert [e["event"] for e in events(os.read(reader, 1000).decode())] == ["first"]
    os.close(reader)
    for _ in range(3):
        log("more", {"text": "x" * 50_000})  # three would not go into a pipe
    log.close()
    (line,) = capsys.readouterr().err.splitlines()
    assert "nothing more can be written to this log (Broken pipe)" in line


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (ValueError("odd"), "ValueError: odd"),
        (UsageError("no x", fix="Give one"), "no x. Give one"),
    ],
)
def test_a_task_that_failed_says_why(tmp_path: Path, error: BaseException, said: str) -> None:
    log = EventLog(str(tmp_path / "log"))
    watch = Watch(log)
    watch.task_failed("flips/x", error)
    log.close()
    (told,) = events((tmp_path / "log").read_text())
    assert (told["event"], told["status"], told["error"]) == ("task_end", "failed", said)


@contextmanager
def moments(monkeypatch: pytest.MonkeyPatch, *seconds: float) -> Iterator[None]:
    clock = chain(seconds, repeat(seconds[-1]))
    with monkeypatch.context() as patch:
        patch.setattr("harness.engine.watch.time.monotonic", lambda: next(clock))
        yield


def test_all_tasks_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of three took 100 s; the second is half done after 50 s; the third takes as long."""
    with moments(monkeypatch, 0, 0, 100, 100, 150):
        watch = Watch()
        watch.begins(["a", "b", "c"], None)
        watch.task_begins("a")
        watch.items = 1000
        watch.task_failed("a", ValueError("x"))
        watch.task_begins("b")
        watch.work_begins((0, 800), (0, 2), ["cuda:0"])
        watch.part_done(0, 400, 50, 3 * 2**30)
        line = watch.all_tasks()
    assert line == (
        "1 of 3 tasks ended, 1,400 items, 9.33 items/s, about 2 min 30 s left, 3.0 GiB of a GPU"
    )


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--log-json", "none/there/log", "no such log can be written"),
        ("--log-json", ".", "no such log can be written"),
        ("--log-json", "", "no such log can be written"),
        ("--part-timeout", "0", "is no time to wait. Give seconds above 0"),
        ("--part-timeout", "-3", "is no time to wait. Give seconds above 0"),
        ("--part-timeout", "nan", "is no time to wait. Give seconds above 0"),
        ("--part-timeout", "inf", "is no time to wait. Give seconds above 0"),
        ("--part-timeout", "soon", "not a valid float"),
    ],
)
def test_bad_values_are_told_in_a_line_before_anything_is_loaded(
    command: Command, model_file: ModelFile, collection: Path, tmp_path: Path, option: str,
    value: str, said: str, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    model = model_file("raise SystemError('loaded')")
    answer = command(*arguments(model, collection, tmp_path / "runs", option, value))
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "runs").exists()


def test_a_time_limit_gives_the_same_bytes(
    command: Command, collection: Path, model_file: ModelFile, tmp_path: Path
) -> None:
    model = model_file()
    for name, more in (("plain", ()), ("limited", ("--part-timeout", 60))):
        assert command(*arguments(model, collection, tmp_path / name, *more)).code == 0
    for file in ("predictions.parquet", "groups.parquet"):
        left, right = (only(tmp_path / name, file) for name in ("plain", "limited"))
        assert left.read_bytes() == right.read_bytes()
