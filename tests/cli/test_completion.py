"""``marginbench completion SHELL``, and what a shell then offers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli import application, run
from tests.cli.conftest import Command

ROOT = Path(__file__).resolve().parents[2]

ASKED = """
set -e
marginbench() {{ "{python}" -m harness "$@"; }}
eval "$(marginbench completion bash)"
complete -p marginbench
COMP_WORDS=(marginbench {words}) COMP_CWORD={place}
_marginbench_completion marginbench
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(command: Command, shell: str) -> None:
    if shell == "bash" and shutil.which("bash") is None:
        pytest.skip("no bash here, whose version is asked for")
    answer = command("completion", shell)
    assert answer.code == 0, answer.err
    assert "_MARGINBENCH_COMPLETE" in answer.out
    assert "marginbench" in answer.out
    assert command("completion", "tcsh").code == 2


def offered(*words: str) -> list[str]:
    """What the commands themselves offer for the last of these words."""
    from click.shell_completion import ShellComplete

    made = ShellComplete(application, {}, "marginbench", "_MARGINBENCH_COMPLETE")
    return [item.value for item in made.get_completions([*words[:-1]], words[-1])]


def test_commands_options_tasks_suites_and_adapters_are_offered() -> None:
    assert offered("eval") == ["evaluate"]
    assert "--dry-run" in offered("evaluate", "--")
    assert offered("evaluate", "--task", "reranking/bright/bio") == ["reranking/bright/biology"]
    assert offered("evaluate", "--suite", "fl") == ["flips"]
    assert {"bm25", "bi-encoder"} <= set(offered("evaluate", "--model", "b"))
    assert offered("list", "ta") == ["tasks"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_once_the_script_is_read(tmp_path: Path) -> None:
    script = ASKED.format(python=sys.executable, words="evaluate --suite fl", place=3)
    done = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    if "complete: " in done.stderr:
        pytest.skip("a bash without completion")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "flips"
    assert run(["completion", "zsh"]) == 0
