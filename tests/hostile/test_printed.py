"""What a message quotes of a stranger's file moves no cursor, whatever the terminal is."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from harness.adapters.onnx.texts import _known_inputs, open_session
from harness.errors import IncompleteError, InvalidError, UsageError
from harness.registry import warn
from harness.tasks.reading.content import say

SIGNS = "\x1b]0;title\x07\x1b[31m \u202eesrever \x9b2J \r\b\u2028"


@pytest.mark.parametrize("kind", [InvalidError, UsageError, IncompleteError])
def test_errors(kind: type[InvalidError]) -> None:
    error = kind(f"{SIGNS} is no column", fix=f"Write {SIGNS}")
    assert str(error).isprintable()
    assert "is no column" in error.message
    assert "esrever" in error.fix
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.message, copy.fix) == (error.message, error.fix)


def test_advice_of_several_lines_keeps_them() -> None:
    assert InvalidError("x", fix="first\nsecond\x1b[1m").fix == "first\nsecond?[1m"


def test_notes_and_warnings(caplog: pytest.LogCaptureFixture) -> None:
    say(f"{SIGNS} was taken")
    warn(f"{SIGNS} is passed over")
    assert len(caplog.messages) == 2
    assert all(line.isprintable() for line in caplog.messages)


def test_names_in_a_graph(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime", reason="needs marginbench[quickstart]")
    number = onnx.TensorProto.INT64
    values = [onnx.helper.make_tensor_value_info(name, number, [1]) for name in ("\x1b[2Jx", "y")]
    node = onnx.helper.make_node("Identity", ["\x1b[2Jx"], ["y"])
    graph = onnx.helper.make_graph([node], "g", values[:1], values[1:])
    opset = [onnx.helper.make_opsetid("", 17)]
    path = tmp_path / "model.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    assert open_session(path, "cpu", 1).get_inputs()[0].name == "\x1b[2Jx"
    with pytest.raises(InvalidError, match=r"its inputs are \?\[2Jx") as caught:
        _known_inputs(open_session(path, "cpu", 1), path)
    assert str(caught.value).isprintable()
