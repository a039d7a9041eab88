"""``doctor``: one door asked in several ways, two doors asked the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.engine.doctor.resizings import Resized
from tests.cli.conftest import Answer, Command

TWINS = """
import math
import random
import struct

CAPABILITIES = ["score_pairs"]
STATE = random.Random(5)


def overlap(query, document):
    wanted, words = set(query.lower().split()), document.lower().split()
    return 6 * len(wanted & set(words)) / (1 + len(set(words))) + math.sqrt(len(words)) / 4 - 2


def bfloat16(x):
    bits = struct.unpack("<I", struct.pack("<f", x))[0] & 0xFFFF0000
    return struct.unpack("<f", struct.pack("<I", bits))[0]


SQUASH = {
    "none": lambda x: x,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "steep": lambda x: round(1 / (1 + math.exp(-x)), 1),
    "bfloat16": bfloat16,
    "noise": lambda x: x + STATE.random(),
    "nan": lambda x: math.nan,
}


class Model:
    def __init__(self, squash, template, cut, swap, batch):
        self.squash, self.template, self.cut = SQUASH[squash], template, cut
        self.swap, self.batch = swap, batch

    def score_pairs(self, pairs):
        found = []
        for query, document in pairs:
            if self.swap:
                query, document = document, query
            words = document.split()[: self.cut]
            if self.template == "none":
                found.append(math.sin(1000.0 * len(document) + len(query)))
            else:
                found.append(self.squash(overlap(query, " ".join(words))))
        if self.batch:
            found = [score + 0.01 * len(pairs) for score in found]
        return found


def load(squash="none", template="auto", cut=100000, swap=False, batch=False):
    return Model(squash, template, cut, swap, batch)
