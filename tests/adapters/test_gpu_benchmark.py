"""``benchmarks/gpu.py`` to its end without a GPU, so that it is not first tried on the card."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = [
    "cross_encoder", "bi_encoder", "two_processes", "out_of_memory", "opis", "invariance",
]  # fmt: skip

LIMITED = """
import json, os, sys, tempfile, time
sys.path.insert(0, "benchmarks")
import gpu
gpu.LIMITS = {"slow": 0.5, "wrong": 20, "gone": 20, "fine": 20}
with tempfile.TemporaryDirectory() as folder:
    def slow():
        if not os.fork():
            open(os.path.join(folder, "child"), "w").write(str(os.getpid()))
        time.sleep(60)
    works = {"slow": slow, "wrong": lambda: 1 / 0, "gone": lambda: os._exit(3),
             "fine": lambda: {"figure": 1.5}}
    told = {name: gpu.run_limited(name, work, folder) for name, work in works.items()}
    child = int(open(os.path.join(folder, "child")).read())
    time.sleep(0.2)
    try:
        state = open(f"/proc/{child}/stat").read().split()[2]
    except OSError:
        state = "none"
print(json.dumps({**told, "child": state}))
"""


def _run(*words: str) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (line,) = done.stdout.splitlines()  # one JSON and nothing else
    found: dict[str, Any] = json.loads(line)
    return found


def test_every_section_runs_to_its_end_on_a_processor() -> None:
    pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
    pytest.importorskip("sentence_transformers", reason="needs marginbench[torch]")
    found = _run("benchmarks/gpu.py", "--device", "cpu")
    sections = found["sections"]
    assert {name: one.get("error") for name, one in sections.items()} == dict.fromkeys(SECTIONS)
    assert found["complete"] is found["tiny"] is True
    assert found["targets"] == "not run on a card"
    for name in ("cross_encoder", "bi_encoder"):
        one = sections[name]
        assert max(one["apart"].values()) < 1e-5 < one["spread"]
        assert one["peer_over_ours"] > 0 < one["bare_over_ours"]
        assert one["dtype"] == "float32"
    memory = sections["out_of_memory"]
    assert memory["halvings_by_part"][0] >= 1
    assert memory["remembered"] is True
    assert memory["moved"] < 1e-5
    assert sections["opis"]["same_counts"] is True
    assert sections["two_processes"]["gain"] > 0
    assert sections["invariance"]["invariance"]["batch"]["changed"] == 0


def test_a_section_that_fails_or_takes_too_long_is_told_and_ends_with_all_it_started() -> None:
    told = _run("-c", LIMITED)
    assert told["slow"]["error"] == "stopped after 0.5 s"
    assert told["slow"]["seconds"] < 20
    assert told["wrong"]["error"] == "ZeroDivisionError: division by zero"
    assert told["gone"]["error"] == "its process ended with 3"
    assert told["fine"] == {"figure": 1.5, "seconds": told["fine"]["seconds"]}
    assert told["child"] in ("none", "Z", "X")
