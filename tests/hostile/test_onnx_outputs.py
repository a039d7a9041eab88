"""ONNX graphs that give something else than embeddings, or fail: one line, and nothing printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.onnx.running import run_graph
from harness.adapters.onnx.texts import open_session
from harness.errors import InvalidError

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime", reason="needs marginbench[quickstart]")

INTEGER, FLOAT, STRING = (
    onnx.TensorProto.INT64,
    onnx.TensorProto.FLOAT,
    onnx.TensorProto.STRING,
)
IDS = {"x": np.arange(6).reshape(2, 3)}


def value(name: str, kind: int) -> Any:
    return onnx.helper.make_tensor_value_info(name, kind, None)


def node(kind: str, **attributes: Any) -> Any:
    return onnx.helper.make_node(kind, ["x"], ["y"], name="\x1b[31mred\x07", **attributes)


OUTPUTS = {
    "a sequence": (
        node("SplitToSequence"),
        onnx.helper.make_tensor_sequence_value_info("y", INTEGER, None),
        "holds no numbers",
    ),
    "texts": (node("Cast", to=STRING), value("y", STRING), "holds no numbers"),
    "one number": (node("ReduceSum", keepdims=0), value("y", INTEGER), "has 0 dimensions"),
    "a row": (node("Flatten", axis=0), value("y", INTEGER), None),
}


def session(folder: Path, made: Any, output: Any) -> Any:
    graph = onnx.helper.make_graph([made], "g", [value("x", INTEGER)], [output])
    opset = [onnx.helper.make_opsetid("", 17)]
    path = folder / "model.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    return open_session(path, "cpu", 1)


@pytest.mark.parametrize("kind", OUTPUTS)
def test_what_is_no_embedding(tmp_path: Path, kind: str) -> None:
    made, output, said = OUTPUTS[kind]
    opened = session(tmp_path, made, output)
    if said is None:
        found = run_graph(opened, "y", IDS, dimensions=(2, 3))
        assert (found.dtype, found.tolist()) == (np.float32, [[0, 1, 2, 3, 4, 5]])
        return
    with pytest.raises(InvalidError, match=said):
        run_graph(opened, "y", IDS, dimensions=(2, 3))


def test_what_fails_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The library would write the names of nodes to the terminal as they are."""
    shape = onnx.numpy_helper.from_array(np.array([5, 7]))
    inner = onnx.helper.make_node("Constant", [], ["s"], value=shape)
    made = onnx.helper.make_node("Reshape", ["x", "s"], ["y"], name="\x1b[31mred\x07")
    graph = onnx.helper.make_graph([inner, made], "g", [value("x", INTEGER)], [value("y", INTEGER)])
    path = tmp_path / "model.onnx"
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    with pytest.raises(InvalidError, match="does not take what it is given"):
        run_graph(open_session(path, "cpu", 1), "y", IDS, dimensions=(2,))
    assert capfd.readouterr() == ("", "")
