"""What the record tells of the image files of a task: enough to see whether others are the same.

Items are known by their ids: pictures are gigabytes, and a fingerprint over them would be read
again at each run. The listing here takes a look at each file's size alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from harness.data import ItemData, TaskData
from harness.strict_json import Json
from harness.tasks.images import FileImage


def with_files(data: TaskData) -> TaskData:
    """The same data; where its items are image files, ``origin`` has ``images``.

    That is the number of files that are there, their bytes, and a sha256 over the lines ``name,
    tab, size`` of all items in order of names, where a file that is missing has no size.
    """
    if not isinstance(data, ItemData) or "images" in data.origin:
        return data
    listing = images_of(data)
    return data if listing is None else replace(data, origin={**data.origin, "images": listing})


def images_of(data: ItemData) -> dict[str, Json] | None:
    """Number, bytes and digest of the files; ``None`` where items are no image files."""
    files = [item for item in data.contents if isinstance(item, FileImage)]
    if not files:
        return None
    sizes = {item.name: item.path.stat().st_size if item.path.is_file() else None for item in files}
    lines = (f"{name}\t{'' if sizes[name] is None else sizes[name]}\n" for name in sorted(sizes))
    digest = hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
    known = [size for size in sizes.values() if size is not None]
    return {"files": len(known), "bytes": sum(known), "names_and_sizes_sha256": digest}
