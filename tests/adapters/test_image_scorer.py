"""Importable scorers: what is accepted, what identifies them, and what a failure says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.image_scorer import ADAPTER, source_files, split_name
from harness.engine.named import prepare_model
from harness.errors import InvalidError, UsageError

Image = pytest.importorskip("PIL.Image")

MODULE = '''
"""Ways to score images by their mean level."""
import numpy as np

def mean_level(images):
    return [float(np.asarray(image).mean()) for image in images]

class Weighted:
    def __init__(self, weight=1.0, device="none"):
        self.weight, self.device = weight, device
    def score_images(self, images):
        return self.weight * np.array(mean_level(images))

class Callable:
    def __call__(self, images):
        return mean_level(images)

READY = Weighted(2.0)
NUMBER = 3

def make(weight):
    return Weighted(weight)

def one_too_many(images):
    return mean_level(images) + [0.0]

def table(images):
    return [[v] for v in mean_level(images)]

def breaks(images):
    raise KeyError("no such layer")

def full(images):
    raise MemoryError
'''


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The module above, importable under a name of its own; forgotten afterwards."""
    name = "scorers_for_this_test"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield name
    sys.modules.pop(name, None)


@pytest.fixture
def images() -> list[Any]:
    return [Image.new("RGB", (4, 3), (level,) * 3) for level in (10, 250, 0)]


@pytest.mark.parametrize(
    ("attribute", "given", "factor"),
    [
        ("mean_level", {}, 1),
        ("Weighted", {}, 1),
        ("Weighted", {"weight": 3.0}, 3),
        ("Callable", {}, 1),
        ("READY", {}, 2),
        ("READY.score_images", {}, 2),
        ("make", {"factory": True, "weight": 4}, 4),
    ],
)
def test_what_can_be_a_scorer(
    module: str,
    images: list[Any],
    load_with: Callable[..., Any],
    attribute: str,
    given: dict[str, Any],
    factor: float,
) -> None:
    model = load_with(ADAPTER, f"{module}:{attribute}", direction="higher", **given)
    scores = model.score_images(images)
    assert scores.dtype == np.float64
    assert scores.tolist() == [10 * factor, 250 * factor, 0]


def test_a_class_that_takes_a_device_gets_it(module: str, load_with: Callable[..., Any]) -> None:
    model = load_with(ADAPTER, f"{module}:Weighted", direction="higher")
    assert model.score.__self__.device == "cpu"


def test_direction_must_be_declared(module: str) -> None:
    for options in ([], ["direction=up"]):
        with pytest.raises(UsageError, match=r"must be declared.*--option direction=higher"):
            prepare_model(f"image-scorer:{module}:mean_level", options, dtype="auto", tasks=[])


@pytest.mark.parametrize("direction", ["higher", "lower"])
def test_identity_without_importing(module: str, direction: str) -> None:
    made = prepare_model(
        f"image-scorer:{module}:READY", [f"direction={direction}"], dtype="auto", tasks=[]
    )
    assert made.identity.direction == direction
    assert made.identity.name == f"{module}:READY"
    assert made.capability == "score_images"
    assert module not in sys.modules


def test_digest_follows_the_source(module: str, tmp_path: Path) -> None:
    options = {"direction": "higher"}
    before = ADAPTER.identify(f"{module}:READY", options).digest
    assert ADAPTER.identify(f"{module}:READY", options).digest == before
    with (tmp_path / f"{module}.py").open("a") as file:
        file.write("READY = Weighted(5.0)\n")
    assert ADAPTER.identify(f"{module}:READY", options).digest != before


def test_digest_covers_the_whole_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "space_for_test" / "pack"  # the outer folder is a namespace: no __init__
    (package / "deep").mkdir(parents=True)
    for name in ("__init__.py", "side.py", "deep/__init__.py", "deep/scorer.py"):
        (package / name).write_text("raise RuntimeError('must not be imported')\n")
    (tmp_path / "space_for_test" / "stranger.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = source_files("space_for_test.pack.deep.scorer")
    assert sorted(found) == [
        "space_for_test.pack/__init__.py",
        "space_for_test.pack/deep/__init__.py",
        "space_for_test.pack/deep/scorer.py",
        "space_for_test.pack/side.py",
    ]
    with pytest.raises(UsageError, match="without code"):
        source_files("space_for_test")


def test_distribution_and_version_are_told() -> None:
    details = ADAPTER.identify("numpy.linalg:norm", {"direction": "higher"}).details
    assert details["distributions"] == [f"numpy=={np.__version__}"]


@pytest.mark.parametrize("name", ["", "module", "module:", ":attr", "a/b.py:f", "a..b:f", "a:b:c"])
def test_other_forms_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="not MODULE:ATTR"):
        split_name(name)


def test_missing_module_and_attribute(module: str, load_with: Callable[..., Any]) -> None:
    with pytest.raises(UsageError, match=r"no module 'no_such_module_here'.*PYTHONPATH"):
        ADAPTER.identify("no_such_module_here:f", {"direction": "higher"})
    with pytest.raises(UsageError, match=f"no module '{module}.inner'"):
        ADAPTER.identify(f"{module}.inner:f", {"direction": "higher"})
    with pytest.raises(UsageError, match=r"has no 'mean_levle'.*'mean_level'"):
        load_with(ADAPTER, f"{module}:mean_levle", direction="higher")


@pytest.mark.parametrize(
    ("attribute", "given", "message"),
    [
        ("NUMBER", {}, "cannot be called and has no score_images"),
        ("NUMBER", {"factory": True}, "not a class or function"),
        ("mean_level", {"weight": 2}, "takes no option 'weight'.*factory=true"),
        ("Weighted", {"wieght": 2}, "takes no option 'wieght'.*'weight'"),
    ],
)
def test_misuse_is_one_line(
    module: str,
    load_with: Callable[..., Any],
    attribute: str,
    given: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(UsageError, match=message):
        load_with(ADAPTER, f"{module}:{attribute}", direction="higher", **given)


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("one_too_many", r"3 images gave an array of shape \(4,\)"),
        ("table", r"3 images gave an array of shape \(3, 1\)"),
        ("breaks", r"scorers_for_this_test.py:\d+: KeyError: 'no such layer'"),
    ],
)
def test_failures_name_the_scorer(
    module: str,
    images: list[Any],
    load_with: Callable[..., Any],
    attribute: str,
    message: str,
) -> None:
    model = load_with(ADAPTER, f"{module}:{attribute}", direction="higher")
    with pytest.raises(InvalidError, match=message) as caught:
        model.score_images(images)
    assert f"{module}:{attribute}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_out_of_memory_passes_through(
    module: str, images: list[Any], load_with: Callable[..., Any]
) -> None:
    """The engine answers it with a smaller batch."""
    with pytest.raises(MemoryError):
        load_with(ADAPTER, f"{module}:full", direction="higher").score_images(images)


def test_a_module_that_fails_on_import_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load_with: Callable[..., Any]
) -> None:
    (tmp_path / "broken_scorer_for_test.py").write_text("import nothing_of_this_name\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(InvalidError, match=r"ModuleNotFoundError.*nothing_of_this_name"):
        load_with(ADAPTER, "broken_scorer_for_test:f", direction="higher")
