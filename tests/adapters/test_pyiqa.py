"""What of the pyiqa adapter can be tested without pyiqa: names, direction, pixels, messages.

Running a metric needs pyiqa itself (non-commercial licence, several GB of dependencies); the last
test does so where it is installed.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.pyiqa_metric import ADAPTER, read_table, settings_of, to_unit_array
from harness.engine.named import prepare_model
from harness.errors import InvalidError, UsageError

Image = pytest.importorskip("PIL.Image")

TABLE = """
from collections import OrderedDict

DEFAULT_CONFIGS = OrderedDict(
    {
        'blocky': {'metric_opts': {'type': 'X'}, 'metric_mode': 'NR', 'lower_better': True},
        'pretty': {'metric_opts': {'type': 'Y'}, 'metric_mode': 'NR', 'score_range': '0, 1'},
        'compare': {'metric_opts': {'type': 'Z'}, 'metric_mode': 'FR'},
        'fid': {'metric_opts': {'type': 'FID'}, 'metric_mode': 'NR', 'lower_better': True},
    }
)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of that name that only has pyiqa's table, in pyiqa's form; importing it fails."""
    folder = tmp_path / "pyiqa"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('must not be imported')\n")
    (folder / "default_model_configs.py").write_text(TABLE)
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


@pytest.mark.skipif(find_spec("pyiqa") is not None, reason="pyiqa is installed")
def test_missing_package_says_what_to_install() -> None:
    with pytest.raises(UsageError, match=r"pyiqa.*pip install .*\[pyiqa\]"):
        prepare_model("pyiqa:musiq", [], dtype="auto", tasks=[])
    with pytest.raises(UsageError, match=r"pyiqa.*pip install .*\[pyiqa\]"):
        ADAPTER.identify("musiq", {})


@pytest.mark.parametrize(("metric", "direction"), [("blocky", "lower"), ("pretty", "higher")])
def test_direction_is_known_before_loading(package: Path, metric: str, direction: str) -> None:
    identity = ADAPTER.identify(metric, {})
    assert (identity.name, identity.direction) == (f"pyiqa:{metric}", direction)


def test_digest_covers_metric_and_source(package: Path) -> None:
    first = ADAPTER.identify("pretty", {}).digest
    assert ADAPTER.identify("pretty", {}).digest == first
    assert ADAPTER.identify("blocky", {}).digest != first
    (package / "arch.py").write_text("A = 1\n")
    assert ADAPTER.identify("pretty", {}).digest != first


@pytest.mark.parametrize("metric", ["compare", "fid"])
def test_metrics_that_need_more_than_one_image_are_refused(package: Path, metric: str) -> None:
    with pytest.raises(UsageError, match=f"{metric} does not score one image"):
        ADAPTER.identify(metric, {})


def test_unknown_metric_suggests_a_known_one() -> None:
    with pytest.raises(UsageError, match=r"no metric 'prety'.*'pretty'"):
        settings_of("prety", read_table(TABLE))


@pytest.mark.parametrize(
    "text",
    ["", "DEFAULT_CONFIGS = make()", "DEFAULT_CONFIGS = {'a': f()}", "DEFAULT_CONFIGS = 3", "(("],
)
def test_a_table_in_another_form_is_one_line(text: str) -> None:
    with pytest.raises(InvalidError, match="pyiqa: default_model_configs"):
        read_table(text)


def test_pixels_become_channels_in_0_to_1() -> None:
    pixels = np.array([[[255, 0, 51], [0, 102, 255]]], dtype=np.uint8)
    found = to_unit_array(Image.fromarray(pixels))
    assert found.shape == (1, 3, 1, 2)
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    expected = np.array([[[[1, 0]], [[0, 0.4]], [[0.2, 1]]]], dtype=np.float32)
    assert found == pytest.approx(expected)


def test_piqe_of_pyiqa_runs(load_with: Any) -> None:
    """pyiqa's piqe needs no weights; where pyiqa is installed it must run and be repeatable."""
    pytest.importorskip("pyiqa")
    photo = Image.fromarray(pytest.importorskip("skimage.data").coffee())
    assert ADAPTER.identify("piqe", {}).direction == "lower"
    model = load_with(ADAPTER, "piqe")
    small = photo.resize((200, 120))
    together = model.score_images([photo, small])
    assert np.isfinite(together).all()
    assert together.tolist() == [model.score_images([image])[0] for image in (photo, small)]
