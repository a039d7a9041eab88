"""What the size of a picture does to an image-quality model: the metric under three resizings.

One public checkpoint is quoted with SRCC .642, .679 and .726 on one data set, by the size alone
that pictures were given it in (chaofengc/IQA-PyTorch, issue 249).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.data import ItemData
from harness.engine.doctor.doors import Door
from harness.engine.doctor.report import Sized
from harness.engine.doctor.sample import Sample
from harness.errors import MarginBenchError
from harness.records.scored import Scoring
from harness.tasks.images import ImageSource, standard_rgb

if TYPE_CHECKING:
    from PIL.Image import Image

SHORTER_SIDES = (512, 224)
"""Pixels of the shorter side, beside pictures as they are."""


@dataclass(frozen=True, slots=True)
class Resized:
    """A picture whose shorter side is made ``side`` pixels long, bicubic with antialias.

    The ratio of its sides is kept to a pixel; smaller pictures are enlarged.
    """

    source: ImageSource
    side: int

    @property
    def name(self) -> str:
        """That of the picture."""
        return self.source.name

    def load(self) -> Image:
        """Decode and resize."""
        from PIL.Image import Resampling

        image = standard_rgb(self.source.load())
        share = self.side / min(image.size)
        size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
        return image.resize(size, Resampling.BICUBIC)  # which widens its filter to scale down


def sizes_of(door: Door, sample: Sample) -> tuple[str, tuple[Sized, ...]]:
    """The primary metric of a model that scores pictures, as they are and resized."""
    data = sample.data
    if door.model.capability != "score_images" or not sample.metric or not _is_items(data):
        return "", ()
    assert isinstance(data, ItemData)
    found = [_sized(door, sample, "as they are")]
    for side in SHORTER_SIDES:
        contents = [Resized(source, side) for source in data.contents]
        resized = sample.of(replace(data, contents=contents))
        found.append(_sized(door, resized, f"shorter side {side}"))
    return sample.metric, tuple(found)


def _is_items(data: object) -> bool:
    return isinstance(data, ItemData)


def _sized(door: Door, sample: Sample, size: str) -> Sized:
    try:
        said = door.ask(sample, size)
        scored = sample.task.score(sample.task, sample.data, said.lists[0], Scoring())
    except MarginBenchError:  # such as a model that takes no picture of this size
        return Sized(size, None, None)
    metric = scored.metrics[0]
    return Sized(size, metric.value, metric.interval)
