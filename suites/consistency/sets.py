"""Published sets with class-disjoint splits: how their own files say what is in them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from harness.nouns import TaskCard
from harness.tasks.images import FileImage
from suites.consistency.assemble import Example, assemble
from suites.consistency.omniglot import read_omniglot
from suites.consistency.protocol import GALLERY, QUERY
from suites.pins import read_pins

PINS = Path(__file__).parent / "pins" / "sets.json"
LEARN, TEST = "learn", "test"

Rows = Iterator[tuple[str, str, str]]
"""Path of the picture below the set's folder, class, and role (empty but for In-Shop)."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A set: ``test`` and ``learn`` are its numbers of pictures and classes."""

    id: str
    layout: str
    folders: Sequence[str]
    test: tuple[int, int]
    learn: tuple[int, int]
    split_sha256: str | None
    card: TaskCard


@cache
def pins() -> tuple[Pin, ...]:
    """All sets, in the order they are listed."""
    return tuple(_pin(entry) for entry in read_pins(PINS))


def load_pinned(pin: Pin, part: str, request: LoadRequest) -> ItemData:
    """Load the test or the learning part of a set from ``--data``.

    Raises :class:`UsageError` when the set is not there, and :class:`InvalidError` when its
    numbers or its split are not those pinned.
    """
    if request.data is None:
        raise UsageError(
            f"{pin.id} is read from your own copy of {pin.card.url}",
            fix=f"Add --data DIR, where DIR/{pin.folders[0]} is that copy",
        )
    folder = _folder(pin, request.data)
    items = list(_examples(pin, part, folder))
    wanted = pin.test if part == TEST else pin.learn
    found = (len(items), len({item.label for item in items}))
    if found != wanted:
        raise InvalidError(
            f"{pin.id}: {found[0]:,} pictures of {found[1]:,} classes are in {folder}, "
            f"{wanted[0]:,} of {wanted[1]:,} are pinned"
        )
    data = assemble(
        items,
        where=pin.id,
        limit=request.limit,
        origin={"source": pin.card.url, "part": part},
    )
    pinned = pin.split_sha256
    if pinned and part == TEST and request.limit is None and data.facts["split_sha256"] != pinned:
        raise InvalidError(
            f"{pin.id}: the split (pictures, classes, parts) is not the one pinned "
            f"({str(data.facts['split_sha256'])[:8]}, pinned {pinned[:8]})"
        )
    return data


def _folder(pin: Pin, data: Path) -> Path:
    if not data.is_dir():
        raise UsageError(f"--data {data} is not a folder")
    return next((data / name for name in pin.folders if (data / name).is_dir()), data)


def _examples(pin: Pin, part: str, folder: Path) -> Iterator[Example]:
    if pin.layout == "omniglot":
        yield from read_omniglot(folder, learn=part == LEARN)
        return
    try:
        for path, label, role in LAYOUTS[pin.layout](folder, part):
            yield Example(path, label, FileImage(path, folder / path), role=role)
    except (OSError, LookupError, ValueError, TypeError, NotImplementedError) as error:
        raise UsageError(
            f"{pin.id}: {folder} is not laid out as the set's own archive ({error})",
            fix=f"Unpack it from {pin.card.url}",
        ) from error


def _cub(folder: Path, part: str) -> Rows:
    paths = dict(_words(folder / "images.txt"))
    for number, label in _words(folder / "image_class_labels.txt"):
        if (int(label) <= 100) == (part == LEARN):
            yield f"images/{paths[number]}", label, ""


def _cars(folder: Path, part: str) -> Rows:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        with (folder / "cars_annos.mat").open("rb") as file:
            annotations = loadmat(file, squeeze_me=True)["annotations"]
    except MatReadError as error:
        raise ValueError(str(error)) from error
    for row in annotations:
        label = int(row["class"])
        if (label <= 98) == (part == LEARN):
            yield str(row["relative_im_path"]), str(label), ""


def _sop(folder: Path, part: str) -> Rows:
    name = "Ebay_train.txt" if part == LEARN else "Ebay_test.txt"
    with (folder / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=" "):
            yield row["path"], row["class_id"], ""


def _inshop(folder: Path, part: str) -> Rows:
    path = folder / "list_eval_partition.txt"
    lines = (path if path.is_file() else folder / "Eval" / path.name).read_text().splitlines()
    roles = {"query": QUERY, "gallery": GALLERY}
    for line in lines[2:]:  # a count and a header come first
        image, item, status = line.split()
        if (status == "train") == (part == LEARN):
            yield image, item, roles.get(status, "")


def _inat(folder: Path, part: str) -> Rows:
    name = "Inaturalist_train_set1.txt" if part == LEARN else "Inaturalist_test_set1.txt"
    path = next((p for p in (folder / name, folder / "Inat_dataset_splits" / name) if p.is_file()),
                folder / name)  # fmt: skip
    for line in path.read_text().splitlines():
        image = line.strip()
        if image:
            yield image, image.split("/")[-2], ""


LAYOUTS: Mapping[str, Callable[[Path, str], Rows]] = {
    "cub": _cub,
    "cars": _cars,
    "sop": _sop,
    "inshop": _inshop,
    "inat": _inat,
}
"""Layout -> reader of the set's own list; ids are paths below the set's folder."""


def _words(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        number, word = line.split()
        yield number, word


def _pin(entry: Mapping[str, Any]) -> Pin:
    about, pinned = entry["card"], entry["split_sha256"]
    revision = f"split {pinned[:12]}" if pinned else "split counted, not hashed"
    return Pin(**{**entry, "card": TaskCard(**about, source=about["url"], revision=revision)})
