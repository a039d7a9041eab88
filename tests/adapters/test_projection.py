from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.linalg import eigh, subspace_angles

from harness.adapters.projection import FISHERFACE, PCA
from harness.baselines.projection import Projection, fit_fisherface, fit_pca, load, save
from harness.errors import InvalidError, UsageError
from harness.tasks.grey import centred, grey_levels

Image = pytest.importorskip("PIL.Image", reason="needs marginbench[images]")
pytest.importorskip("sklearn", reason="needs marginbench[baselines]")
SIZE = 6
Load = Callable[..., Any]


def faces(classes: int, each: int, seed: int = 0) -> tuple[list[Any], list[float]]:
    """Noisy pictures around one pattern per class."""
    draw = np.random.default_rng(seed)
    patterns = np.random.default_rng(99).integers(60, 196, (classes, SIZE, SIZE))
    images, gold = [], []
    for code in range(classes):
        for _ in range(each):
            values = np.clip(patterns[code] + draw.normal(0, 25, (SIZE, SIZE)), 0, 255)
            images.append(Image.fromarray(values.astype(np.uint8)).convert("RGB"))
            gold.append(float(code))
    return images, gold


def rows_of(images: list[Any]) -> Any:
    return centred(grey_levels(images, SIZE))


def test_pca_is_the_singular_value_decomposition() -> None:
    rows = rows_of(faces(4, 6)[0])
    model = fit_pca(rows, size=SIZE, dimension=5)
    x = rows.astype(float)
    _, _, axes = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(model.components), np.abs(axes[:5]), atol=1e-8)
    expected = (x - x.mean(axis=0)) @ model.components.T
    np.testing.assert_allclose(model.transform(rows), expected, atol=1e-5)


def test_fisherface_spans_the_generalised_eigenvectors() -> None:
    # An oracle by the paper's definition: PCA to N - c dimensions, then the eigenvectors of
    # S_B w = lambda S_W w.
    images, gold = faces(4, 5)
    rows, labels = rows_of(images), np.array(gold)
    model = fit_fisherface(rows, gold, size=SIZE)
    assert model.components.shape == (3, SIZE * SIZE)
    x = rows.astype(float)
    centre = x.mean(axis=0)
    _, _, axes = np.linalg.svd(x - centre, full_matrices=False)
    pca = axes[: len(x) - 4]
    z = (x - centre) @ pca.T
    means = np.stack([z[labels == code].mean(axis=0) for code in range(4)])
    within = sum((z[labels == c] - means[c]).T @ (z[labels == c] - means[c]) for c in range(4))
    between = 5 * (means - z.mean(axis=0)).T @ (means - z.mean(axis=0))
    _, vectors = eigh(between, within)
    expected = pca.T @ vectors[:, -3:]
    assert subspace_angles(expected, model.components.T).max() < 1e-6
    assert abs(model.transform(rows).mean(axis=0)).max() < 1e-4


def test_signs_are_fixed_by_the_largest_coefficient() -> None:
    images, gold = faces(5, 6)
    for model in (
        fit_pca(rows_of(images), size=SIZE),
        fit_fisherface(rows_of(images), gold, size=SIZE),
    ):
        largest = np.abs(model.components).argmax(axis=1)
        assert (model.components[np.arange(len(largest)), largest] > 0).all()


