"""Everything that only a GPU can tell, in one script of at most ten minutes; prints one JSON.

Run it from the root of the repository on any machine with CUDA, torch, transformers and
sentence-transformers: ``python benchmarks/gpu.py``. It makes its own networks, tokenizer and texts
and loads nothing from elsewhere. Without a GPU it runs to its end on the processor, with tiny sizes
and figures that mean nothing, so that it is not first tried on the card.

| section | ours | theirs | target |
|---|---|---|---|
| ``cross_encoder`` | the engine, ``--dtype auto`` | ``CrossEncoder.predict``; a bare forward pass | peer / ours >= 2, bare / ours >= 0.8 |
| ``bi_encoder`` | the engine, ``--dtype auto`` | ``SentenceTransformer.encode``; a bare forward pass | the same |
| ``two_processes`` | two processes on one card | one process | told |
| ``out_of_memory`` | a card with little memory left | the same with all of it | halved once, remembered |
| ``opis`` | pairs of 60,502 embeddings counted in torch | the product of all of them | told; counts as NumPy's |
| ``invariance`` | ``marginbench evaluate``: its record's row | | told |

Every section is a process of its own with a time limit; one that fails or takes too long is told in
the JSON, and the others go on.
"""  # noqa: E501

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from common import ROOT, SIDES, Options, note, require

LIMITS = {
    "make": 40,
    "cross_encoder": 120,
    "bi_encoder": 120,
    "two_processes": 80,
    "out_of_memory": 60,
    "opis": 70,
    "invariance": 80,
}
"""Seconds of each section; together they are below ten minutes."""

PATIENCE = 3
"""So many times as long without a card: somebody else may be at work on the processor."""

TARGETS = {
    ("cross_encoder", "peer_over_ours"): 2.0,
    ("cross_encoder", "bare_over_ours"): 0.8,
    ("bi_encoder", "peer_over_ours"): 2.0,
    ("bi_encoder", "bare_over_ours"): 0.8,
}
PACKAGES = ("marginbench", "torch", "transformers", "sentence-transformers", "tokenizers", "numpy")


def main() -> None:
    """Run the sections and print what they found."""
    parser = Options(__doc__)
    parser.add_argument("--device", default="auto", help="auto, cuda:N, or cpu (tiny sizes)")
    parser.add_argument("--only", nargs="+", choices=[n for n in LIMITS if n != "make"])
    given = parser.parse_args()
    require("torch", "transformers", "sentence_transformers")
    sys.path[:0] = [str(ROOT), str(SIDES)]
    device = device_of(given.device)
    # Read once, before a process is forked; none of it wakes the card.
    import sentence_transformers  # noqa: F401
    from gpu_make import TINY, Sizes, make
    from gpu_sections import SECTIONS
    from gpu_sides import Place

    from harness.engine.devices import device_name

    sizes = TINY if device == "cpu" else Sizes()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    start, found = time.monotonic(), dict[str, Any]()
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), device, sizes)
        slower = PATIENCE if device == "cpu" else 1
        made = run_limited("make", lambda: make(place.folder, sizes), folder, slower)
        for name in given.only or SECTIONS:
            work = partial(SECTIONS[name], place)
            found[name] = made if "error" in made else run_limited(name, work, folder, slower)
    answer = {
        "name": "gpu",
        "device": device,
        "device_name": device_name("cpu") if device == "cpu" else _card(),
        "tiny": device == "cpu",
        "seconds": round(time.monotonic() - start, 1),
        "environment": {"python": platform.python_version(), **_versions()},
        "sections": found,
        "targets": _held(found) if device != "cpu" else "not run on a card",
        "complete": not any("error" in one for one in found.values()),
    }
    print(json.dumps(answer))


def device_of(asked: str) -> str:
    """The device to measure; leaves with one line for one that is not there."""
    from harness.engine.devices import parse_devices
    from harness.errors import UsageError

    try:
        return parse_devices(asked)[0]
    except UsageError as error:
        sys.exit(f"gpu.py: {error}")


def run_limited(name: str, work: Callable[[], Any], folder: str, slower: int = 1) -> dict[str, Any]:
    """What ``work`` returns in a process of its own, or why it returned nothing.

    The process is forked before anything has touched the card, and it and all that it started are
    ended when the time of its section is over.
    """
    path = Path(folder, f"{name}.json")
    start = time.monotonic()
    process = get_context("fork").Process(target=_worked, args=(work, path))
    process.start()
    limit = slower * LIMITS[name]
    process.join(limit)
    seconds = round(time.monotonic() - start, 1)
    if process.is_alive():
        told = {"error": f"stopped after {limit} s"}
    elif path.is_file():
        told = json.loads(path.read_text(encoding="utf-8"))
    else:
        told = {"error": f"its process ended with {process.exitcode}"}
    assert process.pid is not None, "it was started"
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()
    note(f"{name}: {seconds} s{', ' + told['error'] if 'error' in told else ''}")
    return {**told, "seconds": seconds}


def _worked(work: Callable[[], Any], path: Path) -> None:
    os.setsid()
    os.dup2(2, 1)  # the JSON alone goes to stdout
    try:
        told = work() or {}
        text = json.dumps(told, allow_nan=False)
    except BaseException as error:
        text = json.dumps(
            {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:400]}"}
        )
    path.write_text(text, encoding="utf-8")


def _held(found: dict[str, Any]) -> dict[str, Any]:
    """Whether each target holds; ``None`` where its section told nothing."""
    held = {}
    for (section, name), target in TARGETS.items():
        ratio = found.get(section, {}).get(name)
        held[f"{section} {name} >= {target}"] = None if ratio is None else ratio >= target
    return held


def _versions() -> dict[str, str]:
    versions = {}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return versions


def _card() -> str:
    from harness.engine.devices import _nvidia_smi

    return ", ".join(_nvidia_smi("name")) or "unknown GPU"


if __name__ == "__main__":
    main()
