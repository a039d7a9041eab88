"""Fits the supervised baseline detector: TF-IDF and logistic regression of scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.errors import InvalidError, UsageError, did_you_mean
from harness.nouns import ItemData
from harness.tfidf_model import FEATURES, TfidfModel, load, save

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
