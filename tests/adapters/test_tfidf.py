from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.tfidf import ADAPTER
from harness.baselines.learn import C, fit, fit_on_calibration, load, save
from harness.baselines.tfidf import FEATURES, FILES, Scorer, TfidfModel
from harness.data import ItemData
from harness.errors import InvalidError, UsageError

pytest.importorskip("sklearn", reason="needs marginbench[baselines]")

WORDS = (
    *("river", "stone", "cloud", "maple", "engine", "copper"),
    *("violin", "harbour", "lantern", "meadow", "über"),
)


def _texts(count: int, seed: int = 0) -> tuple[list[str], list[float]]:
    draw = random.Random(seed)
    labels = [float(i % 3 != 0) for i in range(count)]
    texts = [" ".join(draw.choices(WORDS[:8] if y else WORDS[3:], k=20)) for y in labels]
    return texts, labels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(fit(*_texts(60)), tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("features", FEATURES)
def test_scores_equal_scikit_learn_s_pipeline(
    tmp_path: Path, features: str, load_with: Callable[..., Any]
) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    texts, labels = _texts(80)
    save(fit(texts, labels, features=features), tmp_path)
    pipeline = make_pipeline(
        TfidfVectorizer(min_df=2, **FEATURES[features]),
        LogisticRegression(C=C, max_iter=1000, random_state=0),
    ).fit(texts, labels)
    unseen = [*_texts(30, seed=1)[0], "", "unknown words only"]
    scores = load_with(ADAPTER, str(tmp_path)).score_texts(unseen)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, pipeline.decision_function(unseen), atol=1e-6)
    assert load_with(ADAPTER, str(tmp_path)).score_texts([]).shape == (0,)


def test_same_input_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    save(fit(*_texts(60)), tmp_path / "again")
    for name in ("manifest.json", *FILES):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert np.load(folder / "idf.npy", allow_pickle=False).dtype == np.float64


def test_identity_follows_content(folder: Path) -> None:
    before = ADAPTER.identify(str(folder), {})
    assert before.details["texts"] == 60
    save(fit(*_texts(60, seed=5)), folder)
    assert ADAPTER.identify(str(folder), {}).digest != before.digest
    (folder / "idf.npy").unlink()
    with pytest.raises(UsageError, match=r"lacks idf\.npy"):
        ADAPTER.identify(str(folder), {})
    said = "no folder of a model is given.*train-baseline.*--model tfidf:MODEL_DIR"
    with pytest.raises(UsageError, match=said):
        ADAPTER.identify("", {})
    with pytest.raises(UsageError, match="no folder 'nothing'"):
        ADAPTER.identify("nothing", {})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "other/1"), ("features", "bytes"), ("features", []), ("intercept", "0"),
        ("intercept", True), ("intercept", float("nan")), ("terms", 0), ("terms", 10**12),
        ("terms", 2.0), ("files", {}), ("facts", []), ("extra", 1),
    ],
)  # fmt: skip
def test_hostile_manifest(folder: Path, key: str, value: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(InvalidError, match=r"manifest\.json"):
        load(folder)


@pytest.mark.parametrize("name", FILES)
def test_changed_file(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(InvalidError, match="sha256"):
        load(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"vocabulary": ("b", "a")},
        {"vocabulary": ("a", "a")},
        {"vocabulary": ("a", 1)},
        {"idf": np.array([1.0])},
        {"idf": np.array([1.0, np.nan])},
        {"coefficients": np.array([1.0, 2.0, 3.0])},
    ],
)
def test_parts_that_do_not_fit(tmp_path: Path, change: dict[str, Any]) -> None:
    good: dict[str, Any] = {
        "features": "word", "vocabulary": ("a", "b"), "idf": np.ones(2),
        "coefficients": np.ones(2), "intercept": 0.0,
    }  # fmt: skip
    save(TfidfModel(**good), tmp_path)
    assert load(tmp_path).vocabulary == ("a", "b")
    save(TfidfModel(**(good | change)), tmp_path)
    with pytest.raises(InvalidError):
        load(tmp_path)


def test_what_cannot_be_fitted() -> None:
    with pytest.raises(InvalidError, match="both 0 and 1"):
        fit(["a b", "a b"], [1.0, 1.0])
    with pytest.raises(InvalidError, match="nothing to learn"):
        fit(["aa bb", "cc dd"], [1.0, 0.0])
    with pytest.raises(UsageError, match="unknown features"):
        fit(["aa", "aa"], [1.0, 0.0], features="words")


def test_only_calibration_items_are_learned_from() -> None:
    texts, labels = _texts(60)
    split = tuple("calibration" if i < 40 else "test" for i in range(60))
    ids = tuple(f"t{i}" for i in range(60))
    data = ItemData(
        ids=ids, contents=texts, gold=tuple(labels), clusters=ids, columns={"split": split},
        numbers={}, facts={}, notes={},
    )  # fmt: skip
    model = fit_on_calibration(data, task_id="detection/x", fingerprint="f")
    expected = fit(texts[:40], labels[:40])
    assert model.vocabulary == expected.vocabulary
    np.testing.assert_array_equal(model.coefficients, expected.coefficients)
    assert model.facts["trained_on"] == ["detection/x"]
    assert model.facts["in_sample_calibration"] is True
    bare = ItemData(
        ids=ids, contents=texts, gold=tuple(labels), clusters=ids, columns={}, numbers={},
        facts={}, notes={},
    )  # fmt: skip
    with pytest.raises(UsageError, match="no calibration split"):
        fit_on_calibration(bare, task_id="detection/x", fingerprint="f")


@pytest.mark.shared_data
def test_outfox_essays(shared_data: Path) -> None:
    """Fitted on valid; the test essays, attacked and not, as in the research notes."""
    from sklearn.metrics import roc_auc_score

    path = shared_data / "detection" / "outfox" / "texts.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    valid = [row for row in rows if row["split"] == "valid"]
    scorer = Scorer(fit([r["text"] for r in valid], [float(r["label"]) for r in valid]))
    test = [row for row in rows if row["split"] == "test"]
    scores = scorer.decision([row["text"] for row in test])

    def auroc(generator: str, attack: str) -> float:
        wanted = [r["label"] == 0 or (r["generator"], r["attack"]) == (generator, attack)
                  for r in test]  # fmt: skip
        chosen = np.array(wanted)
        return float(roc_auc_score(np.array([r["label"] for r in test])[chosen], scores[chosen]))

    assert auroc("chatgpt", "none") == pytest.approx(1.000, abs=0.001)
    assert auroc("chatgpt", "dipper") == pytest.approx(0.995, abs=0.005)
    assert auroc("flan_t5_xxl", "none") > auroc("flan_t5_xxl", "dipper") > 0.9
