"""Whether a model reads texts that it wrote: by its weights, by its name, or as nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.records.white_box import said_of, white_box

SHA, OTHER = "ab" * 32, "cd" * 32


def data(*generators: str, named: Any = None) -> ItemData:
    ids = tuple(f"t{n}" for n in range(len(generators)))
    return ItemData(
        ids=ids,
        contents=[],
        gold=tuple(0.0 for _ in ids),
        clusters=ids,
        columns={"generator": generators},
        origin={} if named is None else {"generators": named},
    )


def reads(**models: Any) -> dict[str, Any]:
    return {"language_models": models}


@pytest.mark.parametrize(
    ("details", "texts", "found"),
    [
        (reads(a=SHA), data("human", "B", named={"B": SHA}), {"B": "weights"}),
        (reads(a=SHA), data("human", "B", named={"B": OTHER}), {}),
        (reads(a=SHA), data("human", "A"), {"A": "name"}),
        ({"language_models": {"EleutherAI/gpt-j-6B": SHA}}, data("gpt_j 6b"), {"gpt_j 6b": "name"}),
        (reads(a=SHA), data("A", "", "human", named={"A": SHA}), {"A": "weights"}),
        (reads(a=SHA, b=OTHER), data("B", "A"), {"A": "name", "B": "name"}),
        (reads(a=SHA), data("aa", "human", ""), {}),
        (reads(a=None), data("x", named={"x": None}), {}),
        (reads(a=SHA), data("x", named=[SHA]), {}),
        ({"language_models": [SHA]}, data("A"), {}),
        ({}, data("A"), {}),
    ],
)
def test_what_is_known(details: Mapping[str, Any], texts: ItemData, found: dict[str, str]) -> None:
    assert white_box(details, texts) == found


def test_what_is_said() -> None:
    said = said_of({"white_box": {"A": "weights", "C": "weights", "B": "name"}})
    assert said.startswith("white-box: A, C wrote machine texts of this task and reads them here; ")
    assert "; B is the name of a generator of this task" in said
    for nothing in ({}, {"white_box": {}}, {"white_box": "A"}, {"white_box": {"A": "hearsay"}}):
        assert said_of(nothing) == ""


def test_the_embedded_texts_name_who_wrote_them() -> None:
    pytest.importorskip("networkx", reason="needs marginbench[quickstart]")
    pytest.importorskip("cwe2", reason="needs marginbench[quickstart]")
    from harness.adapters.language.loading import EMBEDDED
    from suites.detection.loading import load_embedded

    embedded = load_embedded(LoadRequest())
    name, file = next(iter(EMBEDDED.items()))
    assert white_box(reads(other=file.sha256), embedded) == {"SmolLM2-135M-Instruct": "weights"}
    assert white_box({"language_models": {f"org/{name}": OTHER}}, embedded) == {
        "SmolLM2-135M-Instruct": "name"
    }
