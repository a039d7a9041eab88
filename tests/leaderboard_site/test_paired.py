"""Pairs on pages say what ``marginbench compare`` says, both ways, also from a memory."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.cli import run as cli
from harness.compare.outcomes import Counted
from harness.compare.verdicts import Verdict
from harness.errors import InvalidError
from leaderboard_site.board.systems import systems_of
from leaderboard_site.comparing import paired
from leaderboard_site.comparing.paired import Paired, Shelf, pair
from leaderboard_site.comparing.plan import (
    BEST_PAIRED,
    MOST_PAIRED,
    find_verdicts,
    shared,
    updates,
    verdict_of,
)
from leaderboard_site.comparing.words import ORDER, say_intervals, say_paired, tally
from leaderboard_site.reading.submitted import Standing
from leaderboard_site.reading.summary import Revision, Run
from tests.leaderboard_site.flipping import read_runs, write_runs
from tests.leaderboard_site.made_up import ALPHA, BETA, metric, revision, run

WRONG = {"old": range(40), "new": range(100, 120), "near": range(41), "twin": range(40)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("flips")
    write_runs(place, WRONG)
    return place


@pytest.fixture(scope="module")
def runs(folder: Path) -> dict[str, Run]:
    return read_runs(folder)


class Remembering:
    """A memory that counts what it is asked and told."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.hits = 0

    def get(self, key: str, /) -> bytes | None:
        self.hits += key in self.kept
        return self.kept.get(key)

    def put(self, key: str, value: bytes, /) -> None:
        self.kept[key] = value


def only(found: dict[str, Paired]) -> Paired:
    (one,) = found.values()
    return one


@pytest.mark.parametrize(
    ("first", "second"), [("old", "new"), ("new", "old"), ("old", "near"), ("old", "twin")]
)
def test_a_pair_says_what_the_command_line_says(
    folder: Path, runs: dict[str, Run], tmp_path: Path, first: str, second: str
) -> None:
    report = tmp_path / "report.json"
    paths = [str(folder / "runs" / name) for name in (first, second)]
    assert cli(["compare", *paths, "--json", str(report)]) in (0, 1)
    (task,) = json.loads(report.read_text())["tasks"]
    found = only(pair([(runs[first], runs[second])], shelf=Shelf()))
    primary = next(m for m in task["metrics"] if m["name"] == found.metric)
    assert found.verdict == task["verdict"]
    assert found.difference == primary["difference"]
    assert found.interval == (tuple(primary["interval"]) if primary["interval"] else None)
    flips = found.flips
    assert flips is not None
    assert (flips.lost, flips.won, flips.n) == (
        len(set(WRONG[second]) - set(WRONG[first])),
        len(set(WRONG[first]) - set(WRONG[second])),
        200,
    )
    assert flips.equal == 200 - flips.lost - flips.won


def test_memory_gives_the_same_and_is_used(runs: dict[str, Run]) -> None:
    memory = Remembering()
    both = [(runs["old"], runs["new"])]
    first = pair(both, shelf=Shelf(), kept=memory)
    assert (memory.hits, len(memory.kept)) == (0, 1)
    assert pair(both, shelf=Shelf(), kept=memory) == first
    assert memory.hits == 1
    pair([(runs["new"], runs["old"])], shelf=Shelf(), kept=memory)
    assert (memory.hits, len(memory.kept)) == (1, 2)


