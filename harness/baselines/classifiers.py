"""Baselines of classification by scikit-learn, saved as what they learn from, not as objects.

A folder holds the estimator's name, its parameters and the learning data; the estimator is fitted
again when it is loaded, the same way every time. No pickle is written or read.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
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
from harness.baselines.parameters import usable
from harness.baselines.tfidf import FEATURES
from harness.errors import InvalidError, UsageError
from harness.fingerprint import canonical_json
from harness.strict_json import Json, load_plain
from harness.tasks.grey import LARGEST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.capabilities import Floats

FORMAT = "marginbench-sklearn/1"
ARITHMETIC = "1"
"""Raised with every change that may move a number."""

ESTIMATORS: Mapping[str, tuple[str, Mapping[str, Json]]] = {
    "logistic-regression": ("linear_model:LogisticRegression", {"C": 1.0, "max_iter": 1000}),
    "random-forest": ("ensemble:RandomForestClassifier", {"n_estimators": 100, "n_jobs": 1}),
    "svc": ("svm:SVC", {"C": 1.0, "kernel": "rbf", "gamma": "scale"}),
    "nearest-centroid": ("neighbors:NearestCentroid", {}),
}
"""Model -> scikit-learn's class and the parameters that are not its defaults."""

MAX_TERMS = 200_000
KINDS = {"images": "data.npz", "texts": "data.jsonl"}
_MOST_ITEMS = 100_000_000
_LEAST = 1e-12  # a forest's probability of 0 must have a finite logarithm
_KEYS = {"model", "kind", "size", "features", "parameters", "classes", "items"}


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a baseline learns from: contents with the class of each, as its number in ``classes``.

    ``contents`` are texts, or grey levels of shape (items, size * size). ``size`` is 0 for texts
    and ``features`` empty for images.
    """

    model: str
    contents: Any
    targets: tuple[int, ...]
    classes: tuple[str, ...]
    parameters: Mapping[str, Json]
    size: int = 0
    features: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """``images`` or ``texts``."""
        return "texts" if self.features else "images"


class Fitted:
    """A baseline that has learned; ``labels`` are the classes it has seen, in order.

    ``resolved`` tells whether a logistic regression came to its end.
    """

    def __init__(self, baseline: Baseline) -> None:
        self._kind = baseline.kind
        self._vectorizer: Any = None
        self._estimator = _estimator(baseline)
        self._name = baseline.model
        if len(set(baseline.targets)) < 2:
            raise UsageError("a baseline learns from two classes or more")
        try:
            if self._kind == "texts":
                self._vectorizer = _vectorizer(baseline.features)
                self._vectorizer.fit(baseline.contents)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what matters of them is in ``resolved``
                self._estimator.fit(self._matrix(baseline.contents), list(baseline.targets))
        except ValueError as error:  # such as texts without a single word
            line = " ".join(str(error).split())
            raise InvalidError(
                f"{baseline.model} cannot learn from {len(baseline.targets)} {self._kind}: {line}"
            ) from error
        self.labels = tuple(baseline.classes[int(code)] for code in self._estimator.classes_)
        self.resolved: dict[str, Json] = {}
        if baseline.model == "logistic-regression":
            iterations = int(max(self._estimator.n_iter_))
            self.resolved["converged"] = iterations < self._estimator.max_iter

    def logits(self, contents: Any) -> Floats:
        """float32 of shape (items, labels): decision values, log-probabilities, or -distances²."""
        import numpy as np

        if not len(contents):
            return np.empty((0, len(self.labels)), dtype=np.float32)
        matrix = self._matrix(contents)
        if self._name == "nearest-centroid":
            found = _minus_squared_distances(matrix, self._estimator.centroids_)
        elif self._name == "random-forest":
            found = np.log(np.maximum(self._estimator.predict_proba(matrix), _LEAST))
        else:
            found = self._estimator.decision_function(matrix)
            if found.ndim == 1:  # of two classes only the second one's value is given
                found = np.stack([-found / 2, found / 2], axis=1)
        logits: Floats = found.astype(np.float32)
        return logits

    def _matrix(self, contents: Any) -> Any:
        if self._kind == "texts":
            return self._vectorizer.transform(contents)
        import numpy as np

        return np.asarray(contents, dtype=np.float64) / 255


def parameters_of(model: str, seed: int) -> dict[str, Json]:
    """The parameters of an estimator that are not scikit-learn's defaults."""
    seeded = {} if model == "nearest-centroid" else {"random_state": seed}
    return {**ESTIMATORS[model][1], **seeded}


def _estimator(baseline: Baseline) -> Any:
    from importlib import import_module

    module, _, name = ESTIMATORS[baseline.model][0].partition(":")
    return getattr(import_module(f"sklearn.{module}"), name)(**baseline.parameters)


def _vectorizer(features: str) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(max_features=MAX_TERMS, **FEATURES[features])


