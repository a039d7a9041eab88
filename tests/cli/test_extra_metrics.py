"""Metrics asked for by name, beside a task's own: their values, and that they rank nobody.

Values are held against published figures, ir_measures, and counts by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import ir_measures
import numpy as np
import pytest

from harness.errors import UsageError, did_you_mean
from harness.records.record import Record, read_record
from harness.registry import suite_named, suites
from harness.tasks.extra_metrics import check_known, extra_metrics, written
from tests.cli.conftest import Command, write_lines
from tests.cli.test_evaluate import only


def value(record: Record, name: str) -> float:
    metric = record.metric(name)
    assert metric is not None, name
    assert metric.value is not None, metric.reason
    return metric.value


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("OPIS[FAR=.1%..1%]", "OPIS[FAR=0.1%..1%]"),
        ("OPIS[FAR=0.001..0.01]", "OPIS[FAR=0.1%..1%]"),
        ("OPIS[FAR=0.50%...75%]", "OPIS[FAR=0.5%..0.75%]"),
        ("TPR@FPR=.01%", "TPR@FPR=0.01%"),
        ("TAR@FAR = 0.05", "TAR@FAR=5%"),
        ("nDCG(judged_only=True)@5", "nDCG(judged_only=True)@5"),
        ("RR(rel=2, judged_only=True)@10", "RR(rel=2,judged_only=True)@10"),
        ("P@30", "P@30"),
    ],
)
def test_a_name_is_written_as_records_have_it(typed: str, name: str) -> None:
    assert written(typed) == name


@pytest.mark.parametrize(
    ("suite", "name", "said"),
    [
        ("reranking", "MRR@10", "Did you mean 'RR@10'"),
        ("reranking", "nDGC@1", "Did you mean 'nDCG@10'"),
        ("reranking", "P", "unknown metric 'P'"),
        ("reranking", "P@0", "cutoffs are at least 1"),
        ("detection", "TPR@FPR=0%", "rates between 0% and 100%"),
        ("detection", "TPR@FPR=100%", "rates between 0% and 100%"),
        ("consistency", "OPIS[FAR=1%..1%]", "ends before it begins"),
        ("consistency", "OPIS[FAR=10%..1%]", "ends before it begins"),
        ("detection", "nDCG@1", "unknown metric 'nDCG@1'"),
    ],
)
def test_a_name_that_cannot_be_is_refused(suite: str, name: str, said: str) -> None:
    found = suite_named(suite)
    assert found is not None
    with pytest.raises(UsageError, match="metric") as caught:
        check_known([found], [name])
    assert said in str(caught.value)


def test_a_name_without_its_brackets_stands_for_all_of_them() -> None:
    found = suite_named("detection")
    assert found is not None
    task = found.tasks[0]
    assert extra_metrics(found, task, ["TPR@FPR=5%", "AUROC", "TPR@FPR=.01%"]) == tuple(
        f"TPR@FPR=0.01%[{kind}]"
        for kind in (
            *("oracle_per_domain", "oracle_pooled", "calibrated"),
            "oracle_per_domain,worst_domain",
        )
    )


def golden(shared_data: Path, name: str) -> tuple[Path, Path]:
    data = shared_data / "reranking"
    sets = {"covid": "trec-covid", "news": "trec-news"}
    return (
        data / "golden-runs" / f"bm25-top100.{name}.trec.gz",
        data / "beir-topics-qrels" / f"{sets[name]}.qrels.txt.gz",
    )


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["covid", "news"])
def test_p_30_of_a_run_with_judgements_alone(
    command: Command, shared_data: Path, tmp_path: Path, name: str
) -> None:
    """By ir_measures (trec_eval 9) on the very files; three queries are taken out of the qrels."""
    import gzip

    run, judgements = golden(shared_data, name)
    lines = gzip.decompress(judgements.read_bytes()).decode().splitlines()
    names = list(dict.fromkeys(line.split()[0] for line in lines))
    dropped = set(names[:3])
    qrels = tmp_path / "judged.txt"
    qrels.write_text("\n".join(line for line in lines if line.split()[0] not in dropped) + "\n")
    answer = command(
        *("score", "--task", "reranking/folder", "--data", qrels, "--first-stage", run),
        *("--predictions", run, "--model-name", "bm25", "--out", tmp_path / "out"),
        *("--metric", "P@30", "--metric", "nDCG@1", "--metric", "P(rel=2)@5"),
    )
    assert answer.code == 0, answer.err
    record = read_record(only(tmp_path / "out", "record.json"))
    measures = [ir_measures.parse_measure(name) for name in ("P@30", "nDCG@1", "P(rel=2)@5")]
    lists = ir_measures.read_trec_run(gzip.decompress(run.read_bytes()).decode())
    known = ir_measures.calc_aggregate(measures, ir_measures.read_trec_qrels(str(qrels)), lists)
    for measure, expected in known.items():
        assert value(record, str(measure)) == pytest.approx(expected, abs=1e-6)
    assert record.primary.name == "nDCG@10"
    assert record.primary.n == len(names) - 3
    assert record.model.details["rows_left_out"]["unjudged_query"] > 0


@pytest.mark.shared_data
def test_published_cutoffs_of_a_candidates_file(
    command: Command, shared_data: Path, tmp_path: Path
) -> None:
    """BM25 on DL 2019 in Sun et al., "Is ChatGPT Good at Search?" (2023): 54.26, 52.78, 50.58."""
    folder = shared_data / "reranking" / "trec-dl-2019"
    answer = command(
        *("evaluate", "--model", "first-stage", "--task", "reranking/trec-dl/2019"),
        *("--data", folder, "--first-stage", folder / "candidates" / "BM25.top100.json"),
        *("--metric", "nDCG@1", "--metric", "nDCG@5", "--out", tmp_path),
    )
    assert answer.code == 0, answer.err
    record = read_record(only(tmp_path, "record.json"))
    for name, published in {"nDCG@1": 0.5426, "nDCG@5": 0.5278, "nDCG@10": 0.5058}.items():
        assert value(record, name) == pytest.approx(published, abs=5e-5)


def test_they_stand_beside_the_tasks_own_and_stay_with_the_run(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    line = ("evaluate", "--model", f"python:{model_file()}", "--task", "reranking/folder")
    line += ("--data", collection, "--device", "cpu")
    assert command(*line, "--out", tmp_path / "plain").code == 0
    assert command(*line, "--out", tmp_path / "more", "--metric", "nDCG@1").code == 0
    plain = read_record(only(tmp_path / "plain", "record.json"))
    path = only(tmp_path / "more", "record.json")
    more = read_record(path)
    assert [metric.name for metric in more.metrics] == [
        *(metric.name for metric in plain.metrics),
        "nDCG@1",
    ]
    assert more.task.fingerprint == plain.task.fingerprint
    assert more.primary == plain.primary
    before = path.read_bytes()
    path.unlink()
    assert command("score", path.parent).code == 0
    assert path.read_bytes() == before
    # Asked for later, of a finished run, and kept from then on.
    place = only(tmp_path / "plain", "record.json")
    assert command("score", place.parent, "--metric", "P@3", "--metric", "nDCG@1").code == 0
    assert command("score", place.parent).code == 0
    names = [metric.name for metric in read_record(place).metrics]
    assert names == [*(metric.name for metric in plain.metrics), "P@3", "nDCG@1"]
    assert command("compare", path.parent, place.parent).code == 0
    assert command("show", place.parent).code == 0
    answer = command("score", place.parent, "--metric", "nDGC@1")
    assert answer.code == 2
    assert "unknown metric 'nDGC@1'" in answer.err


def test_a_submission_has_none_of_them(command: Command, tmp_path: Path) -> None:
    pytest.importorskip("bm25s")
    task = "reranking/code-search/networkx"
    line = ("evaluate", "--model", "bm25", "--task", task, "--metric", "P@30", "--metric", "R@100")
    answer = command(*line, "--out", tmp_path / "runs")
    if answer.code == 2:
        pytest.skip(answer.err)
    assert answer.code == 0, answer.err
    submit = ("submit", tmp_path / "runs", "--org", "my-org", "--name", "BM25", "--licence", "MIT")
    submit += ("--contact", "me@example.org", "--out", tmp_path / "submissions")
    assert command(*submit).code == 0
    assert command("validate", tmp_path / "submissions").code == 0, command(
        "validate", tmp_path / "submissions"
    ).out
    record = read_record(only(tmp_path / "submissions", "*networkx.json"))
    assert record.metric("P@30") is None


def texts(tmp_path: Path) -> tuple[Path, Path, dict[str, tuple[int, str, float]]]:
    """3,000 texts in two domains with scores that overlap."""
    draw = np.random.default_rng(5)
    rows = {
        f"t{i}": (int(i % 3 == 0), "ab"[i % 2], float(draw.normal(i % 3 == 0, 1.0)))
        for i in range(3000)
    }
    data, scores = tmp_path / "texts.jsonl", tmp_path / "scores.csv"
    write_lines(
        data,
        [
            {"id": name, "text": f"words of {name}", "label": label, "domain": domain}
            for name, (label, domain, _) in rows.items()
        ],
    )
    lines = [f"{name},{score!r}" for name, (_, _, score) in rows.items()]
    scores.write_text("id,score\n" + "\n".join(lines) + "\n")
    return data, scores, rows


def counted(rows: dict[str, tuple[int, str, float]], target: Fraction, domains: bool) -> float:
    """TPR at the lowest threshold that flags at most the target of human texts, by counting."""
    caught = total = 0
    for domain in "ab" if domains else ("ab",):
        own = [row for row in rows.values() if row[1] in domain]
        human = sorted((np.float32(row[2]) for row in own if not row[0]), reverse=True)
        cut = human[int(target * len(human))]
        machine = [np.float32(row[2]) for row in own if row[0]]
        caught += sum(score > cut for score in machine)
        total += len(machine)
    return caught / total


def test_other_targets_of_a_detector_are_counts(command: Command, tmp_path: Path) -> None:
    data, scores, rows = texts(tmp_path)
    answer = command(
        *("score", "--task", "detection/folder", "--data", data, "--predictions", scores),
        *("--model-name", "m", "--out", tmp_path / "out"),
        *("--metric", "TPR@FPR=2%", "--metric", "TPR@FPR=.2%[oracle_pooled]"),
        *("--metric", "pAUC@FPR=20%"),
    )
    assert answer.code == 0, answer.err
    record = read_record(only(tmp_path / "out", "record.json"))
    two, fifth = Fraction(2, 100), Fraction(2, 1000)
    assert value(record, "TPR@FPR=2%[oracle_per_domain]") == counted(rows, two, domains=True)
    assert value(record, "TPR@FPR=2%[oracle_pooled]") == counted(rows, two, domains=False)
    assert value(record, "TPR@FPR=0.2%[oracle_pooled]") == counted(rows, fifth, domains=False)
    worst = record.metric("TPR@FPR=2%[oracle_per_domain,worst_domain]")
    assert worst is not None
    assert worst.value == min(
        counted({k: row for k, row in rows.items() if row[1] == domain}, two, domains=False)
        for domain in "ab"
    )
    part = json.loads(only(tmp_path / "out", "record.json").read_text())["part"]
    assert {point["target"] for point in part["points"]} == {0.05, 0.01, 0.001, 0.1}
    area = record.metric("pAUC@FPR=20%")
    assert area is not None
    assert area.interval is not None


def embedded(tmp_path: Path) -> tuple[Path, np.ndarray, list[str]]:
    """30 classes of 8 vectors of 16 numbers."""
    draw = np.random.default_rng(11)
    labels = [f"class {i // 8:02d}" for i in range(240)]
    spread = np.repeat(draw.uniform(0.5, 1.5, 30), 8)[:, None]
    vectors = np.repeat(draw.normal(size=(30, 16)), 8, axis=0) + spread * draw.normal(
        size=(240, 16)
    )
    path = tmp_path / "vectors.npz"
    ids = np.array([f"item {i:03d}" for i in range(240)])
    np.savez(path, embeddings=vectors.astype(np.float32), labels=np.array(labels), ids=ids)
    return path, vectors.astype(np.float32), labels


def test_other_ranges_of_an_embedder_are_those_of_all_pairs(
    command: Command, tmp_path: Path
) -> None:
    """OPIS by its definition over all pairs: the variance over classes of utility, integrated."""
    path, vectors, labels = embedded(tmp_path)
    answer = command(
        *("evaluate", "--model", f"embeddings:{path}", "--task", "consistency/folder"),
        *("--data", path, "--out", tmp_path / "out"),
        *("--metric", "OPIS[FAR=.5%..2%]", "--metric", "TAR@FAR=.3%", "--metric", "TAR@FAR=20%"),
    )
    assert answer.code == 0, answer.err
    record = read_record(only(tmp_path / "out", "record.json"))
    unit = vectors.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    a, b = np.triu_indices(len(labels), 1)
    near = np.einsum("ij,ij->i", unit[a], unit[b])
    codes = np.unique(labels, return_inverse=True)[1]
    same = codes[a] == codes[b]
    other = np.sort(near[~same])[::-1]
    for rate, name in ((Fraction(3, 1000), "TAR@FAR=0.3%"), (Fraction(1, 5), "TAR@FAR=20%")):
        cut = other[int(rate * len(other))]
        assert value(record, name) == pytest.approx(float((near[same] > cut).mean()), abs=1e-12)
    low, high = (
        np.sqrt(2 - 2 * other[int(np.ceil(rate * len(other))) - 1]) for rate in (0.005, 0.02)
    )
    assert value(record, "OPIS[FAR=0.5%..2%]") == pytest.approx(
        opis(np.sqrt(np.maximum(0, 2 - 2 * near)), codes[a], codes[b], low, high), rel=2e-2
    )


def opis(distance: np.ndarray, a: np.ndarray, b: np.ndarray, low: float, high: float) -> float:
    """Mean over thresholds of a fine grid of the variance over classes of their utility."""
    classes, same = range(int(a.max()) + 1), a == b
    variances = []
    for threshold in np.linspace(low, high, 400):
        accepted = distance <= threshold
        utility = []
        for one in classes:
            own, others = same & (a == one), ~same & ((a == one) | (b == one))
            right = accepted[own].mean()
            left = 1 - accepted[others].mean()
            utility.append(2 * right * left / (right + left) if right + left else 0.0)
        variances.append(np.var(utility))
    return float(np.mean(variances))


def test_every_suite_takes_any_name_that_its_cards_have() -> None:
    """A pattern that nobody can ask for would be a promise that does not hold."""
    examples = {"k": "7", "a": "3%", "b": "7%", "n": "2", "t": "-0.5"}
    for name in ("reranking", "detection", "consistency", "flips", "image-quality"):
        suite = suite_named(name)
        assert suite is not None
        for card in suite.described:
            for form in (card.name, *card.also):
                made = re.sub(
                    r"(?:(?<=[@=])|(?<=\.\.))[a-z](?![A-Za-z=])",
                    lambda letter: examples[letter[0]],
                    form,
                )
                check_known([suite], [made])


def test_known_names_are_listed_once() -> None:
    """A metric may be known under one name from its card and from the task."""
    assert did_you_mean("zzz", ["EER", "AUROC", "EER"]) == "Known: AUROC, EER"
    with pytest.raises(UsageError) as caught:
        check_known(suites(), ["Zzz@3"])
    names = str(caught.value).partition("Known: ")[2].partition(" and ")[0].split(", ")
    assert len(names) == len(set(names)) == 12