"""


@pytest.fixture
def twins(tmp_path: Path) -> str:
    path = tmp_path / "twins.py"
    path.write_text(TWINS)
    return f"python:{path}"


@pytest.fixture
def against(command: Command, twins: str) -> Callable[..., Answer]:
    pytest.importorskip("networkx", reason="the embedded lists are made of its documentation")

    def call(*options: str, more: tuple[str, ...] = ()) -> Answer:
        words = [word for option in options for word in ("--against-option", option)]
        return command("doctor", twins, "--against", twins, *words, "--queries", 10, *more)

    return call


@pytest.mark.parametrize(
    ("options", "code", "kind", "words"),
    [
        ((), 0, "same", "the same model: no score is further apart than 0.0e+00"),
        (("squash=sigmoid",), 0, "same-up-to-a-map", "B returns sigmoid scores"),
        (("squash=bfloat16",), 0, "same-in-lower-precision", "every score of B is a bfloat16"),
        (("squash=steep",), 1, "saturated", "sigmoid scores, rounded to 1 decimal"),
        (("template=none",), 1, "not-the-same", "the chat template is missing at B. A with templ"),
        (("swap=true",), 1, "not-the-same", "query and document the wrong way round"),
        (("cut=60",), 1, "not-the-same", "cut texts at different lengths"),
        (("squash=noise",), 1, "not-the-same", "B does not give the same scores when it is asked"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) and value else None,
)
def test_a_twin_and_what_was_done_to_it(
    against: Callable[..., Answer], options: tuple[str, ...], code: int, kind: str, words: str
) -> None:
    answer = against(*options)
    assert answer.code == code, answer.err
    last = answer.out.splitlines()[-1]
    assert last.startswith(f"{kind}: ")
    assert words in last
    assert "nDCG@10" in answer.out
    assert answer.out.splitlines()[0] == "A  python:twins.py"


def test_json_holds_the_figures_of_the_table(against: Callable[..., Answer]) -> None:
    answer = against("squash=sigmoid", more=("--json",))
    found = json.loads(answer.out)
    assert answer.err == ""
    assert found["exit_code"] == answer.code == 0
    assert found["doors"] == {"A": "python:twins.py", "B": "python:twins.py squash=sigmoid"}
    (row,) = found["rows"]
    assert row["tau"] == pytest.approx(1, abs=1e-3)
    assert row["order"] == 0.0
    assert row["shift"]["difference"] == 0.0
    assert row["shift"]["first"] == row["shift"]["second"]


def test_lists_whose_figure_is_none_of_ranking(against: Callable[..., Answer]) -> None:
    answer = against("squash=sigmoid", more=("--task", "preference/docstrings/networkx"))
    assert answer.code == 0, answer.err
    assert "pair accuracy[strict]" in answer.out
    assert "unknown metric" not in answer.out + answer.err


def test_without_a_template_first_and_with_one_behind(command: Command, twins: str) -> None:
    pytest.importorskip("networkx")
    first = ("doctor", twins, "--option", "template=none")
    answer = command(*first, "--against", twins, "--queries", 8)
    assert answer.code == 1
    assert "B uses the chat template, A was told not to" in answer.out


def test_a_door_that_gives_nan_could_not_be_checked(against: Callable[..., Answer]) -> None:
    answer = against("squash=nan")
    assert answer.code == 3
    assert "B could not be asked: 200 of 200 scores are NaN" in answer.err.splitlines()[-1]


def test_one_steady_door(command: Command, twins: str) -> None:
    pytest.importorskip("networkx")
    answer = command("doctor", twins, "--queries", 6)
    assert answer.code == 0
    assert "batch of up to 64 | 1" in answer.out
    assert "order as given | reversed" in answer.out
    assert answer.out.splitlines()[-1].startswith("steady: ")


def test_a_door_that_says_one_number_was_not_checked(
    command: Command, model_file: Callable[..., Path]
) -> None:
    path = model_file("def score_pairs(pairs):\n    return [1.0] * len(pairs)\n")
    answer = command("doctor", f"python:{path}", "--queries", "2")
    assert answer.code == 3
    assert "not-checked: it gives one and the same number to everything" in answer.out


def test_a_door_that_moves_with_its_batch(command: Command, twins: str) -> None:
    pytest.importorskip("networkx")
    answer = command("doctor", twins, "--option", "batch=true", "--queries", 6)
    assert answer.code == 1
    assert "not-steady: the answers are not steady: the batch moves scores by up to" in answer.out


RANKER = "def rank(query, documents):\n    return sorted(range(len(documents)), key={key})\n"


def test_a_list_ranker_whose_order_depends_on_the_order_given(
    command: Command, model_file: Callable[..., Path]
) -> None:
    pytest.importorskip("networkx")
    path = model_file(RANKER.format(key="lambda i: len(documents[i]) // 200"))
    answer = command("doctor", f"python:{path}", "--queries", 6)
    assert answer.code == 1
    assert "the order moves places by up to" in answer.out.splitlines()[-1]


def test_orders_against_scores_are_compared_as_orders(
    command: Command, model_file: Callable[..., Path]
) -> None:
    pytest.importorskip("networkx")
    rank = model_file(RANKER.format(key="lambda i: len(documents[i])"), "rank.py")
    pairs = model_file(
        "def score_pairs(pairs):\n    return [-len(d) for _, d in pairs]\n", "pairs.py"
    )
    answer = command("doctor", f"python:{rank}", "--against", f"python:{pairs}", "--queries", 6)
    assert answer.code == 0, answer.out
    assert answer.out.splitlines()[-1].startswith("same: ")


TEXTS = "def score_texts(texts):\n    return [{} for t in texts]\n"


def test_scores_of_single_texts(command: Command, model_file: Callable[..., Path]) -> None:
    one = model_file(TEXTS.format("len(t) / 100"), "one.py")
    two = model_file(TEXTS.format("len(t) / 50 + 1"), "two.py")
    answer = command("doctor", f"python:{one}", "--against", f"python:{two}")
    assert answer.code == 0
    assert "detection/embedded: 60 texts" in answer.out
    assert "other rank" in answer.out
    assert "B returns 2 times the other's scores +1" in answer.out


def test_scores_that_run_the_other_way_and_say_so(
    command: Command, model_file: Callable[..., Path]
) -> None:
    one = model_file(TEXTS.format("len(t) / 100"), "one.py")
    two = model_file('DIRECTION = "lower"\n' + TEXTS.format("-len(t) / 100"), "two.py")
    answer = command("doctor", f"python:{one}", "--against", f"python:{two}", "--queries", 30)
    assert answer.code == 0
    assert answer.out.splitlines()[-1].startswith("same: ")


CLASSES = """
    labels = {labels}

    def classify_images(images):
        grey = [sum(i.convert("L").tobytes()) % 1000 / 100 for i in images]
        return [[g * weight for weight in {weights}] for g in grey]