def test_a_table_that_goes_or_changes_is_noticed(runs: dict[str, Run], tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(runs["new"].tables, copy)
    moved = replace(runs["new"], tables=str(copy))
    memory = Remembering()
    pair([(runs["old"], runs["new"])], shelf=Shelf(), kept=memory)
    pair([(runs["old"], moved)], shelf=Shelf(), kept=memory)
    assert memory.hits == 1  # by content, wherever it lies
    for table in copy.glob("*.parquet"):
        table.unlink()
    bare = only(pair([(runs["old"], moved)], shelf=Shelf(), kept=memory))
    assert memory.hits == 1
    assert bare.interval is None
    assert bare.flips is None
    assert bare.verdict == "incomplete"
    assert "groups.parquet does not lie beside the candidate's record" in bare.grounds[0]
    (copy / "groups.parquet").write_bytes(b"something else")
    with pytest.raises(InvalidError, match="not the file its record was made with"):
        pair([(runs["old"], moved)], shelf=Shelf())


def test_a_full_shelf_gives_up_the_oldest_side(
    runs: dict[str, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paired, "MOST_ROWS", 450)
    shelf = Shelf()
    for name in ("old", "new", "near", "old"):
        shelf.side(runs[name])
    assert list(shelf.sides) == [runs["near"].tables, runs["old"].tables]
    assert shelf.rows == 400


def test_runs_on_other_items_are_left_out(runs: dict[str, Run], tmp_path: Path) -> None:
    write_runs(tmp_path, {"old": range(3)})
    other = read_runs(tmp_path)["old"]
    record = Path(other.tables) / "record.json"
    data = json.loads(record.read_text())
    data["task"]["fingerprint"] = "0" * 64
    record.write_text(json.dumps(data))
    assert pair([(runs["new"], other)], shelf=Shelf()) == {}


def classifier(
    runs: dict[str, Run], name: str, model: str, number: str = "r1", **more: Any
) -> Revision:
    return revision(model, number, runs[name], **more)


def test_updates_and_small_fields_are_paired_both_ways(runs: dict[str, Run]) -> None:
    systems = systems_of(
        [
            classifier(runs, "old", "one", "r1", date="2031-01-01"),
            classifier(runs, "new", "one", "r2", date="2031-02-01"),
            classifier(runs, "near", "two"),
            classifier(runs, "twin", "three"),
        ]
    )
    verdicts = find_verdicts(systems, updates(systems))
    pairs = {(first, second) for first, found in verdicts.items() for second in found}
    names = [f"example__{name}" for name in ("one/r2", "two/r1", "three/r1")]
    assert pairs == {(a, b) for a in names for b in names if a != b} | {
        ("example__one/r1", "example__one/r2"),
        ("example__one/r2", "example__one/r1"),
    }
    found = verdict_of(verdicts, "example__one/r1", "example__one/r2", runs["old"].work)
    assert found is not None
    assert found.verdict == "better"
    assert verdict_of(verdicts, "example__one/r1", "example__two/r1", runs["old"].work) is None


def test_large_fields_pair_their_best_alone(runs: dict[str, Run]) -> None:
    models = [f"m{n:02d}" for n in range(MOST_PAIRED + 1)]
    names = ["new" if n in (3, 5) else "near" if n == 9 else "old" for n in range(len(models))]
    systems = systems_of(
        classifier(runs, name, model) for name, model in zip(names, models, strict=True)
    )
    verdicts = find_verdicts(systems, ())
    # "new" is wrong least often; of equals the first by id is taken.
    best = {f"example__{models[n]}/r1" for n in (3, 5, 0)}
    assert set(verdicts) == best
    assert all(set(found) == best - {first} for first, found in verdicts.items())
    assert len(best) == BEST_PAIRED


def test_withdrawn_quick_and_untabled_runs_are_not_paired(runs: dict[str, Run]) -> None:
    gone = Standing("withdrawn", "by its author", "2031-06-01")
    quick = replace(runs["twin"], limit=20)
    bare = replace(runs["near"], tables="")
    systems = systems_of(
        [
            classifier(runs, "old", "one"),
            classifier(runs, "new", "two", standing=gone),
            revision("three", "r1", quick),
            revision("four", "r1", bare),
        ]
    )
    assert find_verdicts(systems, ()) == {}


def test_predecessors_are_those_named_or_else_those_before() -> None:
    systems = systems_of(
        [
            revision("a", "r1", date="2031-01-01"),
            revision("a", "r2", date="2031-02-01"),
            revision("b", "r1", date="2031-03-01", predecessor="example__a/r2"),
            revision("c", "r1", date="2031-03-02", predecessor="example__nobody/r9"),
            revision("d", "r1", date="2031-03-03", predecessor="example__d/r1"),
        ]
    )
    found = [(u.old.manifest.id, u.new.manifest.id, u.declared) for u in updates(systems)]
    assert found == [
        ("example__a/r2", "example__b/r1", True),
        ("example__a/r1", "example__a/r2", False),
    ]


def test_only_the_same_work_is_shared() -> None:
    other = run(BETA, fingerprint="00" * 32)
    old = revision("a", "r1", run(ALPHA), run(BETA), run(ALPHA, limit=20))
    new = revision("b", "r1", run(ALPHA, limit=20), other, run(ALPHA))
    assert [(a.task, a.limit) for a, _ in shared(old, new)] == [(ALPHA, None), (ALPHA, 20)]


def made(**changes: object) -> Paired:
    base = Paired(
        task=ALPHA, verdict="cannot tell", metric="nDCG@10", unit="",
        difference=0.01, interval=(-0.01, 0.03), p=0.4, tasks=1, n=240, needed=960, min_drop=0.01,
        flips=Counted("hit@10", "a relevant one in the first ten", "queries", 240, 7, 12),
        grounds=(),
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"verdict": "better"}, "B is better than A: the whole interval is on its side."),
        ({"verdict": "worse"}, "B is worse than A, by more than the 1 point that may not matter."),
        (
            {"verdict": "worse", "grounds": ("R@1: worse by 0.3650, more than 0.01",)},
            "B is worse than A. R@1: worse by 0.3650, more than 0.01.",
        ),
        (
            {"verdict": "same", "min_drop": 0.005},
            "No difference that matters: the whole interval lies within 0.5 points of none.",
        ),
        (
            {},
            "It cannot be told: the interval holds both gain and loss. "
            "About 1,000 items in place of 240 would tell.",
        ),
        (
            {"difference": 1e-9, "needed": 70_000},
            "It cannot be told: the interval holds both gain and loss. "
            "Far more items than 240 would have to tell so small a gap.",
        ),
        (
            {"difference": 0.0, "flips": Counted("hit@10", "found", "queries", 240, 0, 0)},
            "It cannot be told: nothing differs here, on too few items to say so of others.",
        ),
        (
            {"verdict": "same", "min_drop": 0.00309727},
            "No difference that matters: the whole interval lies within 0.31 points of none.",
        ),
        (
            {"interval": (0.001, 0.03), "p": 0.08, "tasks": 4},
            "It cannot be told: with 4 tasks compared, chance alone gives such a gap too often "
            "(adjusted p 0.08).",
        ),
        (
            {"difference": -0.008, "interval": (-0.02, -0.001), "p": 0.01},
            "B is behind A, but by no more than the 1 point that may not matter.",
        ),
        (
            {"interval": None, "grounds": ("no replicates",)},
            "It cannot be told: no replicates.",
        ),
        (
            {"verdict": "incomplete", "grounds": ("a", "b", "c", "d")},
            "Not comparable in full. a; b and 2 more grounds.",
        ),
    ],
)
def test_every_verdict_has_a_sentence(changes: dict[str, object], sentence: str) -> None:
    assert say_paired(made(**changes), first="A", second="B").sentence == sentence


