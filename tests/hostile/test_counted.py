"""Weights that the digest of a folder leaves out could be others under the same fingerprint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.adapters.onnx.outside import check_outside
from harness.adapters.support.checkpoints import counts, digest_folder
from harness.adapters.support.doors.check import check_folder
from harness.adapters.timm.checkpoint import _weights
from harness.errors import InvalidError, UsageError

LEFT_OUT = ("optimizer.safetensors", "LICENSE.safetensors", "scaler.safetensors")


def looked_through(folder: Path) -> None:
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    check_folder(folder, files, trusted=False, allow_pickle=False)


@pytest.mark.parametrize("name", [*LEFT_OUT, ".w.safetensors", "__pycache__/w.bin", "a/.b/c.d"])
def test_what_counts_is_what_is_digested(tmp_path: Path, name: str) -> None:
    (tmp_path / "config.json").write_text("{}")
    before = digest_folder(tmp_path)
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("weights")
    assert not counts(name)
    assert digest_folder(tmp_path) == before
    path.rename(tmp_path / "w.safetensors")
    assert counts("w.safetensors")
    assert digest_folder(tmp_path) != before


@pytest.mark.parametrize("name", LEFT_OUT)
def test_an_index_names_none(tmp_path: Path, name: str) -> None:
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "model-1.safetensors", "b": name}}))
    with pytest.raises(UsageError, match=f"names a file that is no safetensors .*{name}"):
        looked_through(tmp_path)
    index.write_text(json.dumps({"weight_map": {"a": "model-1.safetensors"}}))
    looked_through(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"transformers_weights": name}))
    with pytest.raises(UsageError, match="names weights"):
        looked_through(tmp_path)


def test_a_module_lies_in_none(tmp_path: Path) -> None:
    module = {"idx": 0, "name": "0", "type": "sentence_transformers.models.Dense"}
    path = tmp_path / "modules.json"
    path.write_text(json.dumps([{**module, "path": "__pycache__"}]))
    with pytest.raises(UsageError, match="names a module outside of the folder"):
        looked_through(tmp_path)


@pytest.mark.parametrize("name", [".hidden", "weights.log", "README.md", "__pycache__/w"])
def test_a_graph_names_none(tmp_path: Path, name: str) -> None:
    onnx = pytest.importorskip("onnx")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(bytes(4))
    made = onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT, dims=[1])
    made.data_location = onnx.TensorProto.EXTERNAL
    entry = made.external_data.add()
    entry.key, entry.value = "location", name
    graph = onnx.helper.make_graph([], "g", [], [], initializer=[made])
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx.helper.make_model(graph).SerializeToString())
    with pytest.raises(InvalidError, match="does not count as one of a checkpoint"):
        check_outside(path)


def test_weights_of_timm_are_none(tmp_path: Path) -> None:
    (tmp_path / "LICENSE.safetensors").touch()
    with pytest.raises(UsageError, match="holds no weights"):
        _weights(tmp_path, allow_pickle=False)
    (tmp_path / "net.safetensors").touch()
    assert _weights(tmp_path, allow_pickle=False).name == "net.safetensors"
