"""``marginbench.doctor``: the command's report on objects of this process."""

from __future__ import annotations

import pytest

import marginbench as mb


class Counts:
    def __init__(self, mark: str, times: float = 1.0) -> None:
        self.mark, self.times = mark, times

    def score_texts(self, texts: list[str]) -> list[float]:
        return [self.times * text.count(self.mark) / max(len(text), 1) for text in texts]


def test_two_objects() -> None:
    report = mb.doctor(Counts("e"), Counts("e", 5000.0), queries=25, quiet=True)
    assert report.doors == (("A", "Counts"), ("B", "Counts"))
    assert (report.verdict.kind, report.exit_code) == ("same-up-to-a-map", 0)
    assert "5000 times the other's scores" in report.verdict.words
    (row,) = report.rows
    assert row.tau == 1.0
    assert row.moved == 0.0
    other = mb.doctor(Counts("e"), Counts("t"), queries=25, quiet=True)
    assert (other.verdict.kind, other.exit_code) == ("not-the-same", 1)


def test_one_object_is_steady_or_not() -> None:
    assert mb.doctor(Counts("e"), queries=12, quiet=True).exit_code == 0

    class Batch:
        def score_texts(self, texts: list[str]) -> list[float]:
            return [len(text) / len(texts) for text in texts]

    report = mb.doctor(Batch(), queries=12, quiet=True)
    assert report.verdict.kind == "not-steady"
    assert report.as_json()["exit_code"] == 1


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mb.doctor(object()), "none of the known capabilities"),
        (lambda: mb.doctor(Counts("e"), dtype="float16"), "used as it is"),
        (lambda: mb.doctor(Counts("e"), against_options={"a": 1}), "there is no other door"),
        (lambda: mb.doctor(Counts("e"), Counts), "is a class, not a model"),
        (lambda: mb.doctor(Counts("e"), "zipy"), "unknown adapter 'zipy'"),
        (lambda: mb.doctor(Counts("e"), queries=0), "queries"),
        (lambda: mb.doctor(Counts("e"), task="flips/digits"), "needs a model with one of"),
    ],
)
def test_bad_input(call: object, said: str) -> None:
    assert callable(call)
    with pytest.raises(mb.MarginBenchError, match=said):
        call()
