"""Classification sets of the hub through ``datasets``, with labels by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from harness.nouns import TaskCard
from harness.tasks.hub import UNPINNED, Hub, open_split, resolve
from suites.flips.assemble import Example, assemble
from suites.flips.folder import read_own
from suites.pins import read_pins

if TYPE_CHECKING:
    from PIL.Image import Image

PINS = Path(__file__).parent / "pins" / "sets.json"


@dataclass(frozen=True, slots=True)
class Pin:
    """A set of the hub: ``columns`` name its content and label, ``count`` its items."""

    id: str
    hub: Hub
    split: Sequence[str]
    kind: str
    columns: Mapping[str, str]
    count: int
    classes: int | None
    card: TaskCard


@cache
def pins() -> tuple[Pin, ...]:
    """All sets, in the order they are listed."""
    return tuple(_pin(entry) for entry in read_pins(PINS))


def load_pinned(pin: Pin, request: LoadRequest) -> ItemData:
    """Load a set from the hub, or a copy of it (a table, or images by class) from ``--data``."""
    if request.data is not None:
        data = read_own(request.data, request)
        _check_count(pin, len(data.ids), request)
        return data
    revision = resolve(pin.hub, pin.id)
    dataset, split = open_split(pin.hub, pin.split, revision, pin.id)
    lost = [name for name in pin.columns.values() if name not in dataset.column_names]
    if lost:
        raise UsageError(
            f"{pin.id}: {pin.hub.repository} has no column {lost[0]!r}, only "
            f"{', '.join(dataset.column_names)}",
            fix="Give a copy of the set with --data",
        )
    _check_count(pin, len(dataset), request)
    return assemble(
        _examples(pin, dataset, revision, split),
        where=pin.id,
        limit=request.limit,
        origin={"source": pin.hub.repository, "revision": revision, "split": split},
        classes=_names(dataset, pin.columns["label"]),
    )


def _check_count(pin: Pin, count: int, request: LoadRequest) -> None:
    if count != pin.count and request.limit is None:
        raise InvalidError(f"{pin.id}: {count} items were found, {pin.count} are pinned")


@dataclass(frozen=True, slots=True)
class HubImage:
    """A picture of the hub's cache, opened by each process on its own."""

    name: str
    hub: Hub
    split: str
    revision: str
    column: str
    row: int

    def load(self) -> Image:
        """Decode it."""
        found: Image = _dataset(self.hub, self.split, self.revision)[self.row][self.column]
        return found


@lru_cache(maxsize=2)
def _dataset(hub: Hub, split: str, revision: str) -> Any:
    return open_split(hub, (split,), revision, hub.repository)[0]


def _examples(pin: Pin, dataset: Any, revision: str, split: str) -> Iterator[Example]:
    names = _names(dataset, pin.columns["label"])
    labels = dataset[pin.columns["label"]]
    column = pin.columns["content"]
    texts = dataset[column] if pin.kind == "texts" else None
    for row, label in enumerate(labels):
        name = f"{split}/{row}"
        content = (
            HubImage(name, pin.hub, split, revision, column, row) if texts is None else texts[row]
        )
        yield Example(name, names[label] if names else str(label), content)


def _names(dataset: Any, column: str) -> list[str] | None:
    names = getattr(dataset.features[column], "names", None)
    return None if names is None else [str(name) for name in names]


def _pin(entry: Mapping[str, Any]) -> Pin:
    hub = Hub(**entry["hub"])
    card = TaskCard(
        **entry["card"], source=f"hf:{hub.repository}", revision=hub.revision or UNPINNED
    )
    return Pin(**{**entry, "hub": hub, "card": card})
