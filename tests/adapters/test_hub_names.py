"""Hub names end to end, from a Hugging Face cache laid out by hand, with the network forbidden."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
pytest.importorskip("sentence_transformers", reason="needs marginbench[torch]")

COMMIT = "0123456789abcdef0123456789abcdef01234567"

# In a process of its own, because the hub's client reads its settings when it is imported.
SCRIPT = """
import json, sys
from harness.adapters import bi_encoder, cross_encoder
out = {}
for module in (bi_encoder, cross_encoder):
    adapter = module.ADAPTER
    options = {name: option.default for name, option in adapter.options.items()}
    for where in sys.argv[1:]:
        if adapter.name == "bi-encoder":
            options["pooling"] = "mean"
        model = adapter.load(where, device="cpu", dtype="float32", **options)
        if adapter.name == "bi-encoder":
            rows = model.embed_texts(["the cat", "a dog"], kind="query").tolist()
        else:
            rows = model.score_pairs([("the cat", "a dog")]).tolist()
        identity = adapter.identify(where, options)
        out[f"{adapter.name} {where}"] = [rows, identity.name, identity.revision, identity.digest]
try:
    options["pooling"] = ""
    bi_encoder.ADAPTER.load("org/name", device="cpu", dtype="float32", **options)
except Exception as error:
    out["error"] = f"{type(error).__name__}: {error}"
print(json.dumps(out))
"""


def test_cached_hub_name_equals_the_folder(tmp_path: Path, tiny_bert: Callable[..., Path]) -> None:
    folder = tiny_bert(tmp_path / "ckpt", "BertForSequenceClassification", num_labels=1)
    repository = tmp_path / "hub" / "models--org--name"
    shutil.copytree(folder, repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    environment = {
        **os.environ, "HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "org/name", f"org/name@{COMMIT}", str(folder)],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for name in ("bi-encoder", "cross-encoder"):
        branch, pinned, local = (
            found[f"{name} {where}"] for where in ("org/name", f"org/name@{COMMIT}", str(folder))
        )
        assert branch == pinned
        assert branch[1:] == ["org/name", COMMIT, COMMIT]
        assert branch[0] == local[0]
        assert local[1:3] == ["ckpt", None]
    assert found["error"].startswith("UsageError: org/name ")
