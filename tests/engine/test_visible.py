"""Which GPUs variables leave visible, and how a worker takes one of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from harness.engine.devices import claim, parse_devices, visible_gpus
from harness.engine.visible import CUDA, HIP, ROCR, Visible, amd_gpus, listed, parse_ids, visible
from harness.errors import UsageError

MIG = "MIG-c7384736-a75d-5afc-978f-d2f1294409fd"
OLD_MIG = "MIG-GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77/1/0"
WHOLE = "GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0,1", ("0", "1")),
        (" 3 , 1 ", ("3", "1")),
        ("", ()),
        ("-1", ()),
        ("0,-1,1", ("0",)),  # what stands behind one that is not there does not count
        ("0,,1", ("0",)),
        ("NoDevFiles", ()),
        ("all", ()),
        (WHOLE, (WHOLE,)),
        ("GPU-5d5b", ("GPU-5d5b",)),
        (f"{MIG},{OLD_MIG}", (MIG, OLD_MIG)),
    ],
)
def test_what_a_variable_names(text: str, expected: tuple[str, ...]) -> None:
    assert parse_ids(CUDA, text) == expected


def test_one_named_twice_is_refused() -> None:
    with pytest.raises(UsageError, match=r"CUDA_VISIBLE_DEVICES names GPU 1 twice.*to 0,1$"):
        parse_ids(CUDA, "0,1,1")


@pytest.mark.parametrize(
    ("environment", "nvidia", "amd", "expected"),
    [
        ({}, (), (), Visible(HIP, ())),
        ({}, ("0", "1"), (), Visible(CUDA, ("0", "1"))),
        ({}, (), ("0", "1"), Visible(HIP, ("0", "1"))),
        ({CUDA: MIG}, ("0",), (), Visible(CUDA, (MIG,))),
        ({CUDA: ""}, ("0",), (), Visible(CUDA, ())),
        ({CUDA: "1"}, (), ("0", "1"), Visible(CUDA, ("1",))),  # AMD's libraries heed it too
        ({HIP: "1,0"}, (), ("0", "1"), Visible(HIP, ("1", "0"))),
        ({ROCR: "GPU-a,2"}, (), ("0", "1", "2"), Visible(ROCR, ("GPU-a", "2"))),
        ({ROCR: "2,3", HIP: "1"}, (), ("0",), Visible(HIP, ("1",))),
        ({CUDA: "0,1", HIP: "3"}, (), ("0",), Visible(HIP, ("3",))),
        ({CUDA: "0,1", ROCR: "2,3"}, (), ("0",), Visible(CUDA, ("0", "1"))),
        ({HIP: "3", ROCR: "2"}, ("0", "1"), (), Visible(CUDA, ("0", "1"))),
        ({CUDA: "1", HIP: "3"}, ("0", "1"), (), Visible(CUDA, ("1",))),
    ],
)
def test_the_variable_that_counts(
    environment: dict[str, str], nvidia: tuple[str, ...], amd: tuple[str, ...], expected: Visible
) -> None:
    assert visible(environment, lambda: nvidia, lambda: amd) == expected


def test_the_machine_is_not_asked_when_a_variable_says_it() -> None:
    def never() -> tuple[str, ...]:
        raise AssertionError

    assert visible({CUDA: "0"}, never, never).ids == ("0",)
    assert visible({ROCR: "0"}, lambda: (), never).ids == ("0",)


PLAIN = """\
GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-11111111-aaaa-bbbb-cccc-000000000000)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-22222222-aaaa-bbbb-cccc-000000000000)
"""
CUT = """\
GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-11111111-aaaa-bbbb-cccc-000000000000)
  MIG 3g.40gb     Device  0: (UUID: MIG-33333333-aaaa-bbbb-cccc-000000000000)
  MIG 3g.40gb     Device  1: (UUID: MIG-44444444-aaaa-bbbb-cccc-000000000000)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-22222222-aaaa-bbbb-cccc-000000000000)
"""


def test_the_drivers_list() -> None:
    assert listed("") == ()
    assert listed("No devices found.\n") == ()
    assert listed(PLAIN) == ("0", "1")
    assert listed(CUT) == (
        "MIG-33333333-aaaa-bbbb-cccc-000000000000",
        "MIG-44444444-aaaa-bbbb-cccc-000000000000",
        "GPU-22222222-aaaa-bbbb-cccc-000000000000",
    )


def test_gpus_of_amd_are_the_nodes_with_vector_units(tmp_path: Path) -> None:
    for node, units in enumerate((0, 304, 304)):
        folder = tmp_path / str(node)
        folder.mkdir()
        (folder / "properties").write_text(f"cpu_cores_count 0\nsimd_count {units}\nsimd_id 1\n")
    (tmp_path / "3").mkdir()
    assert amd_gpus(tmp_path) == ("0", "1")
    assert amd_gpus(tmp_path / "none") == ()


@pytest.mark.parametrize(
    ("variable", "value", "device", "left"),
    [
        (CUDA, f"{MIG},{OLD_MIG}", "cuda:1", OLD_MIG),
        (CUDA, WHOLE, "cuda", WHOLE),
        (HIP, "4,6", "cuda:1", "6"),
        (ROCR, "GPU-a,GPU-b", "cuda:0", "GPU-a"),
    ],
)
def test_a_worker_takes_one_and_sees_no_other(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, device: str, left: str
) -> None:
    for name in (CUDA, HIP, ROCR):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "")  # no tool of a driver
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setenv(variable, value)
    assert parse_devices("auto") == [f"cuda:{i}" for i in range(len(value.split(",")))]
    assert claim(device) == "cuda"
    assert os.environ[variable] == left
    assert visible_gpus() == [left]
    assert not ({CUDA, HIP, ROCR} - {variable}) & os.environ.keys()
