"""A TF-IDF detector as plain files: no pickle, read back with checks, equal input to equal bytes.

A folder holds ``manifest.json``, ``vocabulary.json`` (sorted list of n-grams), and ``idf.npy``
and ``coefficients.npy`` (float64, one number per n-gram).
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.baselines.model_folder import check_sizes
from harness.errors import InvalidError
from harness.files import make_folder, read_regular, write_atomic
from harness.fingerprint import canonical_json
from harness.strict_json import Json, load_plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMAT = "marginbench-tfidf/1"
FEATURES: Mapping[str, Mapping[str, Any]] = {
    "word": {"analyzer": "word", "ngram_range": (1, 2)},
    "char": {"analyzer": "char", "ngram_range": (2, 4)},
}
"""What is counted: settings of scikit-learn's TfidfVectorizer, all others its defaults."""

FILES = ("vocabulary.json", "idf.npy", "coefficients.npy")
MOST_BYTES = 1 << 28
_KEYS = {"format", "features", "intercept", "terms", "files", "facts"}


@dataclass(frozen=True, slots=True)
class TfidfModel:
    """A fitted detector. ``facts`` say what it was fitted on and with."""

    features: str
    vocabulary: tuple[str, ...]
    idf: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    intercept: float
    facts: Mapping[str, Json] = field(default_factory=dict)


class Scorer:
    """A fitted detector, ready to score."""

    def __init__(self, model: TfidfModel) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(
            vocabulary={term: i for i, term in enumerate(model.vocabulary)},
            **FEATURES[model.features],
        )
        self._vectorizer.idf_ = model.idf
        self._coefficients = model.coefficients
        self._intercept = model.intercept

    def decision(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Log-odds of machine-made, shape (len(texts),); a text of no known term: the intercept."""
        import numpy as np

        if not texts:
            return np.empty(0)
        matrix = self._vectorizer.transform(texts)
        decision: NDArray[np.float64] = matrix @ self._coefficients + self._intercept
        return decision


def save(model: TfidfModel, folder: Path) -> None:
    """Write a model; the manifest comes last, so that a folder with one is complete."""
    make_folder(folder)
    data = {
        "vocabulary.json": canonical_json(list(model.vocabulary)).encode(),
        "idf.npy": _array_bytes(model.idf),
        "coefficients.npy": _array_bytes(model.coefficients),
    }
    manifest: dict[str, Json] = {
        "format": FORMAT,
        "features": model.features,
        "intercept": model.intercept,
        "terms": len(model.vocabulary),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in data.items()},
        "facts": dict(model.facts),
    }
    (folder / "manifest.json").unlink(missing_ok=True)
    for name, content in data.items():
        write_atomic(folder / name, content)
    text = json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False)
    write_atomic(folder / "manifest.json", text.encode() + b"\n")


def load(folder: Path) -> TfidfModel:
    """Read a model. Raises :class:`InvalidError` that names the file for anything unexpected."""
    manifest = read_manifest(folder)
    data = {name: _read(folder / name) for name in FILES}
    for name, content in data.items():
        if hashlib.sha256(content).hexdigest() != manifest["files"][name]:
            raise InvalidError(f"{folder / name} is not the file its manifest names (sha256)")
    vocabulary = _json(data["vocabulary.json"], folder / "vocabulary.json")
    terms = manifest["terms"]
    if (
        not isinstance(vocabulary, list)
        or len(vocabulary) != terms
        or not all(isinstance(term, str) for term in vocabulary)
        or any(a >= b for a, b in pairwise(vocabulary))
    ):
        raise InvalidError(f"{folder / 'vocabulary.json'} is not a sorted list of {terms} terms")
    return TfidfModel(
        features=manifest["features"],
        vocabulary=tuple(vocabulary),
        idf=_array(data["idf.npy"], terms, folder / "idf.npy"),
        coefficients=_array(data["coefficients.npy"], terms, folder / "coefficients.npy"),
        intercept=float(manifest["intercept"]),
        facts=manifest["facts"],
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """The checked manifest of a model folder; the other files are not opened."""
    path = folder / "manifest.json"
    found = _json(_read(path), path)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InvalidError(f"{path} is not a manifest of format {FORMAT}")
    if found.keys() != _KEYS:
        odd = ", ".join(sorted(found.keys() ^ _KEYS))
        raise InvalidError(f"{path} has unknown or missing keys: {odd}")
    terms, intercept = found["terms"], found["intercept"]
    checks = {
        "features": isinstance(found["features"], str) and found["features"] in FEATURES,
        "intercept": type(intercept) in (int, float) and math.isfinite(intercept),
        "terms": type(terms) is int and 0 < terms <= MOST_BYTES // 8,
        "files": isinstance(found["files"], dict) and found["files"].keys() == set(FILES),
        "facts": isinstance(found["facts"], dict),
    }
    wrong = [name for name, good in checks.items() if not good]
    if wrong:
        raise InvalidError(f"{path}: unusable value of {', '.join(wrong)}")
    return found


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise InvalidError(
                f"no file {path}",
                fix="Fit a model first: marginbench train-baseline --task ID --out MODEL_DIR",
            )
        check_sizes([path], MOST_BYTES)
        return read_regular(path, most=MOST_BYTES)
    except OSError as error:
        raise InvalidError(f"{path} cannot be read ({error.strerror})") from error


def _json(data: bytes, path: Path) -> Any:
    try:
        return load_plain(data)
    except ValueError as error:
        raise InvalidError(f"{path} is not JSON: {error}") from error


def _header(terms: int) -> bytes:
    from numpy.lib import format as npy

    head = io.BytesIO()
    npy.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (terms,)})
    return head.getvalue()


def _array_bytes(values: NDArray[np.float64]) -> bytes:
    return _header(len(values)) + values.astype("<f8").tobytes()


def _array(data: bytes, terms: int, path: Path) -> NDArray[np.float64]:
    import numpy as np

    # Compared as bytes, so that no header of a stranger decides how much memory is asked for.
    header = _header(terms)
    if not data.startswith(header) or len(data) != len(header) + 8 * terms:
        raise InvalidError(f"{path} is not a float64 array of {terms} numbers")
    values = np.frombuffer(data, dtype="<f8", offset=len(header)).astype(np.float64)
    if not np.isfinite(values).all():
        raise InvalidError(f"{path} holds numbers that are not finite")
    return values
