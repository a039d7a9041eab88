"""An ONNX graph of a stranger reads no file outside of its folder."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.onnx.outside import check_outside, locations
from harness.errors import InvalidError

onnx = pytest.importorskip("onnx")


def tensor(location: str) -> Any:
    made = onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT, dims=[4])
    made.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("offset", "0"), ("location", location), ("length", "16")):
        entry = made.external_data.add()
        entry.key, entry.value = key, value
    return made


def graph(*nodes: Any, **parts: Any) -> Any:
    values = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [4]) for n in "xy"]
    return onnx.helper.make_graph(list(nodes), "g", values[:1], values[1:], **parts)


def holding(location: str) -> dict[str, Any]:
    """A model for each place that a tensor may stand in, made by the reference library."""
    helper, inner = onnx.helper, tensor(location)
    constant = helper.make_node("Constant", [], ["c"], value=inner)
    below = helper.make_node("If", ["x"], ["y"], then_branch=graph(constant), else_branch=graph())
    sparse = onnx.SparseTensorProto(values=inner, indices=tensor("inside.bin"), dims=[4])
    function = helper.make_function("d", "F", [], ["c"], [constant], [])
    training = helper.make_model(graph())
    training.training_info.add().initialization.CopyFrom(graph(initializer=[inner]))
    many = helper.make_node("N", [], ["c"], values=[inner])
    return {
        "initializer": helper.make_model(graph(initializer=[inner])),
        "constant": helper.make_model(graph(constant)),
        "list of an attribute": helper.make_model(graph(many)),
        "branch": helper.make_model(graph(below)),
        "sparse": helper.make_model(graph(sparse_initializer=[sparse])),
        "function": helper.make_model(graph(), functions=[function]),
        "training": training,
    }


PLACES = tuple(holding("x"))


@pytest.fixture
def save(tmp_path: Path) -> Callable[[Any], Path]:
    def saved(model: Any) -> Path:
        path = tmp_path / "in" / "model.onnx"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(model.SerializeToString())
        return path

    return saved


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "location", ["../x.bin", "/etc/passwd", "a/../../x", "..\\x", "C:\\x", "a\0b"]
)
def test_tensors_elsewhere_are_refused(place: str, location: str, save: Any) -> None:
    path = save(holding(location)[place])
    assert location in locations(path)
    with pytest.raises(InvalidError, match="outside of its folder") as caught:
        check_outside(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", PLACES)
def test_tensors_beside_it_are_not(place: str, save: Any) -> None:
    path = save(holding("part/model.onnx_data")[place])
    assert "part/model.onnx_data" in locations(path)
    check_outside(path)


def test_a_link_out_is_refused_and_data_that_lies_elsewhere_is_not(
    save: Any, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    for name, refused in (("x.bin", True), ("model.onnx_data", False)):
        path = save(holding(name)["initializer"])
        (path.parent / name).symlink_to(tmp_path / "secret")
        if refused:
            with pytest.raises(InvalidError, match="outside of its folder"):
                check_outside(path)
        else:
            check_outside(path)


def test_what_is_no_graph_is_one_line(save: Any) -> None:
    seeded = random.Random(7)
    whole = holding("x.bin")["branch"].SerializeToString()
    path = save(holding("x.bin")["branch"])
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(seeded.randrange(1, 4)):
            data[seeded.randrange(len(data))] = seeded.randrange(256)
        path.write_bytes(bytes(data[: seeded.randrange(len(data) + 1)]))
        with suppress(InvalidError):  # which is one line; anything else is a fault
            check_outside(path)
