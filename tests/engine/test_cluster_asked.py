"""What is asked of a cluster, and how many workers it has room for; without Ray."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from harness.cli import run
from harness.data.asked import LoadRequest
from harness.engine.cluster import asked
from harness.engine.cluster.asked import Cluster, check_device, check_gpus, cluster_of
from harness.engine.cluster.room import Node, Seating, seated
from harness.engine.cluster.versions import check_versions
from harness.engine.evaluate import EvaluateRequest, evaluate
from harness.engine.held import HeldModel
from harness.errors import UsageError

CPUS = [Node(0, 0), Node(8, 0), Node(4, 0)]
GPUS = [Node(4, 0), Node(16, 4), Node(16, 2)]


@pytest.mark.parametrize(
    ("nodes", "given", "expected"),
    [
        (CPUS, {}, Seating(2, 0, 4)),  # one on each node that may do anything
        (CPUS, {"workers": 12}, Seating(12, 0, 1)),
        (CPUS, {"workers": 1}, Seating(1, 0, 4)),
        (GPUS, {}, Seating(6, 1, 5)),
        (GPUS, {"device": "cpu"}, Seating(3, 0, 4)),
        (GPUS, {"gpus": 0.0}, Seating(3, 0, 4)),
        (GPUS, {"gpus": 0.5}, Seating(12, 0.5, 2)),
        (GPUS, {"gpus": 2.0}, Seating(3, 2, 8)),
        (GPUS, {"gpus": 4.0}, Seating(1, 4, 16)),
        (GPUS, {"usable": ("cpu",)}, Seating(3, 0, 4)),
        ([Node(2, 8)], {"workers": 2}, Seating(2, 1, 1)),
    ],
)
def test_a_worker_for_each_gpu_or_each_node(
    nodes: list[Node], given: dict[str, Any], expected: Seating
) -> None:
    given = {"workers": None, "gpus": None, **given}
    found = seated(nodes, **given)
    assert found == expected
    assert found.device == ("cuda" if expected.gpus else "cpu")


@pytest.mark.parametrize(
    ("nodes", "given", "said"),
    [
        (CPUS, {"workers": 13}, "room for 12 workers of 1 CPU, and 13 are asked for"),
        (CPUS, {"gpus": 1.0}, "room for 0 workers of 1 CPU and 1 GPU"),
        (CPUS, {"gpus": 1.0}, "or use --gpus-per-worker 0"),
        (CPUS, {"device": "cuda"}, "the cluster has none"),
        (GPUS, {"gpus": 8.0}, "room for 0 workers of 1 CPU and 8 GPU"),
        (GPUS, {"device": "cpu", "gpus": 1.0}, "no use for --gpus-per-worker 1"),
        (GPUS, {"device": "cuda", "gpus": 0.0}, "--gpus-per-worker is 0"),
        (GPUS, {"usable": ("cpu",), "gpus": 1.0}, "runs on the CPU only"),
        ([], {}, "room for 0 workers"),
        ([Node(2, 8)], {"workers": 3}, "it has 2 CPUs and 8 GPUs"),
    ],
)
def test_what_there_is_no_room_for(nodes: list[Node], given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        seated(nodes, **{"workers": None, "gpus": None, **given})
    assert said in str(caught.value)


@pytest.mark.parametrize("gpus", [0.0, 0.25, 1.0, 8.0, None])
def test_shares_of_a_gpu(gpus: float | None) -> None:
    check_gpus(gpus)


@pytest.mark.parametrize("gpus", [1.5, 2.25, -1.0, nan, inf, -inf, 1e-5, 5e-324])
def test_no_share_of_a_gpu(gpus: float) -> None:
    with pytest.raises(UsageError, match="part of one GPU, or whole ones"):
        check_gpus(gpus)


@pytest.mark.parametrize("device", ["cpu,cpu", "cuda:0,1", "cuda:0"])
def test_devices_of_this_machine_are_no_ones_of_a_cluster(device: str) -> None:
    with pytest.raises(UsageError, match="Ray places its workers itself"):
        check_device(device)


def test_options_of_a_cluster_ask_for_one() -> None:
    assert cluster_of("local", None, None, None) is None
    assert cluster_of("ray", "auto", 2, 0.5) == Cluster("auto", 2, 0.5)
    for given in (("auto", None, None), (None, 2, None), (None, None, 0.0)):
        with pytest.raises(UsageError, match="is of --engine ray, and this is --engine local"):
            cluster_of("local", *given)


OURS = {
    "marginbench": "1.0", "python": "3.11.1", "platform": "Linux x86_64", "git": None,
    "packages": {"numpy": "2.0", "torch": "2.13"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({"python": "3.12.0"}, "has python 3.12.0; this process has python 3.11.1"),
        ({"marginbench": "0.9"}, "has marginbench 0.9; this process has marginbench 1.0"),
        ({"packages": {"numpy": "2.0"}}, "has no torch; this process has torch 2.13"),
        ({"packages": {**OURS["packages"], "bm25s": "1"}}, "has bm25s 1; this process has no bm25"),
        ({"packages": {"numpy": "1"}}, "has numpy 1, no torch; this process has numpy 2.0, torch"),
    ],
)
def test_other_versions_are_named_on_both_sides(there: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_versions(OURS, {**OURS, **there}, "node7")
    assert said in str(caught.value)
    assert "node7" in str(caught.value)


def test_a_commit_counts_where_both_know_theirs() -> None:
    check_versions(OURS, OURS, "node7")
    one = {**OURS, "git": {"commit": "aaaa", "dirty": False}}
    check_versions(OURS, one, "node7")
    check_versions(one, OURS, "node7")
    with pytest.raises(UsageError, match="has commit bbbb; this process has commit aaaa"):
        check_versions(one, {**OURS, "git": {"commit": "bbbb", "dirty": False}}, "node7")


def test_an_object_in_memory_is_refused(tmp_path: Path) -> None:
    request = EvaluateRequest(
        model=HeldModel(object(), "m"),  # type: ignore[arg-type]
        options=(), tasks=(), aggregates=(), load=LoadRequest(), device="auto", dtype="auto",
        batch_tokens=None, batch_items=None, out=tmp_path, cluster=Cluster(),
    )  # fmt: skip
    with pytest.raises(UsageError, match="an object in memory stays in this process"):
        evaluate(request, lambda *_: None)


def test_a_model_behind_a_server_is_refused() -> None:
    from harness.adapters import adapters

    served = [adapters().get(name) for name in adapters().names()]
    found = [adapter for adapter in served if adapter.extra == asked.SERVED]
    assert len(found) > 1
    with pytest.raises(UsageError, match="Leave out --engine ray"):
        asked.check_model(None, found[0].extra)


CALL = ("evaluate", "--model", "bm25", "--task", "reranking/folder", "--engine", "ray")


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run([*CALL, *words]) == 2
    return capsys.readouterr().err


def test_without_ray_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "find_spec", lambda _: None)
    err = told(capsys)
    assert err.startswith("error: --engine ray needs ray. Install with: pip install ")
    assert "[ray]" in err
    assert len(err.splitlines()) == 1


def test_no_workers_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert "0 is not in the range x>=1" in told(capsys, "--workers", "0")
