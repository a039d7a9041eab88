from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.sklearn_baseline import ADAPTER
from harness.baselines.classifiers import ESTIMATORS, Baseline, Fitted, load, parameters_of, save
from harness.capabilities import capabilities_of
from harness.errors import InvalidError, UsageError
from harness.tasks.grey import grey_levels

Image = pytest.importorskip("PIL.Image", reason="needs marginbench[images]")
pytest.importorskip("sklearn", reason="needs marginbench[baselines]")
SIZE = 4
CLASSES = ("zero", "one", "two", "never seen")
TOPICS = ["river bank water boat", "loan money credit bank", "engine copper wheel road"]
Load = Callable[..., Any]


def pictures(classes: int = 3, each: int = 10, seed: int = 0) -> tuple[list[Any], list[int]]:
    draw = np.random.default_rng(seed)
    patterns = np.random.default_rng(7).integers(50, 200, (classes, SIZE, SIZE))
    images, codes = [], []
    for index in range(classes * each):
        code = index % classes
        values = np.clip(patterns[code] + draw.normal(0, 30, (SIZE, SIZE)), 0, 255)
        images.append(Image.fromarray(values.astype(np.uint8)).convert("RGB"))
        codes.append(code)
    return images, codes


def of_pictures(model: str, classes: int = 3) -> Baseline:
    images, codes = pictures(classes)
    levels = grey_levels(images, SIZE)
    return Baseline(model, levels, tuple(codes), CLASSES, parameters_of(model, 3), size=SIZE)


def of_texts(model: str, features: str = "word") -> Baseline:
    draw = np.random.default_rng(2)
    texts = [" ".join(draw.choice(TOPICS[i % 3].split(), 6)) for i in range(30)]
    codes = tuple(i % 3 for i in range(30))
    return Baseline(model, texts, codes, CLASSES, parameters_of(model, 3), features=features)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("model", ESTIMATORS)
def test_the_highest_logit_is_the_estimators_choice(model: str, classes: int) -> None:
    fitted = Fitted(of_pictures(model, classes))
    levels = grey_levels(pictures(classes, 20, seed=5)[0], SIZE)
    logits = fitted.logits(levels)
    assert logits.shape == (20 * classes, classes)
    assert np.isfinite(logits).all()
    assert fitted.labels == CLASSES[:classes]
    chosen = logits.argmax(axis=1)
    predicted = fitted._estimator.predict(levels / 255)
    if model == "svc":  # with three classes predict() takes a vote instead
        assert np.mean(chosen == predicted) > 0.9
    else:
        np.testing.assert_array_equal(chosen, predicted)
    assert np.mean(chosen == pictures(classes, 20, seed=5)[1]) > 0.8


@pytest.mark.parametrize("model", ["logistic-regression", "random-forest"])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_softmax_is_the_estimators_probability(model: str, classes: int) -> None:
    fitted = Fitted(of_pictures(model, classes))
    levels = grey_levels(pictures(classes, 5, seed=8)[0], SIZE)
    logits = fitted.logits(levels).astype(float)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = fitted._estimator.predict_proba(levels / 255)
    np.testing.assert_allclose(shares, expected, atol=1e-5)


def test_nearest_centroid_is_minus_the_squared_distance() -> None:
    baseline = of_pictures("nearest-centroid")
    levels, codes = baseline.contents / 255, np.array(baseline.targets)
    centres = np.stack([levels[codes == code].mean(axis=0) for code in range(3)])
    expected = -((levels[:, None] - centres) ** 2).sum(axis=2)
    np.testing.assert_allclose(Fitted(baseline).logits(baseline.contents), expected, atol=1e-5)


@pytest.mark.parametrize("features", ["word", "char"])
@pytest.mark.parametrize("model", ESTIMATORS)
def test_texts_after_a_round_trip(
    tmp_path: Path, load_with: Load, model: str, features: str
) -> None:
    save(of_texts(model, features), tmp_path / "m")
    assert ADAPTER.capabilities(str(tmp_path / "m")) == {"classify_texts"}
    found = load_with(ADAPTER, str(tmp_path / "m"))
    assert capabilities_of(found) == {"classify_texts"}
    logits = found.classify_texts([*TOPICS, "unheard-of", ""])
    assert np.isfinite(logits).all()
    assert [found.labels[code] for code in logits[:3].argmax(axis=1)] == ["zero", "one", "two"]
    again = load_with(ADAPTER, str(tmp_path / "m")).classify_texts([*TOPICS, "unheard-of", ""])
    np.testing.assert_array_equal(logits, again)
    assert found.classify_texts([]).shape == (0, 3)


