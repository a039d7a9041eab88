"""Walls inside rooms: what adapters are built on, who speaks to a library, what judges figures."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest

from tests.test_architecture import MODULES, engine, graph, imports, loaded

LEANS: dict[str, set[str]] = {
    "bm25": {"first_stage"},
    "projection": {"pixels"},
    "sklearn_baseline": {"pixels"},
    "language": {"asking"},
    "causal": {"language"},
    "clip_iqa": {"language"},
    "vlm_score": {"language"},
    "judge": {"asking", "language"},
    "served": {"asking", "judge", "language"},
    "vision": {"timm", "efficientnet_lite"},
    "open_clip": {"vision"},
}
"""Adapter -> the adapters that it is built on, beside what all share."""

SHARED_BY_ADAPTERS = {"base", "support"}

OWNERS: dict[str, tuple[str, ...]] = {
    "httpx2": ("harness.adapters.served",),
    "tenacity": ("harness.adapters.served",),
    "timm": ("harness.adapters.timm",),
    "yaml": ("harness.tasks.reading",),
    "open_clip": ("harness.adapters.open_clip",),
    "dlib": ("harness.adapters.dlib_faces",),
    "pyiqa": ("harness.adapters.pyiqa_metric",),
    "onnxruntime": ("harness.adapters.onnx",),
    "sentence_transformers": ("harness.adapters.support",),
    "transformers": ("harness.adapters", "suites.detection.embedded.generate"),
    "torch": ("harness.adapters", "harness.metrics.pairs", "suites.detection.embedded.generate"),
}
"""Library -> who alone may import it."""

SHARED_BY_FORMATS = {
    *("base", "claims", "evidence", "fields", "formats", "out", "words", "yaml_out", "badge"),
}
BUILT_ON = {"card": {"hub"}}
"""Format of exchange -> the formats that it is made of."""

PURE = ("causes", "formats", "maps", "report", "trials", "verdict")
"""Files of the doctor that judge figures, whoever had them made."""


def under(name: str, *rooms: str) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def test_an_adapter_is_built_on_shared_parts_and_on_few_others() -> None:
    above = "harness.adapters"
    found: dict[str, set[str]] = {}
    for name, others in graph().items():
        if not name.startswith(f"{above}."):
            continue
        own = name.split(".")[2]
        leans = {other.split(".")[2] for other in others if other.startswith(f"{above}.")}
        found.setdefault(own, set()).update(leans - {own} - SHARED_BY_ADAPTERS)
    assert {name: leans for name, leans in found.items() if leans} == LEANS
    TopologicalSorter(LEANS).prepare()


def test_a_format_of_exchange_leans_on_no_other_and_nothing_leans_on_formats() -> None:
    """So the next one is a file and a line, and one that goes takes nothing with it."""
    above = "harness.exchange"
    found: dict[str, set[str]] = {}
    for name, others in graph().items():
        inside = {other.split(".")[2] for other in others if other.startswith(f"{above}.")}
        if name.startswith(f"{above}."):
            own = name.split(".")[2]
            found.setdefault(own, set()).update(inside - {own} - SHARED_BY_FORMATS)
        else:
            assert not inside or name.startswith("harness.cli."), name
    assert {name: leans for name, leans in found.items() if leans} == BUILT_ON
    assert set(found) > SHARED_BY_FORMATS


@pytest.mark.parametrize("library", list(OWNERS))
def test_a_library_is_spoken_to_in_one_place(library: str) -> None:
    speak = {
        name
        for name, path in MODULES.items()
        if library in {i.split(".")[0] for i in imports(path, top_level_only=False)}
    }
    assert not {name for name in speak if not under(name, *OWNERS[library])}
    assert all(any(under(name, owner) for name in speak) for owner in OWNERS[library])


def test_served_adapters_run_no_model_of_their_own() -> None:
    """Neither by an import of theirs, wherever it stands, nor by what comes with loading them."""
    served = [name for name in MODULES if under(name, "harness.adapters.served")]
    local = {"torch", "transformers", "sentence_transformers", "onnxruntime", "tokenizers", "PIL"}
    for name in served:
        roots = {i.split(".")[0] for i in imports(MODULES[name], top_level_only=False)}
        assert not roots & local, name
    names = loaded(more=f"import {', '.join(served)}")
    assert not {name for name in names if name.split(".")[0] in local | {"httpx2", "tenacity"}}


@pytest.mark.parametrize("file", PURE)
def test_what_the_doctor_says_depends_on_figures_alone(file: str) -> None:
    known = {f"harness.engine.doctor.{one}" for one in PURE} | {"harness.engine.doctor"}
    assert not engine(graph()[f"harness.engine.doctor.{file}"]) - known


@pytest.mark.parametrize("room", ["doctor", "checking"])
def test_nothing_of_the_engine_leans_on_what_examines_models(room: str) -> None:
    """``evaluate`` works as it did without them."""
    inside = f"harness.engine.{room}"
    leaning = {name for name, others in graph().items() if any(under(o, inside) for o in others)}
    outside = {name for name in leaning if not under(name, inside)}
    assert outside
    assert not {name for name in outside if not under(name, "harness.cli", "harness.face")}