def _minus_squared_distances(matrix: Any, centroids: Any) -> NDArray[np.float64]:
    import numpy as np

    centres = np.asarray(centroids, dtype=np.float64)
    squares = matrix.multiply(matrix) if hasattr(matrix, "multiply") else matrix * matrix
    own = np.asarray(squares.sum(axis=1)).reshape(-1, 1)
    found: NDArray[np.float64] = 2 * (matrix @ centres.T) - own - (centres * centres).sum(axis=1)
    return found


def save(baseline: Baseline, folder: Path) -> None:
    """Write a baseline; the same one gives the same bytes."""
    content = _image_bytes(baseline) if baseline.kind == "images" else _text_bytes(baseline)
    write_model(
        folder,
        form=FORMAT,
        files={KINDS[baseline.kind]: content},
        values={
            "model": baseline.model,
            "kind": baseline.kind,
            "size": baseline.size,
            "features": baseline.features,
            "parameters": dict(baseline.parameters),
            "classes": list(baseline.classes),
            "items": len(baseline.targets),
            "facts": dict(baseline.facts),
        },
    )


def _image_bytes(baseline: Baseline) -> bytes:
    import numpy as np

    targets = np.array(baseline.targets, dtype="<i8")
    return arrays_bytes({"pixels": baseline.contents, "targets": targets})


def _text_bytes(baseline: Baseline) -> bytes:
    rows = zip(baseline.contents, baseline.targets, strict=True)
    lines = [canonical_json({"text": t, "label": baseline.classes[c]}) + "\n" for t, c in rows]
    return "".join(lines).encode("utf-8", "surrogatepass")


def manifest_of(checkpoint: str) -> dict[str, Any]:
    """The checked manifest of a model folder; the learning data are not read."""
    found = read_manifest(checkpoint, form=FORMAT, keys=_KEYS, model="logistic-regression")
    model, kind, parameters = found["model"], found["kind"], found["parameters"]
    texts = kind == "texts"
    checks = {
        "model": isinstance(model, str) and model in ESTIMATORS,
        "kind": isinstance(kind, str) and kind in KINDS,
        "features": found["features"] in (tuple(FEATURES) if texts else ("",)),
        "size": type(found["size"]) is int
        and (found["size"] == 0 if texts else 2 <= found["size"] <= LARGEST),
        "classes": _names(found["classes"]),
        "items": type(found["items"]) is int and 2 <= found["items"] <= _MOST_ITEMS,
    }
    checks["files"] = checks["kind"] and found["files"].keys() == {KINDS[kind]}
    checks["parameters"] = (
        checks["model"]
        and isinstance(parameters, dict)
        and parameters.keys() == parameters_of(model, 0).keys()
        and usable(parameters)
    )
    wrong = [name for name, good in checks.items() if not good]
    if wrong:
        raise InvalidError(f"{checkpoint}/manifest.json: unusable value of {', '.join(wrong)}")
    return found


def _names(value: Any) -> bool:
    good = isinstance(value, list) and all(isinstance(name, str) for name in value)
    return good and len(set(value)) == len(value) >= 2


def load(checkpoint: str) -> Baseline:
    """Read a baseline. Raises :class:`InvalidError` that names the file for anything unexpected."""
    manifest = manifest_of(checkpoint)
    folder = folder_of(checkpoint, "logistic-regression")
    name = KINDS[manifest["kind"]]
    data, path = read_file(folder, manifest, name), folder / name
    read = _images if manifest["kind"] == "images" else _texts
    contents, targets = read(data, path, manifest)
    return Baseline(
        manifest["model"],
        contents,
        targets,
        tuple(manifest["classes"]),
        manifest["parameters"],
        size=manifest["size"],
        features=manifest["features"],
        facts=manifest["facts"],
    )


def _images(data: bytes, path: Path, manifest: Mapping[str, Any]) -> tuple[Any, tuple[int, ...]]:
    import numpy as np

    items, pixels = manifest["items"], manifest["size"] ** 2
    arrays = read_arrays(
        data, path, {"pixels": ((items, pixels), np.uint8), "targets": ((items,), np.int64)}
    )
    targets = arrays["targets"]
    if targets.min() < 0 or targets.max() >= len(manifest["classes"]):
        raise InvalidError(f"{path} names classes that the manifest does not have")
    return arrays["pixels"], tuple(targets.tolist())


def _texts(data: bytes, path: Path, manifest: Mapping[str, Any]) -> tuple[Any, tuple[int, ...]]:
    number = {name: code for code, name in enumerate(manifest["classes"])}
    texts: list[str] = []
    targets: list[int] = []
    try:
        for line in data.decode("utf-8", "surrogatepass").split("\n")[:-1]:
            row = load_plain(line)
            texts.append(row["text"])
            targets.append(number[row["label"]])
        if len(texts) != manifest["items"] or not all(isinstance(t, str) for t in texts):
            raise ValueError("other items than the manifest says")
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidError(f"{path} does not hold the texts of the model: {error!r}") from error
    return texts, tuple(targets)
