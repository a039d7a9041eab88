"""A linear projection of pixels: PCA, or PCA and then LDA (fisherface), as plain files.

Fisherface: P. N. Belhumeur, J. P. Hespanha, D. J. Kriegman, "Eigenfaces vs. Fisherfaces", IEEE
TPAMI 19(7), 1997: PCA to as many dimensions as there are items less classes, where the scatter
within classes has an inverse, then Fisher's discriminants, one fewer than classes.

Reading a model and using it needs numpy alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.baselines.model_folder import (
    arrays_bytes,
    folder_of,
    read_arrays,
    read_file,
    read_manifest,
    write_model,
)
from harness.errors import InvalidError, UsageError
from harness.strict_json import Json
from harness.tasks.grey import LARGEST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.capabilities import Floats

FORMAT = "marginbench-projection/1"
FILE = "projection.npz"
METHODS = ("pca", "fisherface")
MOST_COMPONENTS = 128
"""Components that PCA keeps unless told otherwise, where there are as many."""

_KEYS = {"method", "size", "dimension"}


@dataclass(frozen=True, slots=True)
class Projection:
    """A fitted projection of ``size * size`` pixels; ``components`` has one row per dimension.

    The largest coefficient of each component is positive. ``facts`` say what it was fitted on.
    """

    method: str
    size: int
    mean: NDArray[np.float64]
    components: NDArray[np.float64]
    facts: Mapping[str, Json] = field(default_factory=dict)

    def transform(self, rows: Floats) -> Floats:
        """Pixels (items, size * size) to float32 of shape (items, dimension)."""
        import numpy as np

        found: Floats = ((rows - self.mean) @ self.components.T).astype(np.float32)
        return found


def fit_pca(rows: Floats, *, size: int, dimension: int = 0) -> Projection:
    """The first ``dimension`` principal components, 0 for :data:`MOST_COMPONENTS` at most.

    Raises :class:`UsageError` when the rows do not have as many, and :class:`InvalidError` when
    they are all the same.
    """
    most = min(len(rows) - 1, rows.shape[1])
    wanted = dimension or min(MOST_COMPONENTS, most)
    if not 1 <= wanted <= most:
        raise UsageError(f"{len(rows)} images of {rows.shape[1]} pixels have {most} components")
    fitted = _pca(rows, wanted)
    return Projection("pca", size, fitted.mean_.astype(float), _signed(fitted.components_))


def fit_fisherface(rows: Floats, classes: Sequence[float], *, size: int) -> Projection:
    """PCA to (items - classes) dimensions, then linear discriminants, one fewer than classes.

    Raises :class:`UsageError` for fewer than two classes or for no class with two items.
    """
    import numpy as np
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    count = len(set(classes))
    if count < 2 or len(rows) <= count:
        raise UsageError(
            f"fisherface learns from two classes or more, and more items than classes; there are "
            f"{len(rows)} items of {count} classes",
            fix="Fit --model pca instead",
        )
    reduced = _pca(rows, min(len(rows) - count, rows.shape[1]))
    inner = reduced.transform(np.asarray(rows, dtype=np.float64))
    lda = LinearDiscriminantAnalysis(solver="svd").fit(inner, np.asarray(classes))
    kept = min(count - 1, lda.scalings_.shape[1])
    components = lda.scalings_[:, :kept].T @ reduced.components_
    mean = reduced.mean_ + lda.xbar_ @ reduced.components_
    return Projection("fisherface", size, mean.astype(float), _signed(components))


def _pca(rows: Floats, dimension: int) -> Any:
    import numpy as np
    from sklearn.decomposition import PCA

    if np.ptp(rows, axis=0).max() == 0:
        raise InvalidError(f"nothing to learn from {len(rows)} images that are all the same")
    fitted = PCA(n_components=dimension, svd_solver="full")
    return fitted.fit(np.asarray(rows, dtype=np.float64))


def _signed(components: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row, or its negative, so that its first coefficient of largest size is positive."""
    import numpy as np

    largest = np.abs(components).argmax(axis=1)
    signs = np.sign(components[np.arange(len(components)), largest])
    found: NDArray[np.float64] = components * np.where(signs == 0, 1.0, signs)[:, None]
    return found


def save(model: Projection, folder: Path) -> None:
    """Write a model; the same model gives the same bytes."""
    arrays = {"mean": model.mean.astype("<f8"), "components": model.components.astype("<f8")}
    write_model(
        folder,
        form=FORMAT,
        files={FILE: arrays_bytes(arrays)},
        values={
            "method": model.method,
            "size": model.size,
            "dimension": len(model.components),
            "facts": dict(model.facts),
        },
    )


def manifest_of(checkpoint: str, method: str) -> dict[str, Any]:
    """The checked manifest of a model folder; its arrays are not read.

    Raises :class:`UsageError` when it was fitted by another method.
    """
    found = read_manifest(checkpoint, form=FORMAT, keys=_KEYS, model=method)
    size, dimension = found["size"], found["dimension"]
    checks = {
        "method": found["method"] in METHODS,
        "size": type(size) is int and 2 <= size <= LARGEST,
        "dimension": type(dimension) is int and dimension >= 1,
        "files": found["files"].keys() == {FILE},
    }
    if checks["size"] and checks["dimension"]:
        checks["dimension"] = dimension <= size * size
    wrong = [name for name, good in checks.items() if not good]
    if wrong:
        raise InvalidError(f"{checkpoint}/manifest.json: unusable value of {', '.join(wrong)}")
    if found["method"] != method:
        raise UsageError(
            f"{checkpoint} was fitted by {found['method']}",
            fix=f"Type --model {found['method']}:{checkpoint}",
        )
    return found


def load(checkpoint: str, method: str) -> Projection:
    """Read a model. Raises :class:`InvalidError` that names the file for anything unexpected."""
    import numpy as np

    manifest = manifest_of(checkpoint, method)
    folder = folder_of(checkpoint, method)
    pixels, dimension = manifest["size"] ** 2, manifest["dimension"]
    arrays = read_arrays(
        read_file(folder, manifest, FILE),
        folder / FILE,
        {"mean": ((pixels,), np.float64), "components": ((dimension, pixels), np.float64)},
    )
    return Projection(
        method, manifest["size"], arrays["mean"], arrays["components"], manifest["facts"]
    )
