"""What draws by chance in a checkpoint gives another figure at every run: it is refused, or left
out where training alone wants it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.onnx.chance import check_chance
from harness.adapters.support.doors.names import check_names
from harness.adapters.support.one_way import cut_one_way
from harness.errors import InvalidError, UsageError

onnx = pytest.importorskip("onnx")


def saved(path: Path, *nodes: Any, functions: tuple[Any, ...] = (), **parts: Any) -> Path:
    values = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [4]) for n in "xy"]
    graph = onnx.helper.make_graph(list(nodes), "g", values[:1], values[1:], **parts)
    made = onnx.helper.make_model(graph, functions=list(functions))
    path.write_bytes(made.SerializeToString())
    return path


def drawing(operator: str) -> Any:
    return onnx.helper.make_node(operator, ["x"], ["y"])


OPERATORS = ("RandomNormalLike", "RandomUniformLike", "RandomNormal", "RandomUniform", "Bernoulli",
             "Multinomial", "Sampling")  # fmt: skip


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_operator_that_draws(operator: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match=rf"draws numbers by chance \({operator}\)"):
        check_chance(saved(tmp_path / "model.onnx", drawing(operator)))


def test_one_that_stands_deeper(tmp_path: Path) -> None:
    inner = onnx.helper.make_graph([drawing("Bernoulli")], "b", [], [])
    branch = onnx.helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner)
    function = onnx.helper.make_function("d", "F", ["x"], ["y"], [drawing("Multinomial")], [])
    for path in (saved(tmp_path / "a.onnx", branch),
                 saved(tmp_path / "b.onnx", functions=(function,))):  # fmt: skip
        with pytest.raises(InvalidError, match="draws numbers by chance"):
            check_chance(path)


def test_dropout_draws_where_it_is_trained(tmp_path: Path) -> None:
    node = onnx.helper.make_node("Dropout", ["x", "", "t"], ["y"])
    plain = onnx.helper.make_node("Dropout", ["x"], ["y"])
    path = tmp_path / "model.onnx"
    check_chance(saved(path, plain))
    for value in (False, True):
        flag = onnx.numpy_helper.from_array(np.array(value), "t")
        typed = onnx.helper.make_tensor("t", onnx.TensorProto.BOOL, [], [value])
        constant = onnx.helper.make_node("Constant", [], ["t"], value=flag)
        for made in (saved(path, node, initializer=[flag]), saved(path, node, initializer=[typed]),
                     saved(path, constant, node)):  # fmt: skip
            if not value:
                check_chance(made)
                continue
            with pytest.raises(InvalidError, match=r"by chance \(Dropout at training\)"):
                check_chance(made)
    with pytest.raises(InvalidError, match="Dropout at training"):  # it is told from outside
        check_chance(saved(path, node))


def test_merges_are_left_out_by_no_chance() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    words = {"a": 0, "b": 1, "ab": 2, "abab": 3}
    model = tokenizers.models.BPE(words, [("a", "b"), ("ab", "ab")], dropout=0.5)
    tokenizer = tokenizers.Tokenizer.from_str(tokenizers.Tokenizer(model).to_str())
    assert len({tuple(tokenizer.encode("abab" * 20).ids) for _ in range(20)}) > 1
    cut_one_way(tokenizer)
    assert {tuple(tokenizer.encode("abab" * 20).ids) for _ in range(20)} == {(3,) * 20}


def test_sentence_pieces_are_not_drawn(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer_config.json"
    told: dict[str, Any] = {"enable_sampling": True, "alpha": 0.1, "nbest_size": -1}
    path.write_text(json.dumps({"sp_model_kwargs": told}))
    with pytest.raises(UsageError, match="draws by chance how words are cut"):
        check_names(path, trusted=False)
    path.write_text(json.dumps({"sp_model_kwargs": {"enable_sampling": False}}))
    check_names(path, trusted=False)
