"""Pictures: one written rule for turning a file into pixels, and processes that do it ahead.

The rule: the first picture of a file is taken, and its EXIF orientation applied; greys of more than
eight bits and of floats become eight bits as :mod:`harness.tasks.levels` says; grey and palette
become RGB; transparency is composited over white; CMYK and the rest become RGB. An image above
Pillow's limit against decompression bombs (89 megapixels) is a failure, and so is one of endless
work or of 400 million bytes (:mod:`harness.tasks.picture_work`).
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from harness.errors import IncompleteError
from harness.tasks.levels import BITS, declared_bits, eight_bits
from harness.tasks.orphans import end_with_parent, starting_processes
from harness.tasks.picture_files import COMMON, picture_formats
from harness.tasks.picture_work import check_pieces, check_work

if TYPE_CHECKING:  # what starts processes takes long to import, and most name images alone
    from concurrent.futures import Executor, Future

    from PIL.Image import Image

RULE = (
    "first picture of a file; EXIF orientation applied; greys of more than 8 bits made 8; "
    "transparency over white; RGB"
)
"""The rule at the top of this module in one line, for records."""

IN_PROCESS = 8
"""So few images are decoded without starting a process."""

CHUNK = 2
"""Images per message to a process."""

AHEAD = 3
"""Messages under way per process: enough to keep it busy, few enough to bound memory."""


class ImageSource(Protocol):
    """Where one image comes from: small and picklable."""

    @property
    def name(self) -> str:
        """Name for messages."""
        ...

    def load(self) -> Image:
        """Decode it. Raises :class:`OSError` or :class:`ValueError` when that is impossible."""
        ...


@dataclass(frozen=True, slots=True)
class FileImage:
    """An image file. ``bits`` are those of a value in a 16-bit grey, 0 for what the file says."""

    name: str
    path: Path
    bits: int = 0

    def load(self) -> Image:
        """Decode the whole file; a bomb or a file cut short is an error, not a warning."""
        from PIL import Image, ImageOps

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters ends in an error
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            check_pieces(self.path)
            with _opened(self.path) as image:
                check_work(image, self.path)
                bits = self.bits or declared_bits(image)
                if bits:
                    image.info[BITS] = bits
                return ImageOps.exif_transpose(image)  # a copy, so the file can be closed


def _opened(path: Path) -> Image:
    """A picture of a format that Pillow decodes by itself, whatever the file is called."""
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(path, formats=COMMON)
    except UnidentifiedImageError:
        return Image.open(path, formats=picture_formats())


@dataclass(frozen=True, slots=True)
class Failure:
    """An image that cannot be had, and why."""

    name: str
    why: str


Decoded: TypeAlias = "Image | Failure"
_Pixels: TypeAlias = "tuple[tuple[int, int], bytes] | Failure"


def standard_rgb(image: Image) -> Image:
    """An image as RGB of 8 bits by the rule at the top of this module."""
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        image = eight_bits(image)
    if "transparency" in image.info or image.mode in ("LA", "PA", "RGBA", "La", "RGBa"):
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def decode(source: ImageSource) -> Decoded:
    """One image by the rule, or why it cannot be had."""
    try:
        return standard_rgb(source.load())
    except MemoryError:
        raise
    except Exception as error:  # plugins raise anything on hostile files
        lines = str(error).splitlines()
        return Failure(source.name, f"cannot be decoded ({lines[0] if lines else type(error)})")


class Decoder:
    """Processes that decode images ahead of the one that scores them; a context manager.

    They are started by the first long list, and end with :meth:`close`. With ``threads`` they are
    threads: slower, and they ask nothing of the program that this process belongs to.
    """

    def __init__(self, workers: int | None = None, *, threads: bool = False) -> None:
        self.workers = workers or max(1, min(4, (cpu_count() or 2) - 1))
        self.threads = threads
        self._pool: Executor | None = None

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def decode(self, sources: Sequence[ImageSource]) -> Iterator[Decoded]:
        """Every image in order; what cannot be decoded is a :class:`Failure`, never an error.

        Processes that die are replaced; :class:`IncompleteError` when it is at the same images.
        """
        if len(sources) < IN_PROCESS:
            yield from map(decode, sources)
            return
        from concurrent.futures.process import BrokenProcessPool

        given, before = 0, -1
        while given < len(sources):
            try:
                for image in self._ahead(sources[given:]):
                    given += 1
                    yield image
            except BrokenProcessPool as error:
                self._pool = None
                if given == before:
                    raise IncompleteError(
                        "a process that decodes images died twice (killed, or out of memory) at "
                        f"one of the {AHEAD * CHUNK * self.workers} from {sources[given].name} on",
                        fix="Finished parts are kept: run the same command again",
                    ) from error
                before = given

    def _ahead(self, sources: Sequence[ImageSource]) -> Iterator[Decoded]:
        pool = self._started()
        chunks = iter([sources[i : i + CHUNK] for i in range(0, len(sources), CHUNK)])
        waiting: deque[Future[list[_Pixels]]] = deque()
        for chunk in chunks:
            with starting_processes():  # as many as there are chunks, up to a number
                waiting.append(pool.submit(_decode_chunk, chunk))
            if len(waiting) >= AHEAD * self.workers:
                yield from map(_unpacked, waiting.popleft().result())
        while waiting:
            yield from map(_unpacked, waiting.popleft().result())

    def _started(self) -> Executor:
        if self._pool is None:
            self._pool = _pool_of(self.workers, threads=self.threads)
        return self._pool


def _pool_of(workers: int, *, threads: bool) -> Executor:
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
    from multiprocessing import get_context

    if threads:
        return ThreadPoolExecutor(workers)
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=end_with_parent)


def _decode_chunk(sources: Sequence[ImageSource]) -> list[_Pixels]:
    found = [decode(source) for source in sources]
    return [
        image if isinstance(image, Failure) else (image.size, image.tobytes()) for image in found
    ]


def _unpacked(pixels: _Pixels) -> Decoded:
    from PIL import Image

    if isinstance(pixels, Failure):
        return pixels
    size, content = pixels
    return Image.frombytes("RGB", size, content)
