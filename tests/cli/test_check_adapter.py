"""``check-adapter`` and ``new-adapter``: one line for each thing that is wrong."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.adapters.python.starting import KINDS
from tests.cli.conftest import Command

Write = Callable[..., Path]


def lines(out: str, level: str) -> list[str]:
    return [line for line in out.splitlines() if line.startswith(level)]


def test_a_model_without_a_fault(command: Command, model_file: Write) -> None:
    answer = command("check-adapter", model_file())
    assert answer.code == 0
    assert len(lines(answer.out, "fine")) == len(answer.out.splitlines()) == 8
    assert "score_pairs answers: 10 numbers from" in answer.out


RETURNS = [
    ("None", "returned no array of numbers, but None. Does the function end without a return?"),
    ("'0.5'", "but the text '0.5'. Return a number for each item"),
    ("(0.5 for _ in texts)", "but a generator. Return a list: list(...) of it"),
    ("map(len, texts)", "but a map. Return a list"),
    ("{'logits': [1.0] * len(texts)}", "but a dict with logits. Return its logits"),
    ("{t: 1.0 for t in texts}", "Return its numbers as a list, in the order of the items"),
    ("[{'label': 'LABEL_1', 'score': 0.9} for _ in texts]",
     "but a list of a pipeline's dicts with label, score. A pipeline's score is that of its own"),
    ("[[{'label': 'A', 'score': 0.9}] for _ in texts]", "a pipeline's output with top_k"),
    ("['0.5'] * len(texts)", "but a list of texts, such as '0.5'. Return numbers"),
    ("[None if len(t) < 6 else 1.0 for t in texts]",
     "None at 1 of 10 places, first 9. Return a number for every item"),
    ("{len(t) for t in texts}", "but a set, which has no order"),
    ("[[float(len(t))] for t in texts]", "returned shape (10, 1) for 10 items; it must be (10,). "
     "Return it with [:, 0]"),
    ("[[0.1, float(len(t))] for t in texts]", "It has 2 columns: return one of them, or a diff"),
    ("[[float(len(t)) for t in texts]]", "It lies on its side: return it with .T"),
    ("float(len(texts))", "returned shape () for 10 items; it must be (10,). The function"),
    ("[float(len(t)) for t in texts][:-1]", "returned shape (9,) for 10 items; it must be (10,). 1 "
     "item has no number"),
    ("[float(len(t)) for t in texts] + [1.0]", "Return one number for each item, in order"),
    ("[float('nan')] * len(texts)", "10 of 10 scores are NaN or infinite"),
    ("[1.0] * len(texts)", "every item gets 1"),
    ("1 / 0", "ZeroDivisionError: division by zero"),
]  # fmt: skip


@pytest.mark.parametrize(("returned", "said"), RETURNS, ids=[one for one, _ in RETURNS])
def test_what_a_detector_may_return_wrongly(
    command: Command, model_file: Write, returned: str, said: str
) -> None:
    path = model_file(f"def score_texts(texts):\n    return {returned}\n")
    answer = command("check-adapter", path)
    assert answer.code == 1
    (line,) = lines(answer.out, "wrong")[:1]
    assert line.startswith("wrong  score_texts answers: ")
    assert said in line


@pytest.mark.parametrize(
    ("returned", "said"),
    [RETURNS[0], RETURNS[2], RETURNS[4], RETURNS[6], RETURNS[11], RETURNS[15]],
    ids=lambda value: value[:20],
)
def test_evaluate_says_the_same_line(
    command: Command, model_file: Write, tmp_path: Path, returned: str, said: str
) -> None:
    path = model_file(f"def score_texts(texts):\n    return {returned}\n")
    answer = command("evaluate", "--model", f"python:{path}", "--task", "detection/embedded",
                     "--limit", 10, "--out", tmp_path / "runs")  # fmt: skip
    assert answer.code == 1
    said = re.sub(r"10|9", r"\\d+", re.escape(said))  # the embedded task cuts elsewhere
    assert re.search(said, answer.err.splitlines()[-1])


def test_a_squeezed_single_item(command: Command, model_file: Write) -> None:
    path = model_file("""
        import numpy as np

        def score_texts(texts):
            return np.array([[len(t)] for t in texts], float).squeeze()
    """)
    answer = command("check-adapter", path)
    (line, *_) = lines(answer.out, "wrong")
    assert "score_texts one by one: score_texts() returned shape () for 1 items" in line
    assert "squeeze() leaves none, .reshape(-1) does" in line


@pytest.mark.parametrize(
    ("body", "check", "said"),
    [
        ("return [len(t) + random.random() for t in texts]", "twice", "asked the same twice"),
        ("return [len(t) / len(texts) for t in texts]", "one by one", "alone than in a batch"),
        ("return sorted(len(t) for t in texts)", "order", "are they sorted, and not put back?"),
        ("return [len(t) / len(t.split()) for t in texts]", "an empty text", "ZeroDivisionError"),
        ("return [len(t.encode('ascii')) for t in texts]", "a text beyond ASCII", "UnicodeEncode"),
        ("return [[1.0, 2.0][len(t) > 9000] / (len(t) < 9000) for t in texts]",
         "a very long text", "ZeroDivisionError"),
    ],
)  # fmt: skip
def test_what_only_some_items_show(
    command: Command, model_file: Write, body: str, check: str, said: str
) -> None:
    path = model_file(f"import random\n\ndef score_texts(texts):\n    {body}\n")
    answer = command("check-adapter", path)
    assert answer.code == 1
    found = [line for line in lines(answer.out, "wrong") if f"score_texts {check}: " in line]
    assert len(found) == 1, answer.out
    assert said in found[0]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def rank(query, documents): return [0] * len(documents)", "exactly once"),
        ("def rank(query, documents): return None", "returned no list, but None"),
        ("def rank(query, documents): return {i: 1 for i in range(len(documents))}",
         "returned no list, but a dict"),
        ("def rank(query, documents): return set(range(len(documents)))", "no list, but a set"),
        ("def rank(query, documents): return documents", "no array of numbers, but a list of tex"),
        ("def embed_texts(texts, *, kind): return [[0.0] * 4 for t in texts]", "all zeros"),
        ("def embed_texts(texts, *, kind): return [[1.0] * 4 for t in texts]", "the same vector"),
        ("def embed_texts(texts, *, kind): return [1.0 for t in texts]",
         "one number for each item: return a row for each"),
        ("def embed_texts(texts, *, kind): return [[[1.0, len(t)]] for t in texts]",
         "one axis too many: pool over tokens"),
        ('labels = ["a", "b"]\ndef classify_texts(texts): return [[1, 2, len(t)] for t in texts]',
         "Give 3 names in `labels`, or a row of 2 logits"),
        ('labels = ["a", "b"]\ndef classify_texts(texts): return ["a" for t in texts]',
         "but a list of texts, such as 'a'"),
        ('def score_images(images): return [i for i in images]', "returned no array of numbers"),
    ],
)  # fmt: skip
def test_other_capabilities(command: Command, model_file: Write, source: str, said: str) -> None:
    answer = command("check-adapter", model_file(source + "\n"))
    assert answer.code == 1
    assert said in lines(answer.out, "wrong")[0]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def score_text(texts): ...", "`score_text` is no such name: did you mean `score_texts`?"),
        ("def score_pair(pairs): ...", "did you mean `score_pairs`?"),
        ("def embed_text(texts): ...", "did you mean `embed_texts`?"),
        ("def embed(texts): ...", "did you mean `embed_texts` or `embed_images`?"),
        ("def classify(texts): ...", "did you mean `classify_texts` or `classify_images`?"),
        ("def rerank(query, documents): ...", "did you mean `rank` or `score_pairs`?"),
        ("async def score_texts(texts): ...", "`score_texts` is written async def: write def"),
        ("class M:\n    def score_text(self, t): ...\ndef load():\n    return M()",
         "`score_text` is none: did you mean `score_texts`?"),
        ("def something(x): ...", "Define one, such as: def score_pairs(pairs): ..."),
    ],
)  # fmt: skip
def test_a_misspelt_name_is_told_before_anything_runs(
    command: Command, model_file: Write, tmp_path: Path, source: str, said: str
) -> None:
    path = model_file(textwrap.dedent(source) + "\n")
    for words in (
        ("check-adapter", path),
        ("evaluate", "--model", f"python:{path}", "--task", "detection/embedded",
         "--out", tmp_path / "runs"),
    ):  # fmt: skip
        answer = command(*words)
        assert answer.code == 2
        assert said in answer.err.splitlines()[-1]


def test_a_misspelt_name_beside_a_right_one_is_a_note(command: Command, model_file: Write) -> None:
    path = model_file("""
        def score_pairs(pairs):
            return [len(d) for _, d in pairs]

        def embed_text(texts):
            return [[len(t), 1] for t in texts]
    """)
    answer = command("check-adapter", path)
    assert answer.code == 0
    assert lines(answer.out, "note") == [
        "note   names: `embed_text` is not used: did you mean `embed_texts`?"
    ]


def test_a_list_ranker_that_depends_on_the_order_is_noted(
    command: Command, model_file: Write
) -> None:
    path = model_file("def rank(query, documents):\n    return list(range(len(documents)))\n")
    answer = command("check-adapter", path)
    assert answer.code == 0
    assert "rank order: another order of the documents gives another" in answer.out
    assert "rank a list of one: answered" in answer.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing.py",), "no file 'nothing.py'"),
        (("nothing",), "unknown adapter 'nothing'"),
        (("bm25:x",), "bm25 takes no checkpoint 'x'"),
        (("zippy", "--option", "a=1"), "has no option 'a'"),
        (("zippy", "--dtype", "float16"), "has no dtype 'float16'"),
    ],
)
def test_bad_input_is_one_line(command: Command, words: tuple[str, ...], said: str) -> None:
    answer = command("check-adapter", *words)
    assert answer.code == 2
    assert said in answer.err.splitlines()[-1]
    assert "Traceback" not in answer.err


def test_built_in_adapters_have_no_fault(command: Command) -> None:
    pytest.importorskip("lmscan")
    for adapter in ("bm25", "lmscan"):
        answer = command("check-adapter", adapter)
        assert answer.code == 0, answer.out


TASKS = {
    "score_pairs": "reranking/code-search/networkx",
    "rank": "reranking/code-search/networkx",
    "embed_texts": "reranking/code-search/networkx",
    "load": "reranking/code-search/networkx",
    "score_texts": "detection/embedded",
    "classify_images": "flips/digits",
    "embed_images": "consistency/faces",
    "score_images": "image-quality/severity",
}
"""The embedded task that a starting file is for."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_starting_file_runs_as_it_is(command: Command, tmp_path: Path, kind: str) -> None:
    for package in ("networkx", "skimage", "sklearn"):
        pytest.importorskip(package, reason="embedded data")
    path = tmp_path / f"my_{kind}.py"
    made = command("new-adapter", kind, "--out", path)
    assert made.code == 0, made.err
    text = path.read_text()
    assert f"marginbench check-adapter {path}" in text
    checked = command("check-adapter", path)
    assert checked.code == 0, checked.out
    assert not lines(checked.out, "wrong")
    task, more = TASKS.get(kind, "flips/folder"), ()
    if kind == "classify_texts":
        table = tmp_path / "own.csv"
        table.write_text("id,text,label\n1,Is it?,question\n2,It is.,statement\n3,Why?,question\n")
        more = ("--data", table)  # type: ignore[assignment]
    if kind in ("judge_texts", "answer_likelihoods"):
        family = "both-orders" if kind == "judge_texts" else "likelihoods"
        table, task = tmp_path / "pairs.csv", f"preference/{family}"
        table.write_text("id,prompt,chosen,rejected\n1,p,a b,c\n2,q,d,e f\n")
        more = ("--data", table)  # type: ignore[assignment]
    if kind == "score_captions":
        picture = pytest.importorskip("PIL.Image", reason="pictures")
        picture.new("RGB", (8, 8), (250, 0, 0)).save(tmp_path / "red.png")
        table, task = tmp_path / "pairs.csv", "preference/image-text"
        table.write_text("id,image,chosen,rejected\n1,red.png,red,blue\n2,red.png,red,green\n")
        more = ("--data", table)  # type: ignore[assignment]
    limit = ("--limit", "20") if kind not in ("classify_texts", "embed_images") else ()
    answer = command("evaluate", "--model", f"python:{path}", "--task", task, *more, *limit,
                     "--out", tmp_path / "runs")  # fmt: skip
    assert answer.code == 0, answer.err