@pytest.mark.parametrize("model", ESTIMATORS)
def test_images_after_a_round_trip(tmp_path: Path, load_with: Load, model: str) -> None:
    baseline = of_pictures(model)
    save(baseline, tmp_path / "m")
    assert ADAPTER.capabilities(str(tmp_path / "m")) == {"classify_images"}
    found = load_with(ADAPTER, str(tmp_path / "m"))
    assert capabilities_of(found) == {"classify_images"}
    images = pictures(3, 4, seed=9)[0]
    expected = Fitted(baseline).logits(grey_levels(images, SIZE))
    np.testing.assert_array_equal(found.classify_images(images), expected)


def test_equal_input_equal_bytes_and_no_pickle(tmp_path: Path) -> None:
    for make in (of_pictures, of_texts):
        for name in ("a", "b"):
            save(make("random-forest"), tmp_path / make.__name__ / name)
        for path in (tmp_path / make.__name__ / "a").iterdir():
            content = path.read_bytes()
            assert content == (tmp_path / make.__name__ / "b" / path.name).read_bytes()
            assert b"sklearn." not in content


def test_the_digest_covers_data_parameters_and_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def digest(name: str, baseline: Baseline) -> str:
        save(baseline, tmp_path / name)
        return ADAPTER.identify(str(tmp_path / name), {}).digest

    one = digest("a", of_texts("svc"))
    assert digest("b", of_texts("svc")) == one
    assert digest("c", of_texts("svc", "char")) != one
    assert digest("d", of_texts("logistic-regression")) != one
    monkeypatch.setattr("harness.adapters.sklearn_baseline.version", lambda name: "9.9")
    assert digest("a", of_texts("svc")) != one


def test_a_regression_that_was_cut_short_says_so(tmp_path: Path, load_with: Load) -> None:
    baseline = of_pictures("logistic-regression")
    save(baseline, tmp_path / "m")
    assert load_with(ADAPTER, str(tmp_path / "m")).resolved == {"converged": True}
    save(replace(baseline, parameters={**baseline.parameters, "max_iter": 1}), tmp_path / "m")
    assert load_with(ADAPTER, str(tmp_path / "m")).resolved == {"converged": False}
    save(of_pictures("svc"), tmp_path / "m")
    assert load_with(ADAPTER, str(tmp_path / "m")).resolved == {}


def test_what_is_not_there_does_not_crash() -> None:
    assert ADAPTER.capabilities("") == {"classify_images", "classify_texts"}
    with pytest.raises(UsageError, match=r"no folder of a model is given.*train-baseline"):
        ADAPTER.identify("", {})


def test_what_cannot_be_learned_is_one_line() -> None:
    images, _ = pictures()
    one = Baseline("svc", grey_levels(images, SIZE), (1,) * 30, CLASSES, parameters_of("svc", 0))
    with pytest.raises(UsageError, match="two classes or more"):
        Fitted(one)
    empty = Baseline("svc", ["", ""], (0, 1), CLASSES, parameters_of("svc", 0), features="word")
    with pytest.raises(InvalidError, match="svc cannot learn from 2 texts") as caught:
        Fitted(empty)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "os.system"}, "unusable value of model"),
        ({"kind": "sounds"}, "unusable value of kind"),
        ({"kind": "images"}, "unusable value of features, size, files"),
        ({"features": "bytes"}, "unusable value of features"),
        ({"parameters": {"C": 1.0, "max_iter": 9, "n_jobs": 4}}, "unusable value of parameters"),
        ({"classes": ["zero", "zero"]}, "unusable value of classes"),
        ({"classes": ["zero", "one"]}, "does not hold the texts"),
        ({"items": 29}, "does not hold the texts"),
        ({"files": {"data.jsonl": "0"}}, "not the file its manifest names"),
    ],
)
def test_a_changed_manifest_is_one_line(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    save(of_texts("logistic-regression"), tmp_path / "m")
    path = tmp_path / "m" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InvalidError, match=message) as caught:
        load(str(tmp_path / "m"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("line", ["{", "[]", '{"text": 3, "label": "zero"}', '{"label": "zero"}'])
def test_changed_texts_are_one_line(tmp_path: Path, line: str) -> None:
    save(of_texts("svc"), tmp_path / "m")
    data, path = tmp_path / "m" / "data.jsonl", tmp_path / "m" / "manifest.json"
    lines = data.read_text().splitlines()
    data.write_text("\n".join([line, *lines[1:], ""]))
    digest = hashlib.sha256(data.read_bytes()).hexdigest()
    path.write_text(json.dumps(json.loads(path.read_text()) | {"files": {"data.jsonl": digest}}))
    with pytest.raises(InvalidError, match="does not hold the texts of the model"):
        load(str(tmp_path / "m"))
