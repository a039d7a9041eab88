"""Places that cannot be made, or that went away meanwhile: one line, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import run
from harness.errors import UsageError
from harness.files import write_atomic


def test_a_folder_that_went_away_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        write_atomic(tmp_path / "gone" / "record.json", b"{}")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="a place of the kernel's own")
def test_a_place_where_no_folder_can_be_made_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("id,prompt,chosen,rejected\n1,p,a,b\n")
    scores = tmp_path / "scores.csv"
    scores.write_text("group,item,score\n1,1/chosen,2\n1,1/rejected,1\n")
    command = ["score", "--task", "preference/predictions", "--data", str(pairs)]
    command += ["--predictions", str(scores), "--model-name", "m", "--out", "/proc/self/x"]
    assert run(command) == 2
    said = capsys.readouterr().err
    assert "cannot write /proc/self/x" in said
    assert "Traceback" not in said
