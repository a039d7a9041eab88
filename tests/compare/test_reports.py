"""Holm's adjustment, resources, and the forms of a report with hostile names in it."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from harness.compare.comparison import Comparison, TaskComparison
from harness.compare.correlations import Correlated, with_tests
from harness.compare.deltas import Delta
from harness.compare.outcomes import Flips, Outcomes, count_flips
from harness.compare.policy import Budget, Policy, fraction
from harness.compare.reports.json import to_json
from harness.compare.reports.junit import to_junit
from harness.compare.reports.markdown import MOST_BYTES, to_markdown
from harness.compare.reports.text import metric_rows
from harness.compare.resources import Resource, resource_failures, unchecked
from harness.compare.verdicts import Verdict, judge
from harness.metrics.intervals import holm

CANNOT = Verdict.CANNOT_TELL
NO_LOSS: dict[str, object] = {"difference": 0.0, "loss_holm": 1.0}
FEW: dict[str, object] = {"method": "paired-t", "units": 12}
HOSTILE = "a|b`c`<script>alert(1)</script>\n@everyone [x](javascript:1) \u202e\x00"


def delta(**changes: object) -> Delta:
    made = Delta(
        name="accuracy",
        baseline=0.9,
        candidate=0.8,
        difference=-0.1,
        interval=(-0.15, -0.05),
        p=0.001,
        holm=0.002,
        loss_holm=0.002,
        n=100,
        higher_is_better=True,
        unit="",
        primary=True,
        decides=True,
        reason=None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def comparison(flips: Flips | None = None) -> Comparison:
    one = delta()
    task = TaskComparison(
        task=f"flips/{HOSTILE}",
        title="t",
        baseline=HOSTILE,
        candidate="new",
        deltas=(one,),
        judged={one.name: judge(one)},
        flips=(flips,) if flips else (),
        correlations=tuple(
            with_tests(Correlated(HOSTILE, 0.5, 0.6, between, 9, "images"))
            for between in (0.7, 1.0)
        ),
        seed_floor=None,
        resources=(),
        failures=(f"worse: {HOSTILE}",),
        gaps=(),
        notes=(),
    )
    return Comparison((task,), ("gone",), (), Policy())


def flipped(count: int) -> Flips:
    mask = np.ones(count, dtype=bool)
    ids = [f"{HOSTILE}{n}" for n in range(count)]
    severity = np.arange(count, dtype=float)
    return count_flips(
        Outcomes("answer", "d", "items", ids, ids, mask, ~mask, severity, (mask, ~mask),
                 shown={"before": [HOSTILE] * count})
    )  # fmt: skip


def test_holm_by_hand() -> None:
    # Holm 1979: .01 x 3, max(.03, .02 x 2), max(.04, .9).
    assert holm([0.02, None, 0.9, 0.01]) == pytest.approx([0.04, None, 0.9, 0.03])
    assert holm([]) == []


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Verdict.WORSE),
        ({"loss_holm": 0.025}, Verdict.WORSE),
        ({"loss_holm": 0.026}, CANNOT),
        ({"loss_holm": None}, CANNOT),
        # The margin of this one is larger than what was lost, and the test against none is not it.
        ({"loss_holm": 0.9, "margin": 0.2}, Verdict.SAME),
        ({"loss_holm": 0.9, "margin": 0.16, "interval": (-0.15, 0.5)}, Verdict.NOT_WORSE),
        ({"loss_holm": 0.9, "margin": 0.15, "interval": (-0.15, 0.5)}, CANNOT),
        ({"higher_is_better": False, "loss_holm": 1.0}, Verdict.BETTER),
        ({**NO_LOSS, "interval": (-0.005, 0.004)}, Verdict.SAME),
        ({**NO_LOSS, "interval": (-0.005, 0.3), "holm": 0.2}, Verdict.NOT_WORSE),
        ({**NO_LOSS, "interval": (0.001, 0.3), "holm": 0.2}, Verdict.NOT_WORSE),
        ({**NO_LOSS, "interval": (0.001, 0.3)}, Verdict.BETTER),
        ({**NO_LOSS, "interval": (0.001, 0.009)}, Verdict.SAME),
        ({**NO_LOSS, "difference": -0.02, "interval": (-0.05, 0.01)}, CANNOT),
        ({**NO_LOSS, "difference": -0.008, "interval": (-0.012, -0.004)}, CANNOT),
        ({**NO_LOSS, "difference": -0.006, "interval": (-0.009, -0.003)}, Verdict.SAME),
        ({**NO_LOSS, **FEW, "interval": (-0.005, 0.004)}, CANNOT),
        ({**NO_LOSS, **FEW, "interval": (-0.005, 0.3), "holm": 0.2}, CANNOT),
        ({**NO_LOSS, **FEW, "units": 20, "interval": (-0.005, 0.004)}, Verdict.SAME),
        ({"interval": None, "reason": "why", "loss_holm": None}, CANNOT),
        ({"interval": None, "reason": "why"}, CANNOT),
        ({"interval": None, "reason": "why", "apart": True}, Verdict.WORSE),
        ({"interval": None, "reason": "why", "apart": True, "loss_holm": 0.03}, CANNOT),
        ({"higher_is_better": None}, None),
    ],
)
def test_verdicts(changes: dict[str, object], verdict: Verdict | None) -> None:
    assert judge(delta(**changes)).verdict is verdict


def test_a_metric_in_a_unit_of_its_own_is_said_in_it() -> None:
    slow = {"unit": "ms", "higher_is_better": False, "baseline": 20.0, "candidate": 23.5}
    one = delta(**slow, difference=3.5, interval=(2.5, 4.5))
    said = judge(replace(one, margin=2)).why
    assert said == "worse by 3.5000 ms, a loss beyond 2 ms is shown"
    one = replace(one, margin=5, loss_holm=1.0)
    assert judge(one).why == "the whole interval is within 5 ms of no change"
    task = replace(comparison().tasks[0], deltas=(one,), judged={one.name: judge(one)})
    (row,) = metric_rows(task)
    assert row[:5] == (
        "* accuracy (ms, lower is better)", "20.0000", "23.5000", "+3.5000", "[+2.5000, +4.5000]",
    )  # fmt: skip
    found = json.loads(to_json(replace(comparison(), tasks=(task,))))["tasks"][0]["metrics"][0]
    assert (found["unit"], found["difference"]) == ("ms", 3.5)


def test_what_is_neither_good_nor_bad_decides_nothing() -> None:
    one = delta(higher_is_better=None)
    assert (one.gain, one.gain_interval) == (None, None)
    judged = {one.name: judge(one)}
    task = replace(comparison().tasks[0], deltas=(one,), judged=judged, failures=())
    assert metric_rows(task)[0][-1] == "–"
    assert json.loads(to_json(replace(comparison(), tasks=(task,))))["tasks"][0]["metrics"][0][
        "verdict"
    ] is None  # fmt: skip
    assert task.verdict is Verdict.CANNOT_TELL
    assert "neither end is better" in to_markdown(replace(comparison(), tasks=(task,)))


def test_a_rough_interval_is_marked_and_excludes_nothing() -> None:
    one = delta(**NO_LOSS, interval=(-0.005, 0.004), method="paired-t", units=10, n=100,
                rough="10 sources, fit from 20 on")  # fmt: skip
    judged = judge(one)
    assert "and is rough: 10 sources, fit from 20 on; about 200 items would tell" in judged.why
    task = replace(comparison().tasks[0], deltas=(one,), judged={one.name: judged})
    assert metric_rows(task)[0][4] == "[-0.0050, +0.0040] rough"


def test_worst_flips_come_first() -> None:
    assert [item["id"][-1] for item in flipped(3).items] == ["2", "1", "0"]


def test_markdown_shows_hostile_text_literally_and_is_capped() -> None:
    text = to_markdown(comparison(flipped(3)))
    assert "<script>" not in text
    assert "\n@" not in text
    assert "](javascript" not in text.replace("\\", "§")
    table = [line for line in text.splitlines() if line.startswith("| a\\|b")]
    assert len(table) == 3
    big = to_markdown(comparison(flipped(1000)), most_bytes=5000)
    assert len(big.encode()) <= 5000
    assert "cut here" in big
    assert len(to_markdown(comparison(flipped(1000))).encode()) <= MOST_BYTES


def test_junit_is_well_formed_whatever_the_names() -> None:
    root = ElementTree.fromstring(to_junit(comparison(flipped(3))))
    assert len(root.findall(".//failure")) == 1
    assert len(root.findall(".//error")) == 1


def test_json_is_strict_and_whole() -> None:
    data = json.loads(to_json(comparison(flipped(250))), parse_constant=pytest.fail)
    assert data["exit_code"] == 1
    assert len(data["tasks"][0]["flips"][0]["items"]) == 250
    assert data["missing"] == ["gone"]


def test_costs_are_compared_only_where_they_can_be() -> None:
    known = Resource("latency", "s", 1.0, 1.5, 1.5, None)
    unknown = Resource("memory", "bytes", 1.0, 2.0, None, "devices differ (a and b)")
    budget = Budget(max_latency_ratio=1.2, max_memory_ratio=1.2)
    assert resource_failures([known, unknown], budget) == [
        "latency is 1.50 times the baseline's, at most 1.2 is allowed"
    ]
    assert unchecked([known, unknown], budget) == [
        "memory budget not checked: devices differ (a and b)"
    ]


def test_flips_within_clusters_widen_the_interval() -> None:
    lost = np.array([True] * 10 + [False] * 90)
    alone, grouped = (
        count_flips(
            Outcomes("answer", "d", "items", list(range(100)), clusters, lost, ~lost & False,
                     np.zeros(100), (np.ones(100, bool), ~lost))
        )
        for clusters in (list(range(100)), [n // 10 for n in range(100)])
    )  # fmt: skip
    assert alone.interval is not None
    assert grouped.interval is not None
    assert grouped.interval[1] > alone.interval[1]
    assert grouped.p is not None
    assert alone.p is not None
    assert grouped.p > alone.p


@pytest.mark.parametrize(("text", "value"), [("3%", 0.03), ("0.03", 0.03), (0.5, 0.5), ("0", 0.0)])
def test_shares(text: str | float, value: float) -> None:
    assert fraction(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["300%", "-1", "many", "nan"])
def test_what_is_no_share(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a number|is not between"):
        fraction(text)
