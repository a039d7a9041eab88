"""Parts of a table are the same items as the whole, and a file that is no table is called so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pytest
import scipy.io

from harness.data.asked import LoadRequest
from harness.errors import UsageError
from harness.tasks.tables import read_table
from suites.preference.folder import read_own

ROWS = "".join(f"p{n},good {n},bad {n}\n" for n in range(6))
HEAD = "prompt,chosen,rejected\n"


def test_parts_of_a_table_are_the_table(tmp_path: Path) -> None:
    lines = ROWS.splitlines(keepends=True)
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(3):
        part = "".join(lines[2 * number : 2 * number + 2])
        (folder / f"test-{number:05d}-of-00003.csv").write_text(HEAD + part)
    whole = tmp_path / "whole.csv"
    whole.write_text(HEAD + ROWS)
    found, wanted = (read_own(path, LoadRequest(data=path)) for path in (folder, whole))
    assert found.groups == wanted.groups
    assert found.gold == wanted.gold
    assert not any(found.subsets)


def test_tables_of_one_stem_are_two(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("id," + HEAD + "1,p,a,b\n")
    (tmp_path / "own.tsv").write_text("id\tprompt\tchosen\trejected\n2\tq\ta\tb\n")
    data = read_own(tmp_path, LoadRequest(data=tmp_path))
    assert [group.id for group in data.groups] == ["own/1", "own/2"]


@pytest.mark.parametrize("name", ["own.csv", "own.dat", "own.feather"])
def test_a_file_of_another_kind_is_called_what_it_is(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    feather.write_feather(pa.table({"id": ["a"], "score": [1.0]}), path)
    with pytest.raises(UsageError, match="a file of Arrow"):
        list(read_table(path))
    scipy.io.savemat(path, {"id": np.array(["a"]), "score": np.array([1.0])}, appendmat=False)
    with pytest.raises(UsageError, match="a MATLAB file"):
        list(read_table(path))
