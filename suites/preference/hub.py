"""Published sets through ``datasets``, without decoding what is shown in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from harness.tasks.hub import open_split
from harness.tasks.tables import Row
from suites.preference.published import Pin

SEEN = ("Image", "Video", "Audio")
"""Features of ``datasets`` that are no texts."""


def hub_rows(pin: Pin, revision: str) -> Iterator[Row]:
    """The rows at a commit; a picture that stands for a prompt is the sha256 of its bytes.

    Pictures, videos and sound that no role asks for are left out: they are neither read nor
    decoded.
    """
    assert pin.hub is not None
    dataset, split = open_split(pin.hub, pin.split, revision, pin.id)
    asked = {name for _, names in pin.columns for name in names}
    seen = {name for name, kind in dataset.features.items() if type(kind).__name__ in SEEN}
    dataset = dataset.select_columns([name for name in dataset.column_names
                                      if name not in seen or name in asked])  # fmt: skip
    for name in seen & asked:
        kind = dataset.features[name]
        dataset = dataset.cast_column(name, type(kind)(decode=False))
    where = f"hf:{pin.hub.repository}/{split}"
    for number, values in enumerate(dataset, 1):
        yield Row(where, number, {name: _plain(value, name in seen)
                                  for name, value in values.items()})  # fmt: skip


def _plain(value: Any, picture: bool) -> Any:
    if not picture or not isinstance(value, Mapping):
        return value
    content = value.get("bytes")
    if content is None:
        return str(value.get("path") or "")
    return f"picture {hashlib.sha256(content).hexdigest()[:16]}"
