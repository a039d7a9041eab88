"""Hub names of image models, from a Hugging Face cache laid out by hand, without network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"

# In a process of its own, because the hub's client reads its settings when it is imported.
SCRIPT = """
import json, sys
from PIL import Image
from harness.adapters.vision.adapter import EMBEDDER
image = Image.linear_gradient("L").convert("RGB")
options = {name: option.default for name, option in EMBEDDER.options.items()}
out = {}
for where in sys.argv[1:]:
    try:
        identity = EMBEDDER.identify(where, options)
        model = EMBEDDER.load(where, device="cpu", dtype="float32", **options)
        rows = model.embed_images([image]).tolist()
        out[where] = [rows, identity.name, identity.revision, identity.digest]
    except Exception as error:
        out[where] = f"{type(error).__name__}: {error}"
print(json.dumps(out))
"""


def test_a_cached_name_equals_the_folder(tmp_path: Path, save: Callable[..., Path]) -> None:
    folder = save("Dinov2")
    text = tmp_path / "text"
    text.mkdir()
    (text / "config.json").write_text('{"model_type": "bert", "architectures": ["BertModel"]}')
    for name, source in (("model", folder), ("text", text)):
        repository = tmp_path / "hub" / f"models--org--{name}"
        shutil.copytree(source, repository / "snapshots" / COMMIT)
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(COMMIT)
    environment = {
        **os.environ, "HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
    }  # fmt: skip
    names = ["org/model", f"org/model@{COMMIT}", str(folder), "org/text", f"org/absent@{COMMIT}"]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *names],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    branch, pinned, local, other, absent = json.loads(done.stdout).values()
    assert branch == pinned
    assert branch[1:] == ["org/model", COMMIT, COMMIT]
    assert branch[0] == local[0]
    assert other.startswith("UsageError: org/text holds a BertModel")
    assert absent.startswith("UsageError: config.json of org/absent")
    assert "\n" not in other + absent
