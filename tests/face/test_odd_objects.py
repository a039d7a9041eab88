"""Objects whose code or answers are odd: one line that says what, never a traceback."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import marginbench as mb
from harness.engine.jobs import ListJob
from tests.face.conftest import Commas


def evaluate(model: Any, texts: Path) -> mb.Run:
    return mb.evaluate(model, "detection/folder", data=texts, name="odd", quiet=True)[0]


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even that")


class Giving:
    """Answers with whatever a function of the texts gives."""

    def __init__(self, answer: Callable[[Sequence[str]], Any]) -> None:
        self.answer = answer

    def score_texts(self, texts: Sequence[str]) -> Any:
        return self.answer(texts)


def raising(error: BaseException) -> Callable[[Sequence[str]], Any]:
    def answer(texts: Sequence[str]) -> Any:
        raise error

    return answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda texts: [10**400] * len(texts), "no array of numbers.*OverflowError"),
        (lambda texts: [float("inf")] * len(texts), "NaN or infinite"),
        (lambda texts: np.full(len(texts), np.float32(np.inf)), "NaN or infinite"),
        (lambda texts: [1j] * len(texts), "no array of numbers.*complex"),
        (lambda texts: np.ones(len(texts), dtype=complex), "no array of numbers.*complex"),
        (lambda texts: [1 + 1j, *texts][: len(texts)], "no array of numbers"),
        (lambda texts: None, "no array of numbers|shape"),
        (lambda texts: (0.5 for _ in texts), "no array of numbers"),
        (lambda texts: [[1.0], [1.0, 2.0]], "no array of numbers"),
        (raising(MuteError()), r"odd: test_odd_objects.py:\d+: MuteError$"),
        (raising(SystemExit(3)), r"odd: test_odd_objects.py:\d+: SystemExit: 3"),
        (raising(RecursionError("a\nb")), r"odd: test_odd_objects.py:\d+: RecursionError: a$"),
    ],
)
def test_answers_that_are_none(texts: Path, answer: Callable[[Any], Any], said: str) -> None:
    with pytest.raises(mb.InvalidError, match=said) as caught:
        evaluate(Giving(answer), texts)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["direction", "DIRECTION", "resolved", "device", "labels", "count_tokens", "rank"]
)
@pytest.mark.parametrize("error", [RuntimeError("no"), SystemExit("no"), MuteError()])
def test_an_attribute_that_fails_is_named(texts: Path, name: str, error: BaseException) -> None:
    def fail(self: object) -> None:
        raise error

    model = type("Odd", (Commas,), {name: property(fail)})()
    with pytest.raises(mb.InvalidError, match=f"`{name}` of Odd cannot be read") as caught:
        evaluate(model, texts)
    assert type(error).__name__ in str(caught.value)
    assert not list(Path().rglob("record.json"))


def test_a_stop_by_hand_stays_one(texts: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        evaluate(Giving(raising(KeyboardInterrupt())), texts)


@pytest.mark.parametrize("direction", [5, None, np.array(["higher", "lower"]), ["higher"]])
def test_a_direction_of_another_type(texts: Path, direction: Any) -> None:
    model = type("Odd", (Commas,), {"direction": direction})()
    with pytest.raises(mb.UsageError, match="`direction` says"):
        evaluate(model, texts)


def test_an_account_of_itself_without_an_end(texts: Path) -> None:
    endless: list[Any] = []
    endless.append(endless)
    model = Commas()
    model.resolved = {"endless": endless}  # type: ignore[attr-defined]
    with pytest.raises(mb.InvalidError, match="`resolved` is not a JSON object"):
        evaluate(model, texts)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (None, r"rank\(\) returned no list"),
        (5, r"rank\(\) returned no list"),
        ([[0], [1, 2]], r"rank\(\) returned no array of numbers"),
        (["a", "b"], r"rank\(\) returned no array of numbers"),
        ([10**400, 0], r"rank\(\) returned no array of numbers"),
        ([0, 0], r"rank\(\) for query 'q' did not return every index"),
    ],
)
def test_a_ranking_that_is_none(order: Any, said: str) -> None:
    model: Any = types.SimpleNamespace(rank=lambda query, documents: order)
    bench: Any = types.SimpleNamespace(tick=lambda count: None)
    with pytest.raises(mb.InvalidError, match=said):
        ListJob((("q", "query", ("one", "two")),)).run(model, bench)
    model.rank = lambda query, documents: iter([1, 0])
    assert ListJob((("q", "query", ("one", "two")),)).run(model, bench)[0].tolist() == [1, 2]