def test_new_pictures_of_a_class_come_closer(tmp_path: Path, load_with: Load) -> None:
    images, gold = faces(6, 8)
    save(fit_fisherface(rows_of(images), gold, size=SIZE), tmp_path / "m")
    model = load_with(FISHERFACE, str(tmp_path / "m"))
    fresh, _ = faces(6, 2, seed=5)
    rows = model.embed_images(fresh)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = unit @ unit.T
    pairs = [(i, i ^ 1) for i in range(12)]
    same = np.mean([cosines[pair] for pair in pairs])
    other = np.mean([cosines[i, j] for i in range(12) for j in range(12) if i // 2 != j // 2])
    assert same > other + 0.5


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path) -> None:
    images, gold = faces(3, 5)
    for name in ("a", "b"):
        save(fit_fisherface(rows_of(images), gold, size=SIZE), tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    one, two = (FISHERFACE.identify(str(tmp_path / name), {}).digest for name in ("a", "b"))
    assert one == two
    save(fit_fisherface(rows_of(images[:-1]), gold[:-1], size=SIZE), tmp_path / "b")
    assert FISHERFACE.identify(str(tmp_path / "b"), {}).digest != one


def test_using_a_model_needs_no_scikit_learn(tmp_path: Path) -> None:
    save(fit_pca(rows_of(faces(3, 5)[0]), size=SIZE), tmp_path / "m")
    code = (
        "import sys\n"
        "from PIL import Image\n"
        "from harness.adapters.projection import PCA\n"
        f"PCA.identify({str(tmp_path / 'm')!r}, {{}})\n"
        f"model = PCA.load({str(tmp_path / 'm')!r}, device='cpu', dtype='float32')\n"
        "print(model.embed_images([Image.new('RGB', (9, 9))]).shape)\n"
        "print('sklearn' in sys.modules, 'scipy' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["(1, 14)", "False False"]


def test_dimension_is_bounded_by_what_there_is() -> None:
    rows = rows_of(faces(2, 3)[0])
    assert fit_pca(rows, size=SIZE).components.shape == (5, 36)
    with pytest.raises(UsageError, match="6 images of 36 pixels have 5 components"):
        fit_pca(rows, size=SIZE, dimension=6)


def test_what_cannot_be_learned_is_one_line() -> None:
    rows = rows_of(faces(2, 3)[0])
    with pytest.raises(UsageError, match="6 items of 1 classes"):
        fit_fisherface(rows, [0.0] * 6, size=SIZE)
    with pytest.raises(UsageError, match="6 items of 6 classes"):
        fit_fisherface(rows, [float(i) for i in range(6)], size=SIZE)
    with pytest.raises(InvalidError, match="6 images that are all the same"):
        fit_pca(np.zeros_like(rows), size=SIZE)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save(fit_pca(rows_of(faces(3, 5)[0]), size=SIZE, dimension=4), tmp_path / "m")
    return tmp_path / "m"


def test_round_trip(saved: Path) -> None:
    model = load(str(saved), "pca")
    assert isinstance(model, Projection)
    assert model.components.shape == (4, 36)
    assert PCA.identify(str(saved), {}).name == "m"


def test_another_method_is_refused(saved: Path) -> None:
    with pytest.raises(UsageError, match=r"was fitted by pca\. Type --model pca:"):
        FISHERFACE.identify(str(saved), {})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 5}, "does not hold the arrays"),
        ({"size": 10**9}, "unusable value of size"),
        ({"dimension": 3}, "does not hold the arrays"),
        ({"dimension": True}, "unusable value of dimension"),
        ({"method": "lda"}, "unusable value of method"),
        ({"method": ["pca"]}, "unusable value of method"),
        ({"files": {"../x.npz": "0"}}, "unusable value of files"),
        ({"files": {"projection.npz": "0" * 64}}, r"not the file its manifest names"),
        ({"extra": 1}, "unknown or missing keys: extra"),
        ({"format": "other/1"}, "not a manifest of format"),
    ],
)
def test_a_changed_manifest_is_one_line(saved: Path, change: dict[str, Any], message: str) -> None:
    path = saved / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InvalidError, match=message) as caught:
        load(str(saved), "pca")
    assert "\n" not in str(caught.value)


def test_missing_parts_are_one_line(saved: Path) -> None:
    (saved / "projection.npz").unlink()
    with pytest.raises(UsageError, match=r"lacks projection\.npz"):
        PCA.identify(str(saved), {})
    (saved / "manifest.json").write_text("{")
    with pytest.raises(InvalidError, match="is not JSON"):
        PCA.identify(str(saved), {})
    (saved / "manifest.json").unlink()
    with pytest.raises(UsageError, match=r"holds no manifest\.json.*train-baseline --model pca"):
        PCA.identify(str(saved), {})
    with pytest.raises(UsageError, match=r"no folder of a model is given.*train-baseline"):
        PCA.identify("", {})


def test_objects_are_never_unpickled(saved: Path) -> None:
    import hashlib

    evil = np.array([{"a": 1}], dtype=object)
    np.savez(saved / "projection.npz", mean=evil, components=evil)
    digest = hashlib.sha256((saved / "projection.npz").read_bytes()).hexdigest()
    path = saved / "manifest.json"
    manifest = json.loads(path.read_text()) | {"files": {"projection.npz": digest}}
    path.write_text(json.dumps(manifest))
    with pytest.raises(InvalidError, match="does not hold the arrays"):
        load(str(saved), "pca")
