"""The scripts of ``docs/cluster.md``: a shell reads them, and a pretended Slurm runs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.sharding import OVERLAP, ROOT, whole_run, write_collection

PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
SCRIPTS = [
    script
    for script in re.findall(r"^```bash\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    if "ray symmetric-run" not in script  # see tests/engine/cluster/test_page.py
]

SBATCH = """#!/bin/bash
# What of sbatch the page uses: an array is run task by task, a job that depends on it after it.
set -euo pipefail
case "$1" in
  --parsable)
    range=$(sed -n 's/^#SBATCH --array=//p' "$2")
    first=${range%-*} last=${range#*-}
    export SLURM_ARRAY_TASK_MIN=$first SLURM_ARRAY_TASK_MAX=$last
    export SLURM_ARRAY_TASK_COUNT=$((last - first + 1))
    for id in $(seq "$first" "$last"); do SLURM_ARRAY_TASK_ID=$id bash "$2" >&2; done
    echo 17 ;;
  --dependency=afterok:17) bash -c "${2#--wrap=}" ;;
  *) exit 9 ;;
esac
"""


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) == 2
    assert all(script.startswith("#!/bin/bash\n") for script in SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS, ids=["shards", "both"])
def test_a_shell_reads_them(script: str) -> None:
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def test_they_end_in_a_merged_run(tmp_path: Path) -> None:
    shards, both = SCRIPTS
    model = tmp_path / "model.py"
    model.write_text(OVERLAP)
    write_collection(tmp_path / "data" / "tiny", queries=25)
    for old, new in (
        ("cross-encoder:./ckpt", f"python:{model}"),
        ("--suite reranking", "--task reranking/folder"),
        ('"$HOME/data"', '"$HOME/data/tiny"'),
        ("--array=1-8", "--array=0-2"),
    ):
        assert old in shards
        shards = shards.replace(old, new)
    (tmp_path / "shards.sh").write_text(shards)
    (tmp_path / "both.sh").write_text(both)
    (tmp_path / "bin").mkdir()
    executable(tmp_path / "bin" / "sbatch", SBATCH)
    program = f'#!/bin/bash\nexec "{sys.executable}" -m harness "$@"\n'
    executable(tmp_path / "bin" / "marginbench", program)
    environment = {
        **os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT),
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
    }  # fmt: skip
    done = subprocess.run(
        ["bash", "both.sh"], cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert whole_run(tmp_path / "runs").name.startswith("reranking.folder.tiny-")
    assert done.stderr.count(" of 3 parts") == 3
