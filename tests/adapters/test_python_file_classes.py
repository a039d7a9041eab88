"""Python files that classify texts or images, or embed images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.python.adapter import ADAPTER
from harness.capabilities import capabilities_of
from harness.errors import InvalidError, UsageError
from harness.predictions.answers.classes import ClassAnswer

Load = Callable[..., Any]
Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(source: str) -> str:
        path = tmp_path / "my_model.py"
        path.write_text(source, encoding="utf-8")
        return str(path)

    return to_file


TEXTS = "def classify_texts(texts):\n    return [[len(t), 2.5] for t in texts]\n"


@pytest.mark.parametrize("line", ['labels = ["long", "short"]\n', 'LABELS = ("long", "short")\n'])
def test_functions_that_classify(write: Write, load_with: Load, line: str) -> None:
    path = write(line + TEXTS)
    assert ADAPTER.capabilities(path) == {"classify_texts"}
    model = load_with(ADAPTER, path)
    assert capabilities_of(model) == {"classify_texts"}
    assert tuple(model.labels) == ("long", "short")
    rows = ClassAnswer(("short", "long")).rows(model, "classify_texts", ["four", "a"])
    np.testing.assert_array_equal(rows[:, 0], [1, 0])


def test_images(write: Write, load_with: Load) -> None:
    path = write(
        "labels = ['wide', 'tall']\n"
        "def classify_images(images):\n    return [[i.width, i.height] for i in images]\n"
        "def embed_images(images):\n    return [[i.width, i.height, 1] for i in images]\n"
    )
    image = pytest.importorskip("PIL.Image").new("RGB", (3, 5))
    model = load_with(ADAPTER, path)
    assert capabilities_of(model) == {"classify_images", "embed_images"}
    assert model.classify_images([image]) == [[3, 5]]
    assert model.embed_images([image]) == [[3, 5, 1]]
    alone = load_with(ADAPTER, path + ":embed_images")
    assert capabilities_of(alone) == {"embed_images"}


FACTORY = """
class Model:
    def __init__(self, names):
        if names:
            self.labels = names
    def classify_images(self, images):
        return [[1.0] * len(self.labels) for _ in images]

def load(names=None):
    return Model(names)
"""


def test_a_factory_may_leave_the_names_to_the_file(write: Write, load_with: Load) -> None:
    path = write(FACTORY)
    assert ADAPTER.capabilities(path) == {"classify_images"}
    assert load_with(ADAPTER, path, names=["a", "b"]).labels == ("a", "b")
    path = write('labels = ["of", "file"]\n' + FACTORY)
    assert load_with(ADAPTER, path, names=["a", "b"]).labels == ("a", "b")
    assert load_with(ADAPTER, path).labels == ("of", "file")
    with pytest.raises(InvalidError, match=r"my_model\.py: `labels` is not a list"):
        load_with(ADAPTER, write(FACTORY))


def test_functions_without_names_are_refused_without_running_them(write: Write) -> None:
    path = write("raise SystemExit\n" + TEXTS)
    with pytest.raises(UsageError, match=r"classify_texts\(\) needs the names of its classes") as e:
        ADAPTER.capabilities(path)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("value", ["'cat'", "[]", "['a', 'a']", "[1, 2]", "3", "None"])
def test_names_must_be_different_texts(write: Write, load_with: Load, value: str) -> None:
    path = write(f"labels = {value}\n" + TEXTS)
    with pytest.raises(InvalidError, match="`labels` is not a list of different class names"):
        load_with(ADAPTER, path)


def test_an_error_names_its_line(write: Write, load_with: Load) -> None:
    path = write("labels = ['a', 'b']\ndef classify_texts(texts):\n    return 1 / 0\n")
    with pytest.raises(InvalidError, match=r"my_model\.py:3: ZeroDivisionError"):
        load_with(ADAPTER, path).classify_texts(["x"])
