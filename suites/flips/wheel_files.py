"""Files of pinned packages, by what their names say they are: is the type told by the content?

The wheels are anybody's to download; their names, versions and digests are pinned. A file counts
whose ending stands for one type, and which has at least :data:`LEAST` bytes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from harness.files import sha256_file
from harness.nouns import TaskCard
from suites.flips.assemble import Example, assemble

ID = "flips/wheel-files"
FOLDER = "wheels"
WHEELS = {
    "bokeh-3.8.1-py3-none-any.whl":
        "89a66cb8bfe85e91bce144e3ccf3c4a6f0f1347e7006282972568ea0ecacbb00",
    "django-5.2.8-py3-none-any.whl":
        "37e687f7bd73ddf043e2b6b97cfe02fcbb11f2dbb3adccc6a2b18c6daa054d7f",
    "sphinx-8.2.3-py3-none-any.whl":
        "4405915165f13521d875a8c29c8970800a0141c14cc5416a38feca4ea5d9b9c3",
}  # fmt: skip
TYPES = {
    "css": "css", "gz": "gzip", "html": "html", "ico": "ico", "jinja": "jinja",
    "js": "javascript", "json": "json", "md": "markdown", "png": "png", "po": "po",
    "py": "python", "pyi": "python", "rst": "rst", "svg": "svg", "toml": "toml",
    "ts": "typescript", "txt": "txt", "xml": "xml",
}  # fmt: skip
"""Ending -> type, by the names that Magika gives them."""

LEAST = 64
CARD = TaskCard(
    title="Files of wheels",
    description="Files of three Python packages; the type is what the ending says, told by the "
    "content alone.",
    source="the wheels of bokeh 3.8.1, django 5.2.8 and sphinx 8.2.3",
    revision="wheels pinned by sha256",
    licence="BSD-3-Clause (bokeh, django); BSD-2-Clause (sphinx)",
    citation="Fratantonio, Invernizzi, Farah, Thomas, Zhang, Albertini, Galilee, Metitieri, "
    "Cretin, Petit-Bianco, Tao and Bursztein 2025, Magika: AI-Powered Content-Type Detection, ICSE",
    url="https://packaging.python.org/en/latest/specifications/binary-distribution-format/",
    caveats=(
        "Endings are no judgement: templates of Django end in html, and a type that is told more "
        "finely than its ending counts as wrong.",
        "Answers alone are asked for: whoever takes part reads the files of the wheels.",
        "A third of the files are catalogues of translations, which are easy.",
    ),
)


def load_wheel_files(request: LoadRequest) -> ItemData:
    """The files in order of wheel and name.

    Raises :class:`UsageError` without ``--data`` or without one of the wheels there, and
    :class:`InvalidError` for a wheel with other bytes.
    """
    if request.data is None:
        raise UsageError(
            f"{ID} is read from wheels of your own",
            fix=f"pip download --no-deps -d DIR/{FOLDER} bokeh==3.8.1 django==5.2.8 "
            "sphinx==8.2.3, and add --data DIR",
        )
    below = request.data / FOLDER
    folder = below if below.is_dir() else request.data
    examples = [example for name in WHEELS for example in _examples(_checked(folder / name))]
    return assemble(
        examples,
        where=ID,
        limit=request.limit,
        origin={"files": dict(WHEELS)},
        classes=sorted(set(TYPES.values())),
    )


def _checked(path: Path) -> Path:
    if not path.is_file():
        raise UsageError(
            f"{ID}: {path.name} is not in {path.parent}",
            fix=f"pip download --no-deps -d {path.parent} {'=='.join(path.name.split('-')[:2])}",
        )
    if sha256_file(path) != WHEELS[path.name]:
        raise InvalidError(f"{path} is not the wheel that is pinned (sha256)")
    return path


def _examples(path: Path) -> Iterator[Example]:
    project = path.name.partition("-")[0]
    with zipfile.ZipFile(path) as wheel:
        found = sorted(wheel.infolist(), key=lambda member: member.filename)
    for member in found:
        kind = TYPES.get(PurePosixPath(member.filename).suffix.removeprefix("."))
        if kind is None or member.file_size < LEAST:
            continue
        yield Example(
            id=f"{project}/{member.filename}",
            label=kind,
            cluster=f"{member.CRC:08x}/{member.file_size}",
            columns={"domain": project},
        )
