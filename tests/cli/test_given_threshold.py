"""Rates at a threshold that a detector ships, by hand, by scipy, and as they were published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import binomtest

from harness.records.record import MetricValue, Record, read_record
from tests.cli.conftest import Command, write_lines
from tests.cli.test_evaluate import only

TOEFL, NATIVE, MACHINE = 91, 88, 120
"""Essays of Liang et al. 2023 (TOEFL by non-native writers, US 8th grade), and machine texts."""

FLAGGED = {"toefl": 44, "native": 5}
"""44 of 91 is 48.35 %, what they report for ZeroGPT at score > 0.5."""


def essays(tmp_path: Path, *, sign: int = 1) -> tuple[Path, Path]:
    """A domain of human texts alone beside one of both kinds; some scores are the threshold."""
    texts: list[dict[str, object]] = []
    lines = ["id,score"]
    kinds = (("toefl", 0, TOEFL), ("native", 0, NATIVE), ("native", 1, MACHINE))
    for domain, label, count in kinds:
        for i in range(count):
            name = f"{domain}-{label}-{i}"
            texts.append({"id": name, "text": f"text {name}", "label": label, "domain": domain})
            over = i < (FLAGGED[domain] if not label else 100)
            score = 0.75 if over else 0.25
            lines.append(f"{name},{sign * (0.7 if i == count - 1 else score)!r}")
    data, scores = tmp_path / "essays.jsonl", tmp_path / "scores.csv"
    write_lines(data, texts)
    scores.write_text("\n".join(lines) + "\n")
    return data, scores


def scored(command: Command, out: Path, data: Path, scores: Path, *more: object) -> Record:
    answer = command(
        *("score", "--task", "detection/folder", "--data", data, "--predictions", scores),
        *("--model-name", "m", "--out", out, *more),
    )
    assert answer.code == 0, answer.err
    return read_record(only(out, "record.json"))


def exact(metric: MetricValue | None, flagged: int, of: int) -> None:
    assert metric is not None
    assert metric.value == flagged / of
    assert metric.n == of
    known = binomtest(flagged, of).proportion_ci(method="exact")
    assert metric.interval == pytest.approx((known.low, known.high), abs=1e-9)


def rows(out: Path) -> dict[str | None, dict[str, Any]]:
    return {row["domain"]: row for row in pq.read_table(only(out, "fixed.parquet")).to_pylist()}


@pytest.mark.parametrize(("flagged", "published"), [(44, 0.4835), (69, 0.7582)])
def test_published_rates_of_a_domain_of_human_texts_alone(
    command: Command, tmp_path: Path, flagged: int, published: float
) -> None:
    """ZeroGPT and Originality on 91 TOEFL essays at score > 0.5; equal scores are let off."""
    data, scores = tmp_path / "toefl.jsonl", tmp_path / "scores.csv"
    human: list[dict[str, object]] = [
        {"id": f"e{i}", "text": f"essay {i}", "label": "human", "domain": "toefl"}
        for i in range(TOEFL)
    ]
    machine = {"id": "m", "text": "made", "label": "machine", "domain": "other"}
    write_lines(data, [*human, machine])
    lines = [f"e{i},{0.9 if i < flagged else 0.5 if i < flagged + 4 else 0.1}" for i in range(91)]
    scores.write_text("id,score\n" + "\n".join([*lines, "m,0.8"]) + "\n")
    scored(command, tmp_path / "out", data, scores, "--threshold", "0.5")
    row = rows(tmp_path / "out")["toefl"]
    assert round(row["fpr"], 4) == published
    assert (row["fp"], row["n_neg"], row["n_pos"]) == (flagged, TOEFL, 0)


@pytest.mark.parametrize(
    ("more", "end", "equal"),
    [([], "0.7", 0), (["--strict"], "0.7", 0), (["--inclusive"], "0.7,inclusive", 1)],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_domain_of_human_texts_alone_has_its_rate(
    command: Command, tmp_path: Path, more: list[str], end: str, equal: int, sign: int
) -> None:
    data, scores = essays(tmp_path, sign=sign)
    out = tmp_path / "out"
    turned = ["--direction", "lower"] if sign < 0 else []
    record = scored(command, out, data, scores, "--threshold", sign * 0.7, *more, *turned)
    end = end if sign > 0 else f"-{end}"
    toefl, native = (FLAGGED[name] + equal for name in ("toefl", "native"))
    exact(record.metric(f"FPR[threshold={end}]"), toefl + native, TOEFL + NATIVE)
    exact(record.metric(f"TPR[threshold={end}]"), 100 + equal, MACHINE)
    found = rows(out)
    assert list(found) == [None, "native", "toefl"]
    assert (found["toefl"]["fp"], found["toefl"]["n_neg"]) == (toefl, TOEFL)
    known = binomtest(toefl, TOEFL).proportion_ci(method="exact")
    low, high = found["toefl"]["fpr_low"], found["toefl"]["fpr_high"]
    assert (low, high) == pytest.approx((known.low, known.high), abs=1e-9)
    assert (found["toefl"]["n_pos"], found["toefl"]["tpr"]) == (0, None)
    assert (found["native"]["fp"], found["native"]["tp"]) == (native, 100 + equal)
    shown = command("show", only(out, "record.json").parent)
    assert "At a given threshold" in shown.out
    sign_said = (">" if sign > 0 else "<") + "=" * equal
    assert f"score {sign_said} {sign * 0.7}" in shown.out


def test_the_threshold_stays_with_the_run(command: Command, tmp_path: Path) -> None:
    data, scores = essays(tmp_path)
    out = tmp_path / "out"
    record = scored(command, out, data, scores)
    assert record.metric("FPR[threshold=0.5]") is None
    path = only(out, "record.json")
    assert command("score", path.parent, "--threshold", ".5").code == 0
    again = read_record(path)
    exact(again.metric("FPR[threshold=0.5]"), sum(FLAGGED.values()) + 2, TOEFL + NATIVE)
    before = path.read_bytes()
    assert command("score", path.parent).code == 0
    assert path.read_bytes() == before
    assert again.primary == record.primary


def test_texts_of_one_source_widen_the_interval(command: Command, tmp_path: Path) -> None:
    data = tmp_path / "texts.jsonl"
    draw = np.random.default_rng(3)
    texts: list[dict[str, object]] = []
    lines = ["id,score"]
    for source in range(40):
        score = draw.random()
        for i in range(5):
            name = f"{source}-{i}"
            own = {"id": name, "text": name, "label": i % 2, "source_id": f"s{source}"}
            texts.append(own)
            lines.append(f"{name},{score + i % 2!r}")
    write_lines(data, texts)
    scores = tmp_path / "scores.csv"
    scores.write_text("\n".join(lines) + "\n")
    record = scored(command, tmp_path / "out", data, scores, "--threshold", 0.8)
    metric = record.metric("FPR[threshold=0.8]")
    assert metric is not None
    assert metric.interval is not None
    assert metric.value is not None
    plain = binomtest(round(metric.value * metric.n), metric.n).proportion_ci(method="exact")
    assert metric.interval[1] - metric.interval[0] > 1.2 * (plain.high - plain.low)


def test_one_kind_alone_has_its_rate_and_a_reason_for_the_other(
    command: Command, tmp_path: Path
) -> None:
    answer = command(
        *("evaluate", "--model", "zippy", "--task", "reranking/*", "--threshold", "0.5"),
        *("--out", tmp_path / "out"),
    )
    assert answer.code == 2
    assert "--threshold means nothing to these tasks" in answer.err
    data, scores = essays(tmp_path)
    answer = command(
        *("score", "--task", "detection/folder", "--data", data, "--predictions", scores),
        *("--model-name", "m", "--out", tmp_path / "out", "--threshold", "nan"),
    )
    assert answer.code == 2
    assert "is no threshold" in answer.err
