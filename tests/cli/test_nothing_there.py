"""What is empty or taken for another thing is told in a line that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command


def test_a_site_of_runs_that_have_no_record_is_refused(command: Command, tmp_path: Path) -> None:
    """A page of nothing looked like one of something, with exit 0 and without a word."""
    runs = tmp_path / "runs"
    (runs / "model" / "task").mkdir(parents=True)
    (runs / "model" / "task" / "manifest.json").write_text("{}")
    answer = command("site", "--records", runs, "--out", tmp_path / "site")
    assert answer.code == 2
    assert "holds no record" in answer.err
    assert "run evaluate again" in answer.err
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("files", "task", "said"),
    [
        (("model.onnx",), "reranking/folder", "holds no tokenizer.json, so its graph is taken for"),
        ((), "consistency/faces", "holds no model.onnx or onnx/model.onnx"),
        (("model.onnx", "tokenizer.json"), "consistency/faces", "holds a tokenizer.json, so its"),
    ],
)
def test_a_graph_that_was_taken_for_another_kind_says_by_which_file(
    command: Command, collection: Path, tmp_path: Path, files: tuple[str, ...], task: str, said: str
) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("tokenizers")
    folder = tmp_path / "graph"
    folder.mkdir()
    for name in files:
        (folder / name).touch()
    data = ("--data", collection) if task == "reranking/folder" else ()
    answer = command("evaluate", "--model", f"onnx-embedder:{folder}", "--task", task, *data)
    assert answer.code == 2
    assert said in answer.err
    assert "tell_gold" not in answer.err  # which only the labels themselves can
    assert "oracle" not in answer.err
