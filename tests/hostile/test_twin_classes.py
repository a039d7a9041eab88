"""Classes that are one but for how they are written: two of them gave a figure in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.data.asked import LoadRequest
from harness.errors import InvalidError
from suites.consistency.folder import read_own as consistency
from suites.flips.folder import read_own as flips

TWINS = {"a blank": ("ox", "ox "), "an accent": ("b\u00e9", "be\u0301"), "a fraction": ("1", "1.0")}


@pytest.mark.parametrize("read", [consistency, flips])
@pytest.mark.parametrize("twins", TWINS.values(), ids=TWINS)
def test_classes_written_in_two_ways_are_refused(
    tmp_path: Path, read: object, twins: tuple[str, str]
) -> None:
    assert callable(read)
    path = tmp_path / "own.csv"
    labels = [twins[0], twins[0], twins[1], "else", "else"]
    path.write_text("id,label\n" + "".join(f"{n},{label}\n" for n, label in enumerate(labels)))
    with pytest.raises(InvalidError, match="differ only in"):
        read(path, LoadRequest(data=path, contents=False))


@pytest.mark.parametrize("read", [consistency, flips])
def test_capital_letters_may_part_two_classes(tmp_path: Path, read: object) -> None:
    assert callable(read)
    path = tmp_path / "own.csv"
    path.write_text("id,label\n1,May\n2,May\n3,may\n4,may\n")
    assert len(read(path, LoadRequest(data=path, contents=False)).ids) == 4