"""


def test_classes_are_compared_by_their_names(
    command: Command, model_file: Callable[..., Path]
) -> None:
    pytest.importorskip("sklearn", reason="the embedded digits")
    one = model_file(CLASSES.format(labels=["0", "1", "cat"], weights="(1, -1, 0)"), "one.py")
    two = model_file(CLASSES.format(labels=["cat", "1", "0"], weights="(0, -1, 1)"), "two.py")
    same = command("doctor", f"python:{one}", "--against", f"python:{two}")
    assert same.code == 0, same.err
    assert "the same class for every item" in same.out
    assert "accuracy" in same.out
    other = model_file(CLASSES.format(labels=["0", "1", "cat"], weights="(-1, 1, 0)"), "other.py")
    apart = command("doctor", f"python:{one}", "--against", f"python:{other}")
    assert apart.code == 1
    assert "% of the items get another class" in apart.out


def test_classes_that_were_made_elsewhere(command: Command, tmp_path: Path) -> None:
    rows = {"gold": "label\n1,a\n2,b\n3,a", "one": "prediction\n1,a\n2,b\n3,a",
            "two": "prediction\n1,a\n2,b\n3,b"}  # fmt: skip
    for name, text in rows.items():
        (tmp_path / f"{name}.csv").write_text(f"id,{text}\n")
    one, two = (f"predictions:{tmp_path / name}.csv" for name in ("one", "two"))
    words = ("--task", "flips/predictions", "--data", tmp_path / "gold.csv")
    answer = command("doctor", one, "--against", two, *words)
    assert answer.code == 1
    assert "33.3% of the items get another class" in answer.out
    assert command("doctor", one, "--against", one, *words).code == 0


EMBED = """
    def embed_images(images):
        grey = [list(i.convert("L").resize((4, 4)).tobytes()) for i in images]
        {lines}
"""


def test_embeddings_whose_lengths_differ(command: Command, model_file: Callable[..., Path]) -> None:
    pytest.importorskip("skimage", reason="the embedded faces")
    one = model_file(EMBED.format(lines="return [[v + 1 for v in g] for g in grey]"), "one.py")
    unit = "return [[(v + 1) / sum((w + 1) ** 2 for w in g) ** 0.5 for v in g] for g in grey]"
    two = model_file(EMBED.format(lines=unit), "two.py")
    answer = command("doctor", f"python:{one}", "--against", f"python:{two}", "--queries", 30)
    assert answer.code == 0, answer.err
    assert "only B scales vectors to length 1, which no cosine sees" in answer.out
    three = model_file(EMBED.format(lines="return [g[:8] + [1] for g in grey]"), "three.py")
    answer = command("doctor", f"python:{one}", "--against", f"python:{three}", "--queries", 30)
    assert answer.code == 1


SHARP = """
    import numpy as np

    def score_images(images):
        return [float(np.abs(np.diff(np.asarray(i.convert("L"), float))).mean()) for i in images]
"""


def test_what_the_size_of_pictures_does_to_a_quality_model(
    command: Command, model_file: Callable[..., Path]
) -> None:
    pytest.importorskip("skimage", reason="the embedded photographs")
    path = model_file(SHARP)
    answer = command("doctor", f"python:{path}", "--queries", 30, "--json")
    assert answer.code == 0, answer.err
    found = json.loads(answer.out)
    assert found["sized_metric"] == "SRCC"
    sizes = {one["size"]: one["value"] for one in found["sizes"]}
    assert list(sizes) == ["as they are", "shorter side 512", "shorter side 224"]
    assert sizes["as they are"] == found["rows"][0]["shift"]["first"]
    assert len(set(sizes.values())) == 3  # sharpness is one of a size


def test_pictures_are_resized_by_their_shorter_side() -> None:
    images: Any = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(1).integers(0, 255, (90, 300, 3), dtype=np.uint8)

    class Source:
        name = "noise"

        def load(self) -> Any:
            return images.fromarray(pixels)

    small = Resized(Source(), 30).load()
    assert small.size == (100, 30)
    # Antialiased: noise that is averaged is smoother than every third pixel of it.
    assert np.asarray(small).std() < 0.6 * pixels[::3, ::3].std()
    assert Resized(Source(), 180).load().size == (600, 180)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--task", "reranking/nowhere"), "unknown task 'reranking/nowhere'"),
        (("--task", "reranking/bright"), "is a mean over"),
        (("--task", "detection/embedded"), "needs a model with one of: score_texts"),
        (("--against", "cross-encodr:x"), "unknown adapter 'cross-encodr'"),
        (("--against", "python:nothing.py"), "no file 'nothing.py'"),
        (("--against-option", "a=1"), "--against-option needs --against"),
        (("--against-dtype", "float16"), "--against-dtype needs --against"),
        (("--option", "colour=red"), "takes no option 'colour'"),
        (("--against", "zippy"), "these models cannot be asked the same question"),
    ],
)
def test_bad_input_is_one_line(
    command: Command, twins: str, words: tuple[str, ...], said: str
) -> None:
    if "zippy" in words:
        pytest.importorskip("zippy")
    answer = command("doctor", twins, *words)
    assert answer.code == 2, answer.err
    (line,) = [one for one in answer.err.splitlines() if one.startswith("error: ")]
    assert said in line
    assert answer.out == ""
