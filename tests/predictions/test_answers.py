"""What a model answers becomes checked rows: scores, classes with a confidence, embeddings."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data import ItemData
from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.nouns import Task, TaskCard
from harness.predictions.answers import answer_of, kind_of
from harness.predictions.answers.base import Answer
from harness.predictions.answers.classes import OTHER, ClassAnswer
from harness.predictions.answers.embedding import EmbeddingAnswer
from harness.predictions.answers.score import SCORE, ScoreAnswer
from harness.registry import ANSWERS

CLASSES = ("cat", "dog", "fox")


class Fixed:
    """A model that gives one answer to everything, and keeps what it was asked."""

    def __init__(self, answer: Any, labels: Sequence[str] = CLASSES) -> None:
        self.answer = answer
        self.labels = labels
        self.asked: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        def call(batch: Any, **more: Any) -> Any:
            self.asked.append((name, batch, more))
            return self.answer

        return call


ASKED: dict[str, Answer] = {
    **dict.fromkeys(("score_texts", "score_images"), SCORE),
    **dict.fromkeys(("classify_texts", "classify_images", "recorded_labels"), ClassAnswer(CLASSES)),
    **dict.fromkeys(("embed_texts", "embed_images", "recorded_embeddings"), EmbeddingAnswer()),
}


def rows(capability: str, answer: Any, count: int, **more: Any) -> Any:
    return ASKED[capability].rows(Fixed(answer, **more), capability, list(range(count)))


@pytest.mark.parametrize("capability", ["classify_texts", "classify_images"])
def test_the_first_highest_logit_is_the_class(capability: str) -> None:
    found = rows(capability, [[1, 3, 2], [5, 5, 0], [0, 0, 0]], 3)
    assert found[:, 0].tolist() == [1, 0, 0]
    e = np.exp
    sure = [e(3) / (e(1) + e(2) + e(3)), 1 / (2 + e(-5)), 1 / 3]
    np.testing.assert_allclose(found[:, 1], sure, rtol=1e-6)
    assert found.dtype == np.float32


@given(
    st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=3, max_size=3), st.integers(-50, 50)
)
def test_a_confidence_is_a_probability_and_an_offset_changes_nothing(
    logits: list[float], offset: int
) -> None:
    found = rows("classify_texts", [logits], 1)
    assert 1 / 3 - 1e-6 <= found[0, 1] <= 1
    assert found[0, 0] == int(np.argmax(np.asarray(logits, dtype=np.float32)))
    whole = np.rint(np.clip(logits, -1000, 1000))
    moved = rows("classify_texts", [whole + offset], 1)
    np.testing.assert_array_equal(moved, rows("classify_texts", [whole], 1))


def test_names_join_a_model_to_its_task_in_any_order() -> None:
    found = rows("classify_texts", [[9, 0, 0, 0], [0, 9, 0, 0], [0, 0, 0, 9]], 3,
                 labels=("wolf", "fox", "dog", "cat"))  # fmt: skip
    assert found[:, 0].tolist() == [OTHER, 2, 0]  # a wolf is no class of the task: wrong, not lost
    assert (found[:, 1] > 0.9).all()
    binary = rows("classify_texts", [[0, 1]], 1, labels=("cat", "fox"))
    assert binary[0, 0] == 2  # a model may know fewer


def test_logits_that_are_not_finite_are_no_answer() -> None:
    answers = [[1, 2, 3], [np.nan, 2, 3], [1, np.inf, 3], [-np.inf, 0, 1]]
    found = rows("classify_images", answers, 4)
    assert np.isnan(found[:, 0]).tolist() == [False, True, True, True]
    assert np.isnan(found[:, 1]).tolist() == [False, True, True, True]


def test_names_that_have_nothing_in_common_are_refused() -> None:
    with pytest.raises(
        UsageError, match=r"'LABEL_0', 'LABEL_1'.*'cat'.*no name in common"
    ) as found:
        rows("classify_texts", [[0, 1]], 1, labels=("LABEL_0", "LABEL_1"))
    assert "labels=FILE" in str(found.value)


def test_recorded_labels_are_class_numbers() -> None:
    found = rows("recorded_labels", (["fox", "cat"], [None, 0.25]), 2)
    assert found[:, 0].tolist() == [2, 0]
    assert np.isnan(found[0, 1])
    assert found[1, 1] == 0.25


def test_unknown_names_are_counted() -> None:
    with pytest.raises(
        InvalidError, match=r"3 of 4 predictions name 2 classes .*: 'emu', 'gnu'; it has"
    ):
        ClassAnswer(CLASSES).named(["gnu", "cat", "emu", "gnu"], [None] * 4)
    half = ClassAnswer(CLASSES).named(["gnu", "cat", "", "cat"], [None] * 4)
    assert half[:, 0].tolist() == [OTHER, 0, OTHER, 0]


@pytest.mark.parametrize("capability", ["embed_texts", "embed_images", "recorded_embeddings"])
def test_vectors_are_float32_of_one_dimension(capability: str) -> None:
    model = Fixed([[1, 2], [3, 4.5]])
    found = EmbeddingAnswer().rows(model, capability, ["a", "b"])
    assert (found.dtype, found.tolist()) == (np.float32, [[1, 2], [3, 4.5]])
    kind = {"kind": "document"} if capability == "embed_texts" else {}
    assert model.asked == [(capability, ["a", "b"], kind)]


BAD = {
    "one number each": [1.0, 2.0],
    "too few": [[1.0, 2.0]],
    "no dimension": [[], []],
    "three axes": [[[1.0]], [[2.0]]],
    "different dimensions": [[1.0, 2.0], [1.0]],
    "words": [["a"], ["b"]],
    "nothing": None,
}


@pytest.mark.parametrize("name", list(BAD))
@pytest.mark.parametrize("capability", ["embed_images", "classify_images"])
def test_answers_of_another_shape_are_one_line(capability: str, name: str) -> None:
    with pytest.raises(MarginBenchError, match=rf"{capability}\(\) returned") as caught:
        rows(capability, BAD[name], 2)
    assert "\n" not in str(caught.value)


def test_scores_are_one_number_each() -> None:
    assert rows("score_texts", [1, 2], 2).tolist() == [1, 2]
    with pytest.raises(InvalidError, match=r"score_texts\(\) returned shape \(1, 2\) for 2 items"):
        rows("score_texts", [[1, 2]], 2)


def task(asks: str) -> Task:
    def none(*_: Any) -> Any:
        raise AssertionError("nothing is loaded or scored")

    card = TaskCard("t", "d", "s", "r", "l", "c")
    return Task("s/t", "1", "s", "items", ("m",), card, none, none, asks=asks)


def test_the_answer_follows_the_task() -> None:
    data = ItemData(("x",), [], (0.0,), ("x",), classes=CLASSES)
    assert answer_of(task("score"), data) == ScoreAnswer() == SCORE
    assert answer_of(task("class"), data) == ClassAnswer(CLASSES) != ClassAnswer(("cat",))
    assert answer_of(task("embedding"), data) == EmbeddingAnswer()


def test_a_kind_of_answer_that_there_is_not_is_one_line() -> None:
    with pytest.raises(UsageError, match=r"s/t asks for 'clas'.*class"):
        kind_of(task("clas"))


@pytest.mark.parametrize("capability", list(ASKED))
def test_answers_travel_to_workers(capability: str) -> None:
    assert pickle.loads(pickle.dumps(ASKED[capability])) == ASKED[capability]


def test_a_record_is_told_the_classes_of_those_who_compute_them() -> None:
    told = {name: asked.told(Fixed(None, labels=("a", "b")), name) for name, asked in ASKED.items()}
    classifiers = {"classify_texts", "classify_images"}
    assert {name for name, what in told.items() if what} == classifiers
    assert all(told[name] == {"labels": ["a", "b"]} for name in classifiers)


FITTING = {"score": (4,), "class": (4, 2), "embedding": (4, 7), "verdict": (4,),
           "likelihood": (4, 3), "match": (4,)}  # fmt: skip


@pytest.mark.parametrize("kind", list(ANSWERS))
def test_rows_of_another_shape_or_type_do_not_fit(kind: str) -> None:
    data = ItemData(("x",), [], (0.0,), ("x",), classes=CLASSES)
    answer = answer_of(task(kind), data)
    for name, shape in {**FITTING, "few": (3,), "flat": (4, 0, 1), "three": (4, 3)}.items():
        fits = shape == FITTING[kind] or (name == "three" and kind in ("embedding", "likelihood"))
        # Two dimensions or three are an embedding too.
        fits |= name in ("class", "likelihood") and kind == "embedding"
        assert answer.fits(np.zeros(shape, np.float32), 4) == fits, shape
        wide = fits and kind in (
            "score",
            "likelihood",
            "match",
        )  # those made elsewhere stay as they are
        assert answer.fits(np.zeros(shape, np.float64), 4) == wide
        assert not answer.fits(np.zeros(shape, np.int64), 4)


def test_rows_that_are_missing_are_null_and_of_one_length() -> None:
    part = np.array([[1, np.inf], [2, 3]], dtype=np.float32)
    found = EmbeddingAnswer().placed([part[:1], part[1:]], [0, 3], 4)
    np.testing.assert_array_equal(found, [[1, np.nan], [np.nan] * 2, [np.nan] * 2, [2, 3]])
    assert np.isnan(ClassAnswer(CLASSES).placed([], [], 3)).tolist() == [[True, True]] * 3
    assert np.isnan(SCORE.placed([], [], 3)).tolist() == [True] * 3
    with pytest.raises(InvalidError, match="not one of 3 items could be answered for"):
        EmbeddingAnswer().placed([], [], 3)
