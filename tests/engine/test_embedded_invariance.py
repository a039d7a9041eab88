"""Every embedded model on its embedded task: alone or in a batch, its answers are the same."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from harness.data.asked import LoadRequest
from harness.engine.invariance import measure_invariance, sample_of
from harness.engine.named import prepare_model
from harness.engine.work import make_work
from harness.errors import UsageError
from harness.records.invariance import Invariance
from harness.registry import suites
from harness.runs.batches import batch_settings
from harness.tasks.images import Decoder
from harness.tasks.load import load_task
from harness.tasks.selection import find_task

MODELS = [(suite.embedded[0], model) for suite in suites() for model in suite.embedded_models]
FITTED = [
    (suite.embedded[0], name, options)
    for suite in suites()
    for name, options in suite.embedded_baselines
]
NOISE = 1e-5
"""Float32 sums in another order; what moves an answer by more is for a person to look at."""


def check(task_id: str, model: str) -> None:
    task = find_task(task_id)
    try:
        prepared = prepare_model(model, (), dtype="auto", tasks=[task]).on(task)
    except UsageError as error:
        pytest.skip(error.message)
    loaded = load_task(task, LoadRequest())
    work = make_work(loaded, prepared.capability)
    batch = batch_settings("cpu", None, None)
    sample = sample_of(loaded, work, prepared.capability, batch, direction="higher")
    with Decoder(threads=True) as decoder:
        (row, why), lines = measure_invariance(prepared.spec.load("cpu"), sample, decoder)
    assert lines == []
    if prepared.adapter.name in ("bm25", "first-stage"):
        assert (row, why) == (None, "answers are looked up, not computed")
        return
    found = Invariance.model_validate(row)
    for pair in (found.batch, found.order):
        assert pair is not None
        assert pair.difference is not None
        assert (pair.changed, pair.one_sided) == (0, 0)
        assert pair.difference <= NOISE
    assert found.repeat is None


@pytest.mark.parametrize(("task", "model"), MODELS, ids=[model for _, model in MODELS])
def test_an_embedded_model(task: str, model: str) -> None:
    check(task, model)


@pytest.mark.parametrize(("task", "name", "options"), FITTED, ids=[name for _, name, _ in FITTED])
def test_a_fitted_baseline(
    task: str, name: str, options: dict[str, object], tmp_path: Path
) -> None:
    if find_spec("sklearn") is None:
        pytest.skip("needs scikit-learn")
    from harness.baselines.fit import fit_baseline

    made = fit_baseline(find_task(task), LoadRequest(), tmp_path / name, model=name, **options)
    check(task, made.model)
