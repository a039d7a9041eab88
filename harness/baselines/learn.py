"""Fits baselines: the TF-IDF detector on a calibration split, all others on what a task lets learn.

The detector is TF-IDF with logistic regression of scikit-learn. Of the others, ``pca`` and
``fisherface`` are projections of pixels, the rest classifiers of images or texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.baselines.classifiers import Baseline, Fitted, parameters_of
from harness.baselines.projection import Projection, fit_fisherface, fit_pca
from harness.baselines.tfidf import FEATURES, TfidfModel, load, save
from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.fingerprint import digest
from harness.nouns import Task
from harness.registry import blaming
from harness.strict_json import Json
from harness.tasks.grey import centred, checked_size, grey_levels
from harness.tasks.images import Decoder, Failure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["fit", "fit_on_calibration", "load", "save"]

MIN_DF = 2
MAX_TERMS = 200_000
C = 1.0
"""n-grams of one text only are dropped; most frequent kept; inverse strength of the L2 penalty."""


def fit(
    texts: Sequence[str], labels: Sequence[float], *, features: str = "word", seed: int = 0
) -> TfidfModel:
    """Fit on texts with labels 1 (machine) and 0 (human). The same input gives the same model.

    Raises :class:`UsageError` for unknown features, :class:`InvalidError` for labels of one
    class, other labels, or texts that share no n-gram.
    """
    if features not in FEATURES:
        raise UsageError(f"unknown features {features!r}", fix=did_you_mean(features, FEATURES))
    if len(texts) != len(labels) or set(labels) != {0.0, 1.0}:
        raise InvalidError("a baseline is fitted on one label per text, both 0 and 1 among them")
    import sklearn
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = TfidfVectorizer(min_df=MIN_DF, max_features=MAX_TERMS, **FEATURES[features])
    try:
        matrix = vectorizer.fit_transform(texts)
    except ValueError as error:  # no n-gram is in two texts
        raise InvalidError(f"nothing to learn from {len(texts)} texts: {error}") from error
    regression = LogisticRegression(C=C, max_iter=1000, random_state=seed)
    regression.fit(matrix, [int(label) for label in labels])
    return TfidfModel(
        features=features,
        vocabulary=tuple(str(term) for term in vectorizer.get_feature_names_out()),
        idf=vectorizer.idf_.astype(float),
        coefficients=regression.coef_[0].astype(float),
        intercept=float(regression.intercept_[0]),
        facts={
            "scikit_learn": sklearn.__version__,
            "settings": {"min_df": MIN_DF, "max_terms": MAX_TERMS, "C": C, "seed": seed},
            "texts": len(texts),
            "machine": int(sum(labels)),
        },
    )


def fit_on_calibration(
    data: ItemData, *, task_id: str, fingerprint: str, features: str = "word", seed: int = 0
) -> TfidfModel:
    """Fit on the items whose split is ``calibration``, and note which task they are of.

    Thresholds that are later calibrated on the same items see scores of texts that the model has
    learned from; ``in_sample_calibration`` in the facts says so. Raises :class:`UsageError` when
    the task has no such items, texts or labels.
    """
    splits = data.columns.get("split", ())
    chosen = [i for i, split in enumerate(splits) if split == "calibration"]
    if not chosen:
        raise UsageError(
            f"{task_id} has no calibration split to fit on",
            fix="Choose a task that has one, or give the data a column 'split'",
        )
    if not data.gold or not len(data.contents):
        raise UsageError(f"{task_id} has no texts with labels to fit on")
    texts = [data.contents[i] for i in chosen]
    if not all(isinstance(text, str) for text in texts):
        raise UsageError(f"{task_id} does not hold texts")
    model = fit(texts, [data.gold[i] for i in chosen], features=features, seed=seed)
    facts = {
        "trained_on": [task_id],
        "task_fingerprint": fingerprint,
        "split": "calibration",
        "in_sample_calibration": True,
    }
    return replace(model, facts={**model.facts, **facts})


@dataclass(frozen=True, slots=True)
class Learning:
    """The learning split of a task, with the digest of what it holds."""

    task_id: str
    data: ItemData
    fingerprint: str

    @property
    def learned(self) -> list[str]:
        """Names of the classes that have items."""
        return [self.data.classes[code] for code in sorted({int(code) for code in self.data.gold})]

    def facts(self) -> dict[str, Json]:
        """What a record should tell of it."""
        import sklearn

        return {
            "trained_on": [self.task_id],
            "split": "learning",
            "learned_fingerprint": self.fingerprint,
            "items": self.data.item_count,
            "classes_learned": self.learned,
            "scikit_learn": sklearn.__version__,
        }


def learn(task: Task, request: LoadRequest) -> Learning:
    """Load what a baseline may be fitted on.

    Raises :class:`UsageError` when the task has no such split, or no contents or labels in it.
    """
    if task.learn is None:
        raise UsageError(
            f"{task.id} has no learning split to fit on",
            fix="Choose a task that has one. See: marginbench list tasks",
        )
    with blaming(task.suite, f"loading what {task.id} is learned from"):
        data = task.learn(request)
    if not data.item_count or not data.has_contents or len(data.gold) != data.item_count:
        raise UsageError(f"{task.id} has no contents with labels to learn from")
    return Learning(task.id, data, digest([["learning", task.id], *data.identity(task.asks)]))


def fit_projection(learning: Learning, *, method: str, size: int, dimension: int = 0) -> Projection:
    """Fit ``pca`` or ``fisherface`` on images resized to ``size``; see the functions of the model.

    Raises :class:`UsageError` for texts, :class:`InvalidError` for an image that cannot be decoded.
    """
    levels = _levels(learning, method, checked_size(size))
    rows = centred(levels)
    if method == "pca":
        model = fit_pca(rows, size=size, dimension=dimension)
    else:
        model = fit_fisherface(rows, learning.data.gold, size=size)
    return replace(model, facts={**learning.facts(), **_of_pixels(levels)})


def fit_classifier(
    learning: Learning, *, model: str, size: int, features: str = "word", seed: int = 0
) -> Baseline:
    """Prepare a classifier of images or texts, and fit it once to see that it learns.

    Raises :class:`UsageError` for one class alone, :class:`InvalidError` for contents from which
    nothing can be learned.
    """
    facts = learning.facts()
    texts = _is_texts(learning.data)
    if texts:
        contents: Any = list(learning.data.contents)
    else:
        contents = _levels(learning, model, checked_size(size))
        facts |= _of_pixels(contents)
    baseline = Baseline(
        model,
        contents,
        tuple(int(code) for code in learning.data.gold),
        learning.data.classes,
        parameters_of(model, seed),
        size=0 if texts else size,
        features=features if texts else "",
        facts=facts,
    )
    Fitted(baseline)
    return baseline


def _is_texts(data: ItemData) -> bool:
    return isinstance(data.contents[0], str)


def _levels(learning: Learning, model: str, size: int) -> NDArray[np.uint8]:
    import numpy as np

    data = learning.data
    if _is_texts(data):
        raise UsageError(
            f"{learning.task_id} holds texts, and {model} learns from images",
            fix="Use --model logistic-regression",
        )
    levels = np.empty((data.item_count, size * size), dtype=np.uint8)
    with Decoder() as decoder:
        for row, image in enumerate(decoder.decode(data.contents)):
            if isinstance(image, Failure):
                raise InvalidError(f"image {data.ids[row]}: {image.why}", fix="Repair the file")
            levels[row] = grey_levels([image], size)[0]
    return levels


def _of_pixels(levels: NDArray[np.uint8]) -> dict[str, Json]:
    # A picture's fingerprint is its name: this says what was in it.
    return {"pixels_sha256": hashlib.sha256(levels.tobytes()).hexdigest()}
