"""Two runs of every kind of task in every suite: each metric that decides is paired, flips are
counted.

A kind is a suite's tasks that say the same of their metrics, and what its open families read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from harness.nouns import Task
from harness.registry import suites
from tests.cli.conftest import Command, command

__all__ = ["command"]

RANDOM = np.random.default_rng(2014)


@dataclass(frozen=True)
class Kind:
    """One kind of task: what a command is told, and answers of an old and a new model."""

    task: str
    data: Path
    answers: tuple[Path, Path]
    options: tuple[str, ...] = ()
    embedded: bool = False

    def words(self, answers: Path) -> tuple[object, ...]:
        """The command that makes a run of one of them."""
        told = ("--task", self.task, "--data", self.data, *self.options)
        if self.embedded:
            return ("evaluate", "--model", f"embeddings:{answers}", *told)
        return ("score", *told, "--predictions", answers, "--model-name", answers.stem)


def table(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    lines = [",".join(map(str, row)) for row in (head, *rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def two(folder: Path, ids: Sequence[str], make: Callable[[float], Sequence[float]]) -> Any:
    return tuple(
        table(folder / f"{name}.csv", ("id", "score"), list(zip(ids, make(noise), strict=True)))
        for name, noise in (("old", 0.6), ("new", 1.2))
    )


def reranking(folder: Path) -> Kind:
    """BEIR's layout, with a list of candidates for each query."""
    data = folder / "tiny"
    (data / "qrels").mkdir(parents=True)
    docs, queries = range(40), range(60)
    (data / "corpus.jsonl").write_text("".join(
        json.dumps({"_id": f"d{d}", "title": "", "text": f"word{d} other{d % 7}"}) + "\n"
        for d in docs))  # fmt: skip
    (data / "queries.jsonl").write_text("".join(
        json.dumps({"_id": f"q{q}", "text": f"word{q % 40} other{q % 7}"}) + "\n"
        for q in queries))  # fmt: skip
    (data / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(
        f"q{q}\td{q % 40}\t1\n" for q in queries))  # fmt: skip
    first = [f"q{q} Q0 d{(q + d) % 40} {d + 1} {20 - d} first" for q in queries for d in range(20)]
    (folder / "first.trec").write_text("\n".join(first) + "\n")
    runs = []
    for name, noise in (("old", 0.6), ("new", 1.2)):
        lines = []
        for q in queries:
            scores = RANDOM.normal(0, noise, 20) + (np.arange(20) == 0)
            order = np.argsort(-scores)
            lines += [f"q{q} Q0 d{(q + int(d)) % 40} {r + 1} {20 - r} {name}"
                      for r, d in enumerate(order)]  # fmt: skip
        (folder / f"{name}.trec").write_text("\n".join(lines) + "\n")
        runs.append(folder / f"{name}.trec")
    return Kind("reranking/folder", data, (runs[0], runs[1]),
                ("--first-stage", str(folder / "first.trec")))  # fmt: skip