def test_differences_and_flips_in_figures() -> None:
    said = say_paired(made(difference=-0.0321, interval=(-0.05, -0.0004)), first="A", second="B")
    assert (said.difference, said.interval) == ("−3.21", "[−5.00, −0.04]")
    assert said.flips == "12 won, 7 lost, 221 equal"
    assert said.gap == 0.0321
    slow = {"metric": "time", "unit": "ms", "difference": -2.25, "interval": (-3.0, -1.5)}
    own = say_paired(made(**slow, verdict="same", min_drop=5), first="A", second="B")
    assert (own.difference, own.interval) == ("−2.25 ms", "[−3, −1.5]")
    assert "lies within 5 ms of none" in own.sentence


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        (metric(0.4), metric(0.5), "better"),
        (metric(0.5), metric(0.4), "worse"),
        (metric(0.5), metric(0.51), "cannot tell"),
        (metric(0.4, higher=False), metric(0.5, higher=False), "worse"),
        (metric(0.4), metric(0.5, half=None), "cannot tell"),
        (None, metric(0.5), "cannot tell"),
    ],
)
def test_intervals_alone(old: object, new: object, word: str) -> None:
    said = say_intervals(old, new, first="A", second="B")  # type: ignore[arg-type]
    assert said.word == word
    assert said.gap is None
    assert said.sentence.startswith(
        {"better": "B is better than A by", "worse": "A is better than B by"}.get(word, "The two")
    )


def test_tally_is_in_words_worst_first() -> None:
    words = ["better", "cannot tell", "worse", "better"]
    assert tally(words) == "worse on 1, better on 2, cannot tell on 1"
    assert {verdict.value for verdict in Verdict} == set(ORDER)
