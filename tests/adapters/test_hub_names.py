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


DOORS = """
import json, sys
from harness.adapters import cross_encoder
out = {}
adapter = cross_encoder.ADAPTER
options = {name: option.default for name, option in adapter.options.items()}
for where in sys.argv[1:]:
    try:
        adapter.load(where, device="cpu", dtype="float32", **options)
        out[where] = "loaded"
    except Exception as error:
        out[where] = f"{type(error).__name__}: {error}"
print(json.dumps(out))
"""


def test_doors_of_a_cached_commit_are_looked_for(
    tmp_path: Path, tiny_bert: Callable[..., Path]
) -> None:
    """As the cache has it: every file a link to its content."""
    folder = tiny_bert(tmp_path / "ckpt", "BertForSequenceClassification", num_labels=1)
    config = json.loads((folder / "config.json").read_text())
    changed = {
        "honest": {},
        "code": {"config.json": {**config, "auto_map": {"AutoConfig": "evilmod.Evil"}}},
        "modules": {"modules.json": [{"path": "", "type": "evilmod.Evil"}]},
        "pickle": {"pytorch_model.bin": {}},
    }
    for name, files in changed.items():
        repository = tmp_path / "hub" / f"models--org--{name}"
        shutil.copytree(folder, repository / "blobs")
        if name == "pickle":
            (repository / "blobs" / "model.safetensors").unlink()
        for file, content in files.items():
            (repository / "blobs" / file).write_text(json.dumps(content))
        commit = repository / "snapshots" / COMMIT
        commit.mkdir(parents=True)
        for path in (repository / "blobs").iterdir():
            (commit / path.name).symlink_to(f"../../blobs/{path.name}")
    environment = {
        **os.environ, "HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", DOORS, *(f"org/{name}@{COMMIT}" for name in changed)],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = {where.split("@")[0]: said for where, said in json.loads(done.stdout).items()}
    assert found["org/honest"] == "loaded"
    for name in ("code", "modules"):
        assert "trust_remote_code=true" in found[f"org/{name}"], found
    assert "allow_pickle=true" in found["org/pickle"], found