def detection(folder: Path) -> Kind:
    data = folder / "texts.jsonl"
    label = np.arange(400) % 2
    data.write_text("".join(
        json.dumps({"id": f"t{n}", "text": f"text number {n}", "label": int(label[n]),
                    "domain": "ab"[n // 2 % 2]}) + "\n"
        for n in range(400)))  # fmt: skip
    ids = [f"t{n}" for n in range(400)]

    def scores(noise: float) -> Sequence[float]:
        found: list[float] = (2 * label + RANDOM.normal(0, noise, 400)).tolist()
        return found

    return Kind("detection/folder", data, two(folder, ids, scores))


def flips(folder: Path, reference: bool) -> Kind:
    gold = ["abcd"[n % 4] for n in range(300)]
    head, columns = ["id", "label"], [[f"i{n}" for n in range(300)], gold]
    if reference:
        head, columns = [*head, "reference"], [*columns, answered(gold, 30)]
    data = table(folder / "labels.csv", head, list(zip(*columns, strict=True)))
    answers = [
        table(folder / f"{name}.csv", ("id", "prediction"),
              list(zip(columns[0], answered(gold, wrong), strict=True)))
        for name, wrong in (("old", 20), ("new", 90))
    ]  # fmt: skip
    return Kind("flips/predictions", data, (answers[0], answers[1]))


def answered(gold: Sequence[str], wrong: int) -> list[str]:
    made = list(gold)
    for place in RANDOM.choice(len(gold), wrong, replace=False).tolist():
        made[place] = "abcd"[("abcd".index(gold[place]) + 1) % 4]
    return made


def quality(folder: Path, votes: bool) -> Kind:
    opinion = np.round(RANDOM.uniform(1, 5, 120), 3)
    head, columns = ["image", "mos"], [[f"p{n}.png" for n in range(120)], opinion.tolist()]
    if votes:
        head += ["sd", "votes"]
        columns += [np.full(120, 0.6).tolist(), [20] * 120]
    for name in columns[0]:
        Image.new("L", (2, 2)).save(folder / name)
    data = table(folder / "opinions.csv", head, list(zip(*columns, strict=True)))
    return Kind("image-quality/folder", data, two(
        folder, columns[0],
        lambda noise: (opinion + RANDOM.normal(0, noise, 120)).tolist()))  # fmt: skip


def consistency(folder: Path) -> Kind:
    people, each = 40, 6
    labels = np.repeat(np.arange(people), each)
    centres = RANDOM.normal(size=(people, 16))
    ids = np.array([f"x{n:03d}" for n in range(len(labels))])
    data = folder / "items.npz"
    vectors = [centres[labels] + RANDOM.normal(0, noise, (len(labels), 16)) for noise in (0.6, 0.9)]
    paths = [folder / f"{name}.npz" for name in ("old", "new")]
    for path, made in zip(paths, vectors, strict=True):
        np.savez(path, embeddings=made.astype(np.float32), ids=ids, labels=labels)
    np.savez(data, embeddings=vectors[0].astype(np.float32), ids=ids, labels=labels)
    return Kind("consistency/folder", data, (paths[0], paths[1]), embedded=True)


def face_pairs(folder: Path) -> Kind:
    """The list of Labeled Faces in the Wild, of forty people with four pictures each."""
    data, people, each = folder / "faces", 40, 4
    data.mkdir()
    names = []
    for person in range(people):
        (data / f"p{person:02d}").mkdir()
        for number in range(1, each + 1):
            name = f"p{person:02d}/p{person:02d}_{number:04d}.jpg"
            Image.new("L", (2, 2), person).save(data / name)
            names.append(name)
    lines = [f"p{p:02d}\t{i}\t{j}" for p in range(people)
             for i in range(1, each + 1) for j in range(i + 1, each + 1)]  # fmt: skip
    for _ in range(600):
        one, other = RANDOM.choice(people, 2, replace=False).tolist()
        i, j = (RANDOM.integers(1, each + 1, 2)).tolist()
        lines.append(f"p{one:02d}\t{i}\tp{other:02d}\t{j}")
    (data / "pairs.txt").write_text("\n".join(["10\t300", *dict.fromkeys(lines)]) + "\n")
    centres = np.repeat(RANDOM.normal(size=(people, 16)), each, axis=0)
    paths = [folder / f"{name}.npz" for name in ("old", "new")]
    for path, noise in zip(paths, (0.7, 1.1), strict=True):
        made = centres + RANDOM.normal(0, noise, centres.shape)
        np.savez(path, embeddings=made.astype(np.float32), ids=np.array(names))
    return Kind("consistency/pairs", data, (paths[0], paths[1]), embedded=True)


def preference(folder: Path, ranked: bool) -> Kind:
    """Pairs of a chosen and a rejected text, or rankings of three."""
    ids = [f"p{n}" for n in range(200)]
    names = ("1", "2", "3") if ranked else ("chosen", "rejected")
    said: dict[str, Any] = (
        {"candidates": ["best", "other", "worst"], "ranking": [1, 2, 3]}
        if ranked else {"chosen": "better", "rejected": "worse"}
    )  # fmt: skip
    data = folder / "preferences.jsonl"
    data.write_text("".join(
        json.dumps({"id": name, "prompt": f"prompt {n // 2}", **said}) + "\n"
        for n, name in enumerate(ids)))  # fmt: skip
    answers = [
        table(folder / f"{model}.csv", ("group", "item", "score"), [
            (name, f"{name}/{one}", -place + RANDOM.normal(0, noise))
            for name in ids for place, one in enumerate(names)
        ])
        for model, noise in (("old", 0.6), ("new", 1.2))
    ]  # fmt: skip
    return Kind("preference/predictions", data, (answers[0], answers[1]))


def videos(folder: Path) -> Kind:
    """A published set of votes, one of whose figures is fitted on its own items."""
    said = [("A", "B", "same")[n % 3] for n in range(210)]
    data = table(
        folder / "videogen-rewardbench.csv",
        ("path_A", "path_B", "prompt", "Overall"),
        [(f"a{n}.mp4", f"b{n}.mp4", f"p{n}", one) for n, one in enumerate(said)],
    )
    way = {"A": 1, "B": -1, "same": 0}
    answers = [
        table(folder / f"{model}.csv", ("group", "item", "score"), [
            (n, f"{n}/{side}", sign * way[one] + RANDOM.normal(0, noise))
            for n, one in enumerate(said) for side, sign in (("A", 1), ("B", -1))
        ])
        for model, noise in (("old", 0.6), ("new", 2.4))
    ]  # fmt: skip
    return Kind("preference/videogen-rewardbench/overall", data, (answers[0], answers[1]))


def verdicts(folder: Path, both: bool) -> Kind:
    """Pairs of two answers, shown once or in both orders, and verdicts that are often right."""
    ids = [f"p{n}" for n in range(200)]
    data = folder / "pairs.jsonl"
    data.write_text("".join(
        json.dumps({"id": name, "prompt": name, "a": "x", "b": "y", "label": "AB"[n % 2]}) + "\n"
        for n, name in enumerate(ids)))  # fmt: skip

    def said(wrong: float) -> list[tuple[str, str, str]]:
        right = RANDOM.random((200, 2)) > wrong
        return [
            (name, order, "AB"[(n + place + (not right[n, place])) % 2])
            for n, name in enumerate(ids)
            for place, order in enumerate(("AB", "BA"))
        ]

    head = ("id", "order", "verdict") if both else ("id", "verdict")
    answers = [
        table(folder / f"{model}.csv", head,
              [row if both else row[::2] for row in said(wrong) if both or row[1] == "AB"])
        for model, wrong in (("old", 0.1), ("new", 0.35))
    ]  # fmt: skip
    return Kind(f"preference/{'both-orders' if both else 'verdicts'}", data,
                (answers[0], answers[1]))  # fmt: skip


def likelihoods(folder: Path) -> Kind:
    """Sums of log-probabilities of two candidates, the chosen one's mostly the higher."""
    ids = [f"p{n}" for n in range(200)]
    data = folder / "pairs.jsonl"
    data.write_text("".join(
        json.dumps({"id": name, "prompt": name, "chosen": "good one", "rejected": "bad"}) + "\n"
        for name in ids))  # fmt: skip
    answers = [
        table(folder / f"{model}.csv", ("id", "log_probability", "tokens", "reference"), [
            (f"{name}/{side}", min(level + RANDOM.normal(0, noise), -0.1), tokens,
             min(-11 + RANDOM.normal(0, 1), -0.1))
            for name in ids for side, level, tokens in (("chosen", -10, 3), ("rejected", -12, 3))
        ])
        for model, noise in (("old", 1), ("new", 4))
    ]  # fmt: skip
    return Kind("preference/likelihoods", data, (answers[0], answers[1]))


def captions(folder: Path) -> Kind:
    """Scores of two captions of each picture, the chosen one's mostly the higher."""
    ids = [f"p{n}" for n in range(200)]
    data = table(folder / "captions.csv", ("id", "image", "chosen", "rejected"),
                 [(name, f"{name}.png", "good one", "bad") for name in ids])  # fmt: skip
    answers = [
        table(folder / f"{model}.csv", ("item", "score"), [
            (f"{name}/{side}", RANDOM.normal(side == "chosen", noise))
            for name in ids for side in ("chosen", "rejected")
        ])
        for model, noise in (("old", 0.3), ("new", 1))
    ]  # fmt: skip
    return Kind("preference/image-text", data, (answers[0], answers[1]))


def generators(folder: Path) -> Kind:
    """Scores of two generators' answers, some of which one model does not tell apart."""
    ids = [f"p{n}" for n in range(200)]
    data = table(folder / "two.csv", ("id", "prompt", "response_a", "response_b"),
                 [(name, name, f"one {name}", f"another {name}") for name in ids])  # fmt: skip
    answers = [
        table(folder / f"{model}.csv", ("group", "item", "score"), [
            (name, f"{name}/{side}", round(RANDOM.normal(side == "A", 1), digits))
            for name in ids for side in "AB"
        ])
        for model, digits in (("old", 3), ("new", 0))
    ]  # fmt: skip
    return Kind("preference/generators", data, (answers[0], answers[1]))


KINDS: dict[str, Callable[[Path], Kind]] = {
    "reranking": reranking,
    "detection": detection,
    "flips": lambda folder: flips(folder, reference=False),
    "flips against a reference": lambda folder: flips(folder, reference=True),
    "image quality": lambda folder: quality(folder, votes=False),
    "image quality with votes": lambda folder: quality(folder, votes=True),
    "consistency": consistency,
    "consistency of pairs": face_pairs,
    "preference": lambda folder: preference(folder, ranked=False),
    "preference by rankings": lambda folder: preference(folder, ranked=True),
    "a published set of votes": videos,
    "likelihoods": likelihoods,
    "captions and pictures": captions,
    "generators": generators,
    "verdicts": lambda folder: verdicts(folder, both=False),
    "verdicts in both orders": lambda folder: verdicts(folder, both=True),
}


def test_no_kind_of_task_is_left_out() -> None:
    """Tasks of a suite that are told apart by what they measure; a new one needs its runs here."""

    def measured(task: Task) -> tuple[Any, ...]:
        return task.primary_metric, tuple(task.beside), frozenset(task.metrics)

    found = {suite.name: len({measured(task) for task in suite.tasks}) for suite in suites()}
    assert found == {"reranking": 2, "detection": 1, "consistency": 2, "flips": 2,
                     "image-quality": 2, "preference": 20}  # fmt: skip
    # Published sets of preference hold their own files: see test_published_sets.py and _figures.py.
    # TREC DL is the second of reranking, with its own relevance threshold: see test_right.py.


@pytest.mark.parametrize("kind", KINDS)
def test_every_metric_that_decides_is_paired_and_flips_are_counted(
    command: Command, tmp_path: Path, kind: str
) -> None:
    made = KINDS[kind](tmp_path)
    for name, answers in zip(("old", "new"), made.answers, strict=True):
        done = command(*made.words(answers), "--out", tmp_path / "runs" / name)
        assert done.code == 0, done.err
    report = tmp_path / "c.json"
    base = tmp_path / "base"
    done = command("baseline", "update", tmp_path / "runs" / "old", "--to", base)
    assert done.code == 0, done.err
    assert "left out" not in done.out
    for old, new in ((tmp_path / "runs" / "old", tmp_path / "runs" / "new"),
                     (base, tmp_path / "runs" / "new")):  # fmt: skip
        done = command("compare", old, new, "--max-nfr", "90%", "--json", report)
        assert done.code in (0, 1), done.out + done.err
        (task,) = json.loads(report.read_text())["tasks"]
        assert task["gaps"] == []
        deciding = [
            row for row in task["metrics"] if row["decides"] and row["baseline"] is not None
        ]
        assert deciding
        for row in deciding:
            assert row["interval"] is not None, row
            assert row["p"] is not None
            assert row["interval"][0] < row["difference"] < row["interval"][1]
        first = task["flips"][0]
        assert first["nfr"] is not None, first
        assert first["interval"] is not None
        assert first["lost"] > 0
    # The model that is noisier is the worse one, and the other way round it is not.
    assert command("compare", tmp_path / "runs" / "old", tmp_path / "runs" / "new").code == 1
    assert command("compare", tmp_path / "runs" / "new", tmp_path / "runs" / "old").code == 0