def test_the_next_command_is_one_that_a_shell_takes(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = command("new-adapter", "load", "--out", "my model.py").out
    assert said.endswith("try: marginbench check-adapter 'my model.py'\n")
    said = command("new-adapter", "load", "--out", "-x.py").out
    assert said.endswith("try: marginbench check-adapter ./-x.py\n")


def test_a_starting_file_is_never_written_over(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("mine")
    answer = command("new-adapter", "rank", "--out", path)
    assert answer.code == 2
    assert "is there already" in answer.err
    assert path.read_text() == "mine"
    assert command("new-adapter", "rank", "--out", tmp_path / "no" / "x.py").code == 2
    assert "Give" in command("new-adapter", "rank", "--out", tmp_path / "x.txt").err


@pytest.mark.parametrize(
    ("kind", "said"),
    [("rerank", "Did you mean `rank` or `score_pairs`?"), ("score_text", "`score_texts`"),
     ("embedder", "no starting file of kind 'embedder'")],
)  # fmt: skip
def test_an_unknown_kind(command: Command, kind: str, said: str) -> None:
    answer = command("new-adapter", kind)
    assert answer.code == 2
    assert said in answer.err


def test_a_starting_file_can_be_printed(command: Command) -> None:
    answer = command("new-adapter", "score_pairs", "--out", "-")
    assert answer.code == 0
    compile(answer.out, "printed", "exec")
